"""What --class_weights says: how much the examples of each label count in the loss. Nothing here imports TensorFlow."""

import math
from collections.abc import Sequence

import numpy as np

from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError, nearest
from bert_tf.tasks.answers.space import AnswerSpace

BALANCED = "balanced"
_LEAST_WEIGHT, _MOST_WEIGHT = 1e-9, 1e9  # Their products with losses must be numbers of 32 bits.
_FORM = "Write --class_weights=balanced, or a number a label, such as --class_weights=no=1,yes=2.5"


def check_loss_options(train: TrainConfig, answers: AnswerSpace) -> None:
    """Makes sure that the options of the loss fit the answers, before there is any example.

    Raises:
        InputError: If they don't.
    """
    given = {name: getattr(train, name) for name in ("label_smoothing", "focal_gamma", "class_weights")}
    answers.check_loss_options({name: value for name, value in given.items() if value})
    if train.class_weights and train.class_weights != BALANCED and answers.labels:
        _given_weights(train.class_weights, answers.labels)


def parse_class_weights(text: str | None, answers: AnswerSpace, targets: np.ndarray) -> tuple[float, ...]:
    """Returns one weight a label, in their order; none if none are asked for.

    Args:
        text: The flag.
        answers: Gives the labels, and what makes them count alike.
        targets: Those of the training set, one row an example.

    Raises:
        InputError: If the text is not of this form, or a label has no example, or one of several has no other.
    """
    if not text:
        return ()
    if text != BALANCED:
        return _given_weights(text, answers.labels)
    return tuple(float(weight) for weight in answers.balanced_weights(targets))


def _given_weights(text: str, labels: Sequence[str]) -> tuple[float, ...]:
    weights: dict[str, float] = {}
    for part in text.split(","):
        label, _, number = part.rpartition("=")
        if label not in labels or label in weights:
            hint = nearest(label, labels) if label not in labels else "Name each label once"
            raise InputError("--class_weights must name labels of the task", received=part, fix=hint)
        weights[label] = _weight(number)
    lacking = [label for label in labels if label not in weights]
    if lacking:
        raise InputError(
            "--class_weights must give every label a weight", received=f"none for {', '.join(lacking)}", fix=_FORM
        )
    return tuple(weights[label] for label in labels)


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not _LEAST_WEIGHT <= value <= _MOST_WEIGHT:
        rule = f"A weight must be a number from {_LEAST_WEIGHT:g} to {_MOST_WEIGHT:g}"
        raise InputError(rule, received=text, fix=_FORM)
    return value
