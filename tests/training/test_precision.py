import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.host.processor import Processor
from bert_tf.training.precision import Accelerator, LossScale, choose_precision

PLAIN = Processor(frozenset({"avx2"}), 13)
ZEN = Processor(frozenset({"avx512_bf16"}), 13)
SAPPHIRE_RAPIDS = Processor(frozenset({"avx512_bf16", "amx_tile", "amx_bf16"}), 32)
CRIPPLED = Processor(SAPPHIRE_RAPIDS.flags, 28)


@pytest.mark.parametrize(
    ("kind", "capability", "processor", "expected"),
    [
        ("CPU", None, PLAIN, "float32"),
        ("CPU", None, ZEN, "mixed_bfloat16"),
        ("CPU", None, SAPPHIRE_RAPIDS, "mixed_bfloat16"),
        ("CPU", None, CRIPPLED, "float32"),
        ("GPU", (7, 5), ZEN, "float32"),
        ("GPU", (8, 0), PLAIN, "mixed_bfloat16"),
        ("GPU", (12, 0), PLAIN, "mixed_bfloat16"),
        ("GPU", None, ZEN, "float32"),
        ("TPU", None, PLAIN, "mixed_bfloat16"),
    ],
)
def test_auto_takes_bfloat16_where_it_is_fast_and_tells_why(monkeypatch, kind, capability, processor, expected):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    choice = choose_precision("auto", Accelerator(kind, capability, processor))
    assert choice.policy == expected
    assert str(choice) == f"{expected} ({choice.reason})"
    assert choice.reason


@pytest.mark.parametrize(
    ("wanted", "kind", "capability", "processor"),
    [
        ("mixed_float16", "TPU", None, PLAIN),
        ("mixed_bfloat16", "GPU", (7, 5), ZEN),
        ("mixed_bfloat16", "CPU", None, CRIPPLED),
    ],
)
def test_a_precision_that_the_device_lacks_is_refused(monkeypatch, wanted, kind, capability, processor):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    with pytest.raises(InputError, match=f"--precision={wanted} needs a device that computes with it"):
        choose_precision(wanted, Accelerator(kind, capability, processor))


def test_a_limit_on_instructions_makes_bfloat16_possible_but_not_fast(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")
    device = Accelerator("CPU", None, CRIPPLED)
    assert str(choose_precision("mixed_bfloat16", device)) == "mixed_bfloat16"
    assert choose_precision("auto", device).policy == "float32"


@pytest.mark.parametrize(
    ("limit", "expected"), [("ALL", "mixed_bfloat16"), ("AVX512_CORE_AMX", "mixed_bfloat16"), ("AVX2", "float32")]
)
def test_auto_heeds_what_the_environment_allows(monkeypatch, limit, expected):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    choice = choose_precision("auto", Accelerator("CPU", None, SAPPHIRE_RAPIDS))
    assert choice.policy == expected
    assert ("ONEDNN_MAX_CPU_ISA" in choice.reason) is (expected == "float32")


def test_the_scale_halves_on_overflow_and_doubles_after_2000_good_steps():
    scale = LossScale(dynamic=True)
    update = tf.function(scale.update)
    assert float(scale.value) == 2**15
    update(tf.constant(False))
    assert float(scale.value) == 2**14
    for _ in range(1999):
        update(tf.constant(True))
    assert float(scale.value) == 2**14
    update(tf.constant(True))
    assert float(scale.value) == 2**15
    for _ in range(20):
        update(tf.constant(False))
    assert float(scale.value) == 1.0


def test_without_scaling_the_scale_stays_1():
    scale = LossScale(dynamic=False)
    scale.update(tf.constant(False))
    assert float(scale.value) == 1.0
