"""Paths that TensorFlow must reach, such as gs://: its file systems, and what they raise made one line.

A path is tried once before anything depends on it, with a limit to the time: TensorFlow tries a store of objects that
does not answer again and again, for more than ten minutes. TensorFlow is imported late, since local runs must
start without.
"""

import contextlib
import io
import re
import threading
from collections.abc import Iterator
from typing import IO, Any, cast

from bert_tf.errors import InputError

_SCHEME = re.compile(r"([A-Za-z][\w.+-]*)://")
_BUFFER_BYTES = 2**22
_SECONDS_TO_ANSWER = 60.0
_REACHED: set[str] = set()


class RemoteError(InputError, OSError):
    """A remote file system refuses, or can't be reached: an OSError, as a disk raises, that is told in one line."""

    def __init__(self, path: str, message: str):
        """Says what was tried.

        Args:
            path: What was to be reached.
            message: What came of it.
        """
        self.message = message
        super().__init__(
            f"It must be possible to reach {path}", received=message, fix="Check path, network and permissions"
        )


def is_remote(path: str) -> bool:
    """Whether the path belongs to a file system that TensorFlow must reach."""
    return "://" in path


@contextlib.contextmanager
def file_systems(path: str, what: str = "A path") -> Iterator[Any]:
    """Gives TensorFlow's file systems when the place of a path has answered once.

    Args:
        path: A remote path.
        what: What the user named it with, for the message.

    Raises:
        InputError: If TensorFlow has no file system for it.
        RemoteError: In place of an error of TensorFlow in the block, or if there is no answer.
    """
    import tensorflow as tf

    try:
        _reach(tf.io.gfile, path, what)
        yield tf.io.gfile
    except tf.errors.OpError as error:
        raise RemoteError(path, reason(error)) from error


def reason(error: Exception) -> str:
    """What an error of TensorFlow or of the system says, without the place in TensorFlow where it came up."""
    text = re.sub(r"\{\{.*?\}\} ?", "", str(getattr(error, "message", error)))
    return " ".join(text.split(" [Op")[0].split("; ")[-1].split())


def open_file(path: str, mode: str) -> IO[bytes]:
    """Opens a file.

    Args:
        path: A remote path.
        mode: rb, wb or ab.

    Raises:
        RemoteError: Also while it is read or written.
    """
    raw = _Raw(path, mode)
    buffered = io.BufferedReader(raw, _BUFFER_BYTES) if mode == "rb" else io.BufferedWriter(raw, _BUFFER_BYTES)
    return cast(IO[bytes], buffered)


class _Raw(io.RawIOBase):
    """A file of TensorFlow's as Python has its own."""

    def __init__(self, path: str, mode: str):
        self._path, self._reads = path, mode == "rb"
        with file_systems(path) as gfile:
            self._file = gfile.GFile(path, mode)

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return not self._reads

    def seekable(self) -> bool:
        return self._reads

    def readinto(self, buffer: Any) -> int:
        with file_systems(self._path):
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        with file_systems(self._path):
            return bytes(self._file.read())

    def write(self, data: Any) -> int:
        with file_systems(self._path):
            self._file.write(bytes(data))
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with file_systems(self._path):
            self._file.seek(offset, whence)
            return int(self._file.tell())

    def tell(self) -> int:
        with file_systems(self._path):
            return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            super().close()
            with file_systems(self._path):
                self._file.close()


def _reach(gfile: Any, path: str, what: str) -> None:
    """Makes sure that somebody answers for the place of a path, such as its bucket; asks once."""
    scheme, place = _place(path)
    if place in _REACHED:
        return
    known = gfile.get_registered_schemes()
    if scheme and scheme not in known:
        others = ", ".join(f"{name}://" for name in sorted(known) if name not in ("", "file", "ram"))
        raise InputError(
            f"{what} must be on this machine or in a file system that TensorFlow has here, {others}",
            received=path,
            fix="Choose a path there, and copy what is needed",
        )
    _ask(gfile, path, place)
    _REACHED.add(place)


def _place(path: str) -> tuple[str, str]:
    """The scheme of a path, empty for a local one, and what answers for it, such as gs://bucket."""
    match = _SCHEME.match(path)
    if match is None:
        return "", ""
    return match[1], match[0] + path[match.end() :].split("/")[0]


def _ask(gfile: Any, path: str, place: str) -> None:
    """Asks whether there is something at a path, and waits no longer than the limit for an answer."""
    raised: list[Exception] = []

    def ask() -> None:
        try:
            gfile.exists(path)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=ask, name="first contact", daemon=True)
    thread.start()
    thread.join(_SECONDS_TO_ANSWER)
    if thread.is_alive():
        raise RemoteError(path, f"no answer from {place} in {_SECONDS_TO_ANSWER:g} s")
    if raised:
        raise raised[0]
