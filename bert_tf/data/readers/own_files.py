"""Examples from the user's own files, in any of the formats that tables and lists of objects come in."""

import dataclasses
import enum
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from bert_tf.data.examples import COLUMNS, Examples
from bert_tf.data.readers.delimited import DelimitedReader, Dialect, Header
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.json_rows import JsonReader
from bert_tf.data.readers.label_cells import NO_LIST, NO_MARK, is_list_as_text, parse_list, parse_mark
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.parquet import ParquetReader
from bert_tf.data.readers.rules import EMPTY_ID, NO_ID, NO_LABEL, NO_TEXT, TEXT_FLAGS, value_fault
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.console import counted

_SEVERAL_LABELS = FaultKind("An example must have one label", "Set --kind=multi_label if it may have several")
_DOUBLE_ID = FaultKind("Ids must be unique", "Correct them, or leave --id_column out")
_HOLDS_SEPARATOR = FaultKind("A label must not hold the separator of labels", "Set another --label_separator")
_FOR_SENTENCES = "sentences whose words have tags are for bert-tf tagger, or --kind=tags where no command says it"


class FileFormat(enum.Enum):
    """How a file holds rows. The value is the end of its name."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the texts and labels stand in the user's files.

    Attributes:
        text: Name or number of the column of the text, or of the first text of a pair.
        text_pair: The same of the second text; None if there is none.
        label: The same of the label.
        id: The same of the id; None if the position is the id.
        file_format: The format; None to go by the end of the name.
        header: Whether the first line of a CSV or TSV file names its columns.
        delimiter: What stands between the fields of one; None to go by the format.
        label_separator: What joins the labels of an example that has several in a list.
        takes_lists: Whether an example may have several labels, in a list.
        label_columns: Columns of 0 and 1, one a label, in place of `label`; empty for none.
        labels: The labels that the user named, in the order of these columns; empty for none.
    """

    text: str = "text"
    text_pair: str | None = None
    label: str = "label"
    id: str | None = None
    file_format: FileFormat | None = None
    header: Header = Header.AUTO
    delimiter: str | None = None
    label_separator: str = "|"
    takes_lists: bool = True
    label_columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def wanted(self, *, is_labelled: bool) -> list[str]:
        """The columns that are read: of the text, of the second one, of the labels, of the id."""
        labels = self.label_columns or (self.label,)
        columns = [self.text, self.text_pair, *(labels if is_labelled else ()), self.id]
        return [column for column in columns if column is not None]


Reader = DelimitedReader | JsonReader | ParquetReader


