"""What the answers of a model tell beyond its scores: how certain those are, and what is odd about the examples.

N examples, C classes. Arrays in, arrays out; nothing here imports TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

CALIBRATION_BINS = 15
LABEL_ERROR_BOUND = 0.05


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Whether a model that says 80 % is right in 80 of 100 cases. B bins of equal width.

    Attributes:
        error: The expected calibration error (Guo et al. 2017, eq. 3): the mean distance of accuracy and confidence
            over the bins, weighted by their examples.
        counts: Examples of each bin, int64 [B].
        confidences: Mean probability in each bin, float64 [B]; not a number where there is none.
        accuracies: Share of what was right in each bin, float64 [B]; likewise.
        mean_confidence: Mean probability.
        accuracy: Share of what was right.
    """

    error: float
    counts: np.ndarray
    confidences: np.ndarray
    accuracies: np.ndarray
    mean_confidence: float
    accuracy: float


def calibrate(probabilities: np.ndarray, is_right: np.ndarray, bins: int = CALIBRATION_BINS) -> Calibration:
    """Compares how probable the model calls things with how often they are so.

    Args:
        probabilities: Of what the model says of each example, float [N], at least one.
        is_right: Whether it is so, bool [N].
        bins: How many; bin i holds probabilities in (i / bins, (i + 1) / bins], and the first one 0, too.
    """
    confidence, right = probabilities.astype(np.float64), is_right.astype(np.float64)
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    means = [
        np.divide(np.bincount(index, column, bins), counts, out=np.full(bins, np.nan), where=counts > 0)
        for column in (confidence, right)
    ]
    distances = np.abs(means[1] - means[0])[counts > 0]
    error = float(distances @ counts[counts > 0] / counts.sum())
    return Calibration(error, counts, means[0], means[1], float(confidence.mean()), float(right.mean()))


def calibrate_together(calibrations: Sequence[Calibration]) -> Calibration:
    """The calibration of all that several ones, with bins of the same width, are of."""
    counts = np.sum([each.counts for each in calibrations], axis=0)
    sums = [
        np.sum([np.nan_to_num(means) * each.counts for each, means in zip(calibrations, several, strict=True)], axis=0)
        for several in ([each.confidences for each in calibrations], [each.accuracies for each in calibrations])
    ]
    confidences, accuracies = (
        np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0) for total in sums
    )
    error = float(np.nansum(np.abs(accuracies - confidences) * counts) / counts.sum())
    means = [float(total.sum() / counts.sum()) for total in sums]
    return Calibration(error, counts, confidences, accuracies, means[0], means[1])


@dataclasses.dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall of one class at every threshold on its probability, from the highest threshold down.

    Attributes:
        precision: float64 [T], of the examples at or above each of T thresholds.
        recall: float64 [T].
        average_precision: The sum of precisions, each weighted with the recall that it adds.
    """

    precision: np.ndarray
    recall: np.ndarray
    average_precision: float


def precision_recall(probabilities: np.ndarray, is_of_class: np.ndarray) -> PrecisionRecall:
    """Follows a class over all thresholds.

    Args:
        probabilities: Of the class, float [N].
        is_of_class: bool [N], at least one of them true.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits = probabilities[order], np.cumsum(is_of_class[order])
    # Examples of the same probability pass a threshold together.
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    return PrecisionRecall(precision, recall, float(np.diff(recall, prepend=0.0) @ precision))


def average_precision(probabilities: np.ndarray, is_of_class: np.ndarray) -> float:
    """Returns the average precision alone, without the curve. Arguments as above.

    It is the mean over the examples of the class of the precision at their own probability, which takes a sorting of
    numbers and none of places.
    """
    of_class = np.sort(probabilities[is_of_class])
    hits, chosen = (len(several) - np.searchsorted(several, of_class) for several in (of_class, np.sort(probabilities)))
    return float((hits / chosen).mean())


def confident_mistakes(probabilities: np.ndarray, is_right: np.ndarray) -> np.ndarray:
    """Returns which answers are wrong, int64, beginning with the one that was given most surely.

    Args:
        probabilities: Of each answer, float [N].
        is_right: bool [N].
    """
    wrong = np.flatnonzero(~is_right)
    return wrong[np.argsort(-probabilities[wrong], kind="stable")]


def likely_label_errors(probabilities: np.ndarray, label_ids: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Returns which examples may have a wrong label, int64, beginning with the least probable label.

    Their label has a probability below `LABEL_ERROR_BOUND`, while the label that the model answers with is as probable
    here as it is on average where it was given (Northcutt et al. 2021, section 3.1). The second condition leaves out
    labels that the model gives to everything.

    Args:
        probabilities: Of each label, float [N, C].
        label_ids: The labels, int [N].
        answers: What the model answers with, int [N].
    """
    rows = np.arange(len(label_ids))
    given = probabilities[rows, label_ids]
    counts = np.bincount(label_ids, minlength=probabilities.shape[1])
    sums = np.bincount(label_ids, given, probabilities.shape[1])
    usual = np.divide(sums, counts, out=np.full(len(counts), np.inf), where=counts > 0)
    is_odd = (answers != label_ids) & (given < LABEL_ERROR_BOUND) & (probabilities[rows, answers] >= usual[answers])
    odd = np.flatnonzero(is_odd)
    return odd[np.argsort(given[odd], kind="stable")]
