"""The task that the user's own files make: its labels, their order, and everything that can be wrong with them."""

import dataclasses
import json

import numpy as np
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.examples import name_own_task, read_examples, stored_task
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.own_data import read_own_data
from bert_tf.tasks.own.stored import read_task, write_task

TRAIN_AND_DEV = (TRAIN, DEV)
PARTS = (*TRAIN_AND_DEV, TEST)


def read(folder, train=None, dev=None, test=None, needed=TRAIN_AND_DEV, **options):
    """Writes rows of (text, label) as CSV files and reads them as a run does."""
    names = {"train_file": train, "eval_file": dev, "predict_file": test}
    for name, rows in names.items():
        if rows is not None:
            (folder / f"{name}.csv").write_text("text,label\n" + "".join(f"{a},{b}\n" for a, b in rows))
            options[name] = str(folder / f"{name}.csv")
    return read_examples(name_own_task(replace(RunConfig(), **options)), needed)


def rows(*labels):
    return [(f"text {index}", label) for index, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (("no", "yes", "no"), ("no", "yes")),
        (("b", "A", "a"), ("A", "a", "b")),
        (("10", "9", "-1"), ("-1", "9", "10")),
        (("10", "9", "x"), ("10", "9", "x")),
        (("+1", "-1", "+1"), ("-1", "+1")),
        (("1E50", "2E7", "1e0"), ("1E50", "1e0", "2E7")),
        (("é", "z", "中"), ("z", "é", "中")),
    ],
)
def test_labels_are_found_and_put_in_order(tmp_path, labels, order):
    found = read(tmp_path, rows(*labels), rows(*labels))
    assert found.task.labels == order
    assert f"train: {len(order)} labels, in this order, with their examples: {order[0]} " in " ".join(found.told)


def test_given_labels_keep_their_order_and_may_look_like_fractions(tmp_path):
    found = read(tmp_path, rows("2.0", "1.0"), rows("1.0"), labels="2.0, 1.0,3.0")
    assert found.task.labels == ("2.0", "1.0", "3.0")
    assert found.task.answers.place(found.splits[TRAIN]).tolist() == [0, 1]


def test_values_have_the_range_of_the_training_set(tmp_path):
    found = read(tmp_path, rows("-1", "3", "1e0"), rows("5"), kind="regression")
    assert found.task.answers.value_range == (-1, 3)
    assert found.task.answers.place(found.splits[TRAIN]).tolist() == [0, 1, 0.5]
    assert found.task.answers.place(found.splits[DEV]).tolist() == [1.5]


def test_an_example_may_have_any_number_of_labels(tmp_path):
    found = read(tmp_path, rows("b|a", "", " b "), rows("a"), kind="multi_label")
    assert found.task.labels == ("a", "b")
    assert found.task.answers.place(found.splits[TRAIN]).tolist() == [[1, 1], [0, 0], [0, 1]]
    assert "a 1, b 2" in " ".join(found.told)


def test_ordinal_labels_need_an_order(tmp_path):
    assert read(tmp_path, rows("10", "9"), rows("9"), kind="ordinal").task.labels == ("9", "10")
    with pytest.raises(InputError, match=r"must be given in order\. Received: 'good, poor'"):
        read(tmp_path, rows("good", "poor"), rows("good"), kind="ordinal")
    found = read(tmp_path, rows("good", "poor"), rows("good"), kind="ordinal", labels="poor,fair,good")
    assert found.task.labels == ("poor", "fair", "good")
    assert found.task.answers.place(found.splits[TRAIN]).tolist() == [2, 0]


def test_a_part_of_the_training_set_becomes_the_dev_set(tmp_path):
    found = read(tmp_path, rows(*"aaaaaabbbb"), eval_split=0.2)
    assert (len(found.splits[TRAIN]), found.splits[DEV].labels) == (8, ["a", "b"])
    assert "train: 2 labels, in this order, with their examples: a 5, b 3" in found.told
    train, dev = (found.splits[split].summary() for split in TRAIN_AND_DEV)
    assert "8 examples from" in train
    assert train.endswith("2 set aside as dev set)")
    assert dev == f"2 examples from {tmp_path}/train_file.csv (what was set aside)"
    again = read(tmp_path, rows(*"aaaaaabbbb"), eval_split=0.2)
    assert again.splits[DEV].ids == found.splits[DEV].ids


