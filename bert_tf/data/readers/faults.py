"""What is wrong with the rows of a file: each fault with its place, the first of each kind in full, the rest counted.

Faults are gathered until the file has been read, so that a person corrects them in one go. A file with a fault is
refused as a whole: no row is left out and none is guessed.
"""

import dataclasses
import json
from collections import Counter
from typing import Any

from bert_tf.errors import InputError
from bert_tf.host.console import counted

SHOWN_OF_EACH_KIND = 5
_LONGEST_VALUE = 80


@dataclasses.dataclass(frozen=True)
class FaultKind:
    """A rule that rows may break.

    Attributes:
        rule: What must hold, as a sentence without its full stop.
        fix: What to do about it, as a sentence without its full stop.
    """

    rule: str
    fix: str = ""


@dataclasses.dataclass(frozen=True)
class Fault:
    """A place where a rule is broken.

    Attributes:
        place: The file and line, such as `train.csv:17`.
        value: What stands there.
        hint: What to do about this one, if it is not what helps with all.
        column: Name of the column; empty if the whole row is at fault.
    """

    place: str
    value: object
    hint: str = ""
    column: str = ""

    def __str__(self) -> str:
        where = f"{self.place}, column {self.column!r}" if self.column else self.place
        return f"{where}: {shorten(self.value)}" + (f" ({self.hint})" if self.hint else "")


class Faults:
    """The faults of one file."""

    def __init__(self, origin: str):
        """Begins without any.

        Args:
            origin: Name of the file or data set.
        """
        self._origin = origin
        self._counts: Counter[FaultKind] = Counter()
        self._shown: dict[FaultKind, list[Fault]] = {}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def add(self, kind: FaultKind, fault: Fault) -> None:
        """Notes a fault."""
        self._counts[kind] += 1
        shown = self._shown.setdefault(kind, [])
        if len(shown) < SHOWN_OF_EACH_KIND:
            shown.append(fault)

    def raise_if_any(self, rows: int) -> None:
        """Refuses the file if it has a fault.

        Args:
            rows: How many rows were read.

        Raises:
            InputError: With the first fault in its line, and all that is shown in its details.
        """
        if not self._counts:
            return
        kind = next(iter(self._counts))
        first = self._shown[kind][0]
        where = first.place + (f", column {first.column!r}" if first.column else "")
        count = counted(len(self), "fault")
        raise InputError(
            f"{kind.rule} ({where}; {count} in {counted(rows, 'row')} of {self._origin}, which is not used)",
            received="null" if first.value is None else _cut(_literal(first.value)),
            fix="; ".join(text for text in (first.hint, kind.fix) if text),
            details=tuple(line for kind in self._counts for line in self._lines(kind)),
        )

    def _lines(self, kind: FaultKind) -> list[str]:
        shown, count = self._shown[kind], self._counts[kind]
        head = f"{kind.rule}: {counted(count, 'fault')}" + (f". {kind.fix}" if kind.fix else "")
        rest = [f"  and {count - len(shown):,} more"] if count > len(shown) else []
        return [head, *(f"  {fault}" for fault in shown), *rest]


def shorten(value: object) -> str:
    """A value as a literal, cut to what a line has room for."""
    return "null" if value is None else repr(_cut(_literal(value)))


class _Literal:
    """A value that is shown as JSON writes it, without quotation marks around it."""

    def __init__(self, text: str):
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _literal(value: Any) -> object:
    """What is shown of a value: what is neither text nor number as JSON writes it, if it can."""
    if not isinstance(value, (bool, list, dict)):
        return value
    try:
        return _Literal(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return value


def _cut(value: object) -> object:
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:  # Of lists in lists, almost as many as JSON may have.
        return f"a {type(value).__name__} with too much in it to be shown"
    return text[:_LONGEST_VALUE] + "..." if len(text) > _LONGEST_VALUE else value
