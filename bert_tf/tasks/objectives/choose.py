"""Which objective asks for which answers."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from bert_tf.config.run import TrainConfig
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.class_weights import parse_class_weights
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.objectives.choice import ChoiceObjective
from bert_tf.tasks.objectives.label_set import LabelSetObjective
from bert_tf.tasks.objectives.losses import LossOptions
from bert_tf.tasks.objectives.objective import Objective
from bert_tf.tasks.objectives.one_label import OneLabelObjective
from bert_tf.tasks.objectives.rank import RanksObjective
from bert_tf.tasks.objectives.spans import SpansObjective
from bert_tf.tasks.objectives.tags import TagsObjective
from bert_tf.tasks.objectives.value import ValueObjective

OBJECTIVES: Mapping[type[AnswerSpace], type[Objective]] = {
    OneLabel: OneLabelObjective,
    Ranks: RanksObjective,
    LabelSet: LabelSetObjective,
    Value: ValueObjective,
    Tags: TagsObjective,
    Spans: SpansObjective,
    Choice: ChoiceObjective,
}


def objective_for(answers: AnswerSpace) -> Objective:
    """Returns what asks a model for these answers, with the plain loss."""
    return OBJECTIVES[type(answers)](answers)


def training_objective(answers: AnswerSpace, train: TrainConfig, targets: np.ndarray) -> Objective:
    """Returns the objective with the loss that the options ask for. Evaluation keeps the plain one.

    Args:
        answers: All answers of the task.
        train: The options.
        targets: Those of the training set, from which balanced weights are computed.

    Raises:
        InputError: If an option doesn't fit the answers.
    """
    weights = parse_class_weights(train.class_weights, answers, targets)
    return dataclasses.replace(
        objective_for(answers), options=LossOptions(train.label_smoothing, train.focal_gamma, weights)
    )
