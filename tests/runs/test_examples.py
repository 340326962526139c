import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import TEST
from bert_tf.errors import InputError
from bert_tf.runs.examples import read_examples


def read_wnli_to_submit(folder, ids):
    """Reads a test set of wnli with these ids, for a submission."""
    rows = "".join(f"{name}\tone {name}\tother {name}\n" for name in ids)
    (folder / "test.tsv").write_text("index\tsentence1\tsentence2\n" + rows)
    options = {"task_name": "wnli", "data_dir": str(folder), "do_predict": True, "glue_submission": True}
    return read_examples(replace(RunConfig(), **options), [TEST]).splits[TEST]


def test_a_submission_takes_the_whole_test_set_in_the_order_of_its_index(tmp_path):
    assert len(read_wnli_to_submit(tmp_path, range(146))) == 146
    with pytest.raises(InputError, match=r"WNLI.tsv must have a prediction for each of the 146 .*'145 examples in"):
        read_wnli_to_submit(tmp_path, range(145))
    with pytest.raises(InputError, match=r"order of its index, from 0\. Received: '145 in place of 0 at .*test.tsv:2'"):
        read_wnli_to_submit(tmp_path, reversed(range(146)))