class OwnFile:
    """A file that is read from beginning to end, once."""

    def __init__(self, path: str, layout: Layout, *, is_labelled: bool):
        """Finds out the format; reads nothing yet.

        Args:
            path: The file; `-` is standard input.
            layout: Where what stands in it.
            is_labelled: Whether its labels are wanted.

        Raises:
            InputError: If the format can't be told.
        """
        self.faults = Faults("standard input" if path == STANDARD_INPUT else path)
        self._source = Source(path, self.faults)
        self._layout, self._is_labelled = layout, is_labelled
        if path != STANDARD_INPUT:
            _check_no_folder(path)
        wanted = layout.wanted(is_labelled=is_labelled)
        self._reader = rows_reader(self._source, wanted, layout.file_format, layout.header, layout.delimiter)

    def blocks(self) -> Iterator[Examples]:
        """Yields the examples, some thousands at a time, so that a file of any size can be read.

        Raises:
            InputError: At the end, if any row is at fault.
        """
        first_lines: dict[str, int] = {}
        start = 0
        for lines, columns in self._reader.read():
            examples = self._examples(lines, columns, start)
            if self._layout.id is not None:
                self._check_ids(examples.ids, lines, first_lines)
            yield examples
            start += len(lines)
        self.faults.raise_if_any(self._reader.rows)

    def examples(self) -> Examples:
        """Returns all examples, after the whole file was found to be sound.

        Raises:
            InputError: If any row is at fault.
        """
        blocks = list(self.blocks())
        joined: dict[str, Any] = {
            name: None if getattr(blocks[0], name) is None else _joined([getattr(block, name) for block in blocks])
            for name in COLUMNS
        }
        empty = len(joined["first"]) - sum(map(bool, map(str.strip, joined["first"])))
        notes = (self._reader.account(), self._reader.description, *((counted(empty, "empty text"),) if empty else ()))
        return dataclasses.replace(blocks[0], **joined, notes=notes, blank_lines=self._reader.blank_lines)

    def _examples(self, lines: Sequence[int], by_column: Sequence[Sequence[Any]], start: int) -> Examples:
        layout, columns = self._layout, iter(by_column)
        first = self._texts(next(columns), lines, layout.text)
        second = None if layout.text_pair is None else self._texts(next(columns), lines, layout.text_pair)
        labels = self._labels(columns, lines) if self._is_labelled else None
        ids = list(map(str, range(start, start + len(lines)))) if layout.id is None else self._ids(next(columns), lines)
        column = layout.label if self._is_labelled else ""
        return Examples(
            self._source.name, first, second, labels, ids, lines, label_column=column, text_column=layout.text
        )

    def _texts(self, values: Sequence[Any], lines: Sequence[int], column: str) -> list[str]:
        if set(map(type, values)) == {str}:
            return list(values)
        for value, line in zip(values, lines, strict=True):
            if not isinstance(value, str):
                self._note(NO_TEXT, line, value, column)
        return [str(value) for value in values]

    def _labels(self, columns: Iterator[Sequence[Any]], lines: Sequence[int]) -> list[str]:
        """The labels of each row, from the next of the columns, or the next few."""
        if self._layout.label_columns:
            return self._marked([next(columns) for _ in self._layout.label_columns], lines)
        values = next(columns)
        if set(map(type, values)) != {str}:
            return [self._label(value, line) for value, line in zip(values, lines, strict=True)]
        labels = list(map(str.strip, values))
        if self._layout.takes_lists and any(map(is_list_as_text, labels)):
            return [self._label(label, line) for label, line in zip(labels, lines, strict=True)]
        return labels

    def _marked(self, columns: Sequence[Sequence[Any]], lines: Sequence[int]) -> list[str]:
        """The labels whose columns are marked, of each row."""
        layout = self._layout
        names = layout.labels or layout.label_columns
        marks = [[parse_mark(value) for value in column] for column in columns]
        for name, column, found in zip(layout.label_columns, columns, marks, strict=True):
            for value, mark, line in zip(column, found, lines, strict=True):
                if mark is None:
                    self._note(NO_MARK, line, value, name)
        return [layout.label_separator.join(itertools.compress(names, row)) for row in zip(*marks, strict=True)]

    def _label(self, value: Any, line: int) -> str:
        """The label of a row; several are joined."""
        layout = self._layout
        if layout.takes_lists and isinstance(value, str) and is_list_as_text(value) and value not in layout.labels:
            found = parse_list(value)
            if found is None:
                self._note(NO_LIST, line, value, layout.label)
            value = found or []
        if not isinstance(value, list):
            return self._written(value, line, layout.label, NO_LABEL)
        if not layout.takes_lists:
            self._note(_SEVERAL_LABELS, line, value, layout.label)
        parts = [self._written(part, line, layout.label, NO_LABEL) for part in value]
        if any(layout.label_separator in part for part in parts):
            self._note(_HOLDS_SEPARATOR, line, value, layout.label)
        return layout.label_separator.join(parts)

    def _ids(self, values: Sequence[Any], lines: Sequence[int]) -> list[str]:
        return [self._written(v, line, str(self._layout.id), NO_ID) for v, line in zip(values, lines, strict=True)]

    def _written(self, value: Any, line: int, column: str, kind: FaultKind) -> str:
        """A string or a number as CSV would have it."""
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str) and (found := value_fault(value, kind)):
            self._note(found[0], line, found[1], column)
            return ""
        return str(value).strip()

    def _check_ids(self, ids: Sequence[str], lines: Sequence[int], first_lines: dict[str, int]) -> None:
        for name, line in zip(ids, lines, strict=True):
            if not name.strip():
                self.faults.add(EMPTY_ID, Fault(self._source.place(line), name, "", str(self._layout.id)))
            elif name in first_lines:  # It may be in the same line, where an array is written in one.
                hint = f"also in line {first_lines[name]}"
                self.faults.add(_DOUBLE_ID, Fault(self._source.place(line), name, hint, str(self._layout.id)))
            else:
                first_lines[name] = line

    def _note(self, kind: FaultKind, line: int, value: Any, column: str) -> None:
        self.faults.add(kind, Fault(self._source.place(line), value, "", column))


