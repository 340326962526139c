import pytest

from bert_tf.errors import InputError
from bert_tf.export.saved_model import next_version


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), 1),
        (("1", "2", "10"), 11),
        (("7", "notes", "8.tmp", "²", "-9", "٣", " 4"), 8),
        ((str(2**63 - 2),), 2**63 - 1),
    ],
)
def test_the_next_version_comes_after_the_greatest_number(tmp_path, names, expected):
    for name in names:
        (tmp_path / name).mkdir()
    assert next_version(str(tmp_path)) == expected


@pytest.mark.parametrize("name", [str(2**63 - 1), "9" * 20, "1" + "0" * 200])
def test_a_version_that_no_server_could_count_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"must be at most {2**63 - 1}. Received: 'a folder {name} in {tmp_path}'"):
        next_version(str(tmp_path))
