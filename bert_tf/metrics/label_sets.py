"""Scores of sets of labels, and the thresholds that choose them."""

import math
from collections.abc import Callable, Mapping

import numpy as np


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


MULTI_LABEL_METRICS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "f1_micro": label_set_f1_micro,
    "f1_macro": label_set_f1_macro,
    "f1_samples": label_set_f1_samples,
    "subset_accuracy": subset_accuracy,
    "hamming_loss": hamming_loss,
}
