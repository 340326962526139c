import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.tasks.answers.labels import label_places, rare_labels


def make(labels):
    count = len(labels)
    return Examples("train.tsv", ["t"] * count, None, labels, [str(i) for i in range(count)], list(range(2, count + 2)))


def test_labels_become_places():
    found = label_places(make(["b", "a", "b"]), ("a", "b"))
    assert (found.tolist(), found.dtype) == ([1, 0, 1], np.int32)


def test_an_unknown_label_is_named_with_its_line_and_the_known_ones():
    with pytest.raises(
        InputError, match=r"one of the task's labels \(0, 1\) \(train.tsv:3; 2 faults in 3 rows .*Received: '2'"
    ):
        label_places(make(["0", "2", "3"]), ("0", "1"))


def test_a_header_that_was_read_as_a_row_is_recognised():
    with pytest.raises(InputError, match="looks like a header"):
        label_places(make(["#1 ID", "1"]), ("0", "1"))


def test_examples_without_labels_have_zeros():
    examples = Examples("x", ["a", "b"], None, None, ["0", "1"])
    assert label_places(examples, ("0", "1")).tolist() == [0, 0]


def test_rare_labels_are_told_the_rarest_first():
    counts = {"a": 300, "b": 30, "c": 31, "d": 3, "e": 0}
    assert rare_labels(counts, 10) == ["d", "b"]
    assert rare_labels(counts, 100) == ["d"]
    assert rare_labels({}, 10) == []
