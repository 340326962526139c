"""Files, local or remote (`gs://`), read whole and written all or nothing.

Local paths need no TensorFlow, so a wrong path is reported before it is loaded. Everything written goes to a
temporary name in the same folder and is renamed when it is complete.
"""

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from typing import IO, Any

from bert_tf.errors import InputError
from bert_tf.host.pipes import is_endless, is_pipe, open_pipe
from bert_tf.host.remote import file_systems, is_remote, open_file, reason

TEMPORARY = ".tmp-"
_LOST_SLASH = re.compile(r"([A-Za-z][\w.+-]+:)/(?!/)")
_BLOCK_BYTES = 2**22


def check_reachable(path: str, what: str) -> None:
    """Makes sure that a path is one where there can be files, whether there are any or not.

    Args:
        path: The path.
        what: What the user named it with, such as --output_dir.

    Raises:
        InputError: If it can't be reached, or is no path.
    """
    if "\0" in path:
        raise InputError(f"{what} must be a path, without NUL", received=path)
    if is_remote(path):
        with file_systems(path, what):
            return
    lost_slash = _LOST_SLASH.match(path)
    if lost_slash and not os.path.lexists(lost_slash[1]):
        raise InputError(
            f"{what} must have two slashes where it is remote",
            received=path,
            fix=f"Write {lost_slash[1]}//, in Python as a string, since pathlib makes one slash of two",
        )


def exists(path: str) -> bool:
    """Whether there is a file or folder at the path."""
    if not is_remote(path):
        return os.path.exists(path)
    with file_systems(path) as gfile:
        return bool(gfile.exists(path))


def is_folder(path: str) -> bool:
    """Whether there is a folder at the path."""
    if not is_remote(path):
        return os.path.isdir(path)
    with file_systems(path) as gfile:
        return bool(gfile.isdir(path))


def list_folder(path: str) -> list[str]:
    """Names of the entries of a folder, sorted; none if there is no such folder."""
    if not is_folder(path):
        return []
    if not is_remote(path):
        return sorted(os.listdir(path))
    with file_systems(path) as gfile:
        return sorted(name.rstrip("/") for name in gfile.listdir(path))


def read_bytes(path: str, what: str, fix: str) -> bytes:
    """Reads a whole file.

    Args:
        path: The file.
        what: What it should be, for the message, such as "the vocabulary".
        fix: What to do if it can't be read.

    Raises:
        InputError: If there is no such file or it can't be read.
    """
    if not exists(path) or is_folder(path):
        found = "a folder" if is_folder(path) else "nothing"
        raise InputError(f"There must be {what} at {path or 'the path'}", received=found if path else "''", fix=fix)
    if is_endless(path):
        raise InputError(f"There must be {what} at {path}", received="a device", fix=fix)
    try:
        with open_pipe(path) if is_pipe(path) else open_bytes(path) as file:
            return file.read()
    except OSError as error:
        raise InputError(f"It must be possible to read {what}", received=reason(error), fix=fix) from error


def open_bytes(path: str) -> IO[bytes]:
    """Opens a file to be read piece by piece; raises OSError, then or later, if the file system refuses."""
    return open_file(path, "rb") if is_remote(path) else open(path, "rb")


def create_bytes(path: str) -> IO[bytes]:
    """Opens a new file to be written piece by piece; raises OSError, then or later, if the file system refuses."""
    return open_file(path, "wb") if is_remote(path) else open(path, "wb")


def read_text(path: str, what: str, fix: str) -> str:
    """Reads a whole UTF-8 file, as `read_bytes`.

    Raises:
        InputError: Also if it is not UTF-8.
    """
    data = read_bytes(path, what, fix)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} must be UTF-8 text", received=f"byte 0x{data[error.start]:02x} at offset {error.start}", fix=fix
        ) from error


def read_blocks(path: str) -> Iterator[bytes]:
    """Yields a file's bytes, some at a time.

    Raises:
        OSError: If it can't be read.
    """
    with open_bytes(path) as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def make_folder(path: str, flag: str = "output_dir") -> None:
    """Creates a folder and those above it.

    Args:
        path: The folder.
        flag: What the user named it with.

    Raises:
        InputError: If that is not possible, for example on a read-only file system.
    """
    try:
        if is_remote(path):
            with file_systems(path) as gfile:
                gfile.makedirs(path)
        else:
            os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise InputError(
            "It must be possible to write to the output folder", received=reason(error), fix=f"Choose another --{flag}"
        ) from error


