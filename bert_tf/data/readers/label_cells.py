"""Several labels in one cell: a list that was written as text, and marks of 0 and 1."""

import json
import re
from typing import Any

from bert_tf.data.readers.faults import FaultKind

NO_LIST = FaultKind("A label that stands in square brackets must be a list", 'Write it as JSON, such as ["a", "b"]')
NO_MARK = FaultKind("A column of one label must hold 0 or 1", "Correct it, or name one column by --label_column")
MARKS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}  # In lower case.
_NAME = r"""(?:'[^'\\\n]*'|"[^"\\\n]*")"""
_PYTHON_NAMES = re.compile(rf"\[\s*{_NAME}(?:\s*,\s*{_NAME})*\s*,?\s*\]")
_NUMPY_MARKS = re.compile(r"\[\s*[01]\.?(?:\s+[01]\.?)*\s*\]")


def is_list_as_text(text: str) -> bool:
    """Whether a cell looks like a list; `[a]|[b]` are names."""
    if not text.startswith("[") or not text.endswith("]"):
        return False
    first_end = text.index("]")
    has_inner = text.count("[", 0, first_end) > 1
    return first_end == len(text) - 1 or has_inner or text[1:].lstrip()[:1] in ("'", '"')


def parse_list(text: str) -> list[Any] | None:
    """Returns what a list holds that was written as text, None if that isn't certain.

    Args:
        text: A list of JSON, one of names in quotation marks as Python writes it, or one of 0 and 1 as NumPy does.
    """
    if _NUMPY_MARKS.fullmatch(text) and "," not in text:
        return [int(float(part)) for part in text[1:-1].split()]
    try:
        found = json.loads(text.replace("True", "true").replace("False", "false") if '"' not in text else text)
    except (ValueError, RecursionError):
        names = re.findall(_NAME, text) if _PYTHON_NAMES.fullmatch(text) else []
        return [name[1:-1] for name in names] or None
    return found if isinstance(found, list) and not any(isinstance(part, (list, dict)) for part in found) else None


def parse_mark(value: Any) -> bool | None:
    """Returns whether a mark is set, None if the value is none."""
    return MARKS.get(str(value).strip().lower())
