"""Room on the disk, which is looked for before anything is written."""

import errno
import os
import shutil

from bert_tf.errors import InputError
from bert_tf.host import files

MEBIBYTE = 2**20


def free_bytes(folder: str) -> int | None:
    """Bytes that can be written to the disk of a folder; None if it is remote, where nobody can tell.

    Args:
        folder: The folder, which need not be there yet.
    """
    if files.is_remote(folder):
        return None
    path = os.path.abspath(folder)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return shutil.disk_usage(path).free


def check_room(folder: str, needed: int, what: str, fix: str) -> None:
    """Makes sure that something will fit on the disk.

    Args:
        folder: Where it is to be written.
        needed: Its bytes.
        what: What it is, for the message.
        fix: What to do if it doesn't fit.

    Raises:
        InputError: If there is less room.
    """
    free = free_bytes(folder)
    if free is not None and free < needed:
        raise InputError(
            f"There must be room for {what}, {_mebibytes(needed)} MiB",
            received=f"{free // MEBIBYTE:,} MiB free on the disk of {folder}",
            fix=fix,
        )


def is_full(error: Exception) -> bool:
    """Whether an error, be it one of TensorFlow's, says that there is no room on a disk."""
    return any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def _mebibytes(count: int) -> str:
    return f"{-(-count // MEBIBYTE):,}"


def refusal(error: OSError) -> InputError | None:
    """What to tell if a disk refused to take what was to be written; None if the error is another.

    Args:
        error: What was raised.
    """
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG):
        return None
    return InputError(
        "It must be possible to write the results",
        received=str(error),
        fix="Free some space or choose another --output_dir",
    )
