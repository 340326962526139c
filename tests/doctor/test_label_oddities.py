import pytest

from bert_tf.config.run import TrainConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.data_findings import short_warnings
from bert_tf.doctor.label_findings import look_at_labels
from bert_tf.doctor.label_oddities import look_alike, odd_labels
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA


def several(*labels):
    return CUSTOM.answering(LabelSet(labels))


def examples(*labels):
    rows = range(len(labels))
    return Examples("a.csv", [f"text {i}" for i in rows], None, labels, [str(i) for i in rows], [i + 2 for i in rows])


@pytest.mark.parametrize(
    "other",
    ["Good", "GOOD", "go\u200bod", "\ufeffgood", "go od", "goo\u00add", "good\u00a0", "ｇood"],
)
def test_labels_that_look_alike_are_told(other):
    (found,) = look_alike(["good", other, "bad"])
    assert found.what.startswith("labels look alike and are learnt as different ones: 'good' and ")
    assert ascii(other)[1:-1] in found.what
    assert "bad" not in found.what


def test_a_character_coded_in_two_ways_is_told():
    (found,) = look_alike(["café", "cafe\u0301"])
    assert "caf\\xe9" in found.what
    assert "cafe\\u0301" in found.what


def test_labels_that_differ_are_not_told():
    assert look_alike(["good", "goods", "no_good", "no-good", "café", "cafe", "1", "01", "+1", "-1"]) == []


def test_of_many_that_look_alike_the_first_are_told():
    labels = [name for index in range(9) for name in (f"l{index}", f"L{index}")]
    (found,) = look_alike(labels)
    assert found.what.endswith("'l4' and 'L4'; and 4 more")


def test_a_set_without_two_labels_in_any_example_is_told():
    (found,) = odd_labels(several("x", "y"), {TRAIN: examples("x", "y", "", "x|x"[:1])})
    assert found.what == "train: no example has two labels"
    assert "--label_separator" in found.fix
    assert "--kind=classification" in found.fix
    assert odd_labels(several("x", "y"), {TRAIN: examples("x", "y|x")}) == []


def test_a_label_twice_in_an_example_is_told_with_its_place():
    splits = {TRAIN: examples("x|y", "x|x", "y"), DEV: examples("y|x|y")}
    assert [finding.what for finding in odd_labels(several("x", "y"), splits)] == [
        "train: 1 of 3 examples (line 3) has one label twice, which counts once",
        "dev: 1 of 1 examples (line 2) has one label twice, which counts once",
    ]


def test_the_doctor_and_the_classifier_tell_them():
    task, splits = several("x", "X"), {TRAIN: examples("x", "X")}
    told = [finding.what for finding in odd_labels(task, splits)]
    assert len(told) == 2
    section = look_at_labels(task, splits, TrainConfig())
    assert set(told) <= {finding.what for finding in section.findings}
    assert set(told) <= set(short_warnings(task, splits))


def test_a_published_task_is_not_looked_at():
    assert odd_labels(COLA.answering(OneLabel(("a", "A"))), {TRAIN: examples("a", "A")}) == []
