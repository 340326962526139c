"""Choosing any number of labels for a text or a pair of texts: one decision a label."""

import dataclasses

import numpy as np
import tensorflow as tf

from bert_tf.metrics.label_sets import MULTI_LABEL_METRICS, best_thresholds
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions, binary_losses
from bert_tf.tasks.task import Task


def decision_losses(logits: tf.Tensor, is_true: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Returns the mean over the labels, float32 [B], from logits and float32 of 1 and 0, [B, C] each.

    A weight multiplies the loss of the examples that have its label, not that of those that don't.
    """
    losses = binary_losses(logits, is_true, options)
    if options.weights:
        losses *= 1 + is_true * (tf.constant(options.weights) - 1)
    return tf.reduce_mean(losses, axis=-1)


def label_probabilities(logits: tf.Tensor, task: Task) -> tf.Tensor:
    """Returns the probability of each label by itself, [B, C]."""
    return tf.sigmoid(logits)


def chosen_labels(probabilities: tf.Tensor, task: Task) -> dict[str, tf.Tensor]:
    """Returns `chosen`, bool [B, C], by the thresholds of the task."""
    return {"chosen": probabilities >= tf.constant(thresholds_of(task))}


def thresholds_of(task: Task) -> tuple[float, ...]:
    """The probability from which on each label is chosen."""
    return task.thresholds or (0.5,) * len(task.labels)


def label_set_scores(logits: np.ndarray, is_true: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the task's metrics by name, from logits and 1 and 0, [N, C] each."""
    predicted = _sigmoid(logits) >= np.array(thresholds_of(task), np.float32)
    return {name: MULTI_LABEL_METRICS[name](is_true > 0.5, predicted) for name in task.metrics}


def with_best_thresholds(task: Task, logits: np.ndarray, is_true: np.ndarray) -> Task:
    """Returns the task with the thresholds that give the best F1 of each label on these examples.

    Args:
        task: The task.
        logits: float32 [N, C].
        is_true: 1 and 0, [N, C].
    """
    return dataclasses.replace(task, thresholds=best_thresholds(is_true > 0.5, _sigmoid(logits)))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(tf.sigmoid(logits).numpy())
