import pytest

from bert_tf.host.processor import read_processor


@pytest.mark.parametrize(
    ("level", "flags", "hides_tile_sizes", "fast_bfloat16"),
    [
        (28, "avx amx_bf16 avx512_bf16 amx_tile", True, None),
        (32, "avx amx_bf16 avx512_bf16 amx_tile", False, "amx_bf16"),
        (13, "avx avx512_bf16", False, "avx512_bf16"),
        (28, "avx avx512f", False, None),
    ],
)
def test_what_linux_says_of_the_processor_tells_if_bfloat16_is_fast(
    tmp_path, level, flags, hides_tile_sizes, fast_bfloat16
):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\ncpuid level\t: {level}\nflags\t\t: {flags}\n")
    processor = read_processor(str(path))
    assert (processor.hides_tile_sizes, processor.fast_bfloat16) == (hides_tile_sizes, fast_bfloat16)


def test_without_that_file_nothing_is_known_and_nothing_assumed(tmp_path):
    processor = read_processor(str(tmp_path / "none"))
    assert (processor.hides_tile_sizes, processor.fast_bfloat16) == (False, None)


def test_the_model_is_that_of_the_first_processor(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n")
    assert read_processor(str(path)).model_name == "Some CPU @ 2 GHz"
    assert read_processor(str(tmp_path / "none")).model_name == ""
