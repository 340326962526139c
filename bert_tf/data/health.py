"""What is odd about texts and labels that can be read: what a person should see before training."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from bert_tf.data.examples import Examples

_RARE_SHARE = 100  # A label is rare if the most frequent one is this many times as frequent.
_QUANTILES = (0.0, 0.5, 0.9, 0.99, 1.0)

Texts = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Oddities:
    """Rows of a split that may be mistakes, by their index, in ascending order.

    Attributes:
        empty: Examples one of whose texts is empty or white space.
        repeated: Examples that stand in the split before, with the same label.
        contradicting: Examples whose texts stand in the split with another label too.
        seen: Examples whose texts are also in the training set, if the split is another.
    """

    empty: tuple[int, ...]
    repeated: tuple[int, ...]
    contradicting: tuple[int, ...]
    seen: tuple[int, ...]


def find_oddities(examples: Examples, train: Examples | None = None) -> Oddities:
    """Looks through a split.

    Args:
        examples: The split.
        train: The training set, if the split is another; texts are compared without the white space around them.
    """
    texts = list(_texts(examples))
    labels = examples.labels or [""] * len(texts)
    labels_of: dict[Texts, set[str]] = {}
    repeated = []
    for index, (text, label) in enumerate(zip(texts, labels, strict=True)):
        known = labels_of.setdefault(text, set())
        if label in known:
            repeated.append(index)
        known.add(label)
    trained_on = set() if train is None else set(_texts(train))
    return Oddities(
        empty=_where(not all(text) for text in texts),
        repeated=tuple(repeated),
        contradicting=_where(len(labels_of[text]) > 1 for text in texts),
        seen=_where(text in trained_on for text in texts),
    )


def rows_to_drop(oddities: Oddities) -> tuple[int, ...]:
    """The rows that a cleaned copy leaves out.

    Those of which one can't be right or that teach nothing new: the empty, the contradicting, the repeated, and those
    that are in another split too.
    """
    fields = (getattr(oddities, field.name) for field in dataclasses.fields(oddities))
    return tuple(sorted({index for rows in fields for index in rows}))


def label_counts(examples: Examples, known: Sequence[str]) -> dict[str, int]:
    """How often each label occurs: those that are known first, in their order, then others by frequency."""
    counts = Counter(examples.labels or ())
    return {label: counts.pop(label, 0) for label in known} | dict(counts.most_common())


def rare_labels(counts: dict[str, int]) -> list[str]:
    """Labels that occur, but a hundred times less often than the most frequent one."""
    most = max(counts.values(), default=0)
    return [label for label, count in counts.items() if 0 < count * _RARE_SHARE <= most]


def length_quantiles(lengths: np.ndarray) -> dict[str, int]:
    """The shortest, middle and longest of some lengths, and those that 90 and 99 % don't exceed.

    Args:
        lengths: int64 [N], of at least one row.
    """
    values = np.quantile(lengths, _QUANTILES, method="inverted_cdf")
    return dict(zip(("least", "median", "90 %", "99 %", "greatest"), map(int, values), strict=True))


def _texts(examples: Examples) -> Iterable[Texts]:
    columns = (examples.first,) if examples.second is None else (examples.first, examples.second)
    return (tuple(text.strip() for text in texts) for texts in zip(*columns, strict=True))


def _where(conditions: Iterable[bool]) -> tuple[int, ...]:
    return tuple(index for index, holds in enumerate(conditions) if holds)
