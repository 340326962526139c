"""Scores of labels that examples have one of, for many samples of the same examples at once.

C classes, K cells of the confusion matrix that hold examples, S samples, each of which is told by how many examples it
has in each cell. There are at most as many cells as examples, however many classes there are. Arrays in, arrays out;
nothing here imports TensorFlow.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from bert_tf.report.statistics.bootstrap import RESAMPLES, Interval, interval, interval_of_each, resampled_cells

COMBINED = "combined_score"


@dataclasses.dataclass(frozen=True)
class ClassReport:
    """The scores of one class.

    Attributes:
        precision: Share of right ones among the examples that were given the class.
        recall: Share of the examples of the class that were found.
        f1: Their harmonic mean.
        examples: How many examples have the class as their label.
    """

    precision: Interval
    recall: Interval
    f1: Interval
    examples: int


@dataclasses.dataclass(frozen=True)
class Cells:
    """The cells of a confusion matrix that hold examples.

    Attributes:
        labels: Place of the label of each cell, int64 [K].
        predictions: Place of the prediction, int64 [K].
        classes: C.
    """

    labels: np.ndarray
    predictions: np.ndarray
    classes: int

    def sums(self, places: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Returns the examples of each class, float64 [S, C], from the place of each cell and counts, [S, K]."""
        offsets = np.arange(len(counts))[:, np.newaxis] * self.classes
        found = np.bincount((places + offsets).ravel(), counts.ravel(), len(counts) * self.classes)
        return found.reshape(len(counts), self.classes)


def score_intervals(
    matrix: np.ndarray, names: Iterable[str], seed: int, resamples: int = RESAMPLES, combined: Iterable[str] = ()
) -> dict[str, Interval]:
    """Returns scores that follow from a confusion matrix, with their bootstrap intervals.

    Args:
        matrix: int64 [C, C], row is the label, column the prediction.
        names: Which of the scores that `weighted_scores` gives; others are left out.
        seed: Decides the resamples.
        resamples: How many.
        combined: Those whose mean is the combined score; none if there is no such score.
    """
    cells, counts = _cells(matrix)
    parts, combined = [counts[np.newaxis]], tuple(combined)
    parts += resampled_cells(counts, seed, cells.classes, resamples)
    found = [weighted_scores(cells, each) for each in parts]
    scores = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    if combined:
        scores[COMBINED] = np.mean([scores[name] for name in combined], axis=0)
    return {name: interval(float(scores[name][0]), scores[name][1:]) for name in names if name in scores}


def class_reports(matrix: np.ndarray, seed: int, resamples: int = RESAMPLES) -> list[ClassReport]:
    """Returns the scores of each class with their bootstrap intervals; arguments are those of `score_intervals`."""
    cells, counts = _cells(matrix)
    several = resampled_cells(counts, seed, cells.classes, resamples)
    drawn = np.concatenate([class_scores(cells, each) for each in several])
    return make_reports(class_scores(cells, counts[np.newaxis])[0], drawn, matrix.sum(axis=1))


def make_reports(values: np.ndarray, drawn: np.ndarray, examples: np.ndarray) -> list[ClassReport]:
    """Returns a report of each class.

    Args:
        values: Precision, recall and F1, float64 [C, 3].
        drawn: The same on R resamples, float64 [R, C, 3].
        examples: How many have the class, int [C].
    """
    columns = [interval_of_each(values[:, score], drawn[:, :, score]) for score in range(3)]
    return [ClassReport(*each) for each in zip(*columns, examples.tolist(), strict=True)]


def class_scores(cells: Cells, counts: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of each class, float64 [S, C, 3], from [S, K]; 0 / 0 counts as 0."""
    labelled, predicted = (cells.sums(places, counts) for places in (cells.labels, cells.predictions))
    hits = cells.sums(cells.labels, counts * (cells.labels == cells.predictions))
    parts = np.stack([hits, hits, 2 * hits], axis=-1)
    return _ratio(parts, np.stack([predicted, labelled, predicted + labelled], axis=-1))


def weighted_scores(cells: Cells, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the scores of `metrics.CLASSIFICATION_METRICS` and `metrics.ORDINAL_METRICS`, float64 [S] each.

    Args:
        cells: What the counts are of.
        counts: Examples of each cell in each sample, [S, K].
    """
    of_classes = class_scores(cells, counts)
    one = min(1, cells.classes - 1)
    distances = np.abs(cells.labels - cells.predictions)
    total = counts.sum(axis=1)
    return {
        "accuracy": counts @ (distances == 0) / total,
        "matthews_correlation": _matthews(cells, counts.astype(np.float64)),
        **{name: of_classes[:, one, score] for score, name in enumerate(("precision", "recall", "f1"))},
        "f1_macro": of_classes[..., 2].mean(axis=1),
        "quadratic_kappa": _kappa(cells, counts.astype(np.float64)),
        "mean_rank_error": counts @ distances / total,
        "share_nearby": counts @ (distances <= 1) / total,
    }


def _matthews(cells: Cells, counts: np.ndarray) -> np.ndarray:
    labelled, predicted = (cells.sums(places, counts) for places in (cells.labels, cells.predictions))
    total, hits = counts.sum(axis=1), counts @ (cells.labels == cells.predictions)
    spread = (total**2 - (predicted**2).sum(axis=1)) * (total**2 - (labelled**2).sum(axis=1))
    return _ratio(hits * total - (labelled * predicted).sum(axis=1), np.sqrt(spread))


def _kappa(cells: Cells, counts: np.ndarray) -> np.ndarray:
    """Of the squared distances by chance only the moments of both marginals are needed: E(x - y)^2."""
    total, places = counts.sum(axis=1), np.stack([cells.labels, cells.predictions]).astype(np.float64)
    first, second = ((counts @ (places**power).T / total[:, np.newaxis]).T for power in (1, 2))
    by_chance = second.sum(axis=0) - 2 * first[0] * first[1]
    found = counts @ (places[0] - places[1]) ** 2 / total
    is_defined = by_chance > 1e-12 * np.maximum(second.sum(axis=0), 1)
    return 1 - np.divide(found, by_chance, out=np.full(len(total), np.nan), where=is_defined)


def _cells(matrix: np.ndarray) -> tuple[Cells, np.ndarray]:
    labels, predictions = np.nonzero(matrix)
    return Cells(labels, predictions, len(matrix)), matrix[labels, predictions]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part = np.asarray(part, np.float64)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
