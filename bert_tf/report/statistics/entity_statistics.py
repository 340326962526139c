"""Scores of entities over samples of sentences. M sentences, R samples. Nothing here imports TensorFlow."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert_tf.tasks.answers.tag_schemes import Entity

NOTHING = "(none)"
Sentences = Sequence[Sequence[Entity]]


def counts_by_sentence(wanted: Sentences, found: Sentences) -> np.ndarray:
    """Returns how many entities of each sentence are right, found, and there to be found: int64 [M, 3]."""
    pairs = zip(wanted, found, strict=True)
    return np.array([(len(set(one) & set(two)), len(two), len(one)) for one, two in pairs], np.int64).reshape(-1, 3)


def weighted_entity_scores(counts: np.ndarray, right_words: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Returns scores on samples, float64 [R] each, 0 where there is nothing to divide by.

    Args:
        counts: What `counts_by_sentence` gives.
        right_words: How many words of each sentence have the right tag, and how many it has, int64 [M, 2].
        weights: How often each sentence is in each sample, float64 [R, M].
    """
    right, found, wanted = (weights @ counts).T
    words_right, words = (weights @ right_words).T
    return {
        "precision": _ratio(right, found),
        "recall": _ratio(right, wanted),
        "f1": _ratio(2 * right, found + wanted),
        "accuracy": _ratio(words_right, words),
    }


def confused_types(wanted: Sentences, found: Sentences) -> Counter[tuple[str, str]]:
    """Counts what entities were taken for: by type and the type that was found at the same words, or none; and those
    that were found where there is none, from none.
    """
    confused: Counter[tuple[str, str]] = Counter()
    for one, two in zip(wanted, found, strict=True):
        right, answers = ({(each.start, each.end): each.type for each in some} for some in (one, two))
        confused.update((kind, answers.get(place, NOTHING)) for place, kind in right.items())
        confused.update((NOTHING, kind) for place, kind in answers.items() if place not in right)
    return confused


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(whole, np.float64), where=whole > 0)
