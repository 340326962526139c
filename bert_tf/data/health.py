"""What is odd about texts and labels that can be read: what a person should see before training.

Texts are compared without the white space around them. Each is hashed, eight bytes a row, and only texts whose hashes
meet are compared themselves, so a million rows take no second and little memory, and the result is exact.
"""

import dataclasses
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN, Split

Texts = tuple[str, ...]
_NOWHERE = np.array([], np.int64)
_WORD = re.compile(r"\w")
_DROPPED = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


@dataclasses.dataclass(frozen=True)
class Oddities:
    """Rows of a split that may be mistakes, by their positions, int64 in ascending order.

    What is empty or invisible is only that: two empty texts do not count as equal.

    Attributes:
        empty: Examples one of whose texts is empty or white space.
        invisible: Others one of whose texts is of control and format characters alone, such as a zero width space, of
            which no word piece is made.
        headers: Examples that are the names of the columns over again.
        repeated: Examples that stand in the split before, with the same label.
        contradicting: Examples whose texts stand in the split with another label too.
        shared: Examples whose texts are on the other side too: those of the training set in a dev set, those of
            another split in the training set.
        mislabelled: Those of `shared` whose label none of the equal texts on the other side has.
    """

    empty: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    invisible: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    headers: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    repeated: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    contradicting: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    shared: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)
    mislabelled: np.ndarray = dataclasses.field(default_factory=lambda: _NOWHERE)


@dataclasses.dataclass(frozen=True)
class _Numbered:
    """A split with numbers in place of its texts and labels, int64 [N] each: equal ones have equal numbers.

    Attributes:
        texts: The texts.
        pairs: Texts and label together.
        is_empty: bool [N], whether a text is missing or can't be seen.
        has_labels: Whether there are labels; without, all have the same number.
    """

    texts: np.ndarray
    pairs: np.ndarray
    is_empty: np.ndarray
    has_labels: bool


def find_oddities(splits: Mapping[Split, Examples]) -> dict[Split, Oddities]:
    """Looks through splits, and compares each with the training set if that is among them.

    Args:
        splits: The examples, whose labels are written in the same way if they are the same.
    """
    numbered = _number(splits)
    train = numbered.get(TRAIN)
    dev = [found for split, found in numbered.items() if split is not TRAIN and not split.is_test]
    found = {}
    for split, rows in numbered.items():
        others = dev if split is TRAIN else [] if train is None else [train]
        empty, invisible = _without_pieces(splits[split], rows)
        headers = _repeated_headers(splits[split])
        found[split] = Oddities(empty, invisible, headers, *_repetitions(rows), *_overlap(rows, others))
    return found


def gives_no_piece(text: str) -> bool:
    """Whether a text is of characters alone that the tokenizer of BERT takes out or splits at."""
    if _WORD.search(text):
        return False
    return all(unicodedata.category(char) in _DROPPED or char == "\ufffd" for char in text)


def _without_pieces(examples: Examples, rows: _Numbered) -> tuple[np.ndarray, np.ndarray]:
    """Returns which rows have an empty text, and which of the others one that can't be seen."""
    found = np.flatnonzero(rows.is_empty)
    chosen = set(found.tolist())
    texts = (texts for row, texts in enumerate(_texts_of(examples)) if row in chosen)
    is_blank = np.array([not all(each) for each in texts], bool)
    return found[is_blank], found[~is_blank]


def _repeated_headers(examples: Examples) -> np.ndarray:
    """Returns which rows have the names of the columns of text and label in these; a number is no name."""
    text, label = examples.text_column, examples.label_column
    if not text or not label or text.isdecimal() or label.isdecimal():
        return _NOWHERE
    names = zip(examples.first, examples.labels or (), strict=False)
    return np.array([index for index, row in enumerate(names) if row == (text, label)], np.int64)


def _number(splits: Mapping[Split, Examples]) -> dict[Split, _Numbered]:
    firsts = _first_occurrences(list(splits.values()))
    ends = np.cumsum([len(examples) for examples in splits.values()])
    labels: dict[str, int] = {}
    numbered = {}
    for (split, examples), texts in zip(splits.items(), np.split(firsts, ends[:-1]), strict=True):
        codes = np.zeros(len(examples), np.int64)
        if examples.labels is not None:
            codes = np.array([labels.setdefault(label, len(labels)) for label in examples.labels], np.int64)
        is_empty = np.fromiter((any(map(gives_no_piece, text)) for text in _texts_of(examples)), bool, len(examples))
        numbered[split] = texts, codes, is_empty, examples.labels is not None
    width = max(len(labels), 1)
    return {
        split: _Numbered(texts, texts * width + codes, is_empty, has_labels)
        for split, (texts, codes, is_empty, has_labels) in numbered.items()
    }


def _repetitions(rows: _Numbered) -> tuple[np.ndarray, np.ndarray]:
    """Returns which rows are repeated, and which contradict others."""
    chosen = np.flatnonzero(~rows.is_empty)
    _, firsts = np.unique(rows.pairs[chosen], return_index=True)
    is_repeated = np.ones(len(chosen), bool)
    is_repeated[firsts] = False
    distinct = chosen[firsts]  # One row a text and label.
    numbers, counts = np.unique(rows.texts[distinct], return_counts=True)
    contradicting = chosen[np.isin(rows.texts[chosen], numbers[counts > 1])]
    return chosen[is_repeated], contradicting


def _overlap(rows: _Numbered, others: Sequence[_Numbered]) -> tuple[np.ndarray, np.ndarray]:
    """Returns which rows are elsewhere too, and which of them with other labels only."""
    if not others:
        return _NOWHERE, _NOWHERE
    is_shared = ~rows.is_empty & np.isin(rows.texts, np.concatenate([other.texts for other in others]))
    labelled = [other.pairs for other in others if other.has_labels]
    if not rows.has_labels or not labelled:
        return np.flatnonzero(is_shared), _NOWHERE
    return np.flatnonzero(is_shared), np.flatnonzero(is_shared & ~np.isin(rows.pairs, np.concatenate(labelled)))


def _first_occurrences(splits: Sequence[Examples]) -> np.ndarray:
    """For each example of all splits, laid end to end, the position of the first one with the same texts, int64 [N]."""
    count = sum(map(len, splits))
    hashes = np.fromiter(map(hash, _all_texts(splits)), np.int64, count)
    _, where, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    firsts = np.arange(count)
    known: dict[Texts, int] = {}
    for index, texts in itertools.compress(enumerate(_all_texts(splits)), counts[where] > 1):
        firsts[index] = known.setdefault(texts, index)
    return firsts


def _all_texts(splits: Iterable[Examples]) -> Iterator[Texts]:
    return itertools.chain.from_iterable(map(_texts_of, splits))


def _texts_of(examples: Examples) -> Iterator[Texts]:
    if examples.choices is not None:
        rows = zip(examples.first, examples.continuations(), strict=True)
        return (tuple(map(str.strip, (question, *choices))) for question, choices in rows)
    columns = [examples.first] if examples.second is None else [examples.first, examples.second]
    return zip(*(map(str.strip, column) for column in columns), strict=True)
