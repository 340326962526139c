import pytest

from bert_tf.data.examples import Examples, label_ids
from bert_tf.errors import InputError


def make(labels):
    count = len(labels)
    return Examples("train.tsv", ["t"] * count, None, labels, [str(i) for i in range(count)], list(range(2, count + 2)))


def test_labels_become_positions():
    assert label_ids(make(["b", "a", "b"]), ("a", "b")).tolist() == [1, 0, 1]


def test_an_unknown_label_is_named_with_its_line_and_the_known_ones():
    with pytest.raises(
        InputError, match=r"one of the task's labels \(0, 1\) \(train.tsv:3; 2 faults in 3 rows .*Received: '2'"
    ):
        label_ids(make(["0", "2", "3"]), ("0", "1"))


def test_a_header_that_was_read_as_a_row_is_recognised():
    with pytest.raises(InputError, match="looks like a header"):
        label_ids(make(["#1 ID", "1"]), ("0", "1"))


def test_examples_without_labels_have_zeros():
    examples = Examples("x", ["a", "b"], None, None, ["0", "1"])
    assert label_ids(examples, ("0", "1")).tolist() == [0, 0]
    assert examples.location(1) == "x, example 1"
