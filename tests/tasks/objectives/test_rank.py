import numpy as np
import tensorflow as tf

from bert_tf.tasks.answers.space import PLACE, PROBABILITIES
from bert_tf.tasks.objectives.choose import objective_for
from tests.tasks.objectives.made_up import IDS, LOGITS, ORDERED, losses, sigmoid

OBJECTIVE = objective_for(ORDERED)


def test_each_step_between_labels_is_a_decision():
    logits, p = LOGITS[:, :2], sigmoid(LOGITS[:, :2])
    above = IDS[:, np.newaxis] > np.arange(2)
    expected = -np.where(above, np.log(p), np.log(1 - p)).sum(axis=1)
    np.testing.assert_allclose(losses(ORDERED, logits, IDS), expected, rtol=1e-5)


def test_probabilities_are_those_between_the_steps_and_the_median_is_chosen():
    logits, p = LOGITS[:, :2], sigmoid(LOGITS[:, :2])
    answers = OBJECTIVE.answers(tf.constant(logits))
    probabilities = answers[PROBABILITIES].numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities >= 0).all()
    reached = np.minimum.accumulate(p, axis=1)
    expected = np.column_stack([1 - reached[:, 0], reached[:, 0] - reached[:, 1], reached[:, 1]])
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    median = (reached > 0.5).sum(axis=1)
    decided = OBJECTIVE.decide(answers)
    assert decided[PLACE].numpy().tolist() == median.tolist()
    assert OBJECTIVE.serve(decided)["label"].numpy().tolist() == [b"abc"[place : place + 1] for place in median]


def test_logits_that_are_right_have_the_best_scores():
    above = IDS[:, np.newaxis] > np.arange(2)
    right = OBJECTIVE.answers(tf.constant(np.where(above, 9.0, -9.0).astype(np.float32)))
    outputs = {name: values.numpy() for name, values in OBJECTIVE.decide(right).items()}
    assert ORDERED.score(outputs, IDS, ORDERED.own_metrics()) == {
        "quadratic_kappa": 1.0,
        "accuracy": 1.0,
        "mean_rank_error": 0.0,
        "f1_macro": 1.0,
    }


def test_the_median_need_not_be_the_likeliest():
    # Half of the probability is reached in the second place, though the first is the likeliest by itself.
    probabilities = np.array([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2], [0.1, 0.3, 0.6], [0.5, 0.5, 0.0]], np.float32)
    assert OBJECTIVE.decided({PROBABILITIES: probabilities})[PLACE].tolist() == [1, 0, 2, 0]
