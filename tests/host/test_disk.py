import shutil

import pytest

from bert_tf.errors import InputError
from bert_tf.host.disk import check_room, free_bytes, is_full


def test_the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path):
    total = shutil.disk_usage(tmp_path).total
    assert 0 < free_bytes(str(tmp_path / "a" / "b")) <= total
    assert free_bytes("gs://bucket/run") is None


def test_what_does_not_fit_is_told_with_both_figures(tmp_path):
    needed = 2 * shutil.disk_usage(tmp_path).total
    check_room(str(tmp_path), 1, "a byte", "Free some space")
    check_room("gs://bucket/run", needed, "a lot", "Free some space")
    shown = f"{-(-needed // 2**20):,}"
    with pytest.raises(
        InputError, match=rf"^There must be room for a lot, {shown} MiB\. .* MiB free on the disk of .*Free"
    ):
        check_room(str(tmp_path), needed, "a lot", "Free some space")


def test_a_full_disk_is_told_from_a_lack_of_memory():
    with open("/dev/full", "wb", buffering=0) as file, pytest.raises(OSError, match="No space left") as caught:
        file.write(b"x")
    assert is_full(caught.value)
    assert not is_full(MemoryError("OOM when allocating tensor"))
