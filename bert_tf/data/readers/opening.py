"""The bytes of a data file: local or remote, plain or gzipped, standard input, or a pipe, which can be read once."""

import codecs
import contextlib
import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import IO, TypeVar, cast

from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.pipes import is_pipe, open_pipe

STANDARD_INPUT = "-"
_HEAD_BYTES = 4096
Result = TypeVar("Result")


@contextlib.contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """A stream of the unpacked bytes of a file.

    Raises:
        InputError: If there is no file there, it is a terminal, or a pipe that no program writes to.
    """
    if path == STANDARD_INPUT:
        _check_no_terminal(sys.stdin.buffer, "standard input")
        yield sys.stdin.buffer
        return
    if not files.exists(path) or files.is_folder(path):
        found = "a folder" if files.is_folder(path) else "nothing"
        raise InputError(f"There must be a data file at {path}", received=found, fix="Correct the path")
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(read_or_say(lambda: open_pipe(path), path) if is_pipe(path) else open_or_say(path))
        if not files.is_remote(path):
            _check_no_terminal(stream, path)
        if path.lower().endswith(".gz"):
            stream = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream)))
        yield stream


def holds_array(path: str) -> bool:
    """Whether a file of JSON is a list, as far as its first characters tell; of what can be read once, nothing is read.

    Raises:
        InputError: As `opened` does.
    """
    if path == STANDARD_INPUT or is_pipe(path):
        return False
    with opened(path) as stream:
        head = read_or_say(lambda: stream.read(_HEAD_BYTES), path)
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


def open_or_say(path: str) -> IO[bytes]:
    """Opens a file that is there; says so in one line if that fails."""
    return read_or_say(lambda: files.open_bytes(path), path)


def read_or_say(action: Callable[[], Result], name: str) -> Result:
    """Does what reads, and says so in one line if that fails."""
    try:
        return action()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"It must be possible to read {name}",
            received=str(error) or type(error).__name__,
            fix="Copy or pack the file again" if name.lower().endswith(".gz") else "Check the file and its permissions",
        ) from error


def _check_no_terminal(stream: IO[bytes], name: str) -> None:
    if stream.isatty():
        raise InputError(f"{name} must be a file or a pipe", received="a terminal", fix="Write the rows into a file")
