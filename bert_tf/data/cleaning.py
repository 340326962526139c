"""A copy of a data file without some of its rows. What stays is left as it is: other columns, quoting, line ends."""

import contextlib
import dataclasses
import gzip
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, cast

import numpy as np

from bert_tf.data.health import Oddities
from bert_tf.data.readers.json_rows import spans_of_array
from bert_tf.data.readers.lines import BLOCK_BYTES, line_end
from bert_tf.data.readers.own_files import FileFormat
from bert_tf.data.readers.parquet import copy_rows
from bert_tf.errors import InputError
from bert_tf.host import files

_BLOCK_LINES = 4096


@dataclasses.dataclass(frozen=True)
class Removal:
    """Rows of a training file that a cleaned copy leaves out, by their positions; each is counted once.

    Attributes:
        rows: How many rows the file has.
        empty: Those without a text, or with one that gives no word piece.
        shared: Those that are in the dev set too.
        repeated: Those that stand in the file before, with the same label.
        contradicting: How many rows with contradicting labels are left, which nobody can decide on but a person.
    """

    rows: int
    empty: np.ndarray
    shared: np.ndarray
    repeated: np.ndarray
    contradicting: int

    @property
    def dropped(self) -> np.ndarray:
        """All that are left out, int64 in ascending order."""
        return np.sort(np.concatenate([self.empty, self.shared, self.repeated]))

    def __str__(self) -> str:
        counts = [
            (len(self.empty), "with an empty text"),
            (len(self.shared), "in the dev set too"),
            (len(self.repeated), "repeated"),
        ]
        shown = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "none"
        left = f"; {self.contradicting:,} with contradicting labels stay" if self.contradicting else ""
        return f"{self.rows - len(self.dropped):,} of {self.rows:,} rows; left out: {shown}{left}"


def choose_removal(oddities: Oddities, rows: int) -> Removal:
    """Returns the rows that a cleaned copy leaves out.

    Args:
        oddities: What is odd about the rows of the whole file, beside the dev set.
        rows: How many there are.
    """
    empty = np.union1d(oddities.empty, oddities.invisible)
    shared = np.setdiff1d(oddities.shared, empty)
    repeated = np.setdiff1d(oddities.repeated, np.concatenate([empty, shared]))
    contradicting = np.setdiff1d(oddities.contradicting, np.concatenate([shared, repeated]))
    return Removal(rows, empty, shared, repeated, len(contradicting))


def write_without(source: str, target: str, file_format: FileFormat, lines: Sequence[int], dropped: np.ndarray) -> None:
    """Writes a copy of a data file without some of its rows, in the same format, all or nothing.

    Args:
        source: The file, of which every row was read.
        target: Path of the copy, packed if it ends in `.gz`.
        file_format: The format of both.
        lines: Line on which each row begins, from 1.
        dropped: Positions of the rows that are left out.

    Raises:
        InputError: If there is something at the target.
    """
    if files.exists(target):
        raise InputError("A cleaned copy must not replace a file", received=target, fix="Choose another --fixed_file")
    is_kept = np.ones(len(lines), bool)
    is_kept[dropped] = False
    with files.replacing(target) as temporary:
        if file_format is FileFormat.PARQUET:
            copy_rows(source, temporary, is_kept)
            return
        with _opened(source) as original, _created(temporary, is_packed=_is_packed(target)) as copy:
            if file_format is FileFormat.JSON:
                copy.write(_array_without(original.read(), is_kept))
            else:
                for block in _blocks(_kept_lines(_lines(original), lines, is_kept.tolist())):
                    copy.write(block)


def _kept_lines(original: Iterable[bytes], starts: Sequence[int], is_kept: Sequence[bool]) -> Iterator[bytes]:
    """The lines of the rows that stay, and those before the first row. A row continues until the next one begins."""
    rows = zip(starts, is_kept, strict=True)
    (start, keeps_next), keeps = next(rows), True
    for number, line in enumerate(original, start=1):
        if number == start:
            keeps = keeps_next
            start, keeps_next = next(rows, (0, False))
        if keeps:
            yield line


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    while block := b"".join(itertools.islice(lines, _BLOCK_LINES)):
        yield block


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file with their ends, as the reader tells them apart."""
    block, left = stream.read(BLOCK_BYTES), b""
    end = line_end(block)
    while block:
        *lines, left = (left + block).split(end)
        yield from (line + end for line in lines)
        block = stream.read(BLOCK_BYTES)
    if left:
        yield left


def _array_without(data: bytes, is_kept: np.ndarray) -> bytes:
    text = data.decode("utf-8-sig")
    rows = [text[start:stop] for start, stop in spans_of_array(text)]
    return ("[\n" + ",\n".join(itertools.compress(rows, is_kept)) + "\n]\n").encode()


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a file."""
    with files.open_bytes(path) as stream:
        if not _is_packed(path):
            yield stream
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield cast(IO[bytes], unpacked)


@contextlib.contextmanager
def _created(path: str, *, is_packed: bool) -> Iterator[IO[bytes]]:
    """A new file, which packs what is written if that is wanted; without a name or a time in it."""
    with files.create_bytes(path) as stream:
        if not is_packed:
            yield stream
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
            yield cast(IO[bytes], packed)


def _is_packed(path: str) -> bool:
    return path.lower().endswith(".gz")
