import numpy as np
import tensorflow as tf

from bert_tf.tasks.answers.space import PLACE, PROBABILITIES
from bert_tf.tasks.objectives.choose import objective_for
from tests.tasks.objectives.made_up import IDS, LOGITS, ONE, losses, softmax

OBJECTIVE = objective_for(ONE)


def test_the_loss_is_the_likelihood_of_the_label():
    expected = -np.log(softmax(LOGITS)[np.arange(13), IDS])
    np.testing.assert_allclose(losses(ONE, LOGITS, IDS), expected, rtol=1e-5)


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    expected = losses(ONE, LOGITS, IDS) * compute_sample_weight("balanced", IDS)
    np.testing.assert_allclose(losses(ONE, LOGITS, IDS, class_weights="balanced"), expected, rtol=1e-5)
    given = losses(ONE, LOGITS, IDS, class_weights="c=0.5,a=1,b=3")
    np.testing.assert_allclose(given, losses(ONE, LOGITS, IDS) * np.array([1, 3, 0.5])[IDS], rtol=1e-5)


def test_probabilities_are_those_of_softmax():
    found = OBJECTIVE.answers(tf.constant(LOGITS))
    assert list(found) == [PROBABILITIES]
    np.testing.assert_allclose(found[PROBABILITIES], softmax(LOGITS), rtol=1e-5)


def test_the_likeliest_label_is_chosen_and_the_first_of_equals():
    probabilities = np.array([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2], [0.1, 0.3, 0.6], [0.0, 0.5, 0.5]], np.float32)
    found = OBJECTIVE.decided({PROBABILITIES: probabilities})
    assert found[PLACE].tolist() == [0, 0, 2, 1]
    assert found[PROBABILITIES].tolist() == probabilities.tolist()


def test_the_label_is_served_by_its_name():
    outputs = {PLACE: tf.constant([2, 0]), PROBABILITIES: tf.constant([[0.1, 0.3, 0.6], [0.6, 0.2, 0.2]])}
    served = OBJECTIVE.serve(outputs)
    assert set(served) == {"label", PROBABILITIES}
    assert served["label"].numpy().tolist() == [b"c", b"a"]
