"""Giving a text or a pair of texts a value. The model works on the range scaled to 0..1 and never leaves it."""

import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.metrics.values import REGRESSION_METRICS
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions
from bert_tf.tasks.task import Task


def make_regression_head(config: EncoderConfig, task: Task) -> ClassificationHead:
    """Creates a head with a single score."""
    return ClassificationHead(config, 1)


def squared_error(logits: tf.Tensor, targets: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Returns the squared difference, float32 [B], from logits [B, 1] and scaled values, float32 [B]."""
    return tf.math.squared_difference(logits[:, 0], targets)


def values(logits: tf.Tensor, task: Task) -> tf.Tensor:
    """Returns the value of each example, [B, 1], clipped to the range of the task."""
    assert task.value_range is not None
    lowest, highest = task.value_range
    return tf.clip_by_value(logits, 0.0, 1.0) * (highest - lowest) + lowest


def no_label(answers: tf.Tensor, task: Task) -> dict[str, tf.Tensor]:
    """A value is all there is to say."""
    return {}


def value_scores(logits: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the task's metrics by name, in the units of its values, from logits [N, 1] and scaled float32 [N]."""
    assert task.value_range is not None
    lowest, highest = task.value_range
    scaled = (targets.astype(np.float64), np.clip(logits[:, 0].astype(np.float64), 0, 1))
    labels, predictions = (numbers * (highest - lowest) + lowest for numbers in scaled)
    return {name: REGRESSION_METRICS[name](labels, predictions) for name in task.metrics}
