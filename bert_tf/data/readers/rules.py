"""The rules that rows and columns keep to, wherever they are read from: files of any format, a data set, memory.

Every reader asks here, so that the same fault gets the same answer everywhere. What can go wrong in one format alone,
such as bytes that are no text, stands with its reader.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.errors import InputError

RAGGED = FaultKind("A row must have as many columns as the first one", "Quote or remove what separates too many")
LACKING = FaultKind("Every row must have the same names", "Add what is missing, with null if there is no value")
DOUBLE_COLUMN = FaultKind("A column that is read must be there once", "Rename or remove the other one")
DOUBLE_KEY = FaultKind("An object within a row must have each key once", "Remove the other one")
NUL = FaultKind("A row must hold no NUL characters", "Remove them, or convert the file if it is UTF-16")
NOT_UNICODE = FaultKind("A row must hold whole characters", "Write both halves of the pair, or the character itself")
_MOST_BITS = 10_000  # Python writes no number of more than 4,300 digits.
TOO_LONG = FaultKind("A number must have fewer than 3,000 digits", "Give it as text")
NOT_FINITE = FaultKind("A number must be finite", "Correct it, or leave the row out")
NO_TEXT = FaultKind("A text must be a string", "Make it one, such as by quotation marks in JSON, or leave the row out")
NO_LABEL = FaultKind("A label must be a string or a number", "Leave the row out, or give it a label")
CONTROL = FaultKind("A label must hold no control characters", "Remove them")
EMPTY_ID = FaultKind("An id must have characters", "Give the example one")
NO_ID = FaultKind("An id must be a string or a number", "Correct it")
TEXT_FLAGS = "--text_column and --label_column"  # What names the columns of texts with labels.
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f]")
Found = tuple[FaultKind, object]  # A rule that is broken, and what breaks it.


class NoColumnError(InputError):
    """A column that is wanted is not there.

    Attributes:
        names: The columns that are.
    """

    def __init__(self, rule: str, *, names: Sequence[str], received: str, fix: str):
        """Takes what `InputError` does, and the columns that are there."""
        self.names = tuple(names)
        super().__init__(rule, received=received, fix=fix)


def character_fault(text: str) -> Found | None:
    """Returns what is wrong with the characters of a text, None if nothing is."""
    if "\0" in text:
        return NUL, f"NUL as character {text.index(chr(0)) + 1}"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:  # A surrogate without its other half, which no file in UTF-8 can hold.
            return NOT_UNICODE, f"\\u{ord(text[error.start]):04x}"
    return None


def control_fault(label: str) -> Found | None:
    """Returns what is wrong with a label that a terminal would obey where it is shown, None if nothing is.

    NUL is left to `character_fault`, which all texts have to pass.
    """
    return (CONTROL, label) if _CONTROL.search(label) else None


def text_fault(value: Any) -> Found | None:
    """Returns what is wrong with a text, None if nothing is."""
    return character_fault(value) if isinstance(value, str) else (NO_TEXT, value)


def value_fault(value: Any, kind: FaultKind) -> Found | None:
    """Returns what is wrong with one label or id, None if nothing is.

    Args:
        value: The value, as a format with types has it.
        kind: The rule that is broken if it is neither a string nor a number.
    """
    if isinstance(value, str):
        return character_fault(value)
    if isinstance(value, float) and math.isinf(value):
        return NOT_FINITE, value
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return TOO_LONG, f"one of {value.bit_length():,} bits"
    is_number = isinstance(value, (int, float)) and value == value  # NaN is what pandas has where nothing is.
    return None if is_number else (kind, value)


def doubled(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Returns the wanted names that stand there more than once, in their order."""
    return [name for name in dict.fromkeys(wanted) if names.count(name) > 1]


def check_columns_once(origin: str, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Makes sure that it is clear which column is meant; of columns that nobody reads there may be several.

    Raises:
        InputError: If a wanted column is there twice.
    """
    if doubles := doubled(names, wanted):
        raise InputError(
            f"{DOUBLE_COLUMN.rule} ({origin})", received=", ".join(map(repr, doubles)), fix=DOUBLE_COLUMN.fix
        )


def check_texts(examples: Examples) -> None:
    """Makes sure that texts of a data set are such as a file could hold.

    Raises:
        InputError: With the place of each that isn't.
    """
    faults = Faults(examples.origin)
    for column in (examples.first, examples.second or ()):
        for index, text in enumerate(column):
            if found := character_fault(text):
                faults.add(found[0], Fault(examples.location(index), found[1]))
    faults.raise_if_any(len(examples))