@pytest.mark.parametrize(
    ("train", "dev", "options", "message"),
    [
        (rows("a", "a"), rows("a"), {}, "at least 2 different labels. Received: 'a'"),
        (rows("a"), rows("a"), {}, "at least 2 different labels"),
        (rows("a", "b"), rows("a", "c"), {}, r"one of the task's labels \(a, b\) \(.*eval_file.csv:3, column 'label'"),
        (rows("a", "b", ""), rows("a"), {}, r"must not be missing \(.*train_file.csv:4"),
        (rows("a", "b", "nan"), rows("a"), {}, "must not be missing .*Received: 'nan'"),
        (rows("a", '"b\nc"'), rows("a"), {}, r"must stand in one line \(.*train_file.csv:3.*Received: 'b.nc'"),
        (rows("a", '"b\nc|d"'), rows("a"), {"kind": "multi_label"}, "must stand in one line"),
        (rows("1", "0", "0.5"), rows("0"), {}, "whole number, not a number with a fraction .*--kind=regression"),
        (rows("1", "x"), rows("0"), {"kind": "regression"}, r"finite number \(.*:3, column 'label'.*Received: 'x'"),
        (rows("1", "inf"), rows("0"), {"kind": "regression"}, "finite number .*Received: 'inf'"),
        (rows("1", "nan"), rows("0"), {"kind": "regression"}, "must not be missing .*Received: 'nan'"),
        (rows("1", "0"), rows("y"), {"kind": "regression"}, r"finite number \(.*eval_file.csv:2"),
        (rows("1", "1.0"), rows("1"), {"kind": "regression"}, "must have different values. Received: '1 only'"),
        (rows("1", "0"), rows("1"), {"kind": "regression", "labels": "0,1"}, "--labels needs labels"),
        (rows("a|b", "a"), rows("a|c"), {"kind": "multi_label"}, r"one of the task's \(a, b\) .*Received: 'c'"),
        (rows("a", "b"), None, {}, "--eval_file must be set.*or --eval_split to a share"),
        (None, rows("a"), {}, "--train_file must be set"),
        (rows("a", "b"), rows("a"), {"labels": "a"}, "--labels must name at least two labels"),
        (rows("a", "b"), rows("a"), {"label_column": "text"}, "must be named for one purpose. Received: 'text'"),
        (rows("a", "b"), rows("a"), {"delimiter": "ab"}, "--delimiter must be one character"),
        (rows("a", "b"), rows("a"), {"task_name": "cola"}, "Own files make a task of their own"),
        (rows("a", "b"), [], {}, "must hold at least one row. Received: 'a header alone'"),
        (rows("a", "b"), None, {"eval_split": 0.1}, "must leave examples in both parts"),
    ],
)
def test_what_can_not_be_learnt_is_refused(tmp_path, train, dev, options, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, train, dev, **options)


def test_a_dev_set_comes_from_one_place(tmp_path):
    with pytest.raises(InputError, match=r"must be a file, or a share of .*--eval_file=.* with --eval_split=0\.5"):
        read(tmp_path, rows("a", "a", "b", "b"), rows("a"), eval_split=0.5)
    write_task(str(tmp_path), TASKS[3])  # A model whose config has --eval_split is scored on a file of its own.
    found = read(tmp_path, None, rows("b"), needed=[DEV], eval_split=0.5, output_dir=str(tmp_path))
    assert found.splits[DEV].labels == ["b"]


def test_a_trained_model_keeps_its_labels(tmp_path):
    write_task(str(tmp_path), TASKS[3])
    assert read(tmp_path, None, rows("b"), needed=[DEV], labels="a,b", output_dir=str(tmp_path)).task == TASKS[3]
    with pytest.raises(InputError, match=r"--labels must be those that the model was trained for\. Received: 'b,a'"):
        read(tmp_path, None, rows("b"), needed=[DEV], labels="b,a", output_dir=str(tmp_path))


def test_a_list_of_labels_is_for_several_labels_alone(tmp_path):
    data = '{"text": "one", "label": ["a", "b"]}\n{"text": "two", "label": ["a"]}\n'
    (tmp_path / "train.jsonl").write_text(data)
    options = {"train_file": f"{tmp_path}/train.jsonl", "needed": [TRAIN]}
    assert read(tmp_path, kind="multi_label", **options).task.labels == ("a", "b")
    for kind in ("classification", "ordinal", "regression"):
        with pytest.raises(InputError, match=r"must have one label \(.*:1, column 'label'; 2 faults .*multi_label"):
            read(tmp_path, kind=kind, **options)


