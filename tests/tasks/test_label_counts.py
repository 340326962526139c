import dataclasses

import pytest

from bert_tf.data.examples import Examples
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.label_counts import count_labels, count_values, rare_labels, with_plain_labels
from bert_tf.tasks.task import Kind


def examples(*labels):
    return Examples("x.csv", ["t"] * len(labels), None, labels, [str(i) for i in range(len(labels))])


def task(kind, *labels, value_range=None):
    return dataclasses.replace(CUSTOM, kind=kind, labels=labels, value_range=value_range)


def test_labels_are_counted_in_the_order_of_the_task():
    counts = count_labels(examples("b", "a", "b"), task(Kind.CLASSIFICATION, "c", "b", "a"))
    assert list(counts.items()) == [("c", 0), ("b", 2), ("a", 1)]


def test_an_example_with_several_labels_counts_for_each_of_them_once():
    several = task(Kind.MULTI_LABEL, "x", "y", "z")
    assert count_labels(examples("x|y", "y | x|x", "", "y"), several) == {"x": 2, "y": 3, "z": 0}


def test_labels_that_mean_the_same_are_made_equal():
    several = with_plain_labels(examples("x|y", "y | x|x", ""), task(Kind.MULTI_LABEL, "x", "y"))
    assert several.labels == ["x|y", "x|y", ""]
    values = with_plain_labels(examples("1", "1.0", "1e0", "1.5"), task(Kind.REGRESSION))
    assert len(set(values.labels[:3])) == 1
    assert values.labels[3] != values.labels[0]
    plain = examples("1", "1.0")
    assert with_plain_labels(plain, task(Kind.CLASSIFICATION, "1", "1.0")) is plain


def test_values_are_counted_by_parts_of_the_range_and_those_outside_at_its_ends():
    counts, edges = count_values(
        examples("0", "0.9", "1", "4", "-3", "7"), task(Kind.REGRESSION, value_range=(0, 4)), 4
    )
    assert counts.tolist() == [3, 1, 0, 2]
    assert edges.tolist() == [0, 1, 2, 3, 4]


def test_rare_labels_are_told_the_rarest_first():
    counts = {"a": 300, "b": 30, "c": 31, "d": 3, "e": 0}
    assert rare_labels(counts, 10) == ["d", "b"]
    assert rare_labels(counts, 100) == ["d"]
    assert rare_labels({}, 10) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_examples_without_labels_stay_as_they_are(kind):
    unlabelled = dataclasses.replace(examples("1"), labels=None)
    assert with_plain_labels(unlabelled, task(kind)) is unlabelled
