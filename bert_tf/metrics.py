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
        _scores(int(hit), int(predicted), int(labelled))
        for hit, predicted, labelled in zip(right, matrix.sum(axis=0), matrix.sum(axis=1), strict=True)
    ]


def macro_scores(matrix: np.ndarray) -> ClassScores:
    """The plain mean over the classes."""
    return _mean(scores_by_class(matrix), np.ones(len(matrix)))


def weighted_scores(matrix: np.ndarray) -> ClassScores:
    """The mean over the classes, each with the weight of its labels."""
    return _mean(scores_by_class(matrix), matrix.sum(axis=1))


def micro_scores(matrix: np.ndarray) -> ClassScores:
    """The scores of all decisions together; for single labels all three equal the accuracy."""
    total = int(matrix.sum())
    return _scores(int(np.trace(matrix)), total, total)


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


def pearson(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Linear correlation of values, from -1 to 1; not a number if there are fewer than two or all are the same."""
    x, y = (np.asarray(values, np.float64) for values in (labels, predictions))
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)), -1, 1))


def spearman(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Correlation of ranks, from -1 to 1; values that are the same share the mean of their ranks."""
    return pearson(_ranks(labels), _ranks(predictions))


def mean_squared_error(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean of the squared differences; not a number without examples."""
    difference = np.asarray(labels, np.float64) - np.asarray(predictions, np.float64)
    return float((difference**2).mean()) if len(difference) else math.nan


def mean_absolute_error(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Mean of the differences without their sign; not a number without examples."""
    difference = np.asarray(labels, np.float64) - np.asarray(predictions, np.float64)
    return float(np.abs(difference).mean()) if len(difference) else math.nan


def label_set_f1_micro(labels: np.ndarray, predictions: np.ndarray) -> float:
    """F1 of all decisions together, from bool [N, C] each."""
    return _f1(labels & predictions, labels, predictions, axis=None)


def label_set_f1_macro(labels: np.ndarray, predictions: np.ndarray) -> float:
    """The plain mean of the F1 of each label."""
    return _f1(labels & predictions, labels, predictions, axis=0)


def label_set_f1_samples(labels: np.ndarray, predictions: np.ndarray) -> float:
    """The mean of the F1 of each example; one without any label, right or predicted, counts as 0."""
    return _f1(labels & predictions, labels, predictions, axis=1)


def subset_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Share of the examples all of whose labels are right."""
    return float((labels == predictions).all(axis=1).mean()) if len(labels) else math.nan


def hamming_loss(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Share of wrong decisions; smaller is better."""
    return float((labels != predictions).mean()) if labels.size else math.nan


def best_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> tuple[float, ...]:
    """Returns for each label the probability from which on choosing it gives the best F1 on these examples.

    It lies half-way between two neighbouring probabilities. Of several that are as good the one nearest to 0.5 is
    taken; a label that no example has keeps 0.5.

    Args:
        labels: bool [N, C].
        probabilities: float [N, C].
    """
    return tuple(
        _best_threshold(labels[:, column], probabilities[:, column].astype(np.float64))
        for column in range(labels.shape[1])
    )


def _best_threshold(labels: np.ndarray, probabilities: np.ndarray) -> float:
    if not labels.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.cumsum(labels[order])
    chosen = np.arange(1, len(ranked) + 1)
    is_last_of_its_value = np.append(ranked[1:] != ranked[:-1], True)
    f1 = np.where(is_last_of_its_value, 2 * hits / (chosen + labels.sum()), -1.0)
    cuts = (ranked + np.append(ranked[1:], 0.0)) / 2
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    return float(cuts[best[np.argmin(np.abs(cuts[best] - 0.5))]])


def _f1(hits: np.ndarray, labels: np.ndarray, predictions: np.ndarray, axis: int | None) -> float:
    both = np.atleast_1d(labels.sum(axis=axis) + predictions.sum(axis=axis))
    found = np.atleast_1d(2.0 * hits.sum(axis=axis))
    scores = np.divide(found, both, out=np.zeros_like(found), where=both > 0)
    return float(scores.mean()) if scores.size else math.nan


def _ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, from 1; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((2 * last - counts + 1) / 2)[inverse]


def _distances(classes: int) -> np.ndarray:
    places = np.arange(classes, dtype=np.float64)
    return np.abs(places[:, np.newaxis] - places)


def _scores(hits: int, predicted: int, labelled: int) -> ClassScores:
    return ClassScores(_ratio(hits, predicted), _ratio(hits, labelled), _ratio(2 * hits, predicted + labelled))


def _mean(scores: list[ClassScores], weights: np.ndarray) -> ClassScores:
    rows = np.array([dataclasses.astuple(score) for score in scores])
    precision, recall, f1 = weights @ rows / weights.sum() if weights.sum() else np.zeros(3)
    return ClassScores(float(precision), float(recall), float(f1))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


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
REGRESSION_METRICS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "pearson": pearson,
    "spearman": spearman,
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
}
MULTI_LABEL_METRICS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "f1_micro": label_set_f1_micro,
    "f1_macro": label_set_f1_macro,
    "f1_samples": label_set_f1_samples,
    "subset_accuracy": subset_accuracy,
    "hamming_loss": hamming_loss,
}
