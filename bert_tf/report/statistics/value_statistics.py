"""Scores of predicted values, for many samples of the same examples at once.

N examples, S samples, each of which is told by how often it has each example. Arrays in, arrays out; nothing here
imports TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class RangeReport:
    """The errors of the examples whose value lies in one part of the range.

    Attributes:
        low: Where the part begins.
        high: Where it ends.
        examples: How many there are.
        mean_error: Mean of prediction minus value; not a number without examples.
        mean_absolute_error: Mean of the same without its sign; likewise.
    """

    low: float
    high: float
    examples: int
    mean_error: float
    mean_absolute_error: float


def weighted_value_scores(
    values: np.ndarray, predictions: np.ndarray, counts: np.ndarray, combined: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Returns scores by name, float64 [S] each; one that is not defined is not a number.

    They are `metrics.REGRESSION_METRICS`, and `root_mean_squared_error`, `mean_error` (of prediction minus value) and
    `explained` (the share of the variance of the values that the predictions explain).

    Args:
        values: What is right, float64 [N].
        predictions: float64 [N].
        counts: How often each example counts, float64 [S, N]; rows sum to N.
        combined: Scores whose mean is `combined_score`; none for no such score.
    """
    error, total = predictions - values, counts.sum(axis=1)
    squared = counts @ error**2 / total
    variance = _variances(values, counts)
    scores = {
        "pearson": weighted_correlation(values, predictions, counts),
        "spearman": weighted_correlation(weighted_ranks(values, counts), weighted_ranks(predictions, counts), counts),
        "mean_squared_error": squared,
        "mean_absolute_error": counts @ np.abs(error) / total,
        "root_mean_squared_error": np.sqrt(squared),
        "mean_error": counts @ error / total,
        "explained": 1 - np.divide(squared, variance, out=np.full(len(counts), np.nan), where=variance > 0),
    }
    return scores | ({"combined_score": np.mean([scores[name] for name in combined], axis=0)} if combined else {})


def weighted_correlation(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns the linear correlation in each sample, float64 [S], where x and y are [N] or [S, N]."""
    x, y = _centred(x, counts), _centred(y, counts)
    spread = np.sqrt((counts * x**2).sum(axis=1) * (counts * y**2).sum(axis=1))
    together = (counts * x * y).sum(axis=1)
    return np.clip(np.divide(together, spread, out=np.full(len(counts), np.nan), where=spread > 0), -1, 1)


def weighted_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns the rank of each value [N] in each sample, from 1, float64 [S, N]; equal ones share the mean of theirs.

    Where a sample lacks an example its rank means nothing.
    """
    _, inverse = np.unique(values, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    first = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    alike = np.add.reduceat(counts[:, order], first, axis=1)
    last = np.cumsum(alike, axis=1)
    return (last - (alike - 1) / 2)[:, inverse]


def errors_by_range(
    values: np.ndarray, predictions: np.ndarray, value_range: tuple[float, float], parts: int
) -> list[RangeReport]:
    """Returns the errors of each of some equal parts of the range; a value outside of it counts to the nearest part."""
    edges = np.linspace(*value_range, parts + 1)
    part = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, parts - 1)
    error, reports = predictions - values, []
    for index in range(parts):
        own = error[part == index]
        means = (float(own.mean()), float(np.abs(own).mean())) if len(own) else (np.nan, np.nan)
        reports.append(RangeReport(float(edges[index]), float(edges[index + 1]), len(own), *means))
    return reports


def _centred(x: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The same minus the mean of each sample, [S, N]; exactly zero where the sample has one value only."""
    x = np.broadcast_to(x, counts.shape)
    is_in = counts > 0
    low, high = np.where(is_in, x, np.inf).min(axis=1), np.where(is_in, x, -np.inf).max(axis=1)
    means = np.where(low == high, low, (counts * x).sum(axis=1) / counts.sum(axis=1))
    return np.asarray(np.where(is_in, x - means[:, np.newaxis], 0.0))


def _variances(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.asarray((counts * _centred(values, counts) ** 2).sum(axis=1) / counts.sum(axis=1))
