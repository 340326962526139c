"""Tab-separated files without quoting, as GLUE publishes them.

A line ends at a line feed, with or without a carriage return before it; U+2028 and the like are text. Quotation
marks are text too: many GLUE rows hold an odd number of them, and a reader that honours them loses rows.
"""

import dataclasses
import os

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.host import files


@dataclasses.dataclass(frozen=True)
class TsvFile:
    """One tab-separated file without quoting. Columns are numbered from 0.

    Attributes:
        name: Name of the file in --data_dir.
        first: Column of the text, or of the first text of a pair.
        second: Column of the second text of a pair.
        label: Column of the label; None if the file has none.
        id: Column of the example's id; None if the row number is its id.
        header: Name of the column `first` in the first line; None if the first line is a row.
        only: A column, and the value that it has in the rows that count; None if all rows do. `{language}` in it, or in
            the name, stands for --language.
        aliases: Labels that the file writes in two ways: what is written, and what is meant.
        has_broken_rows: Whether rows are known to lack columns in the published file; they are passed over and counted.
    """

    name: str
    first: int
    second: int | None = None
    label: int | None = None
    id: int | None = None
    header: str | None = None
    only: tuple[int, str] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    has_broken_rows: bool = False

    def in_language(self, language: str) -> "TsvFile":
        """Returns the file of a language; the file itself if there is but one."""
        only = None if self.only is None else (self.only[0], self.only[1].format(language=language))
        return dataclasses.replace(self, name=self.name.format(language=language), only=only)

    @property
    def columns(self) -> int:
        """How many columns a row must have at least."""
        return 1 + max(column for column in (self.first, self.second, self.label, self.id) if column is not None)


def read_tsv(folder: str, layout: TsvFile) -> Examples:
    """Reads one file of a task.

    Args:
        folder: The folder given by --data_dir.
        layout: Which column holds what.

    Raises:
        InputError: If the file is missing, empty or not UTF-8, or a row is too short; with its place.
    """
    path = os.path.join(folder, layout.name)
    data = files.read_bytes(path, "a data file", "Set --data_dir to the folder that holds the task's files")
    numbered = [(number, line) for number, line in enumerate(_lines(data, path), start=1)]
    rows = [(number, line.split("\t")) for number, line in numbered if line]
    blank_lines = len(numbered) - len(rows)
    if layout.header is not None:
        rows = _without_header(rows, layout, path)
    if not rows:
        expected = "at least one row" if layout.header is None else "a header and at least one row"
        raise InputError(f"{path} must hold {expected}", received=f"{len(numbered)} lines, {blank_lines} of them blank")
    rows, notes = _whole_rows(rows, layout, path)
    if layout.only is not None:
        column, value = layout.only
        chosen = [(number, row) for number, row in rows if row[column] == value]
        notes = (*notes, f"{len(rows) - len(chosen):,} rows without {value!r} in column {column + 1} passed over")
        rows = chosen
    if not rows:
        raise InputError(f"{path} must hold a row with {layout.only}", received="none", fix="Choose another --language")
    meant = dict(layout.aliases)
    return Examples(
        origin=path,
        first=[row[layout.first] for _, row in rows],
        second=None if layout.second is None else [row[layout.second] for _, row in rows],
        labels=None if layout.label is None else [meant.get(row[layout.label], row[layout.label]) for _, row in rows],
        ids=[str(index) if layout.id is None else row[layout.id] for index, (_, row) in enumerate(rows)],
        lines=[number for number, _ in rows],
        blank_lines=blank_lines,
        notes=(f"of {len(numbered):,} lines", *notes),
    )


def _whole_rows(
    rows: list[tuple[int, list[str]]], layout: TsvFile, path: str
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """The rows that have all columns, and what there is to say of the others, if the layout allows them."""
    broken = [(number, row) for number, row in rows if len(row) < layout.columns]
    if not broken:
        return rows, ()
    if not layout.has_broken_rows:
        number, row = broken[0]
        raise InputError(
            f"Every row of {path} must have at least {layout.columns} columns, separated by tabs",
            received=f"{len(row)} in line {number}: {_shorten(row)}",
            fix="Correct that line" if len(broken) == 1 else f"Correct that line, and {len(broken) - 1} more like it",
        )
    whole = [(number, row) for number, row in rows if len(row) >= layout.columns]
    return whole, (f"{len(broken):,} rows with fewer than {layout.columns} columns passed over",)


def _without_header(rows: list[tuple[int, list[str]]], layout: TsvFile, path: str) -> list[tuple[int, list[str]]]:
    """The rows behind the first line, which must name the text where the layout has it: else labels may be read."""
    if rows and rows[0][1][layout.first : layout.first + 1] != [layout.header]:
        raise InputError(
            f"The first line of {path} must name its columns, {layout.header!r} as number {layout.first + 1}",
            received=_shorten(rows[0][1]),
            fix="Give the file the header and the columns that the task's published file has",
        )
    return rows[1:]


def _lines(data: bytes, path: str) -> list[str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} must be UTF-8 text",
            received=f"byte 0x{data[error.start]:02x} in line {line}",
            fix="Convert the file to UTF-8, for example with iconv",
        ) from error
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _shorten(row: list[str], limit: int = 60) -> str:
    line = "\t".join(row)
    return repr(line if len(line) <= limit else line[:limit] + "...")
