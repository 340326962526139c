"""Which labels the user's examples have, in which order, and which of them can't be labels."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.errors import InputError
from bert_tf.tasks.targets import parse_value, split_labels
from bert_tf.tasks.task import Kind

_MISSING = FaultKind("A label must not be missing", "Give the row a label, or leave it out")
_FRACTION = FaultKind(
    "A label of a classification must be a name or a whole number, not a number with a fraction",
    "Set --kind=regression, write 1 in place of 1.0, or name such labels by --labels or --labels_file",
)
_NO_NUMBER = FaultKind(
    "The label of a regression must be a finite number",
    "Correct it, with a point and no comma, or choose another --kind",
)
_TWO_LINES = FaultKind("A label must stand in one line", "Take the line feed out of it")  # labels.txt has one a line.
_LIKE_HEADER = frozenset(("label", "labels", "class", "category", "target", "score"))
_SHOWN_LABELS = 20
_MOST_DIGITS = 300


def check_labels(examples: Examples, kind: Kind, given: Sequence[str]) -> None:
    """Makes sure that what stands in the column of labels can be labels.

    Args:
        examples: The examples of a file.
        kind: What they are to be.
        given: The labels that the user named, which may be anything.

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
        if (fault := _fault_of(label, kind)) and (label not in given or fault is _TWO_LINES)
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


def discover_labels(examples: Examples, kind: Kind, separator: str) -> tuple[str, ...]:
    """Returns the labels that examples have: whole numbers by value, anything else by code points.

    Raises:
        InputError: If there is but one, or ordinal labels have no order of their own.
    """
    found: Iterable[str] = examples.labels or ()
    if kind is Kind.MULTI_LABEL:
        found = (label for text in found for label in split_labels(text, separator))
    names = set(found)
    needed = 1 if kind is Kind.MULTI_LABEL else 2
    if len(names) < needed:
        raise InputError(
            f"{examples.origin} must have at least {needed} different label{'s' if needed > 1 else ''}",
            received=", ".join(sorted(names)) or "none",
            fix="Add examples of another label, or set --label_column to another column",
        )
    are_numbers = all(_is_whole(name) for name in names)
    if kind is Kind.ORDINAL and not are_numbers:
        raise InputError(
            "Ordinal labels that are no whole numbers must be given in order",
            received=", ".join(sorted(names)[:_SHOWN_LABELS]),
            fix="Set --labels, such as --labels=poor,fair,good",
        )
    return tuple(sorted(names, key=lambda name: (int(name), name)) if are_numbers else sorted(names))


def find_range(examples: Examples) -> tuple[float, float]:
    """Returns the lowest and the highest value of examples.

    Raises:
        InputError: If they are the same.
    """
    values = [parse_value(label) for label in examples.labels or ()]
    if min(values) == max(values):
        raise InputError(
            f"{examples.origin} must have different values", received=f"{values[0]:g} only", fix="Add other examples"
        )
    return min(values), max(values)


def describe_labels(examples: Examples, labels: Sequence[str], separator: str | None) -> str:
    """Returns one line with the labels and how many examples each has; `separator` if they may have several."""
    found: Iterable[str] = examples.labels or ()
    if separator is not None:
        found = (label for text in found for label in split_labels(text, separator))
    counts = Counter(found)
    shown = [f"{label} {counts[label]:,}" for label in labels[:_SHOWN_LABELS]]
    rest = f", and {len(labels) - _SHOWN_LABELS} more" if len(labels) > _SHOWN_LABELS else ""
    return f"{len(labels)} labels, in this order, with their examples: {', '.join(shown)}{rest}"


def _fault_of(label: str, kind: Kind) -> FaultKind | None:
    if "\n" in label and kind is not Kind.REGRESSION:
        return _TWO_LINES
    if kind is Kind.MULTI_LABEL:
        return None  # No label at all is an answer too.
    if not label or label.lower() == "nan":
        return _MISSING
    value = parse_value(label)
    if kind is Kind.REGRESSION:
        return None if math.isfinite(value) else _NO_NUMBER
    return _FRACTION if _has_fraction(label, value) else None


def _has_fraction(label: str, value: float) -> bool:
    """Whether it is a number that is no whole one, or is written as if it were none; 1E50 is a name."""
    return math.isfinite(value) and ("." in label or not value.is_integer())


def _is_whole(label: str) -> bool:
    """Whether it is a whole number. One of more digits than Python takes for a number is a name."""
    digits = label[1:] if label[:1] in ("-", "+") else label
    return len(label) <= _MOST_DIGITS and digits.isdecimal()
