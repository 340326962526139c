"""Tab-separated files without quoting, as GLUE publishes them.

A line ends at a line feed, with or without a carriage return before it; U+2028 and the like are text. Quotation
marks are text too: many GLUE rows hold an odd number of them, and a reader that honours them loses rows.
"""

import dataclasses
import os

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, Faults
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.rules import RAGGED, check_columns_once
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.console import counted

Row = tuple[int, list[str]]  # The line, and its fields.


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
        has_broken_rows: Whether rows are known to lack columns in the published file; those without as many as the
            first line are then passed over and counted.
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
        InputError: If the file is missing, empty or not UTF-8, or a row has not as many columns as the first line; with
            its place.
    """
    path = os.path.join(folder, layout.name)
    if not files.exists(path) or files.is_folder(path):
        found = "a folder" if files.is_folder(path) else "nothing"
        fix = "Set --data_dir to the folder that holds the task's files"
        raise InputError(f"There must be a data file at {path}", received=found, fix=fix)
    source = Source(path, Faults(path))
    numbered = [(number, line.rstrip("\n")) for number, line in enumerate(source.read_lines(), start=1)]
    rows = [(number, text.split("\t")) for number, line in numbered if (text := line.removesuffix("\r"))]
    blank_lines = len(numbered) - len(rows)
    width = len(rows[0][1]) if rows else 0
    if layout.header is not None:
        rows = _without_header(rows, layout, path)
    if not rows:
        expected = "at least one row" if layout.header is None else "a header and at least one row"
        raise InputError(f"{path} must hold {expected}", received=f"{len(numbered)} lines, {blank_lines} of them blank")
    rows, notes = _whole_rows(rows, layout, source, width)
    if layout.only is not None:
        column, value = layout.only
        chosen = [(number, row) for number, row in rows if row[column] == value]
        notes = (
            *notes,
            f"{counted(len(rows) - len(chosen), 'row')} without {value!r} in column {column + 1} passed over",
        )
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
        notes=(f"of {counted(len(numbered), 'line')}", *notes),
    )


def _whole_rows(rows: list[Row], layout: TsvFile, source: Source, width: int) -> tuple[list[Row], tuple[str, ...]]:
    """The rows that have as many columns as the first line, and what there is to say of the others, if there may be.

    Raises:
        InputError: If lines are at fault, or rows that may not be, or the first line has too few columns.
    """
    broken = [(number, row) for number, row in rows if len(row) != width]
    if not layout.has_broken_rows:
        for number, row in broken:
            found = f"{counted(len(row), 'column')} and not {width}"
            source.faults.add(RAGGED, Fault(source.place(number), found, _shorten(row)))
    source.faults.raise_if_any(len(rows))
    if width < layout.columns:
        raise InputError(
            f"{source.path} must have at least {layout.columns} columns, separated by tabs",
            received=f"{width} in its first line",
            fix="Give the file the columns that the task's published file has",
        )
    if not broken:
        return rows, ()
    whole = [(number, row) for number, row in rows if len(row) == width]
    return whole, (f"{counted(len(broken), 'row')} without the {width} columns of the first line passed over",)


def _without_header(rows: list[Row], layout: TsvFile, path: str) -> list[Row]:
    """The rows behind the first line, which must name the text where the layout has it: else labels may be read."""
    if not rows or layout.header is None:
        return rows
    names = rows[0][1]
    if names[layout.first : layout.first + 1] != [layout.header]:
        raise InputError(
            f"The first line of {path} must name its columns, {layout.header!r} as number {layout.first + 1}",
            received=_shorten(names),
            fix="Give the file the header and the columns that the task's published file has",
        )
    check_columns_once(path, names, [layout.header])
    return rows[1:]


def _shorten(row: list[str], limit: int = 60) -> str:
    line = "\t".join(row)
    return repr(line if len(line) <= limit else line[:limit] + "...")
