"""What the answers of a model mean, for many examples at once, and how good they are. Nothing here imports TensorFlow.

Answers are what `Objective.answers` gives: the probability of each label, float [N, C], or values, float [N, 1]. They
may also be the mean of those of several models.
"""

from collections.abc import Callable, Mapping

import numpy as np

from bert_tf.metrics.classes import CLASSIFICATION_METRICS, ORDINAL_METRICS, confusion_matrix
from bert_tf.metrics.label_sets import MULTI_LABEL_METRICS
from bert_tf.metrics.values import REGRESSION_METRICS
from bert_tf.tasks.task import Kind, Task


def likeliest_places(answers: np.ndarray) -> np.ndarray:
    """Returns the place of the likeliest label, int64 [N]."""
    return answers.argmax(axis=1)


def middle_places(answers: np.ndarray) -> np.ndarray:
    """Returns the place of the median of labels in order, int64 [N]."""
    return np.count_nonzero(1 - np.cumsum(answers, axis=1)[:, :-1] > 0.5, axis=1)


LABEL_PLACES: Mapping[Kind, Callable[[np.ndarray], np.ndarray]] = {
    Kind.CLASSIFICATION: likeliest_places,
    Kind.ORDINAL: middle_places,
}


def thresholds_of(task: Task) -> np.ndarray:
    """The probability from which on each of several labels is chosen, float32 [C]."""
    return np.array(task.thresholds or [0.5] * len(task.labels), np.float32)


def chosen_labels(answers: np.ndarray, task: Task) -> np.ndarray:
    """Returns which of several labels are chosen, bool [N, C]."""
    return answers >= thresholds_of(task)


def real_values(targets: np.ndarray, task: Task) -> np.ndarray:
    """Returns what targets of a regression, which are scaled to 0..1, are in the units of its values: float64 [N]."""
    assert task.value_range is not None
    lowest, highest = task.value_range
    return targets.astype(np.float64) * (highest - lowest) + lowest


def score_answers(answers: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    """Returns the task's metrics by name, and `combined_score` if it has one.

    Args:
        answers: The answers.
        targets: What is right, as `tasks.targets` has it.
        task: Gives the kind and the metrics.
    """
    scores = {name: float(metric) for name, metric in _SCORES[task.kind](answers, targets, task).items()}
    if task.combined:
        scores["combined_score"] = float(np.mean([scores[name] for name in task.combined]))
    return scores


def _class_scores(answers: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    matrix = confusion_matrix(targets, likeliest_places(answers), len(task.labels))
    return {name: CLASSIFICATION_METRICS[name](matrix) for name in task.metrics}


def _rank_scores(answers: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    matrix = confusion_matrix(targets, middle_places(answers), len(task.labels))
    return {name: ORDINAL_METRICS[name](matrix) for name in task.metrics}


def _value_scores(answers: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    values = real_values(targets, task)
    return {name: REGRESSION_METRICS[name](values, answers[:, 0]) for name in task.metrics}


def _label_set_scores(answers: np.ndarray, targets: np.ndarray, task: Task) -> dict[str, float]:
    chosen = chosen_labels(answers, task)
    return {name: MULTI_LABEL_METRICS[name](targets > 0.5, chosen) for name in task.metrics}


_SCORES: Mapping[Kind, Callable[[np.ndarray, np.ndarray, Task], dict[str, float]]] = {
    Kind.CLASSIFICATION: _class_scores,
    Kind.ORDINAL: _rank_scores,
    Kind.REGRESSION: _value_scores,
    Kind.MULTI_LABEL: _label_set_scores,
}
