"""Losses compared with formulas in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.run import TrainConfig
from bert_tf.tasks.objectives.choose import training_objective
from tests.tasks.objectives.made_up import IDS, LOGITS, ONE, SEVERAL, losses, softmax


def test_smoothing_spreads_a_share_of_the_target():
    target = np.eye(3)[IDS] * 0.8 + 0.2 / 3
    expected = -(target * np.log(softmax(LOGITS))).sum(axis=1)
    np.testing.assert_allclose(losses(ONE, LOGITS, IDS, label_smoothing=0.2), expected, rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_focal_loss_weakens_what_is_right(gamma):
    truth = softmax(LOGITS)[np.arange(13), IDS]
    expected = -((1 - truth) ** gamma) * np.log(truth)
    np.testing.assert_allclose(losses(ONE, LOGITS, IDS, focal_gamma=gamma), expected, rtol=2e-5)


@pytest.mark.parametrize("task", [ONE, SEVERAL])
def test_the_gradient_of_the_focal_loss_is_finite_where_there_is_nothing_to_learn(task):
    targets = np.zeros(1, np.int32) if task is ONE else np.array([[1.0, 0, 0]], np.float32)
    objective = training_objective(task, TrainConfig(focal_gamma=0.5), targets)
    logits = tf.Variable([[60.0, -60.0, -60.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(objective.example_losses(logits, targets))
    assert np.isfinite(tape.gradient(loss, logits)).all()
