"""Named pipes and devices, which may never give anything, or never end."""

import contextlib
import os
import stat
import threading
from concurrent import futures
from typing import IO, Final

from bert_tf.errors import InputError
from bert_tf.host.remote import is_remote

WAIT_SECONDS: Final = 10.0  # For a program that writes to a named pipe.


def is_pipe(path: str) -> bool:
    """Whether a path leads to a pipe, such as `mkfifo` or the `<(...)` of a shell make."""
    return stat.S_ISFIFO(_mode(path))


def is_endless(path: str) -> bool:
    """Whether a path leads to a device such as `/dev/zero` or a terminal, and to no file; `/dev/null` has an end."""
    return stat.S_ISCHR(_mode(path)) and os.path.realpath(path) != os.devnull


def open_pipe(path: str) -> IO[bytes]:
    """Opens a pipe, which waits for a program that writes to it, but not for ever.

    Raises:
        InputError: If no program writes to it.
        OSError: If it can't be read.
    """
    opening: futures.Future[IO[bytes]] = futures.Future()

    def work() -> None:
        try:
            opening.set_result(open(path, "rb"))  # noqa: SIM115
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
    return opening.result()


def _mode(path: str) -> int:
    """What a path leads to; 0 for nothing, or if only TensorFlow can look there."""
    if is_remote(path):
        return 0
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


def _release(path: str, opening: "futures.Future[IO[bytes]]") -> None:
    """Ends what waits for a writer, by being one for a moment."""
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        futures.wait([opening], WAIT_SECONDS)
        opening.result(0).close()
