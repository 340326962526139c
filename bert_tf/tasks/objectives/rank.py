"""Choosing one of several labels that are in order.

The head answers, for each label but the highest, whether the truth lies above it (Frank and Hall 2001); the loss is
that of these decisions together. So a neighbour of the truth costs less than a label far away.
"""

import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.metrics.classes import ORDINAL_METRICS, confusion_matrix
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions, binary_losses
from bert_tf.tasks.task import Task


def make_ordinal_head(config: EncoderConfig, task: Task) -> ClassificationHead:
    """Creates a head with one score for each step between neighbouring labels."""
    return ClassificationHead(config, len(task.labels) - 1)


def step_losses(logits: tf.Tensor, label_ids: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Returns the sum over the steps, float32 [B], from logits [B, C - 1] and int32 [B]."""
    is_above = tf.cast(label_ids[:, tf.newaxis] > tf.range(tf.shape(logits)[1])[tf.newaxis], tf.float32)
    losses = tf.reduce_sum(binary_losses(logits, is_above, options), axis=-1)
    return losses * tf.gather(tf.constant(options.weights), label_ids) if options.weights else losses


def rank_probabilities(logits: tf.Tensor, task: Task) -> tf.Tensor:
    """Returns the probability of each label, [B, C]; rows sum to 1.

    The truth can't be more likely to lie above a label than above the one below it. Where the model says so, the
    smaller number counts.
    """
    above = [tf.sigmoid(logits[:, step]) for step in range(len(task.labels) - 1)]
    for step in range(1, len(above)):
        above[step] = tf.minimum(above[step], above[step - 1])
    reached = tf.stack([tf.ones_like(above[0]), *above, tf.zeros_like(above[0])], axis=1)
    return reached[:, :-1] - reached[:, 1:]


def middle_label(probabilities: tf.Tensor, task: Task) -> dict[str, tf.Tensor]:
    """Returns `label`, string [B]: the median of the labels."""
    return {"label": tf.gather(tf.constant(task.labels), middle_ranks(probabilities))}


def middle_ranks(probabilities: tf.Tensor) -> tf.Tensor:
    """Returns the place of the median, int32 [B], from probabilities [B, C]."""
    above = 1 - tf.cumsum(probabilities, axis=1)[:, :-1]
    return tf.reduce_sum(tf.cast(above > 0.5, tf.int32), axis=1)


def rank_scores(logits: np.ndarray, label_ids: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the task's metrics by name, from logits [N, C - 1] and int32 [N]."""
    ranks = middle_ranks(rank_probabilities(tf.constant(logits), task)).numpy()
    matrix = confusion_matrix(label_ids, ranks, len(task.labels))
    return {name: ORDINAL_METRICS[name](matrix) for name in task.metrics}
