"""Which labels the user's examples have, in which order, and which of them can't be labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import SHOWN_OF_EACH_KIND, Fault, FaultKind, Faults
from bert_tf.data.readers.rules import CONTROL
from bert_tf.errors import InputError, nearest
from bert_tf.tasks.answers.space import TWO_LINES, AnswerSpace

_LIKE_HEADER = frozenset(("label", "labels", "class", "category", "target", "score"))
_MOST_DIGITS = 300


def check_labels(examples: Examples, space: AnswerSpace) -> None:
    """Makes sure that what stands in the column of labels can be labels.

    Args:
        examples: The examples of a file.
        space: What they are to be; labels that it names may be anything.

    Raises:
        InputError: If some can't, with the first of them and how many there are.
    """
    if examples.labels is None:
        raise InputError(f"{examples.origin} must be labelled", fix="Set --label_column to the column of its labels")
    faults = Faults(examples.origin)
    counts = Counter(examples.labels)
    wrong = {
        label: fault
        for label in counts
        if (fault := space.fault_of(label)) and (label not in space.labels or fault in (TWO_LINES, CONTROL))
    }
    if wrong:
        for index, label in enumerate(examples.labels):
            if label in wrong:
                faults.add(wrong[label], Fault(examples.location(index), label, "", examples.label_column))
    faults.raise_if_any(len(examples))
    first = examples.labels[0]
    if first.lower() in _LIKE_HEADER and counts[first] == 1 and len(counts) > 2:
        raise InputError(
            f"The first line of {examples.origin} must be a row",
            received=f"the label {first!r}, which no other row has",
            fix="Set --header=yes if it names the columns",
        )


def discover_labels(origin: str, found: Iterable[str], least: int) -> tuple[str, ...]:
    """Returns different labels in order: whole numbers by value, anything else by code points.

    Args:
        origin: Where they are from, for messages.
        found: The labels of all examples.
        least: How many different ones there must be.

    Raises:
        InputError: If there are fewer.
    """
    names = set(found)
    if len(names) < least:
        raise InputError(
            f"{origin} must have at least {least} different label{'s' if least > 1 else ''}",
            received=", ".join(sorted(names)) or "none",
            fix="Add examples of another label, or set --label_column to another column",
        )
    if are_whole(names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def label_places(examples: Examples, known: Sequence[str]) -> np.ndarray:
    """Returns the place of each example's label among the known ones, int32 [N]; zeros if there are no labels.

    Raises:
        InputError: If labels are not known, with the place of each.
    """
    if examples.labels is None:
        return np.zeros(len(examples), np.int32)
    position = {label: index for index, label in enumerate(known)}
    try:
        return np.array([position[label] for label in examples.labels], np.int32)
    except KeyError:
        _refuse_unknown(examples, position)
        raise


def rare_labels(counts: Mapping[str, int], times: int) -> list[str]:
    """Returns the labels that occur, but so many times less often than the most frequent one, rarest first."""
    most = max(counts.values(), default=0)
    rare = [label for label, count in counts.items() if 0 < count * times <= most]
    return sorted(rare, key=lambda label: counts[label])


def are_whole(labels: Iterable[str]) -> bool:
    """Whether all are whole numbers. One of more digits than Python takes for a number is a name."""
    return all(len(label) <= _MOST_DIGITS and _digits(label).isdecimal() for label in labels)


def _digits(label: str) -> str:
    return label[1:] if label[:1] in ("-", "+") else label


def _refuse_unknown(examples: Examples, known: Mapping[str, int]) -> None:
    faults, is_own = Faults(examples.origin), bool(examples.label_column)
    kind = FaultKind(f"The label must be one of the task's labels ({', '.join(list(known)[:20])})")
    for index, label in enumerate(examples.labels or ()):
        if label not in known:
            hint = _hint(label, list(known), is_own=is_own) if len(faults) < SHOWN_OF_EACH_KIND else ""
            faults.add(kind, Fault(examples.location(index), label, hint, examples.label_column))
    faults.raise_if_any(len(examples))


def _hint(label: str, known: Sequence[str], *, is_own: bool) -> str:
    """What to do about a label that is not known; `is_own` if the task is made by the user's files."""
    close = nearest(label, known)
    if is_own:
        return close if close.startswith("Did") else "Correct it, or name it in --labels or --labels_file"
    if any(mark in label for mark in ("#", "ID", "label", "Quality")):
        return "It looks like a header; this file must not have one"
    return close if len(known) > 10 else "Correct the file, or choose the task it belongs to"