def _joined(parts: Sequence[Sequence[Any]]) -> list[Any]:
    return list(itertools.chain.from_iterable(parts))


def read_own_file(path: str, layout: Layout, *, is_labelled: bool) -> Examples:
    """Reads all of a file; takes and raises what `OwnFile` does."""
    return OwnFile(path, layout, is_labelled=is_labelled).examples()


def _check_no_folder(path: str) -> None:
    if files.is_folder(path):
        raise InputError(f"There must be a data file at {path}", received="a folder", fix="Name one of its files")


def find_format(path: str, chosen: FileFormat | None) -> FileFormat:
    """Returns the format of a file: the one that was chosen, or what its name ends in, before a `.gz`.

    Raises:
        InputError: If neither tells it, such as of a folder.
    """
    if chosen is not None:
        return chosen
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    ending = {"ndjson": "jsonl", "tab": "tsv"}.get(ending, ending)
    known = [file_format.value for file_format in FileFormat]
    if path != STANDARD_INPUT and ending not in known:
        _check_no_folder(path)
    if path == STANDARD_INPUT or ending not in known:
        raise InputError(
            "The name of a data file must end in its format, or --file_format must say it",
            received=path,
            fix=f"Set --file_format to one of {', '.join(known)}; {_FOR_SENTENCES}",
        )
    return FileFormat(ending)


def file_format_of_rows(name: str | None) -> FileFormat | None:
    """Returns the format of a name that was typed, None if none was.

    Raises:
        InputError: If rows don't come in it.
    """
    if name is None:
        return None
    known = [each.value for each in FileFormat]
    if name not in known:
        raise InputError(
            "Only sentences whose words have tags come in columns, as CoNLL's do",
            received=f"--file_format={name}",
            fix=f"Set it to one of {', '.join(known)}; {_FOR_SENTENCES}",
        )
    return FileFormat(name)


def may_be_delimited(path: str, file_format: str | None) -> bool:
    """Whether a file is CSV or TSV, as far as its name and the chosen format tell."""
    try:
        found = find_format(path, file_format_of_rows(file_format))
    except InputError:
        return True
    return found in (FileFormat.CSV, FileFormat.TSV)


def rows_reader(
    source: Source,
    wanted: Sequence[str],
    file_format: FileFormat | None = None,
    header: Header = Header.AUTO,
    delimiter: str | None = None,
    flags: str = TEXT_FLAGS,
) -> Reader:
    """Returns what reads the rows of a file, in any format.

    Args:
        source: The file.
        wanted: Names or numbers of the columns that are wanted, in the order in which they are given out.
        file_format: The format; None to go by the end of the name.
        header: Whether the first line of a CSV or TSV file names its columns.
        delimiter: What stands between the fields of one; None to go by the format.
        flags: Those by which a person names columns, for a message.

    Raises:
        InputError: If the format can't be told.
    """
    found = find_format(source.path, file_format)
    if found is FileFormat.PARQUET:
        return ParquetReader(source, wanted, flags)
    if found in (FileFormat.JSON, FileFormat.JSON_LINES):
        return JsonReader(source, wanted, is_array=found is FileFormat.JSON, flags=flags)
    is_csv = found is FileFormat.CSV
    dialect = Dialect(delimiter or ("," if is_csv else "\t"), is_quoted=is_csv)
    return DelimitedReader(source, dialect, header, wanted, flags)
