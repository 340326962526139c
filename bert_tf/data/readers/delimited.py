"""Rows of CSV and TSV files: CSV quoted by RFC 4180, TSV without any quoting."""

import contextlib
import csv
import dataclasses
import enum
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence

from bert_tf.data.readers.faults import Fault, shorten
from bert_tf.data.readers.lines import LONGEST_LINE_BYTES, ROWS_OF_A_BLOCK, Columns, Source
from bert_tf.data.readers.quoting import (
    MALFORMED,
    SPACED,
    fault_of_quotes,
    fields_as_written,
    looks_spaced,
    spaced_quotation,
)
from bert_tf.data.readers.rules import RAGGED, TEXT_FLAGS, NoColumnError, check_columns_once
from bert_tf.errors import InputError, nearest
from bert_tf.host.console import counted

_COMMON_NAMES = frozenset(
    (
        "text",
        "sentence",
        "sentence1",
        "sentence2",
        "title",
        "review",
        "label",
        "labels",
        "class",
        "category",
        "id",
        "score",
    )
)
_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}


class Header(enum.Enum):
    """Whether the first row of a file names its columns."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How rows are written.

    Attributes:
        delimiter: What stands between fields.
        is_quoted: Whether fields may stand in quotation marks, as in CSV.
    """

    delimiter: str
    is_quoted: bool


@dataclasses.dataclass(frozen=True)
class _Block:
    """Some rows.

    Attributes:
        lines: The line on which each begins.
        rows: Its fields.
        written: The lines of the file that they come from, the first of them on `start`; none if nothing in them could
            be meant as quoted and is not.
        start: See above.
    """

    lines: Sequence[int]
    rows: list[list[str]]
    written: Sequence[str] = ()
    start: int = 0

    def where(self, is_kept: Callable[[list[str]], bool]) -> "_Block":
        """The block with some of its rows."""
        kept = [(line, row) for line, row in zip(self.lines, self.rows, strict=True) if is_kept(row)]
        return dataclasses.replace(self, lines=[line for line, _ in kept], rows=[row for _, row in kept])


