import numpy as np
import tensorflow as tf

from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.space import CHOSEN, PROBABILITIES
from bert_tf.tasks.objectives.choose import objective_for
from tests.tasks.objectives.made_up import LOGITS, SETS, SEVERAL, losses, sigmoid


def chosen(space, *rows):
    return objective_for(space).decided({PROBABILITIES: np.array(rows, np.float32)})[CHOSEN].tolist()


def test_several_labels_are_independent_decisions():
    p = sigmoid(LOGITS)
    plain = -(SETS * np.log(p) + (1 - SETS) * np.log(1 - p))
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS), plain.mean(axis=1), rtol=1e-5)
    ratio = (13 - SETS.sum(axis=0)) / SETS.sum(axis=0)
    weighted = np.where(SETS > 0, plain * ratio, plain).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, class_weights="balanced"), weighted, rtol=1e-5)
    target = SETS * 0.9 + 0.05
    smooth = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, label_smoothing=0.1), smooth, rtol=1e-5)
    focal = (np.where(SETS > 0, 1 - p, p) ** 2 * plain).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, focal_gamma=2.0), focal, rtol=2e-5)


def test_probabilities_are_independent_of_each_other():
    found = objective_for(SEVERAL).answers(tf.constant(LOGITS))
    assert list(found) == [PROBABILITIES]
    np.testing.assert_allclose(found[PROBABILITIES], sigmoid(LOGITS), rtol=1e-5)


def test_labels_without_thresholds_are_chosen_from_a_half_on():
    assert chosen(LabelSet(("a", "b")), [0.5, 0.49]) == [[True, False]]


def test_each_label_is_chosen_from_its_own_threshold_on():
    space = LabelSet(("a", "b", "c"), thresholds=(0.3, 0.5, 0.9))
    rows = [0.3, 0.4, 0.9], [0.29, 0.5, 0.8]  # 0.3 is no number of float32: a threshold is rounded as the answers are.
    assert chosen(space, *rows) == [[True, False, True], [False, True, False]]


def test_a_label_that_is_always_improbable_has_a_threshold_of_its_own():
    logits = np.full((7, 3), -20, np.float32)
    logits[2:4] = -16  # 1.1e-7 beside 2.1e-9: a threshold with six places would be 0, and choose every example.
    is_true = (logits > -18).astype(np.float32)
    answers = {name: values.numpy() for name, values in objective_for(SEVERAL).answers(tf.constant(logits)).items()}
    fitted = SEVERAL.fitted(answers, is_true)
    outputs = objective_for(fitted).decided(answers)
    assert outputs[CHOSEN].tolist() == (is_true > 0).tolist()
    assert fitted.score(outputs, is_true, ["f1_macro"]) == {"f1_macro": 1.0}
