"""How certain a score is: its interval over samples of the examples (Efron 1979).

N examples, C classes, R resamples. Arrays in, arrays out; nothing here imports TensorFlow.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
_CELLS_AT_A_TIME = 2_000_000


@dataclasses.dataclass(frozen=True)
class Interval:
    """A score, and the interval in which it would lie in 95 of 100 samples of examples such as these."""

    value: float
    low: float
    high: float


def interval(value: float, drawn: np.ndarray) -> Interval:
    """The percentile interval of a score from its values on R resamples; those that are not numbers are left out."""
    kept = drawn[~np.isnan(drawn)]
    if not kept.size:
        return Interval(float(value), np.nan, np.nan)
    low, high = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(value), float(low), float(high))


def resampled_matrices(matrix: np.ndarray, seed: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Yields confusion matrices of N examples each, drawn from the N examples with replacement.

    An example counts by its label and its prediction alone, so drawing examples is drawing cells of the matrix, each
    with the share of the examples that it holds.

    Args:
        matrix: int64 [C, C], row is the label, column the prediction.
        seed: Decides the resamples.
        resamples: How many.

    Yields:
        int64 [some, C, C], together R matrices.
    """
    generator = np.random.default_rng(seed)
    cells = np.flatnonzero(matrix)
    counts = matrix.ravel()[cells]
    for some in _pieces(resamples, matrix.size):
        drawn = np.zeros((some, matrix.size), np.int64)
        drawn[:, cells] = generator.multinomial(counts.sum(), counts / counts.sum(), size=some)
        yield drawn.reshape(some, *matrix.shape)


def resampled_counts(examples: int, seed: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Yields how often each of N examples is drawn, where N are drawn with replacement.

    Args:
        examples: N, at least one.
        seed: Decides the resamples.
        resamples: How many.

    Yields:
        float64 [some, N], together R rows, each of which sums to N.
    """
    generator = np.random.default_rng(seed)
    for some in _pieces(resamples, examples):
        drawn = generator.integers(0, examples, (some, examples)) + np.arange(some)[:, np.newaxis] * examples
        yield np.bincount(drawn.ravel(), minlength=some * examples).reshape(some, examples).astype(np.float64)


def count_intervals(
    scores: Callable[[np.ndarray], Mapping[str, np.ndarray]],
    examples: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Returns scores with their intervals, where a score follows from how often each example counts.

    Args:
        scores: Gives the scores by name, float64 [some], from counts, float64 [some, N].
        examples: N, at least one.
        seed: Decides the resamples.
        resamples: How many.
    """
    values = scores(np.ones((1, examples)))
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in values}
    for counts in resampled_counts(examples, seed, resamples):
        for name, several in scores(counts).items():
            drawn[name].append(several)
    return {name: interval(float(value[0]), np.concatenate(drawn[name])) for name, value in values.items()}


def _pieces(resamples: int, cells: int) -> Iterator[int]:
    """How many resamples to draw at a time, so that memory does."""
    at_a_time = max(1, _CELLS_AT_A_TIME // cells)
    for start in range(0, resamples, at_a_time):
        yield min(at_a_time, resamples - start)
