"""Rows of JSON Lines files and of JSON files that hold an array of objects."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from bert_tf.data.readers.faults import Fault, FaultKind, shorten
from bert_tf.data.readers.lines import Columns, Source, in_columns
from bert_tf.data.readers.rules import (
    DOUBLE_COLUMN,
    DOUBLE_KEY,
    LACKING,
    TEXT_FLAGS,
    Found,
    NoColumnError,
    character_fault,
    doubled,
)
from bert_tf.errors import InputError, nearest
from bert_tf.host.console import counted

MALFORMED = FaultKind("A row must be a JSON object", "Write one object a line, such as {}".format('{"text": "..."}'))
_SPACE = re.compile(r"[ \t\r\n]*")
ABSENT: Final = object()  # Stands for what an object need not have, and lacks.
Choice = Callable[[Mapping[str, Any]], Sequence[str]]
_Pairs = list[tuple[str, Any]]


class JsonReader:
    """The rows of one file, an object a row.

    Attributes:
        description: How the file was taken, for people.
        blank_lines: Lines without any character, which are passed over.
        rows: Rows that were given out.
    """

    def __init__(
        self,
        source: Source,
        wanted: Sequence[str] | Choice,
        *,
        is_array: bool,
        flags: str = TEXT_FLAGS,
        optional: Sequence[str] = (),
    ):
        """Reads nothing yet.

        Args:
            source: The file.
            wanted: Names in each object that are wanted, or what chooses them by the first object.
            is_array: Whether the file is one array, and not one object a line.
            flags: Those by which a person says the names that a file has, for a message.
            optional: Names that an object may lack: their values come last, `ABSENT` where it does.
        """
        self._source, self._wanted, self._is_array, self._flags = source, wanted, is_array, flags
        self._optional = tuple(optional)
        self.description = "an array of objects" if is_array else "one object a line"
        self.blank_lines = self.rows = 0

    def read(self) -> Iterator[Columns]:
        """Yields the lines of some objects, and the wanted values by their names.

        Raises:
            InputError: If there is no row at all, or the first one lacks a name.
        """
        yield from in_columns(self._rows())
        if not self.rows:
            raise InputError(f"{self._source.name} must hold at least one row", received="none")

    def _rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yields the line and the wanted values of each object."""
        for line, row in self._array() if self._is_array else self._lines():
            self.rows += 1
            if not isinstance(row, dict):
                self._source.faults.add(MALFORMED, Fault(self._source.place(line), row))
                continue
            if callable(self._wanted):
                self._wanted = self._wanted(row)
            if found := _fault_of(row, (*self._wanted, *self._optional)):
                self._source.faults.add(found[0], Fault(self._source.place(line), found[1]))
                continue
            lacking = [name for name in self._wanted if name not in row]
            if lacking:
                if self.rows == 1:
                    self._raise_no_column(lacking[0], row)
                self._source.faults.add(LACKING, Fault(self._source.place(line), f"no {lacking[0]!r}"))
                continue
            yield line, [row.get(name, ABSENT) for name in (*self._wanted, *self._optional)]

    def account(self) -> str:
        """Says in a few words that all of the file was read."""
        return f"all {counted(self.rows, 'object')} of its {counted(self._source.lines, 'line')}"

    def _lines(self) -> Iterator[tuple[int, Any]]:
        for number, line in enumerate(self._source.read_lines(), start=1):
            if not line.strip():
                self.blank_lines += 1
                continue
            try:
                yield number, _DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                self.rows += 1
                self._source.faults.add(MALFORMED, Fault(self._source.place(number), line.strip(), _reason(error)))

    def _array(self) -> Iterator[tuple[int, Any]]:
        """The elements of the array with their lines; with their numbers, if all stand in one line.

        Raises:
            InputError: If the text is not an array; what follows a fault can't be told apart.
        """
        text = self._source.read_text()
        end, line, counted = _skip(text, 0), 1, 0
        is_one_line = "\n" not in text.strip()
        if is_one_line:
            self.description += " in one line, told apart by their numbers from 1"
        if text[end : end + 1] != "[":
            fix = "Set --file_format=jsonl if it has one object a line"
            self._raise_malformed(1, text[end : end + 40], "it must begin with [", fix)
        end = _skip(text, end + 1)
        while text[end : end + 1] != "]":
            line, counted = line + text.count("\n", counted, end), end
            try:
                row, stop = _DECODER.raw_decode(text, end)
            except (ValueError, RecursionError) as error:
                self._raise_malformed(line, text[end : end + 40], _reason(error))
            yield self.rows + 1 if is_one_line else line, row
            end = _skip(text, stop)
            if text[end : end + 1] == ",":
                end = _skip(text, end + 1)
                if text[end : end + 1] != "]":
                    continue
                self._raise_malformed(line, text[max(end - 40, 0) : end + 1], "a comma must be followed by an object")
            elif text[end : end + 1] != "]":
                self._raise_malformed(line, text[end : end + 40], "after an object there must be , or ]")
        if _skip(text, end + 1) != len(text):
            self._raise_malformed(line, text[end + 1 : end + 41].strip(), "nothing may follow the array")

    def _raise_malformed(self, line: int, found: str, rule: str, fix: str = "Correct the file") -> NoReturn:
        self._source.faults.raise_if_any(self.rows)  # Such as bytes that are no text, which may be the cause.
        raise InputError(
            f"{self._source.name} must be an array of objects in JSON ({self._source.place(line)}: {rule})",
            received=found,
            fix=fix,
        )

    def _raise_no_column(self, name: str, row: dict[str, Any]) -> NoReturn:
        hint = nearest(name, row)
        raise NoColumnError(
            f"{self._source.name} must have objects with {name!r}",
            names=list(row),
            received=f"{', '.join(map(shorten, list(row)[:20])) or 'an empty object'}",
            fix=hint if hint.startswith("Did") else f"Name what it has by {self._flags}",
        )


