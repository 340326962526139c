"""Lines of a text file: local or remote, plain or gzipped, or standard input, a block at a time in bounded memory.

Text must be UTF-8; a byte order mark at its beginning is dropped. A line ends at a line feed, and keeps it; U+2028 and
the like are text. In a file without any line feed a line ends at a carriage return, which then becomes a line feed.
"""

import dataclasses
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.opening import STANDARD_INPUT, opened, read_or_say
from bert_tf.data.readers.rules import NUL
from bert_tf.errors import InputError

LONGEST_LINE_BYTES = 16 << 20
ROWS_OF_A_BLOCK = 2048  # So few that they are still in the cache of the processor when their columns are taken.
Columns = tuple[Sequence[int], Sequence[Sequence[Any]]]  # The lines on which some rows begin, and their columns.
BLOCK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}

NOT_UTF8 = FaultKind("A line must be UTF-8 text", "Convert the file to UTF-8, for example with iconv")
MIXED_ENDS = "Lines must all end in a line feed, or all in a carriage return alone"


@dataclasses.dataclass
class Source:
    """A text file that is being read.

    Attributes:
        path: Its path; `-` for standard input.
        faults: Where its faults are gathered.
        lines: Lines of the blocks that were given out so far.
        end: What ends a line; known once something was read.
    """

    path: str
    faults: Faults
    lines: int = 0
    end: bytes = b"\n"

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.path == STANDARD_INPUT else self.path

    def place(self, line: int) -> str:
        """Where a line is, such as `train.csv:17`."""
        return f"{self.name}:{line}"

    def read_lines(self) -> Iterator[str]:
        """Gives every line with its end. Lines that are no text are noted as faults, and given as far as they are.

        Raises:
            InputError: If there is no such file, it can't be read or unpacked, or a line is far too long.
        """
        return itertools.chain.from_iterable(self._blocks_of_lines())

    def _blocks_of_lines(self) -> Iterator[Iterable[str]]:
        """Yields the lines of the file, many at a time, and counts them when they were taken."""
        with opened(self.path) as stream:
            for block in self._blocks(stream):
                yield self._decoded(block)
                self.lines += block.count(b"\n") + (not block.endswith(b"\n"))

    def read_text(self) -> str:
        """Returns the whole text; takes and raises what `read_lines` does, except that lines may be of any length."""
        with opened(self.path) as stream:
            data = read_or_say(lambda: stream.read(), self.name)
        data = self._without_mark(data)
        self.end = line_end(data)
        block = self._with_line_feeds(data)
        text = "".join(self._decoded(block))
        self.lines += block.count(b"\n") + (bool(block) and not block.endswith(b"\n"))
        return text

    def _blocks(self, stream: IO[bytes]) -> Iterator[bytes]:
        """Yields whole lines, many at a time; the last may lack its line feed."""
        left, is_first = b"", True
        while data := read_or_say(lambda: stream.read(BLOCK_BYTES), self.name):
            if is_first:
                data, is_first = self._without_mark(data), False
                self.end = line_end(data)
            data = self._with_line_feeds(data)
            whole, feed, rest = data.rpartition(b"\n")
            if feed:
                yield left + whole + feed
                left = rest
            else:
                left += rest
            if len(left) > LONGEST_LINE_BYTES:
                raise InputError(
                    f"A line of {self.name} must not be longer than {LONGEST_LINE_BYTES >> 20} MiB",
                    received=f"more in line {self.lines + 1}, which begins with {left[:40]!r}",
                    fix="Cut it, or look for what lacks a line feed or a closing quotation mark",
                )
        if left:
            yield left

    def _without_mark(self, data: bytes) -> bytes:
        if data[:2] in _OTHER_MARKS:
            raise InputError(
                f"{self.name} must be UTF-8 text",
                received=f"the byte order mark of {_OTHER_MARKS[data[:2]]}",
                fix="Convert the file to UTF-8, for example with iconv -f UTF-16 -t UTF-8",
            )
        return data.removeprefix(_BYTE_ORDER_MARK)

    def _with_line_feeds(self, data: bytes) -> bytes:
        """The same with a line feed at the end of each line, as older programs of the Mac write a carriage return."""
        if self.end == b"\n":
            return data
        if b"\n" in data:
            raise InputError(
                f"{MIXED_ENDS} ({self.name})", received="both", fix="Convert the file with dos2unix -c mac"
            )
        return data.replace(self.end, b"\n")

    def _decoded(self, block: bytes) -> Iterable[str]:
        """The lines of a block."""
        try:
            if b"\0" not in block:
                return io.StringIO(block.decode("utf-8"), newline="\n")
        except UnicodeDecodeError:
            pass
        return [self._checked(line, index) for index, line in enumerate(io.BytesIO(block))]

    def _checked(self, line: bytes, index: int) -> str:
        """A line of which it is not known that it is text."""
        place = self.place(self.lines + index + 1)
        if b"\0" in line:
            self.faults.add(NUL, Fault(place, f"NUL as byte {line.index(0) + 1}"))
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.faults.add(NOT_UTF8, Fault(place, f"byte 0x{line[error.start]:02x} at byte {error.start + 1}"))
            return line.decode("utf-8", errors="replace")


def line_end(beginning: bytes) -> bytes:
    """Returns what ends the lines of a file: a line feed, unless there is none where carriage returns are.

    Args:
        beginning: The first `BLOCK_BYTES` of the file.
    """
    has_carriage_returns = b"\r" in beginning[:-1]  # The last one may have its line feed behind it.
    return b"\r" if has_carriage_returns and b"\n" not in beginning else b"\n"


def in_columns(rows: Iterator[tuple[int, Sequence[Any]]]) -> Iterator[Columns]:
    """Puts rows together by columns, some thousands at a time."""
    while block := list(itertools.islice(rows, ROWS_OF_A_BLOCK)):
        yield [line for line, _ in block], list(zip(*(row for _, row in block), strict=True))