class DelimitedReader:
    """The rows of one file, in bounded memory.

    Attributes:
        description: How the file was taken, for people; complete once the first row was read.
        blank_lines: Lines without any character, which are passed over.
        rows: Rows that were given out, without the header.
    """

    def __init__(
        self, source: Source, dialect: Dialect, header: Header, wanted: Sequence[str], flags: str = TEXT_FLAGS
    ):
        """Reads nothing yet.

        Args:
            source: The file.
            dialect: How its rows are written.
            header: Whether the first row names the columns; if that is left open, it does so unless all columns are
                wanted by number.
            wanted: Names or, from 0, numbers of the columns that are wanted.
            flags: Those by which a person names columns, for a message.
        """
        self._flags = flags
        self._source, self._dialect, self._header, self._wanted = source, dialect, header, wanted
        self.description = ""
        self.blank_lines = self.rows = self._lines_of_rows = 0

    def read(self) -> Iterator[Columns]:
        """Yields the lines of some rows, and their wanted columns.

        Raises:
            InputError: If there is no row at all, or a column is not there.
        """
        blocks = self._parsed()
        block = next(blocks, None)
        if self.rows or block is None:  # Of rows at fault: which of the others would be the first can't be known.
            self.rows += sum(len(each.rows) for each in itertools.chain([block] if block else [], blocks))
            self._source.faults.raise_if_any(self.rows)
        if block is None:
            raise InputError(f"{self._source.name} must hold at least one row", received="none")
        first = block.rows[0]
        has_header = self._has_header(first)
        positions = self._positions(first, has_header)
        self.description = self._describe(has_header)
        beginning = dataclasses.replace(block, lines=block.lines[1:], rows=block.rows[1:]) if has_header else block
        for block in itertools.chain([beginning], blocks):
            self.rows += len(block.rows)
            if block.written:
                block = self._without_spaced(block, len(first), positions)
            if not set(map(len, block.rows)) <= {len(first)}:
                block = self._without_ragged(block, len(first))
            if block.rows:
                yield block.lines, [list(map(operator.itemgetter(position), block.rows)) for position in positions]
        self._check_whole_file()

    def _without_ragged(self, block: _Block, width: int) -> _Block:
        """The rows of the right width; the others are noted as faults."""
        source, delimiter = self._source, self._dialect.delimiter
        for line, row in zip(block.lines, block.rows, strict=True):
            if len(row) != width:
                found = f"{counted(len(row), 'field')} and not {width}"
                source.faults.add(RAGGED, Fault(source.place(line), found, shorten(delimiter.join(row))))
        return block.where(lambda row: len(row) == width)

    def _without_spaced(self, block: _Block, width: int, positions: Sequence[int]) -> _Block:
        """The rows in which no wanted field has a space before its quotation mark; the others are noted as faults."""
        ends = [*block.lines[1:], block.start + len(block.written)]
        spaced = []
        for line, end, row in zip(block.lines, ends, block.rows, strict=True):
            is_ragged = len(row) != width
            places = range(len(row)) if is_ragged else positions
            found = [place for place in places if looks_spaced(row[place], is_ragged=is_ragged)]
            if not found:
                continue
            text = "".join(block.written[line - block.start : end - block.start])
            written = fields_as_written(text, self._dialect.delimiter)
            if found[0] < len(written) and written[found[0]].startswith(" "):
                spaced.append(row)
                self._source.faults.add(SPACED, Fault(self._source.place(line), written[found[0]]))
        return block.where(lambda row: not any(row is other for other in spaced)) if spaced else block

    def _parsed(self) -> Iterator[_Block]:
        """Yields rows with all their fields, without blank lines; the first row alone, so that what is said of the
        names of columns comes before what is said of rows.
        """
        for block in self._quoted_rows() if self._dialect.is_quoted else self._plain_rows():
            if not all(block.rows):
                self.blank_lines += block.rows.count([])
                self._lines_of_rows -= block.rows.count([])
                block = block.where(bool)
            if block.rows:
                yield block

    def _plain_rows(self) -> Iterator[_Block]:
        """Yields rows of a line each, a blank line as a row without fields."""
        delimiter, lines = self._dialect.delimiter, iter(self._source.read_lines())
        while block := list(itertools.islice(lines, self._rows_of_a_block())):
            texts = [line.removesuffix("\n").removesuffix("\r") for line in block]
            first = self._lines_of_rows + self.blank_lines + 1
            self._lines_of_rows += len(block)
            yield _Block(range(first, first + len(block)), [text.split(delimiter) if text else [] for text in texts])

    def _quoted_rows(self) -> Iterator[_Block]:
        """Yields rows that may go over several lines, a blank line as a row without fields."""
        parsed, written = itertools.tee(self._source.read_lines())
        is_spaced = spaced_quotation(self._dialect.delimiter).search
        reader = csv.reader(parsed, delimiter=self._dialect.delimiter, strict=True)
        is_at_end = False
        while not is_at_end:
            first, rows, fault, size = reader.line_num + 1, list[list[str]](), "", self._rows_of_a_block()
            try:
                with _long_fields():
                    rows.extend(itertools.islice(reader, size))  # It keeps the rows before one that is at fault.
                is_at_end = len(rows) < size
            except csv.Error as error:
                fault = str(error)
            texts = list(itertools.islice(written, reader.line_num + 1 - first))
            *lines, end = _beginnings(rows, first, len(texts))
            self._lines_of_rows += end - first
            if fault:
                self.rows += 1
                self._lines_of_rows += reader.line_num + 1 - end
                self._note_malformed(fault, texts[end - first :], end)
            is_odd = any(is_spaced(text) for text in texts if ' "' in text)
            yield _Block(lines, rows, texts if is_odd else (), first)

    def _note_malformed(self, reason: str, texts: Sequence[str], start: int) -> None:
        """Notes a row at fault where its quotation mark was opened, if it has one, else where the row begins."""
        offset, told = fault_of_quotes(texts, self._dialect.delimiter)
        hint = f"up to line {start + len(texts) - 1}"
        self._source.faults.add(MALFORMED, Fault(self._source.place(start + offset), told or reason, hint))

    def _rows_of_a_block(self) -> int:
        return ROWS_OF_A_BLOCK if self._lines_of_rows else 1

    def _has_header(self, first: Sequence[str]) -> bool:
        if self._header is not Header.AUTO:
            return self._header is Header.YES
        if not all(map(_is_number, self._wanted)):
            return True
        names = sorted(_COMMON_NAMES.intersection(field.strip().lower() for field in first))
        if names:
            raise InputError(
                f"It must be clear whether the first line of {self._source.name} names the columns",
                received=f"columns by number, and a first line with {', '.join(names)}",
                fix="Set --header=yes or --header=no",
            )
        return False

    def _positions(self, first: Sequence[str], has_header: bool) -> list[int]:
        if has_header:
            check_columns_once(self._source.name, first, self._wanted)
        return [self._position(name, first, has_header) for name in self._wanted]

    def _position(self, name: str, first: Sequence[str], has_header: bool) -> int:
        if has_header and name in first:
            return list(first).index(name)
        if _is_number(name) and int(name) < len(first):
            return int(name)
        self._source.faults.raise_if_any(self.rows)  # Such as NUL bytes, which may be the cause.
        shown = ", ".join(map(shorten, first[:20]))
        if not has_header:
            raise InputError(
                f"Columns of {self._source.name} have the numbers 0 to {len(first) - 1}, as its first line is a row",
                received=name,
                fix="Set --header=yes if the first line names the columns",
            )
        raise NoColumnError(
            f"{self._source.name} must have a column {name!r}",
            names=first,
            received=f"columns {shown}",
            fix=self._column_hint(name, first),
        )

    def _column_hint(self, name: str, first: Sequence[str]) -> str:
        delimiter = self._dialect.delimiter
        if len(first) == 1:
            others = [f"{mark!r}" for mark in _DELIMITERS if mark != delimiter and mark in first[0]]
            if others:
                return f"Its fields seem to be separated by {others[0]} and not by {delimiter!r}: set --delimiter"
        if any(looks_spaced(field, is_ragged=False) for field in first):
            return "Remove the spaces before quotation marks"
        hint = nearest(name, first)
        if hint.startswith("Did"):
            return hint
        return f"Name its columns by {self._flags}, or by their numbers from 0 with --header=no"

    def _describe(self, has_header: bool) -> str:
        quoting = "quoted where needed" if self._dialect.is_quoted else "quotation marks are text"
        between = _DELIMITERS.get(self._dialect.delimiter, repr(self._dialect.delimiter))
        header = "names of columns in the first line" if has_header else "no header"
        ends = ", lines end in carriage returns" if self._source.end == b"\r" else ""
        return f"fields between {between}, {quoting}, {header}{ends}"

    def _check_whole_file(self) -> None:
        """Makes sure that there is a row, and that every line of the file is part of one, of the header, or blank."""
        if not self.rows:
            raise InputError(f"{self._source.name} must hold at least one row", received="a header alone")
        counted = self._lines_of_rows + self.blank_lines
        if counted != self._source.lines:
            raise InputError(
                f"Every line of {self._source.name} must be part of a row",
                received=f"{counted:,} lines in rows, {self._source.lines:,} in the file",
            )

    def account(self) -> str:
        """Says in a few words that all of the file was read."""
        return f"all {counted(self.rows, 'row')} of its {counted(self._source.lines, 'line')}"


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """Lets fields be as long as lines may be, in the block: the limit is one of the whole process."""
    before = csv.field_size_limit()
    csv.field_size_limit(max(before, LONGEST_LINE_BYTES))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _beginnings(rows: Sequence[Sequence[str]], first: int, lines: int) -> Sequence[int]:
    """The line on which each of some rows begins, and that after the last one.

    Args:
        rows: The rows.
        first: The line of the first one.
        lines: How many lines they have together, and perhaps a row at fault behind them.
    """
    if lines == len(rows):
        return range(first, first + lines + 1)
    # A row continues in the next line where a field holds a line feed.
    spans = (1 + sum(field.count("\n") for field in row) for row in rows)
    return list(itertools.accumulate(spans, initial=first))


def _is_number(name: str) -> bool:
    """Whether a column is meant by its number."""
    return name.isascii() and name.isdecimal() and len(name) < 10