def spans_of_array(text: str) -> list[tuple[int, int]]:
    """Returns where each object of an array begins and ends in a text that could be read."""
    spans, start = [], _skip(text, _skip(text, 0) + 1)
    while text[start] != "]":
        _, stop = _DECODER.raw_decode(text, start)
        spans.append((start, stop))
        start = _skip(text, stop)
        start = _skip(text, start + 1) if text[start] == "," else start
    return spans


def _fault_of(row: dict[str, Any], wanted: Sequence[str]) -> Found | None:
    """What is wrong with the wanted names, or with the characters behind them, which JSON may write as escapes."""
    if isinstance(row, _WithDoubles) and (doubles := doubled(row.names, wanted)):
        return DOUBLE_COLUMN, ", ".join(map(repr, doubles))
    for name in wanted:
        if doubles := _doubles_within(row.get(name)):
            return DOUBLE_KEY, f"{', '.join(map(repr, doubles))} in {name!r}"
    values = (row.get(name) for name in wanted)
    for value in itertools.chain.from_iterable(part if isinstance(part, list) else [part] for part in values):
        if isinstance(value, str) and (found := character_fault(value)):
            return found
    return None


def _doubles_within(value: Any) -> list[str]:
    """The names that stand twice in the first object of a value at fault, however deep; none if none is at fault."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _WithDoubles):
            return doubled(each.names, each.names)
        parts = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        waiting += [part for part in parts if isinstance(part, (dict, list))]
    return []


def _skip(text: str, start: int) -> int:
    """The next place that is not white space."""
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "too many lists or objects in one another"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON; write null")


class _WithDoubles(dict[str, Any]):
    """An object some of whose names stand twice, of which the last counts.

    Attributes:
        names: All names.
    """

    def __init__(self, pairs: _Pairs):
        super().__init__(pairs)
        self.names = [name for name, _ in pairs]


def _object(pairs: _Pairs) -> dict[str, Any]:
    row = dict(pairs)
    return row if len(row) == len(pairs) else _WithDoubles(pairs)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_object)
