"""Texts in memory that a trained model is asked for: a list, an array, a column or a table, in their order."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from bert_tf.data.choices import FEWEST_CHOICES, MOST_CHOICES
from bert_tf.data.readers.rules import character_fault
from bert_tf.errors import InputError, nearest

_FIX = "Give a list, an array or a Series of strings, or a DataFrame"


def texts_in_columns(texts: Any, pairs: Any, names: Sequence[str]) -> list[list[str]]:
    """Returns the texts, or first and second texts, as lists of strings.

    Args:
        texts: The texts, or the first ones of pairs; or both as an array [N, 2] or as the columns of a table.
        pairs: The second ones; None if there are none, or they are in `texts`.
        names: What the columns of a table are called; two where pairs are asked for.

    Raises:
        InputError: If they are something else, or something in them is no text.
    """
    if pairs is not None:
        return [_texts(texts, "texts"), _texts(pairs, "pairs")]
    if hasattr(texts, "columns"):
        return [_texts(column, "texts") for column in _columns(texts, names)]
    if getattr(texts, "ndim", 1) == 2 and len(names) > 1:
        if texts.shape[1] != 2:
            raise InputError("An array of pairs must have two columns", received=f"{texts.shape[1]} columns")
        return [_texts(texts[:, 0], "texts"), _texts(texts[:, 1], "texts")]
    return [_texts(texts, "texts")]


def questions_in_columns(questions: Any, choices: Any) -> list[Any]:
    """Returns questions and the choices of each, as lists of strings and of tuples of them.

    Args:
        questions: The questions.
        choices: From 2 to 10 texts of each question: a list of lists, or an array [N, K].

    Raises:
        InputError: If they are something else, or something in them is no text.
    """
    if choices is None:
        raise InputError("The choices of each question must be given", fix="Give a list of texts for each question")
    if isinstance(choices, (str, bytes, Mapping, Set)) or not isinstance(choices, Iterable):
        raise InputError("choices must be a list of texts for each question", received=type(choices).__name__)
    listed = [tuple(_texts(each, f"choices[{index}]")) for index, each in enumerate(choices)]
    for index, each in enumerate(listed):
        if not FEWEST_CHOICES <= len(each) <= MOST_CHOICES or not all(map(str.strip, each)):
            empty = "" if all(map(str.strip, each)) else ", one of them empty"
            rule = f"A question must have {FEWEST_CHOICES} to {MOST_CHOICES} choices with text"
            raise InputError(rule, received=f"{len(each)} at position {index}{empty}")
    return [_texts(questions, "texts"), listed]


def _columns(table: Any, wanted: Sequence[Any]) -> list[Any]:
    """The columns of a table that hold texts: those that the run read, or the only ones there are."""
    names = list(table.columns)
    if not set(wanted) <= set(names) and len(names) == len(wanted):
        wanted = names
    for name in wanted:
        if names.count(name) != 1:
            raise InputError(
                f"texts must have one column {name!r}, or no others than texts",
                received=", ".join(map(str, names[:20])),
                fix=nearest(name, map(str, names)) if name not in names else "Rename the others",
            )
    return [table[name] for name in wanted]


def _texts(given: Any, name: str) -> list[str]:
    if isinstance(given, (str, bytes)):
        raise InputError(f"{name} must be a list of texts", received=given[:80], fix="Write [text] for a single one")
    dimensions = getattr(given, "ndim", 1)
    if isinstance(given, (Mapping, Set)) or not isinstance(given, Iterable) or dimensions == 0:
        raise InputError(f"{name} must be texts in an order", received=type(given).__name__, fix=_FIX)
    if dimensions > 1 or hasattr(given, "columns"):
        raise InputError(f"{name} must be one column of texts", received=f"{dimensions} dimensions", fix=_FIX)
    return [_text(text, name, index) for index, text in enumerate(given)]


def _text(text: Any, name: str, index: int) -> str:
    if not isinstance(text, str):
        raise InputError(f"{name} must be strings", received=f"{text!r} at position {index}")
    if found := character_fault(text):
        raise InputError(f"{name}: {found[0].rule}", received=f"{found[1]} at position {index}", fix=found[0].fix)
    return str.__str__(text)  # Of a subclass such as NumPy's.
