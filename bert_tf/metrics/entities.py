"""Scores of tags: of the entities that they write, and of the tags themselves. The numbers are those of conlleval.

An entity is right if its type and both its borders are. As with classes a ratio without cases (0 / 0) counts as 0, and
the accuracy of no tags is not a number.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bert_tf.metrics.classes import ClassScores, mean_scores, scores_of_counts

Span = tuple[str, int, int]  # The type of an entity, its first word, and the word behind it.
Sentences = Sequence[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class EntityCounts:
    """How many entities there are.

    Attributes:
        right: That were predicted, and are there.
        predicted: That were predicted.
        labelled: That are there.
    """

    right: int
    predicted: int
    labelled: int

    @property
    def scores(self) -> ClassScores:
        """Precision, recall and F1."""
        return scores_of_counts(self.right, self.predicted, self.labelled)


@dataclasses.dataclass(frozen=True)
class TagCounts:
    """What all scores of tags are computed from.

    Attributes:
        by_type: The entities of each type that was labelled or predicted, in the order of their names.
        right_tags: How many tags are right, letter and type.
        tags: How many there are.
    """

    by_type: Mapping[str, EntityCounts]
    right_tags: int
    tags: int

    @property
    def total(self) -> EntityCounts:
        """The entities of all types."""
        rows = [dataclasses.astuple(counts) for counts in self.by_type.values()]
        return EntityCounts(*map(sum, zip(*rows, strict=True))) if rows else EntityCounts(0, 0, 0)


def count_tags(
    labels: Sentences, predictions: Sentences, entities: Callable[[Sequence[str]], Sequence[Span]]
) -> TagCounts:
    """Counts the entities and tags of sentences.

    Args:
        labels: The right tags of each sentence.
        predictions: The predicted ones, as many.
        entities: Finds the entities of a sentence by its tags.

    Raises:
        ValueError: If there are not as many sentences, or tags in one of them.
    """
    found = [Counter[str](), Counter[str](), Counter[str]()]  # Right, predicted, labelled: by type.
    right_tags = 0
    for wanted, given in zip(labels, predictions, strict=True):
        right_tags += sum(label == tag for label, tag in zip(wanted, given, strict=True))
        predicted, labelled = set(entities(given)), set(entities(wanted))
        for counter, spans in zip(found, (predicted & labelled, predicted, labelled), strict=True):
            counter.update(kind for kind, _, _ in spans)
    types = sorted(found[1].keys() | found[2].keys())
    by_type = {kind: EntityCounts(*(counter[kind] for counter in found)) for kind in types}
    return TagCounts(by_type, right_tags, sum(map(len, labels)))


def micro_scores(counts: TagCounts) -> ClassScores:
    """The scores of the entities of all types together, which conlleval calls overall."""
    return counts.total.scores


def macro_scores(counts: TagCounts) -> ClassScores:
    """The plain mean over the types that were labelled or predicted."""
    scores = [each.scores for each in counts.by_type.values()]
    return mean_scores(scores, np.ones(len(scores)))


def accuracy(counts: TagCounts) -> float:
    """Share of right tags; not a number if there are none."""
    return counts.right_tags / counts.tags if counts.tags else math.nan


TAG_METRICS: Mapping[str, Callable[[TagCounts], float]] = {
    "f1": lambda counts: micro_scores(counts).f1,
    "precision": lambda counts: micro_scores(counts).precision,
    "recall": lambda counts: micro_scores(counts).recall,
    "f1_macro": lambda counts: macro_scores(counts).f1,
    "precision_macro": lambda counts: macro_scores(counts).precision,
    "recall_macro": lambda counts: macro_scores(counts).recall,
    "accuracy": accuracy,
}
