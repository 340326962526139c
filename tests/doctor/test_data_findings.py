import dataclasses

from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.data_findings import compare_splits, look_at_rows, short_warnings
from bert_tf.doctor.findings import Severity
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.demo import DEMOS

TASK = CUSTOM.answering(OneLabel(("no", "yes")))


def examples(texts, labels, name="train.csv", lines=True):
    rows = range(len(texts))
    return Examples(name, texts, None, labels, [f"r{i}" for i in rows], [i + 2 for i in rows] if lines else None)


TRAIN_ROWS = examples(["a", "b", "a", "", "b", *"cdefgh"], ["no", "no", "no", "yes", "yes", *["no"] * 6])
DEV_ROWS = examples(["x", "c", "d", "x"], ["no", "yes", "no", "no"], "dev.csv", lines=False)


def test_each_kind_of_trouble_is_told_with_its_rows_and_what_to_do():
    splits = {TRAIN: TRAIN_ROWS, DEV: DEV_ROWS}
    section = look_at_rows(TASK, splits, compare_splits(TASK, splits), can_fix=True)
    copy = "bert-tf doctor --fix writes a copy of the training file without them"
    assert [(finding.what, finding.fix) for finding in section.findings] == [
        ("train: 1 of 11 examples (line 5) has an empty text", copy),
        ("train: 1 of 11 examples (line 4) has the texts of an earlier one, with the same label", copy),
        (
            "train: 2 of 11 examples (lines 3, 6) have texts that others have with another label",
            "Decide which label is right; --fix leaves them as they are",
        ),
        ("dev: 1 of 4 examples (id r3) has the texts of an earlier one, with the same label", ""),
        (
            "dev: 2 of 4 examples (ids r1, r2) have texts that are in train too (50.0%), 1 of them with another label",
            f"Its scores flatter; {copy}",
        ),
    ]
    assert {finding.severity for finding in section.findings} == {Severity.WARNING}
    assert section.lines == ["train   11 examples from train.csv", "dev     4 examples from dev.csv"]


def test_what_is_sound_is_said_too_and_a_missing_dev_set_is_told():
    train = examples(["a", "b"], ["no", "yes"])
    splits = {TRAIN: train}
    section = look_at_rows(TASK, splits, compare_splits(TASK, splits), can_fix=True)
    assert [finding.severity for finding in section.findings] == [Severity.OK, Severity.OK, Severity.WARNING]
    assert section.findings[2].what.startswith("there is no dev set")
    assert "--eval_split=0.1" in section.findings[2].fix
    folds = look_at_rows(TASK, splits, compare_splits(TASK, splits), can_fix=True, needs_dev=False)
    assert len(folds.findings) == 2


def test_texts_that_are_all_empty_block_the_run():
    splits = {TRAIN: examples(["", " "], ["no", "yes"]), DEV: DEV_ROWS}
    section = look_at_rows(TASK, splits, compare_splits(TASK, splits), can_fix=True)
    assert section.findings[0].severity is Severity.BLOCKER
    assert "--text_column" in section.findings[0].fix


def test_only_the_first_rows_are_named():
    train = examples(["a"] * 9, ["no"] * 8 + ["yes"])
    lines = short_warnings(TASK, {TRAIN: train})
    assert lines[0] == (
        "train: 7 of 9 examples (lines 3, 4, 5, 6, 7, ...) have the texts of an earlier one, with the same label"
    )


def test_values_are_compared_as_numbers():
    values = CUSTOM.answering(Value(value_range=(1.0, 2.0)))
    lines = short_warnings(values, {TRAIN: examples(["a", "a", "a"], ["1", "1.0", "2"])})
    assert lines == [
        "train: 1 of 3 examples (line 3) has the texts of an earlier one, with the same value",
        "train: 3 of 3 examples (lines 2, 3, 4) have texts that others have with another value",
    ]


def test_the_short_of_it_is_empty_where_there_is_nothing_to_say():
    assert short_warnings(TASK, {TRAIN: examples(["a", "b"], ["no", "yes"])}) == []
    assert short_warnings(TASK, {DEV: DEV_ROWS}) == []
    assert short_warnings(DEMOS[0], {TRAIN: TRAIN_ROWS}) == []  # Nobody could change them.


def test_the_short_of_it_has_a_line_for_an_imbalance():
    train = examples(list("abcdefghijk"), ["no"] * 10 + ["yes"])
    assert short_warnings(TASK, {TRAIN: train}) == [
        "train: yes 1 against 10 examples of no: the labels are not balanced"
    ]


def test_invisible_texts_and_a_header_that_comes_again_are_told():
    train = dataclasses.replace(
        examples(["a", "\u200b", "text", "b"], ["no", "yes", "label", "no"]), text_column="text", label_column="label"
    )
    task = TASK.answering(OneLabel(("label", "no", "yes")))
    assert short_warnings(task, {TRAIN: train}) == [
        "train: 1 of 4 examples (line 3) has a text of invisible characters alone, without any piece",
        "train: 1 of 4 examples (line 4) has the names of the columns in place of text and label",
    ]
