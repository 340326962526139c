"""`task.json` as it is written, and as somebody has changed it."""

import dataclasses
import json

import pytest

from bert_tf.errors import InputError
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.stored import TASK_FILE, read_task, write_task

TASKS = [
    dataclasses.replace(CUSTOM, answers=OneLabel(("no", "yes")), metrics=(*OneLabel.default_metrics, "f1")),
    dataclasses.replace(CUSTOM, answers=OneLabel(("a", "b", "c")), is_pair=True),
    dataclasses.replace(CUSTOM, answers=LabelSet(("a", "中"), (0.0, 1.0), "; "), metrics=LabelSet.default_metrics),
    dataclasses.replace(CUSTOM, answers=Ranks(("1", "2")), metrics=Ranks.default_metrics),
    dataclasses.replace(CUSTOM, answers=Value(value_range=(-1.5, 2.0)), metrics=Value.default_metrics),
]
_ANYTHING = (None, 3, -1.5, True, "text", "", [], {}, [[]], [None], {"a": [1]}, [True], ["a", 1], [1e308, -1e308])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.answers.kind)
def test_reading_what_was_written_gives_the_same(tmp_path, task):
    write_task(str(tmp_path), task)
    assert read_task(str(tmp_path)) == task


CHANGES = [
    *({name: value} for name in ("kind", "labels", "metrics", "thresholds", "is_pair") for value in _ANYTHING),
    *({"label_separator": value} for value in _ANYTHING if value != "text"),
    *({"value_range": value} for value in _ANYTHING if value is not None),
    {"thresholds": [0.5]},
    {"thresholds": [0.5, 0.5, 0.5]},
    {"thresholds": [0.5, 1.5]},
    {"thresholds": [-0.1, 0.5]},
    {"thresholds": ["0.5", "0.5"]},
    {"labels": ["a"]},
    {"labels": ["a", "a"]},
    {"labels": ["a", "b\nc"]},
    {"labels": ["a", ""]},
    {"labels": "ab"},
    {"kind": "regression"},
    {"metrics": ["accuracy"]},
]
# These leave the task as sound as it was.
_HARMLESS = ({"is_pair": True}, {"thresholds": []})


@pytest.mark.parametrize("change", [change for change in CHANGES if change not in _HARMLESS], ids=str)
def test_what_somebody_has_changed_is_refused_in_one_line(tmp_path, change):
    write_task(str(tmp_path), TASKS[2])
    path = tmp_path / TASK_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError) as caught:
        read_task(str(tmp_path))
    assert str(caught.value).startswith(f"{path} must be as bert_tf wrote it. Received: ")


@pytest.mark.parametrize("ends", [None, [1], [2, 1], [1, 1], [1, 2, 3], ["1", "2"], [None, 1], [False, True]])
def test_a_range_of_values_goes_from_low_to_high(tmp_path, ends):
    write_task(str(tmp_path), TASKS[4])
    path = tmp_path / TASK_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "value_range": ends}))
    with pytest.raises(InputError, match="must be as bert_tf wrote it"):
        read_task(str(tmp_path))


@pytest.mark.parametrize(
    "name", ["kind", "labels", "metrics", "thresholds", "is_pair", "label_separator", "value_range"]
)
def test_a_field_that_is_missing_is_named(tmp_path, name):
    write_task(str(tmp_path), TASKS[2])
    path = tmp_path / TASK_FILE
    path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != name}))
    with pytest.raises(InputError, match=f"Received: 'no {name}'"):
        read_task(str(tmp_path))
