from bert_tf.config.run import TrainConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.data_findings import compare_splits, look_at_rows
from bert_tf.doctor.findings import Severity
from bert_tf.doctor.label_findings import look_at_labels
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM


def splits(train, dev=None):
    found = {TRAIN: train} | ({} if dev is None else {DEV: dev})
    return {split: Examples("x", ["t"] * len(labels), None, labels, labels) for split, labels in found.items()}


def test_labels_are_counted_beside_each_other_and_a_baseline_is_told():
    section = look_at_labels(
        CUSTOM.answering(OneLabel(("no", "yes"))), splits(["no", "yes", "no"], ["yes", "no"]), TrainConfig()
    )
    assert section.lines == [
        "      train           dev",
        "no        2   66.7%     1   50.0%   " + "#" * 24,
        "yes       1   33.3%     1   50.0%   " + "#" * 12,
    ]
    assert [finding.what for finding in section.findings] == [
        "no label has 10 times as many examples as another",
        "to compare with: whoever always says no is right in 50.0% of dev",
    ]


def test_labels_without_examples_are_told_and_spoil_balanced_weights():
    labels = CUSTOM.answering(Ranks(("a", "b", "c")))
    section = look_at_labels(labels, splits(["a", "b"], ["a", "c"]), TrainConfig(class_weights="balanced"))
    assert [(finding.severity, finding.what) for finding in section.findings[:2]] == [
        (Severity.WARNING, "train: 1 of 3 labels have no example and can't be learnt: c"),
        (Severity.WARNING, "dev: 1 of 3 labels have no example and can't be scored: b"),
    ]
    assert section.findings[2].severity is Severity.BLOCKER
    assert section.findings[2].what.startswith("--class_weights=balanced needs an example of every label")


def test_of_many_labels_those_at_both_ends_are_shown():
    names = tuple(f"l{i:02}" for i in range(20))
    train = [name for i, name in enumerate(names) for _ in range(i + 30)]
    section = look_at_labels(CUSTOM.answering(OneLabel(names)), splits(train), TrainConfig())
    assert [line.split()[0] for line in section.lines[1:]] == [
        *(f"l{i:02}" for i in range(19, 11, -1)),
        "...",
        *(f"l{i:02}" for i in range(7, -1, -1)),
    ]
    assert "... 4 labels between these" in section.lines


def test_examples_without_any_of_several_labels_are_counted():
    section = look_at_labels(CUSTOM.answering(LabelSet(("x", "y"))), splits(["x|y", "x", "", ""]), TrainConfig())
    assert [line.split()[:2] for line in section.lines[1:]] == [["x", "2"], ["y", "1"], ["(none)", "2"]]


def test_values_are_counted_by_eighths_of_their_range():
    values = CUSTOM.answering(Value(value_range=(0.0, 4.0)))
    section = look_at_labels(values, splits(["0", "0.2", "4", "1.9"], ["2"]), TrainConfig())
    assert section.title == "values"
    rows = [line.split() for line in section.lines[1:]]
    assert [row[3] for row in rows] == ["2", "0", "0", "1", "0", "0", "0", "1"]
    assert [row[5] for row in rows] == ["0", "0", "0", "0", "1", "0", "0", "0"]
    assert rows[1][:3] == ["0.5", "to", "1"]


def test_of_tags_words_and_entities_are_counted_and_illegal_sequences_told():
    written = ["O I-x I-x O", "B-y O", "B-x B-x"] + ["B-x O"] * 4
    words = [tuple("abcd"), ("\u200b", "b"), *[("a", "b")] * 5]
    train = Examples("f", [" ".join(each) for each in words], None, written, list("0123456"), words=words)
    read = Tags().read_cells(train, ())
    space = Tags().completed(read)
    found = {TRAIN: read, DEV: space.read_cells(read.rows([0, 2]), space.labels)}
    section = look_at_labels(CUSTOM.answering(space), found, TrainConfig())
    assert [line.split()[:5] for line in section.lines[1:6]] == [
        ["O", "7", "43.8%", "2", "33.3%"],
        ["B-x", "7", "43.8%", "3", "50.0%"],
        ["I-x", "1", "6.2%", "1", "16.7%"],
        ["B-y", "1", "6.2%", "0", "0.0%"],
        ["I-y", "0", "0.0%", "0", "0.0%"],
    ]
    assert section.lines[6:] == ["train: 8 entities: x 7, y 1", "dev: 3 entities: x 3"]
    assert section.findings[0].severity is Severity.WARNING
    assert section.findings[0].what == (
        "train: 1 tag that IOB2 doesn't allow, read as conlleval does: I-x behind O 1 (f, example 0 word 2)"
    )
    assert section.findings[-1].what == "to compare with: whoever always says O is right in 33.3% of dev"
    rows = look_at_rows(CUSTOM.answering(space), found, compare_splits(CUSTOM.answering(space), found), can_fix=False)
    told = [finding.what for finding in rows.findings if "any piece" in finding.what]
    assert told == [
        "train: 1 word of invisible characters alone, without any piece, read as [UNK] (f, example 1 word 1)"
    ]
