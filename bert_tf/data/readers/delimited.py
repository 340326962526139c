"""Rows of CSV and TSV files: CSV quoted by RFC 4180, TSV without any quoting."""

import contextlib
import csv
import dataclasses
import enum
import itertools
import operator
from collections.abc import Iterator, Sequence

from bert_tf.data.readers.faults import Fault, FaultKind, shorten
from bert_tf.data.readers.lines import LONGEST_LINE_BYTES, ROWS_OF_A_BLOCK, Columns, Source
from bert_tf.errors import InputError, nearest

RAGGED = FaultKind("A row must have as many columns as the first one", "Quote fields that hold the delimiter")
MALFORMED = FaultKind("A row must be well-formed CSV", 'Double a quotation mark inside a quoted field: ""')
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


Block = tuple[Sequence[int], list[list[str]]]  # The lines on which rows begin, and their fields.


class DelimitedReader:
    """The rows of one file, in bounded memory.

    Attributes:
        description: How the file was taken, for people; complete once the first row was read.
        blank_lines: Lines without any character, which are passed over.
        rows: Rows that were given out, without the header.
    """

    def __init__(self, source: Source, dialect: Dialect, header: Header, wanted: Sequence[str]):
        """Reads nothing yet.

        Args:
            source: The file.
            dialect: How its rows are written.
            header: Whether the first row names the columns; if that is left open, it does so unless all columns are
                wanted by number.
            wanted: Names or, from 0, numbers of the columns that are wanted.
        """
        self._source, self._dialect, self._header, self._wanted = source, dialect, header, wanted
        self.description = ""
        self.blank_lines = self.rows = self._lines_of_rows = 0

    def read(self) -> Iterator[Columns]:
        """Yields the lines of some rows, and their wanted columns.

        Raises:
            InputError: If there is no row at all, or a column is not there.
        """
        blocks = self._parsed()
        lines, rows = next(blocks, ([], []))
        if not rows:
            raise InputError(f"{self._source.name} must hold at least one row", received="none")
        first = rows[0]
        has_header = self._has_header(first)
        positions = self._positions(first, has_header)
        self.description = self._describe(has_header)
        beginning = (lines[1:], rows[1:]) if has_header else (lines, rows)
        for lines, rows in itertools.chain([beginning], blocks):
            self.rows += len(rows)
            if not set(map(len, rows)) <= {len(first)}:
                lines, rows = self._without_ragged(lines, rows, len(first))
            if rows:
                yield lines, [list(map(operator.itemgetter(position), rows)) for position in positions]
        self._check_whole_file()

    def _without_ragged(self, lines: Sequence[int], rows: list[list[str]], width: int) -> Block:
        """The rows of the right width; the others are noted as faults."""
        source, delimiter = self._source, self._dialect.delimiter
        whole = []
        for line, row in zip(lines, rows, strict=True):
            if len(row) == width:
                whole.append((line, row))
            else:
                found = f"{len(row)} fields and not {width}"
                source.faults.add(RAGGED, Fault(source.place(line), found, shorten(delimiter.join(row))))
        return [line for line, _ in whole], [row for _, row in whole]

    def _parsed(self) -> Iterator[Block]:
        """Yields the lines on which some rows begin, and all their fields, without blank lines; the first row alone,
        so that what is said of the names of columns comes before what is said of rows.
        """
        for lines, rows in self._quoted_rows() if self._dialect.is_quoted else self._plain_rows():
            if not all(rows):
                self.blank_lines += rows.count([])
                self._lines_of_rows -= rows.count([])
                lines = [line for line, row in zip(lines, rows, strict=True) if row]
                rows = [row for row in rows if row]
            if rows:
                yield lines, rows

    def _plain_rows(self) -> Iterator[Block]:
        """Yields rows of a line each, a blank line as a row without fields."""
        delimiter, lines = self._dialect.delimiter, iter(self._source.read_lines())
        while block := list(itertools.islice(lines, self._rows_of_a_block())):
            texts = [line.removesuffix("\n").removesuffix("\r") for line in block]
            first = self._lines_of_rows + self.blank_lines + 1
            self._lines_of_rows += len(block)
            yield range(first, first + len(block)), [text.split(delimiter) if text else [] for text in texts]

    def _quoted_rows(self) -> Iterator[Block]:
        """Yields rows that may go over several lines, a blank line as a row without fields."""
        source = self._source
        reader = csv.reader(source.read_lines(), delimiter=self._dialect.delimiter, strict=True)
        is_at_end = False
        while not is_at_end:
            first, rows, fault, size = reader.line_num + 1, list[list[str]](), "", self._rows_of_a_block()
            try:
                with _long_fields():
                    rows.extend(itertools.islice(reader, size))  # It keeps the rows before one that is at fault.
                is_at_end = len(rows) < size
            except csv.Error as error:
                fault = str(error)
            lines: Sequence[int] = range(first, first + len(rows))
            end = reader.line_num + 1
            if end - first != len(rows):
                # A row goes on in the next line where a field holds a line feed.
                spans = [1 + sum(field.count("\n") for field in row) for row in rows]
                lines = list(itertools.accumulate(spans, initial=first))
                end = lines.pop()
            self._lines_of_rows += end - first
            if fault:
                self.rows += 1
                self._lines_of_rows += reader.line_num + 1 - end
                source.faults.add(MALFORMED, Fault(source.place(end), fault, f"up to line {reader.line_num}"))
            yield lines, rows

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
        doubles = sorted({name for name in first if first.count(name) > 1 and name in self._wanted})
        if has_header and doubles:
            raise InputError(f"A column of {self._source.name} must be there once", received=", ".join(doubles))
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
        raise InputError(
            f"{self._source.name} must have a column {name!r}",
            received=f"columns {shown}",
            fix=self._column_hint(name, first),
        )

    def _column_hint(self, name: str, first: Sequence[str]) -> str:
        delimiter = self._dialect.delimiter
        if len(first) == 1:
            others = [f"{mark!r}" for mark in _DELIMITERS if mark != delimiter and mark in first[0]]
            if others:
                return f"Its fields seem to be separated by {others[0]} and not by {delimiter!r}: set --delimiter"
        hint = nearest(name, first)
        return hint if hint.startswith("Did") else "Name its columns by --text_column, --label_column and so on"

    def _describe(self, has_header: bool) -> str:
        quoting = "quoted where needed" if self._dialect.is_quoted else "quotation marks are text"
        between = _DELIMITERS.get(self._dialect.delimiter, repr(self._dialect.delimiter))
        header = "names of columns in the first line" if has_header else "no header"
        return f"fields between {between}, {quoting}, {header}"

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
        return f"all {self.rows:,} rows of its {self._source.lines:,} lines"


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """Lets fields be as long as lines may be, in the block: the limit is one of the whole process."""
    before = csv.field_size_limit()
    csv.field_size_limit(max(before, LONGEST_LINE_BYTES))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _is_number(name: str) -> bool:
    """Whether a column is meant by its number."""
    return name.isascii() and name.isdecimal() and len(name) < 10
