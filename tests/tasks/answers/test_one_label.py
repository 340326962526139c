import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES

TARGETS = np.array([0, 2, 2, 1], np.int32)


def examples(*labels):
    return Examples("x.csv", ["t"] * len(labels), None, labels, [str(i) for i in range(len(labels))])


def test_labels_are_counted_in_the_order_of_the_task():
    counts = OneLabel(("c", "b", "a")).count(examples("b", "a", "b"))
    assert list(counts.items()) == [("c", 0), ("b", 2), ("a", 1)]


def test_a_label_means_nothing_but_itself():
    assert OneLabel(("1", "1.0")).meaning("1.0") == "1.0"


@pytest.mark.parametrize("kind", [OneLabel, Ranks])
def test_an_answer_is_a_label_with_the_probabilities_of_all(kind):
    outputs = {PLACE: np.array([0, 1]), PROBABILITIES: np.array([[0.75, 0.25], [0.4, 0.6]], np.float32)}
    read = kind(("no", "yes")).read(outputs, 1)
    assert read == {"label": "yes", "probabilities": {"no": 0.4, "yes": 0.6}}


def test_scores_are_those_of_the_chosen_places():
    # F1 of the labels: 1, 2 / 3 and 2 / 3. Matthews: (3 x 4 - 5) / sqrt((16 - 6) x (16 - 6)).
    scores = OneLabel(("a", "b", "c")).score({PLACE: np.array([0, 1, 2, 1])}, TARGETS, OneLabel.default_metrics)
    assert scores == pytest.approx({"accuracy": 3 / 4, "f1_macro": 7 / 9, "matthews_correlation": 7 / 10})


def test_scores_of_ranks_count_how_far_off_a_place_is():
    # Squared distances: 1 + 1 where 26 / 4 are to be expected by chance.
    scores = Ranks(("a", "b", "c")).score(
        {PLACE: np.array([1, 0, 2, 2])}, np.array([0, 0, 2, 1]), ("quadratic_kappa", "accuracy", "mean_rank_error")
    )
    assert scores == pytest.approx({"quadratic_kappa": 9 / 13, "accuracy": 1 / 2, "mean_rank_error": 1 / 2})


def test_the_second_of_two_labels_has_an_f1():
    assert OneLabel(("no", "yes")).own_metrics()[-1] == "f1"
    assert "f1" not in OneLabel(("a", "b", "c")).own_metrics()
    assert "f1" not in Ranks(("no", "yes")).own_metrics()
