"""What the kind of a task decides: the head, the loss, the scores, and how logits are read."""

import dataclasses
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from bert_tf.encoder_config import EncoderConfig
from bert_tf.tasks.classification import class_probabilities, class_scores, cross_entropy, make_classification_head
from bert_tf.tasks.task import Kind, Task


@dataclasses.dataclass(frozen=True)
class Objective:
    """The functions of a kind of task. B is the size of a batch, N that of a data set, C the number of labels.

    Attributes:
        make_head: Creates the head for an encoder and a task.
        example_losses: (logits float32 [B, C], label ids int32 [B]) -> float32 [B].
        probabilities: logits float32 [B, C] -> float32 [B, C].
        scores: (logits float32 [N, C], label ids int32 [N], task) -> the task's metrics by name.
    """

    make_head: Callable[[EncoderConfig, Task], keras.layers.Layer]
    example_losses: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    probabilities: Callable[[tf.Tensor], tf.Tensor]
    scores: Callable[[np.ndarray, np.ndarray, Task], dict[str, float]]


OBJECTIVES: Mapping[Kind, Objective] = {
    Kind.CLASSIFICATION: Objective(make_classification_head, cross_entropy, class_probabilities, class_scores),
}
