"""Scores of sets of labels, for many samples of the same examples at once, and which decisions were wrong.

N examples, C labels, S samples, each of which is told by how often it has each example. Arrays in, arrays out; nothing
here imports TensorFlow.
"""

from collections.abc import Iterator

import numpy as np

from bert_tf.report.statistics.bootstrap import RESAMPLES, Interval, interval, resampled_counts
from bert_tf.report.statistics.class_statistics import ClassReport, make_reports


def label_set_intervals(
    labels: np.ndarray, chosen: np.ndarray, seed: int, resamples: int = RESAMPLES
) -> tuple[dict[str, Interval], list[ClassReport]]:
    """Returns the scores of sets of labels, and those of each label, with their bootstrap intervals.

    Args:
        labels: Which labels each example has, bool [N, C].
        chosen: Which the model chose, bool [N, C].
        seed: Decides the resamples.
        resamples: How many.
    """
    found, of_labels = [], []
    sums = _LabelSums(labels, chosen)
    for counts in _with_all(len(labels), seed, resamples):
        of_labels.append(sums.label_scores(counts))
        found.append(sums.set_scores(counts, of_labels[-1]))
    scores = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    drawn = np.concatenate(of_labels)
    reports = make_reports(drawn[0], drawn[1:], labels.sum(axis=0))
    return {name: interval(float(each[0]), each[1:]) for name, each in scores.items()}, reports


def weighted_label_set_scores(labels: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the scores of `metrics.MULTI_LABEL_METRICS`, float64 [S] each.

    Args:
        labels: Which labels each example has, bool [N, C].
        chosen: Which the model chose, bool [N, C].
        counts: How often each example counts, float64 [S, N]; rows sum to N.
    """
    sums = _LabelSums(labels, chosen)
    return sums.set_scores(counts, sums.label_scores(counts))


def weighted_label_scores(labels: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns precision, recall and F1 of each label, float64 [S, C, 3]; 0 / 0 counts as 0. Arguments as above."""
    return _LabelSums(labels, chosen).label_scores(counts)


class _LabelSums:
    """What is the same for all samples of the examples."""

    def __init__(self, labels: np.ndarray, chosen: np.ndarray):
        # Sums of whole numbers below 2^24 are exact in float32, and take half the time and memory of float64.
        self._parts = [each.astype(np.float32) for each in (labels & chosen, labels, chosen)]
        self._hits = (labels & chosen).sum(axis=1)
        self._both = labels.sum(axis=1) + chosen.sum(axis=1)
        ratios = _ratio(2.0 * self._hits, self._both)
        self._of_examples = np.stack([ratios, (labels == chosen).all(axis=1), (labels != chosen).mean(axis=1)], axis=1)

    def label_scores(self, counts: np.ndarray) -> np.ndarray:
        """Precision, recall and F1 of each label, float64 [S, C, 3]."""
        hits, labelled, predicted = ((counts.astype(np.float32) @ each).astype(np.float64) for each in self._parts)
        parts = np.stack([hits, hits, 2 * hits], axis=-1)
        return _ratio(parts, np.stack([predicted, labelled, predicted + labelled], axis=-1))

    def set_scores(self, counts: np.ndarray, of_labels: np.ndarray) -> dict[str, np.ndarray]:
        """The scores of sets, float64 [S] each; those of labels are what `label_scores` gives for the same counts."""
        samples, subset, hamming = (counts @ self._of_examples / counts.sum(axis=1, keepdims=True)).T
        return {
            "f1_micro": _ratio(2 * (counts @ self._hits), counts @ self._both),
            "f1_macro": of_labels[..., 2].mean(axis=1),
            "f1_samples": samples,
            "subset_accuracy": subset,
            "hamming_loss": hamming,
        }


def _with_all(examples: int, seed: int, resamples: int) -> Iterator[np.ndarray]:
    """The examples as they are, each once, and then samples of them."""
    yield np.ones((1, examples))
    yield from resampled_counts(examples, seed, resamples)


def confident_wrong_decisions(
    probabilities: np.ndarray, labels: np.ndarray, chosen: np.ndarray, most: int | None = None
) -> list[tuple[int, int]]:
    """Returns example and label of wrong decisions, beginning with the one that the model is most sure of.

    How sure it is of choosing a label is the probability of the label, and of not choosing it the rest.

    Args:
        probabilities: float [N, C].
        labels: bool [N, C].
        chosen: bool [N, C].
        most: How many are returned; None for all.
    """
    rows, columns = np.nonzero(labels != chosen)
    found = probabilities[rows, columns]
    sureness = np.where(chosen[rows, columns], found, 1 - found)
    if most is not None and len(rows) > most:  # There may be millions, of which few are sorted.
        kept = sureness >= np.partition(sureness, -most)[-most]
        rows, columns, sureness = rows[kept], columns[kept], sureness[kept]
    order = np.argsort(-sureness, kind="stable")[:most]
    return list(zip(rows[order].tolist(), columns[order].tolist(), strict=True))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part = np.asarray(part, np.float64)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
