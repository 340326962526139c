"""What the kind of a task decides: the head, the loss, the scores, and how logits are read."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import TrainConfig
from bert_tf.tasks.answers.class_weights import parse_class_weights
from bert_tf.tasks.objectives import label_set, one_label, rank, value
from bert_tf.tasks.objectives.losses import LossOptions
from bert_tf.tasks.task import Kind, Task

PROBABILITIES, VALUE = "probabilities", "value"


@dataclasses.dataclass(frozen=True)
class Objective:
    """The functions of a kind of task. B is the size of a batch, N that of a data set, C the number of labels.

    Targets are what `tasks.targets.targets` makes of the labels of a split: int32 [B], or float32 [B] for values, or
    float32 [B, C] for several labels. Logits have one column a label, but for a value one in all, and for ordinal
    labels one fewer.

    Attributes:
        make_head: Creates the head for an encoder and a task.
        example_losses: (logits float32 [B, columns], targets) -> float32 [B].
        answers: (logits float32 [B, columns], task) -> probabilities float32 [B, C], or values float32 [B, 1].
        answer_name: What `answers` are called where they are served.
        choose: (answers, task) -> what else is served, by name: the label, or which labels were chosen.
        scores: (logits float32 [N, columns], targets, task) -> the task's metrics by name.
    """

    make_head: Callable[[EncoderConfig, Task], keras.layers.Layer]
    example_losses: Callable[..., tf.Tensor]
    answers: Callable[[tf.Tensor, Task], tf.Tensor]
    answer_name: str
    choose: Callable[[tf.Tensor, Task], dict[str, tf.Tensor]]
    scores: Callable[[np.ndarray, np.ndarray, Task], dict[str, float]]


OBJECTIVES: Mapping[Kind, Objective] = {
    Kind.CLASSIFICATION: Objective(
        one_label.make_classification_head,
        one_label.cross_entropy,
        one_label.class_probabilities,
        PROBABILITIES,
        one_label.likeliest_label,
        one_label.class_scores,
    ),
    Kind.REGRESSION: Objective(
        value.make_regression_head,
        value.squared_error,
        value.values,
        VALUE,
        value.no_label,
        value.value_scores,
    ),
    Kind.MULTI_LABEL: Objective(
        one_label.make_classification_head,
        label_set.decision_losses,
        label_set.label_probabilities,
        PROBABILITIES,
        label_set.chosen_labels,
        label_set.label_set_scores,
    ),
    Kind.ORDINAL: Objective(
        rank.make_ordinal_head,
        rank.step_losses,
        rank.rank_probabilities,
        PROBABILITIES,
        rank.middle_label,
        rank.rank_scores,
    ),
}


def training_objective(task: Task, train: TrainConfig, targets: np.ndarray) -> Objective:
    """Returns the objective with the loss that the options ask for. Evaluation keeps the plain one.

    Args:
        task: The task.
        train: The options.
        targets: Those of the training set, from which balanced weights are computed.

    Raises:
        InputError: If an option doesn't fit the task.
    """
    objective = OBJECTIVES[task.kind]
    weights = parse_class_weights(train.class_weights, task, targets)
    options = LossOptions(train.label_smoothing, train.focal_gamma, weights)
    if options == LossOptions():
        return objective
    return dataclasses.replace(objective, example_losses=functools.partial(objective.example_losses, options=options))
