import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.tasks.answers.space import VALUE
from bert_tf.tasks.answers.value import Value


def examples(*labels):
    return Examples("x.csv", ["t"] * len(labels), None, labels, [str(i) for i in range(len(labels))])


def test_values_are_counted_by_parts_of_the_range_and_those_outside_at_its_ends():
    counts = Value(value_range=(0, 4)).tally(examples("0", "0.9", "1", "4", "-3", "7"))
    assert counts == {
        "0 to 0.5": 2,
        "0.5 to 1": 1,
        "1 to 1.5": 1,
        "1.5 to 2": 0,
        "2 to 2.5": 0,
        "2.5 to 3": 0,
        "3 to 3.5": 0,
        "3.5 to 4": 2,
    }


def test_numbers_that_are_written_in_another_way_mean_the_same():
    one, same, again, other = (Value().meaning(label) for label in ("1", "1.0", "1e0", "1.5"))
    assert one == same == again != other


def test_values_are_told_in_their_unit():
    space = Value(value_range=(-1.0, 3.0))
    assert space.unscaled(np.array([0.0, 0.5, 1.0], np.float32)).tolist() == [-1.0, 1.0, 3.0]
    found = space.place(examples("-1", "1", "3", "5"))
    assert (found.tolist(), found.dtype) == ([0.0, 0.5, 1.0, 1.5], np.float32)


def test_a_label_outside_a_range_that_the_task_sets_is_refused():
    with pytest.raises(InputError, match=r"must lie between 0 and 5 .*Received: '5.1'"):
        Value(value_range=(0.0, 5.0), is_bounded=True).place(examples("5", "5.1"))


def test_an_answer_is_the_value():
    assert Value(value_range=(0.0, 4.0)).read({VALUE: np.array([[1.0], [3.25]], np.float32)}, 1) == {"value": 3.25}


def test_scores_are_those_of_the_values():
    # Labels are -1, 1 and 3. Both correlations are 6 / sqrt(8 x 6) = 1.5 / sqrt(2 x 1.5), the second one of ranks.
    targets, values = np.array([0.0, 0.5, 1.0], np.float32), np.array([[-1.0], [2.0], [2.0]], np.float32)
    scores = Value(value_range=(-1.0, 3.0)).score({VALUE: values}, targets, Value.default_metrics)
    assert scores == pytest.approx(
        {
            **dict.fromkeys(("pearson", "spearman"), 6 / np.sqrt(8 * 6)),
            **dict.fromkeys(("mean_squared_error", "mean_absolute_error"), 2 / 3),
        }
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("1e39", "0"), r"Values must not be larger than 1e\+16.*Received: '0 to 1e\+39 in x.csv'"),
        (("-1e17", "0"), r"Values must not be larger than 1e\+16"),
        (("1700000000", "1700000023"), r"differ by more than float32 can tell.*Subtract the least"),
        (("9007199254740993", "9007199254740995"), "differ by more than float32 can tell"),
        (("1000000", "1000000.1"), "differ by more than float32 can tell"),
    ],
)
def test_a_range_that_float32_does_not_hold_is_refused(labels, message):
    with pytest.raises(InputError, match=message):
        Value().completed(examples(*labels))


@pytest.mark.parametrize("labels", [("0", "1e16"), ("1e-300", "2e-300"), ("20000101", "20261231"), ("-0.001", "0.001")])
def test_a_range_of_many_steps_of_float32_is_good(labels):
    assert Value().completed(examples(*labels)).ends == tuple(map(float, labels))
