"""What --class_weights says: how much the examples of each label count in the loss. Nothing here imports TensorFlow."""

import math

import numpy as np

from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError, nearest
from bert_tf.tasks.task import Kind, Task

BALANCED = "balanced"
_FORM = "Write --class_weights=balanced, or a number a label, such as --class_weights=no=1,yes=2.5"


def check_loss_options(train: TrainConfig, task: Task) -> None:
    """Makes sure that the options of the loss fit the task, before there is any example.

    Raises:
        InputError: If they don't.
    """
    if task.kind is Kind.REGRESSION:
        given = {name: getattr(train, name) for name in ("label_smoothing", "focal_gamma", "class_weights")}
        for name, value in given.items():
            if value:
                raise InputError(
                    f"--{name} needs labels, and {task.name} has values",
                    received=f"--{name}={value}",
                    fix="Leave it out",
                )
    if train.class_weights and train.class_weights != BALANCED and task.labels:
        _given_weights(train.class_weights, task)


def parse_class_weights(text: str | None, task: Task, targets: np.ndarray) -> tuple[float, ...]:
    """Returns one weight a label, in their order; none if none are asked for.

    Balanced weights are those of King and Zeng (2001): examples / (labels * examples of the label), so that every label
    counts as much as any other and the mean weight of an example is 1. Where an example may have several labels it is
    the number of examples without the label for each one with it.

    Args:
        text: The flag.
        task: Gives kind and labels.
        targets: Those of the training set.

    Raises:
        InputError: If the text is not of this form, or a label has no example, or one of several has no other.
    """
    if not text:
        return ()
    if text != BALANCED:
        return _given_weights(text, task)
    several = task.kind is Kind.MULTI_LABEL
    counts = targets.sum(axis=0) if several else np.bincount(targets, minlength=len(task.labels))
    lacking = [label for label, count in zip(task.labels, counts, strict=True) if not count]
    if lacking:
        raise InputError(
            "--class_weights=balanced needs an example of every label in the training set",
            received=f"none of {', '.join(lacking)}",
            fix="Add one, or give the weights as numbers",
        )
    always = [label for label, count in zip(task.labels, counts, strict=True) if count == len(targets)]
    if several and always:
        raise InputError(
            "--class_weights=balanced needs examples with and without every label in the training set",
            received=f"only such with {', '.join(always)}",
            fix="Add others, or give the weights as numbers",
        )
    balanced = (len(targets) - counts) / counts if several else len(targets) / (len(counts) * counts)
    return tuple(float(weight) for weight in balanced)


def _given_weights(text: str, task: Task) -> tuple[float, ...]:
    weights: dict[str, float] = {}
    for part in text.split(","):
        label, _, number = part.rpartition("=")
        if label not in task.labels or label in weights:
            hint = nearest(label, task.labels) if label not in task.labels else "Name each label once"
            raise InputError("--class_weights must name labels of the task", received=part, fix=hint)
        weights[label] = _weight(number)
    lacking = [label for label in task.labels if label not in weights]
    if lacking:
        raise InputError(
            "--class_weights must give every label a weight", received=f"none for {', '.join(lacking)}", fix=_FORM
        )
    return tuple(weights[label] for label in task.labels)


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise InputError("A weight must be a number greater than 0", received=text, fix=_FORM)
    return value
