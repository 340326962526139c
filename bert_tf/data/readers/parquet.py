"""Rows of Parquet files, with pyarrow, which is an optional extra."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bert_tf.data.readers.faults import Fault
from bert_tf.data.readers.lines import ROWS_OF_A_BLOCK, Columns, Source
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.rules import TEXT_FLAGS, NoColumnError, character_fault, check_columns_once
from bert_tf.errors import InputError, nearest
from bert_tf.host import files
from bert_tf.host.console import counted
from bert_tf.host.pipes import is_pipe


class ParquetReader:
    """The rows of one file. What messages call a line is the number of the row, from 1.

    Attributes:
        description: How the file was taken, for people.
        blank_lines: Always none.
        rows: Rows that were given out.
    """

    def __init__(self, source: Source, wanted: Sequence[str], flags: str = TEXT_FLAGS):
        """Reads nothing yet.

        Args:
            source: The file.
            wanted: Names of the columns that are wanted.
            flags: Those by which a person names columns, for a message.
        """
        self._source, self._wanted, self._flags = source, wanted, flags
        self.description = "Parquet"
        self.blank_lines = self.rows = self._rows_in_file = 0

    def read(self) -> Iterator[Columns]:
        """Yields the numbers of some rows, and their wanted columns.

        Raises:
            InputError: If pyarrow is not installed, the file is not Parquet, or a column is not there.
        """
        try:
            # An optional extra, and slow to import.
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            fix = "Install it with: pip install 'bert_tf[parquet]'"
            raise InputError("Parquet files need pyarrow", received=self._source.path, fix=fix) from error
        path = self._source.path
        if is_pipe(path) or path == STANDARD_INPUT:
            raise InputError("Parquet can't be read from a pipe", received=path, fix="Write it into a file first")
        if not files.exists(path) or files.is_folder(path):
            raise InputError("There must be a Parquet file", received=path, fix="Give the path of one file")
        try:
            with files.open_bytes(path) as stream:
                table = pyarrow.parquet.ParquetFile(stream)
                self._check_columns(list(table.schema_arrow.names))
                self._rows_in_file = table.metadata.num_rows
                for batch in table.iter_batches(ROWS_OF_A_BLOCK, columns=list(self._wanted)):
                    numbers = range(self.rows + 1, self.rows + batch.num_rows + 1)
                    self.rows += batch.num_rows
                    columns = [batch.column(name).to_pylist() for name in self._wanted]
                    self._note_characters(numbers, columns)
                    yield numbers, columns
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path} must be a whole Parquet file", received=str(error).splitlines()[0], fix="Write it again"
            ) from error
        self._check_all_rows_count()

    def account(self) -> str:
        """Says in a few words that all of the file was read."""
        return f"all of its {counted(self._rows_in_file, 'row')}"

    def _note_characters(self, numbers: Sequence[int], columns: Sequence[Sequence[Any]]) -> None:
        for name, column in zip(self._wanted, columns, strict=True):
            for number, value in zip(numbers, column, strict=True):
                for part in value if isinstance(value, list) else (value,):
                    if isinstance(part, str) and (found := character_fault(part)):
                        fault = Fault(self._source.place(number), found[1], column=name)
                        self._source.faults.add(found[0], fault)

    def _check_columns(self, names: list[str]) -> None:
        check_columns_once(self._source.path, names, self._wanted)
        for name in self._wanted:
            if name not in names:
                hint = nearest(name, names)
                raise NoColumnError(
                    f"{self._source.path} must have a column {name!r}",
                    names=names,
                    received=", ".join(names[:20]),
                    fix=hint if hint.startswith("Did") else f"Name its columns by {self._flags}",
                )

    def _check_all_rows_count(self) -> None:
        if not self.rows:
            raise InputError(f"{self._source.path} must hold at least one row", received="none")
        if self.rows != self._rows_in_file:
            raise InputError(
                f"All rows of {self._source.path} must be read", received=f"{self.rows} of {self._rows_in_file}"
            )


def copy_rows(source: str, target: str, is_kept: np.ndarray) -> None:
    """Writes the rows that are to stay, with all columns and their types, some at a time.

    Args:
        source: A file that could be read.
        target: Path of the copy.
        is_kept: bool [N], for each row.
    """
    import pyarrow
    import pyarrow.parquet

    with files.open_bytes(source) as stream, files.create_bytes(target) as copy:
        table, start = pyarrow.parquet.ParquetFile(stream), 0
        with pyarrow.parquet.ParquetWriter(copy, table.schema_arrow) as writer:
            for batch in table.iter_batches(ROWS_OF_A_BLOCK):
                writer.write_batch(batch.filter(pyarrow.array(is_kept[start : start + len(batch)])))
                start += len(batch)
