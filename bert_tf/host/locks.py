"""One process at a time writes in an output folder.

The lock is one of the kernel's on a file in the folder. It ends with the process however that ends, so a run that was
killed locks nobody out. The file says who holds it, for the message; what it says has no other meaning.
"""

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator

from bert_tf.errors import InputError
from bert_tf.host import console, files

LOCK_FILE = ".lock"
_UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@contextlib.contextmanager
def holding(folder: str) -> Iterator[None]:
    """Keeps other processes from writing in a folder as long as the block lasts.

    The folder is made for it; if nothing has come into it by the end, it is removed again.

    Args:
        folder: The output folder. There is no lock on a remote one, or where the file system has none; that is said.

    Raises:
        InputError: If another process holds it, or the folder can't be written to.
    """
    if files.is_remote(folder):
        _say_unlocked(folder)
        yield
        return
    files.check_writable(folder)
    made = _make_folders(os.path.abspath(folder))
    path = os.path.join(folder, LOCK_FILE)
    try:
        descriptor = _take(folder, path)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # It goes before the lock does: nobody may hold a file without a name.
                os.remove(path)
            os.close(descriptor)
    finally:
        for made_folder in made:
            with contextlib.suppress(OSError):  # It is not empty, as it should be after a run.
                os.rmdir(made_folder)


def _make_folders(path: str) -> list[str]:
    """Makes a folder and those above it; returns those that were not there, the innermost first."""
    missing = []
    while not os.path.exists(path):
        missing.append(path)
        path = os.path.dirname(path)
    if missing:
        files.make_folder(missing[0])
    return missing


def _take(folder: str, path: str) -> int:
    """Returns the descriptor that holds the lock."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InputError(
                "It must be possible to write to the output folder",
                received=str(error),
                fix="Choose another --output_dir",
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            _refuse(folder, descriptor, error)
        if _is_at(descriptor, path):
            with contextlib.suppress(OSError):  # Where not even this fits, the check of the disk says so.
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
            return descriptor
        os.close(descriptor)  # The one who held it has just removed it.


def _refuse(folder: str, descriptor: int, error: OSError) -> None:
    """Raises the error that names the holder; where locks are not supported, says so and continues."""
    if error.errno in _UNSUPPORTED:
        _say_unlocked(folder)
        return
    holder = os.read(descriptor, 300).decode(errors="replace").strip() or "another process"
    os.close(descriptor)
    if not isinstance(error, BlockingIOError):
        raise error
    raise InputError(
        "Only one process at a time may write in an output folder",
        received=f"{folder}, in which {holder} is at work",
        fix="Wait for its end, or choose another --output_dir",
    ) from error


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _say_unlocked(folder: str) -> None:
    console.warn(f"{folder} can't be locked; let no other process write there")
