"""Scores of predictions: of classes from the confusion matrix, of values, of sets of labels.

A ratio without cases (0 / 0) counts as 0. A score that is not defined, such as the correlation with a constant, is not
a number.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class ClassScores:
    """Precision, recall and their harmonic mean, of one class or averaged over several."""

    precision: float
    recall: float
    f1: float


def confusion_matrix(
    labels: Sequence[int] | np.ndarray, predictions: Sequence[int] | np.ndarray, class_count: int
) -> np.ndarray:
    """Counts int64 [class_count, class_count]: row is the label, column the prediction."""
    flat = np.asarray(labels, np.int64) * class_count + np.asarray(predictions, np.int64)
    return np.bincount(flat, minlength=class_count * class_count).reshape(class_count, class_count)


def accuracy(matrix: np.ndarray) -> float:
    """Share of right predictions; not a number if there are none."""
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else math.nan


def matthews_correlation(matrix: np.ndarray) -> float:
    """Correlation of labels and predictions for any number of classes (Gorodkin 2004), from -1 to 1.

    0 if all labels or all predictions are of one class; not a number if there are none.
    """
    total = float(matrix.sum())
    if not total:
        return math.nan
    labelled = matrix.sum(axis=1).astype(np.float64)
    predicted = matrix.sum(axis=0).astype(np.float64)
    covariance = np.trace(matrix) * total - labelled @ predicted
    spread = (total**2 - predicted @ predicted) * (total**2 - labelled @ labelled)
    return float(covariance / math.sqrt(spread)) if spread else 0.0


def scores_by_class(matrix: np.ndarray) -> list[ClassScores]:
    """The scores of each class, taken as the positive one in turn."""
    right = np.diag(matrix)
    return [
        scores_of_counts(int(hit), int(predicted), int(labelled))
        for hit, predicted, labelled in zip(right, matrix.sum(axis=0), matrix.sum(axis=1), strict=True)
    ]


def macro_scores(matrix: np.ndarray) -> ClassScores:
    """The plain mean over the classes."""
    return mean_scores(scores_by_class(matrix), np.ones(len(matrix)))


def weighted_scores(matrix: np.ndarray) -> ClassScores:
    """The mean over the classes, each with the weight of its labels."""
    return mean_scores(scores_by_class(matrix), matrix.sum(axis=1))


def micro_scores(matrix: np.ndarray) -> ClassScores:
    """The scores of all decisions together; for single labels all three equal the accuracy."""
    total = int(matrix.sum())
    return scores_of_counts(int(np.trace(matrix)), total, total)


def mean_rank_error(matrix: np.ndarray) -> float:
    """Mean distance of label and prediction in places, for classes that are in order; not a number without examples."""
    return float((matrix * _distances(len(matrix))).sum() / matrix.sum()) if matrix.sum() else math.nan


def quadratic_kappa(matrix: np.ndarray) -> float:
    """Cohen's kappa with the squared distance in places as weight (Cohen 1968), from -1 to 1.

    Not a number if there are no examples, or all labels and predictions are of one class.
    """
    weights = _distances(len(matrix)) ** 2
    by_chance = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / max(matrix.sum(), 1)
    expected = float((weights * by_chance).sum())
    return 1 - float((weights * matrix).sum()) / expected if expected else math.nan


def _distances(classes: int) -> np.ndarray:
    places = np.arange(classes, dtype=np.float64)
    return np.abs(places[:, np.newaxis] - places)


def scores_of_counts(hits: int, predicted: int, labelled: int) -> ClassScores:
    """The scores of one kind of thing that was found `hits` times rightly, `predicted` times in all, of `labelled`."""
    return ClassScores(_ratio(hits, predicted), _ratio(hits, labelled), _ratio(2 * hits, predicted + labelled))


def mean_scores(scores: list[ClassScores], weights: np.ndarray) -> ClassScores:
    """The weighted mean of scores; 0 if there are none."""
    rows = np.array([dataclasses.astuple(score) for score in scores])
    precision, recall, f1 = weights @ rows / weights.sum() if weights.sum() else np.zeros(3)
    return ClassScores(float(precision), float(recall), float(f1))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


OF_TWO_LABELS = ("precision", "recall", "f1")  # The second one is what is to be found.
CLASSIFICATION_METRICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "accuracy": accuracy,
    "matthews_correlation": matthews_correlation,
    "precision": lambda matrix: scores_by_class(matrix)[1].precision,
    "recall": lambda matrix: scores_by_class(matrix)[1].recall,
    "f1": lambda matrix: scores_by_class(matrix)[1].f1,
    "f1_macro": lambda matrix: macro_scores(matrix).f1,
}
ORDINAL_METRICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "quadratic_kappa": quadratic_kappa,
    "accuracy": accuracy,
    "mean_rank_error": mean_rank_error,
    "f1_macro": CLASSIFICATION_METRICS["f1_macro"],
}
