"""Scores of values."""

import math
from collections.abc import Callable, Mapping

import numpy as np


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


def _ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, from 1; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((2 * last - counts + 1) / 2)[inverse]


REGRESSION_METRICS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "pearson": pearson,
    "spearman": spearman,
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
}