def test_few_examples_are_enough_where_their_labels_are_named(tmp_path):
    found = read(tmp_path, rows("a"), rows("b"), [("text", "")], PARTS, labels="a,b")
    assert [len(examples) for examples in found.splits.values()] == [1, 1, 1]
    assert found.task.answers.place(found.splits[DEV]).tolist() == [1]


def test_a_dev_set_may_lack_labels_and_repeat_texts(tmp_path):
    found = read(tmp_path, rows("a", "b", "b"), [("text 0", "b"), ("text 0", "b")])
    assert found.task.answers.place(found.splits[DEV]).tolist() == [1, 1]


def test_a_number_too_long_for_python_is_a_name(tmp_path):
    digits = "9" * 5000
    assert read(tmp_path, rows(digits, "1"), rows("1")).task.labels == ("1", digits)


def test_a_header_that_was_read_as_a_row_is_noticed(tmp_path):
    options = {"header": "no", "text_column": "0", "label_column": "1"}
    with pytest.raises(InputError, match=r"The first line of .* must be a row.*Set --header=yes"):
        read(tmp_path, rows("a", "b"), rows("a"), **options)


TASKS = [
    dataclasses.replace(CUSTOM, answers=OneLabel(("no", "中 文")), is_pair=True),
    dataclasses.replace(CUSTOM, answers=Value(value_range=(0.1, 7.0)), metrics=Value.default_metrics),
    dataclasses.replace(CUSTOM, answers=LabelSet(("a", "b"), (0.25, 0.5), "+"), metrics=LabelSet.default_metrics),
    CUSTOM.answering(OneLabel(("a", "b"))),
    dataclasses.replace(CUSTOM, answers=Ranks(("poor", "good")), metrics=Ranks.default_metrics),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.answers.kind} {len(task.labels)}")
def test_reading_a_task_gives_the_one_that_was_written(tmp_path, task):
    write_task(str(tmp_path), task)
    assert read_task(str(tmp_path)) == task
    config = replace(RunConfig(), task_name="custom")
    assert stored_task(config, str(tmp_path)) == task
    assert read_task(str(tmp_path / "none")) is None


@pytest.mark.parametrize("damage", [{}, {"kind": "other"}, {"labels": 5}, {"value_range": [1]}])
def test_a_damaged_task_is_refused(tmp_path, damage):
    write_task(str(tmp_path), TASKS[0])
    tree = json.loads((tmp_path / "task.json").read_text())
    (tmp_path / "task.json").write_text(json.dumps({**tree, **damage} if damage else {}))
    with pytest.raises(InputError, match="must be as bert_tf wrote it"):
        read_task(str(tmp_path))


def test_prediction_takes_the_task_of_the_folder(tmp_path):
    write_task(str(tmp_path), TASKS[0])
    found = read(tmp_path, test=[("one", ""), ("two", "")], needed=[TEST], output_dir=str(tmp_path))
    assert found.task == TASKS[0]
    assert found.splits[TEST].labels is None
    with pytest.raises(InputError, match="labels of the task must be known"):
        read(tmp_path, test=[("one", "")], needed=[TEST], output_dir=str(tmp_path / "none"))


def test_targets_have_the_type_that_the_loss_takes(tmp_path):
    found = read(tmp_path, rows("a", "b"), rows("a"))
    assert found.task.answers.place(found.splits[DEV]).dtype == np.int32


@pytest.mark.parametrize("kind", ["classification", "spans", "choices", "tags"])
@pytest.mark.parametrize("name", ["files", "files/", "a.json", "b.jsonl"])
@pytest.mark.parametrize(("flag", "split"), [("train_file", TRAIN), ("eval_file", DEV), ("predict_file", TEST)])
def test_a_folder_is_told_as_one_whatever_reads_it(tmp_path, kind, name, flag, split):
    (tmp_path / name).mkdir()
    config = replace(RunConfig(), task_name="custom", kind=kind, **{flag: f"{tmp_path}/{name}"})
    with pytest.raises(InputError, match=rf"There must be a data file at {tmp_path}/{name}\. Received: 'a folder'"):
        read_own_data(config, [split], [])
