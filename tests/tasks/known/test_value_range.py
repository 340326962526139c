"""A known task declares what its values lie between; what lies outside is refused with its place."""

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV
from bert_tf.errors import InputError
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.registry import TASKS, read_split


def written(folder, *values):
    head = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
    rows = (f"{index}\tnews\tx\t2012\t1\tnone\tnone\ta\tb\t{value}\n" for index, value in enumerate(values))
    (folder / "dev.tsv").write_text(head + "".join(rows))
    return replace(RunConfig(), data_dir=str(folder))


def test_values_from_0_to_5_are_read(tmp_path):
    data = written(tmp_path, "0", "5.000", "2.75")
    assert read_split(TASKS["sts-b"], DEV, data).labels == ["0", "5.000", "2.75"]


@pytest.mark.parametrize("value", ["5.5", "-0.1", "1e308"])
def test_a_value_outside_is_refused(tmp_path, value):
    data = written(tmp_path, "0", value, "5")
    with pytest.raises(InputError, match=rf"must lie between 0 and 5 \(.*dev\.tsv:3; 1 fault .*Received: '{value}'"):
        TASKS["sts-b"].answers.place(read_split(TASKS["sts-b"], DEV, data))


def test_every_regression_that_is_known_declares_its_range():
    known = [task for task in TASKS.values() if isinstance(task.answers, Value)]
    assert known
    assert all(task.answers.value_range is not None and task.answers.is_bounded for task in known)
