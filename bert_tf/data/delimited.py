"""Rows of CSV and TSV files: CSV quoted by RFC 4180, TSV without any quoting."""

import csv
import dataclasses
import enum
from collections.abc import Iterator, Sequence

from bert_tf.data.faults import Fault, FaultKind, shorten
from bert_tf.data.source import LONGEST_LINE_BYTES, Source
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


Row = tuple[int, Sequence[str]]


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
        self.blank_lines = self.rows = self._header_lines = self._lines_of_rows = 0

    def read(self) -> Iterator[Row]:
        """Yields the line and the wanted fields of each row.

        Raises:
            InputError: If there is no row at all, or a column is not there.
        """
        rows = self._parsed()
        first = next(rows, None)
        if first is None:
            raise InputError(f"{self._source.name} must hold at least one row", received="none")
        has_header = self._has_header(first[1])
        positions = self._positions(first[1], has_header)
        self.description = self._describe(has_header)
        width, source = len(first[1]), self._source
        if has_header:
            self._header_lines, self._lines_of_rows = self._lines_of_rows, 0
        else:
            self.rows = 1
            yield first[0], [first[1][position] for position in positions]
        for line, row in rows:
            self.rows += 1
            if len(row) != width:
                found = f"{len(row)} fields and not {width}"
                source.faults.add(RAGGED, Fault(source.place(line), found, shorten(self._dialect.delimiter.join(row))))
                continue
            yield line, [row[position] for position in positions]
        self._check_whole_file()

    def _parsed(self) -> Iterator[tuple[int, list[str]]]:
        """Yields the line on which each row begins, and all its fields."""
        parse = self._quoted_rows if self._dialect.is_quoted else self._plain_rows
        for line, end, row in parse():
            if row:
                self._lines_of_rows += end - line
                yield line, row
            else:
                self.blank_lines += 1

    def _plain_rows(self) -> Iterator[tuple[int, int, list[str]]]:
        delimiter = self._dialect.delimiter
        for number, line in enumerate(self._source.read_lines(), start=1):
            text = line.removesuffix("\n").removesuffix("\r")
            yield number, number + 1, text.split(delimiter) if text else []

    def _quoted_rows(self) -> Iterator[tuple[int, int, list[str]]]:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE_BYTES))
        source = self._source
        reader = csv.reader(source.read_lines(), delimiter=self._dialect.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.rows += 1
                source.faults.add(MALFORMED, Fault(source.place(line), str(error), f"up to line {reader.line_num}"))
                self._lines_of_rows += reader.line_num + 1 - line
                continue
            yield line, reader.line_num + 1, row

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
        counted = self._header_lines + self._lines_of_rows + self.blank_lines
        if counted != self._source.lines:
            raise InputError(
                f"Every line of {self._source.name} must be part of a row",
                received=f"{counted:,} lines in rows, {self._source.lines:,} in the file",
            )

    def account(self) -> str:
        """Says in a few words that all of the file was read."""
        return f"all {self.rows:,} rows of its {self._source.lines:,} lines"


def _is_number(name: str) -> bool:
    """Whether a column is meant by its number."""
    return name.isascii() and name.isdecimal() and len(name) < 10