def check_writable(folder: str, flag: str = "output_dir") -> None:
    """Makes sure that a run can write to a folder, without leaving a trace.

    Args:
        folder: The folder, which need not be there yet.
        flag: What the user named it with.

    Raises:
        InputError: If the folder, or the nearest one above it that exists, can't be written to.
    """
    if is_remote(folder):
        return
    path = os.path.abspath(folder)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    if not os.path.isdir(path) or not os.access(path, os.W_OK | os.X_OK):
        raise InputError(
            "The output folder must be writable",
            received=f"{path}, which is {'read-only' if os.path.isdir(path) else 'not a folder'}",
            fix=f"Choose another --{flag}",
        )


def remove(path: str) -> None:
    """Removes a file or a folder with all that is in it; does nothing if there is none."""
    if is_remote(path):
        with file_systems(path) as gfile:
            if gfile.isdir(path):
                gfile.rmtree(path)
            elif gfile.exists(path):
                gfile.remove(path)
    elif os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def rename(source: str, target: str) -> None:
    """Moves a file or folder to its final name, in place of what may be there.

    What it holds is on the disk before, and its new name afterwards: a loss of power leaves all of it or nothing.
    """
    if is_remote(source):
        with file_systems(target) as gfile:
            move = _rename_remote_folder if gfile.isdir(source) else _rename_remote_file
            move(gfile, source, target)
        return
    for path in _files_in(source) if os.path.isdir(source) else [source]:
        _sync(path)
    os.replace(source, target)
    _sync(os.path.dirname(target) or ".")


def _rename_remote_file(gfile: Any, source: str, target: str) -> None:
    gfile.rename(source, target, overwrite=True)


def _rename_remote_folder(gfile: Any, source: str, target: str) -> None:
    """Moves file by file, as stores of objects have no folders to rename; what stands highest, such as the graph of a
    SavedModel, comes last, so that whoever looks for it finds the rest.
    """
    for folder, _, names in gfile.walk(source, topdown=False):
        place = target + folder.rstrip("/").removeprefix(source)
        gfile.makedirs(place)
        for name in names:
            _rename_remote_file(gfile, os.path.join(folder, name), os.path.join(place, name))
    gfile.rmtree(source)


def temporary_name(path: str) -> str:
    """A name beside the path that no reader takes for it."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{TEMPORARY}{name}-{uuid.uuid4().hex[:8]}")


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Gives a temporary name to write to, and renames it to the path when the block ends well."""
    temporary = temporary_name(path)
    try:
        yield temporary
        rename(temporary, path)
    finally:
        remove(temporary)


@contextlib.contextmanager
def writing(path: str, flag: str = "output_dir") -> Iterator[None]:
    """Turns what is raised when TensorFlow can't write, for example to a full disk, into one line.

    Args:
        path: What is being written, for the message.
        flag: What the user named it with.

    Raises:
        InputError: In place of that error.
    """
    import tensorflow as tf

    try:
        yield
    except (tf.errors.OpError, OSError) as error:
        raise InputError(
            f"It must be possible to write {path}",
            received=reason(error),
            fix=f"Free some space or choose another --{flag}; what was saved before stays valid",
        ) from error


def write_bytes(path: str, data: bytes) -> None:
    """Writes a file, all or nothing."""
    with replacing(path) as temporary, create_bytes(temporary) as file:
        file.write(data)


def write_text(path: str, text: str) -> None:
    """Writes a UTF-8 file, all or nothing."""
    write_bytes(path, text.encode())


def append_text(path: str, text: str) -> None:
    """Adds UTF-8 text to the end of a file. If the process is killed meanwhile, a part of it may be there.

    Raises:
        InputError: If that is not possible, for example because the disk is full.
    """
    try:
        with open_file(path, "ab") if is_remote(path) else open(path, "ab", buffering=0) as file:
            file.write(text.encode())
    except OSError as error:
        raise InputError(
            f"It must be possible to write {path}",
            received=reason(error),
            fix="Free some space or choose another --output_dir; what was saved before stays valid",
        ) from error


def cut_torn_line(path: str) -> None:
    """Takes the last line away from a file if it has no end, because whoever wrote it was killed."""
    if is_remote(path) or not os.path.exists(path):
        return
    with open(path, "rb+") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            file.truncate(whole)


def remove_leftovers(folder: str) -> None:
    """Removes temporary names that a run left when it was killed."""
    for name in list_folder(folder):
        if name.startswith(TEMPORARY):
            remove(os.path.join(folder, name))


def _files_in(folder: str) -> list[str]:
    return [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]


def _sync(path: str) -> None:
    """Waits until a file's bytes or a folder's names are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
