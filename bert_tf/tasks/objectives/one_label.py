"""Choosing one of several labels for a text or a pair of texts."""

import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.metrics.classes import CLASSIFICATION_METRICS, confusion_matrix
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions, class_losses
from bert_tf.tasks.task import Task


def make_classification_head(config: EncoderConfig, task: Task) -> ClassificationHead:
    """Creates a head with one score a label."""
    return ClassificationHead(config, len(task.labels))


def cross_entropy(logits: tf.Tensor, label_ids: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Returns the negative log-likelihood of the labels, float32 [B], from logits [B, C] and int32 [B]."""
    return class_losses(logits, label_ids, options)


def class_probabilities(logits: tf.Tensor, task: Task) -> tf.Tensor:
    """Returns the probability of each label, [B, C]; rows sum to 1."""
    return tf.nn.softmax(logits)


def likeliest_label(probabilities: tf.Tensor, task: Task) -> dict[str, tf.Tensor]:
    """Returns `label`, string [B]."""
    return {"label": tf.gather(tf.constant(task.labels), tf.argmax(probabilities, axis=-1))}


def class_scores(logits: np.ndarray, label_ids: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the task's metrics by name, from logits [N, C] and int32 [N]."""
    matrix = confusion_matrix(label_ids, logits.argmax(axis=1), len(task.labels))
    return {name: CLASSIFICATION_METRICS[name](matrix) for name in task.metrics}
