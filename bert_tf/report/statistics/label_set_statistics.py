"""Scores of sets of labels, for many samples of the same examples at once, and which decisions were wrong.

N examples, C labels, S samples, each of which is told by how often it has each example. Arrays in, arrays out; nothing
here imports TensorFlow.
"""

import numpy as np

from bert_tf.report.statistics.bootstrap import RESAMPLES, interval, resampled_counts
from bert_tf.report.statistics.diagnostics import ClassReport


def weighted_label_set_scores(labels: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the scores of `metrics.MULTI_LABEL_METRICS`, float64 [S] each.

    Args:
        labels: Which labels each example has, bool [N, C].
        chosen: Which the model chose, bool [N, C].
        counts: How often each example counts, float64 [S, N]; rows sum to N.
    """
    hits, both = (labels & chosen).sum(axis=1), labels.sum(axis=1) + chosen.sum(axis=1)
    of_examples = np.stack(
        [_ratio(2.0 * hits, both), (labels == chosen).all(axis=1), (labels != chosen).mean(axis=1)], axis=1
    )
    samples, subset, hamming = (counts @ of_examples / counts.sum(axis=1, keepdims=True)).T
    return {
        "f1_micro": _ratio(2 * (counts @ hits), counts @ both),
        "f1_macro": weighted_label_scores(labels, chosen, counts)[..., 2].mean(axis=1),
        "f1_samples": samples,
        "subset_accuracy": subset,
        "hamming_loss": hamming,
    }


def weighted_label_scores(labels: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns precision, recall and F1 of each label, float64 [S, C, 3]; 0 / 0 counts as 0. Arguments as above."""
    hits, labelled, predicted = (counts @ each.astype(np.float64) for each in (labels & chosen, labels, chosen))
    parts = np.stack([hits, hits, 2 * hits], axis=-1)
    return _ratio(parts, np.stack([predicted, labelled, predicted + labelled], axis=-1))


def label_reports(labels: np.ndarray, chosen: np.ndarray, seed: int, resamples: int = RESAMPLES) -> list[ClassReport]:
    """Returns the scores of each label with their bootstrap intervals.

    Args:
        labels: bool [N, C].
        chosen: bool [N, C].
        seed: Decides the resamples.
        resamples: How many.
    """
    values = weighted_label_scores(labels, chosen, np.ones((1, len(labels))))[0]
    drawn = np.concatenate(
        [weighted_label_scores(labels, chosen, counts) for counts in resampled_counts(len(labels), seed, resamples)]
    )
    reports = []
    for index, examples in enumerate(labels.sum(axis=0)):
        precision, recall, f1 = (interval(values[index, score], drawn[:, index, score]) for score in range(3))
        reports.append(ClassReport(precision, recall, f1, int(examples)))
    return reports


def confident_wrong_decisions(
    probabilities: np.ndarray, labels: np.ndarray, chosen: np.ndarray
) -> list[tuple[int, int]]:
    """Returns example and label of each wrong decision, beginning with the one that the model is most sure of.

    How sure it is of choosing a label is the probability of the label, and of not choosing it the rest.

    Args:
        probabilities: float [N, C].
        labels: bool [N, C].
        chosen: bool [N, C].
    """
    sureness = np.where(chosen, probabilities, 1 - probabilities)
    rows, columns = np.nonzero(labels != chosen)
    order = np.argsort(-sureness[rows, columns], kind="stable")
    return list(zip(rows[order].tolist(), columns[order].tolist(), strict=True))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part = np.asarray(part, np.float64)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
