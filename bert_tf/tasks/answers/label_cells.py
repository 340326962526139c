"""Several labels in one cell, over a whole file: are they names, or marks of 0 and 1, and does the separator fit?"""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.label_cells import MARKS, parse_mark
from bert_tf.errors import InputError

_SEPARATORS = (",", ";", "|")
_Cells = Mapping[str, list[str]]  # What stands in a cell -> the parts of it.


def split_labels(text: str, separator: str) -> list[str]:
    """Returns the labels that are joined in a text, without the space around them; none if there is none."""
    return [label for label in (part.strip() for part in text.split(separator)) if label]


def read_label_cells(examples: Examples, known: Sequence[str], separator: str) -> Examples:
    """Returns the examples with names where a list of 0 and 1 marks which labels each has.

    Args:
        examples: The examples of a file, their labels joined by the separator.
        known: The labels in their order, as far as they are known: those that the user named, or of the training set.
        separator: What joins labels.

    Raises:
        InputError: If it isn't certain what the labels are.
    """
    cells = {text: split_labels(text, separator) for text in dict.fromkeys(examples.labels or ())}
    if not _are_marks(examples, cells, known):
        _check_separator(examples, cells, known, separator)
        return examples
    faults = Faults(examples.origin)
    kind = FaultKind(f"A list of 0 and 1 must be as long as the list of labels, {len(known)}", "Correct it")
    for index, text in enumerate(examples.labels or ()):
        if len(cells[text]) != len(known):
            faults.add(kind, Fault(examples.location(index), text, f"{len(cells[text])} of them"))
    faults.raise_if_any(len(examples))
    names = {
        text: separator.join(name for name, part in zip(known, parts, strict=True) if parse_mark(part))
        for text, parts in cells.items()
    }
    return dataclasses.replace(examples, labels=[names[text] for text in examples.labels or ()])


def _are_marks(examples: Examples, cells: _Cells, known: Sequence[str]) -> bool:
    """Whether the cells are lists of 0 and 1, a place for each label.

    Raises:
        InputError: If they are, and which label has which place isn't known; or if they may as well be names.
    """
    lengths = set(map(len, cells.values()))
    if max(lengths, default=0) < 2 or not all(part.lower() in MARKS for parts in cells.values() for part in parts):
        return False
    may_be_names = all(len(set(parts)) == len(parts) for parts in cells.values()) and (
        {part for parts in cells.values() for part in parts} <= set(known) if known else len(lengths) > 1
    )
    may_be_marks = not known or lengths == {len(known)}
    if may_be_names and not (known and may_be_marks):
        return False
    if known and not may_be_names:
        return True
    text = next(text for text, parts in cells.items() if len(parts) > 1)
    raise InputError(
        f"It must be known which labels the places of a list of 0 and 1 mean ({_place_of(examples, text)})",
        received=text,
        fix="Name labels that are no 0 and 1 by --labels" if known else "Name them in their order by --labels",
    )


def _check_separator(examples: Examples, cells: _Cells, known: Sequence[str], separator: str) -> None:
    """Makes sure that what looks like several labels isn't taken for one.

    Raises:
        InputError: If other cells, or the labels that are known, tell that something else joins them.
    """
    if not known and any(len(parts) > 1 for parts in cells.values()):
        return  # It is the right one, then.
    whole = [text for text, parts in cells.items() if len(parts) == 1 and text not in known]
    for other in _SEPARATORS:
        joined = {text: parts for text in whole if len(parts := split_labels(text, other)) > 1}
        if other == separator or not joined:
            continue
        counts = Counter(part for text in whole for part in set(split_labels(text, other)))
        for text, parts in joined.items():
            if set(parts) <= set(known) if known else any(counts[part] > 1 for part in parts):
                raise InputError(
                    f"Labels must be joined by --label_separator, {separator!r} ({_place_of(examples, text)})",
                    received=text,
                    fix=f"Set --label_separator={_typed(other)}, or name such labels by --labels_file, one a line",
                )


def _place_of(examples: Examples, label: str) -> str:
    return examples.location(list(examples.labels or ()).index(label))


def _typed(separator: str) -> str:
    """A separator as a shell takes it."""
    return separator if separator == "," else f"'{separator}'"
