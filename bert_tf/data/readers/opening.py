"""The bytes of a data file: local or remote, plain or gzipped, standard input, or a pipe, which can be read once."""

import contextlib
import gzip
import os
import stat
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import IO, TypeVar, cast

from bert_tf.errors import InputError
from bert_tf.host import files

STANDARD_INPUT = "-"
WAIT_SECONDS = 10.0  # For a program that writes to a named pipe.
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
        stream = stack.enter_context(_open_pipe(path) if is_pipe(path) else open_or_say(path))
        if not files.is_remote(path):
            _check_no_terminal(stream, path)
        if path.lower().endswith(".gz"):
            stream = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream)))
        yield stream


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


def is_pipe(path: str) -> bool:
    """Whether a path leads to a pipe, such as `mkfifo` or the `<(...)` of a shell make."""
    if files.is_remote(path):
        return False
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _check_no_terminal(stream: IO[bytes], name: str) -> None:
    if stream.isatty():
        raise InputError(f"{name} must be a file or a pipe", received="a terminal", fix="Write the rows into a file")


def _open_pipe(path: str) -> IO[bytes]:
    """Opens a pipe, which waits for a program that writes to it, but not for ever."""
    opening: futures.Future[IO[bytes]] = futures.Future()

    def work() -> None:
        try:
            opening.set_result(files.open_bytes(path))
        except OSError as error:
            opening.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    futures.wait([opening], WAIT_SECONDS)
    if not opening.done():
        _release(path, opening)
        raise InputError(
            f"A program must write to the pipe {path}",
            received=f"none within {WAIT_SECONDS:g} seconds",
            fix="Start it first; a pipe can be read once",
        )
    return read_or_say(opening.result, path)


def _release(path: str, opening: futures.Future[IO[bytes]]) -> None:
    """Ends what waits for a writer, by being one for a moment."""
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        futures.wait([opening], WAIT_SECONDS)
        opening.result(0).close()
