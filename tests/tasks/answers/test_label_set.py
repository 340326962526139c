import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.space import CHOSEN, PROBABILITIES


def examples(*labels):
    return Examples("x.csv", ["t"] * len(labels), None, labels, [str(i) for i in range(len(labels))])


def test_an_example_with_several_labels_counts_for_each_of_them_once():
    space, several = LabelSet(("x", "y", "z")), examples("x|y", "y | x|x", "", "y")
    assert space.count(several) == {"x": 2, "y": 3, "z": 0}
    assert space.tally(several) == {"x": 2, "y": 3, "z": 0, "(none)": 1}


def test_sets_that_are_written_in_another_order_mean_the_same():
    space = LabelSet(("x", "y"))
    assert [space.meaning(label) for label in ("x|y", "y | x|x", "")] == ["x|y", "x|y", ""]
    assert LabelSet(("x|y", "z"), label_separator="+").meaning("z+x|y") == "x|y+z"


def test_the_targets_are_a_row_of_ones_and_zeros():
    found = LabelSet(("x", "y", "z")).place(examples("z|x", "", " y "))
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert found.dtype == np.float32


def test_an_answer_has_the_labels_that_are_chosen():
    outputs = {CHOSEN: np.array([[True, False]]), PROBABILITIES: np.array([[0.3, 0.4]], np.float32)}
    read = LabelSet(("no", "yes"), (0.3, 0.5)).read(outputs, 0)
    assert read == {"labels": ["no"], "probabilities": {"no": 0.3, "yes": 0.4}}


def test_scores_are_those_of_the_decisions():
    targets = np.array([[1, 1], [1, 0], [0, 0]], np.float32)
    chosen = np.array([[1, 0], [1, 1], [0, 0]], bool)
    # Of all decisions 2 labels are found, 1 is missed and 1 is wrong; F1 of the labels: 1 and 0.
    names = ("f1_micro", "f1_macro", "subset_accuracy", "hamming_loss")
    scores = LabelSet(("a", "b")).score({CHOSEN: chosen}, targets, names)
    assert scores == pytest.approx(dict(zip(names, (2 / 3, 1 / 2, 1 / 3, 1 / 3), strict=True)))


def test_thresholds_are_fitted_and_taken_over():
    labels = np.array([[1, 0], [0, 0], [1, 0]], np.float32)
    probabilities = np.array([[0.25, 0.1], [0.125, 0.1], [0.75, 0.1]], np.float32)
    fitted = LabelSet(("a", "b")).fitted({PROBABILITIES: probabilities}, labels)
    assert fitted.thresholds == ((0.25 + 0.125) / 2, 0.5)  # Half-way between; no example has the second label.
    assert LabelSet(("a", "b")).fitted_like(fitted) == fitted
    assert fitted.fitted_like(None) == LabelSet(("a", "b"))


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        ("nan", "A label must not be missing"),
        ("a|NaN", "A label must not be missing"),
        ("1|1.0", "A label must be a name or a whole number"),
        ("0.5", "A label must be a name or a whole number"),
        ("a\n|b", "A label must stand in one line"),
    ],
)
def test_each_of_several_labels_must_be_one_that_an_example_could_have_alone(label, rule):
    assert LabelSet().fault_of(label).rule.startswith(rule)
    assert LabelSet().fault_of("") is None
    assert LabelSet().fault_of("a|1|b c") is None
