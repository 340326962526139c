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


def interval_of_each(values: np.ndarray, drawn: np.ndarray) -> list[Interval]:
    """The same for many scores at once, all of them numbers: float64 [K] and, on R resamples, float64 [R, K]."""
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return [Interval(*ends) for ends in zip(values.tolist(), low.tolist(), high.tolist(), strict=True)]


def resampled_cells(counts: np.ndarray, seed: int, width: int = 0, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Yields how many of N examples fall into each of K cells, where N are drawn from the examples with replacement.

    What decides on a score, such as label and prediction, is the same for all examples of a cell, so drawing examples
    is drawing cells, each with the share of the examples that it holds.

    Args:
        counts: Examples of each cell, int64 [K], none of them 0.
        seed: Decides the resamples.
        width: Numbers that are made of each resample, if more than K; it bounds how many are drawn at a time.
        resamples: How many.

    Yields:
        int64 [some, K], together R rows, each of which sums to N.
    """
    generator = np.random.default_rng(seed)
    for some in _pieces(resamples, max(len(counts), width)):
        yield generator.multinomial(counts.sum(), counts / counts.sum(), size=some)


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
