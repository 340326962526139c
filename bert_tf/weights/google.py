"""Checkpoints in the format that google-research/bert published: a table of names in TensorFlow's V2 files.

`PREFIX.index` and `PREFIX.data-00000-of-00001` hold the tensors. No graph (`.meta`) is needed or written.
"""

import contextlib
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

import tensorflow as tf

from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE
from bert_tf.config.paths import DEMO, checkpoint_path
from bert_tf.errors import InputError
from bert_tf.host import console, files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.weights.checkpoint import READ_ERRORS, Checkpoint, TensorLike, first_line
from bert_tf.weights.manifest import FILE_SUFFIXES
from bert_tf.weights.selection import check_named, choose_model

PUBLISHED_NAME = "bert_model.ckpt"
BEST_FILE = "best_checkpoint.json"
_MAX_UNPACKED_BYTES = 16 * 2**30
_DOWNLOAD_HINT = "Set --init_checkpoint to the prefix, such as DIR/bert_model.ckpt, to its folder, or to the .zip"


@contextlib.contextmanager
def open_checkpoint(path: str) -> Iterator[Checkpoint]:
    """Finds a checkpoint by its prefix, by its folder, or in the published archive.

    An archive is unpacked to a temporary folder that lives as long as the block.

    Args:
        path: A prefix, a folder, a `.zip`, or the word `demo`.

    Raises:
        InputError: If there is none, or it can't be read.
    """
    if path == DEMO and (files.exists(path) or files.exists(path + ".index")):
        console.warn(f"{DEMO} is the checkpoint that comes with bert_tf; for the one of this name here write ./{DEMO}")
    path = checkpoint_path(path)
    if path.endswith(".zip"):
        with tempfile.TemporaryDirectory() as folder:
            unpack(path, folder)
            yield list_tensors(find_prefix(folder))
    else:
        yield list_tensors(find_prefix(path))


def find_prefix(path: str, tell: Callable[[str], None] = console.warn) -> str:
    """Returns the prefix of the checkpoint that a path means.

    A folder means the checkpoint that scored best while it was trained, else the latest one that its `checkpoint` file
    names, else the one checkpoint that is in it. A damaged one is passed over.

    Args:
        path: The path.
        tell: Is told, in a line, if a damaged one was passed over.

    Raises:
        InputError: If there is none, or several and nothing tells which, or the one that is named is damaged.
    """
    prefix = path.removesuffix(".index")
    if files.exists(prefix + ".index"):
        check_named(prefix)
        return prefix
    if not files.is_folder(path):
        raise InputError("There must be a checkpoint at the path", received=path, fix=_DOWNLOAD_HINT)
    chosen = choose_model(path, tell) or best_prefix(path) or tf.train.latest_checkpoint(path)
    if chosen is not None:
        return str(chosen)
    found = [name.removesuffix(".index") for name in files.list_folder(path) if name.endswith(".index")]
    if PUBLISHED_NAME in found:
        found = [PUBLISHED_NAME]
    if len(found) != 1:
        received = f"{path} with " + (", ".join(found) if found else "no .index file")
        raise InputError("The folder must hold one checkpoint", received=received, fix=_DOWNLOAD_HINT)
    return os.path.join(path, found[0])


def best_prefix(folder: str) -> str | None:
    """The prefix of the checkpoint that a folder's note names as the best, None if there is no note.

    Raises:
        InputError: If the note on it can't be read.
    """
    path = os.path.join(folder, BEST_FILE)
    if not files.exists(path):
        return None
    note = parse_json_object(files.read_text(path, "the note on the best checkpoint", "Remove it"), path)
    return os.path.join(folder, os.path.basename(str(note.get("checkpoint"))))


def list_tensors(prefix: str) -> Checkpoint:
    """Reads the table of names, which is all in the index file.

    Raises:
        InputError: If the index file is cut off or damaged.
    """
    try:
        reader = tf.compat.v1.train.NewCheckpointReader(prefix)
    except READ_ERRORS as error:
        raise InputError(
            f"{prefix}.index must be a checkpoint of TensorFlow",
            received=first_line(error),
            fix="The file is cut off or damaged; copy the whole checkpoint again",
        ) from error
    shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    dtypes = {name: dtype.name for name, dtype in reader.get_variable_to_dtype_map().items()}
    return Checkpoint(prefix, shapes, dtypes)


def unpack(archive: str, folder: str) -> None:
    """Unpacks the files of a checkpoint from a published archive, flat, whatever paths it holds.

    Raises:
        InputError: If it is no zip file, or larger than any BERT.
    """
    wanted = re.compile(
        rf"(^|/)({ENCODER_CONFIG_FILE}|{VOCABULARY_FILE}|[\w.-]+\.ckpt[\w.-]*\.(index|data-\d+-of-\d+))$"
    )
    if not files.exists(archive):
        raise InputError("There must be an archive at the path", received=archive, fix=_DOWNLOAD_HINT)
    if files.is_remote(archive):
        files.make_folder(folder)
        tf.io.gfile.copy(archive, os.path.join(folder, "archive"))
        archive = os.path.join(folder, "archive")
    try:
        with zipfile.ZipFile(archive) as members:
            chosen = [member for member in members.infolist() if wanted.search(member.filename)]
            if sum(member.file_size for member in chosen) > _MAX_UNPACKED_BYTES:
                raise InputError("An archive must unpack to less than 16 GiB", received=archive)
            for member in chosen:
                member.filename = os.path.basename(member.filename)
                members.extract(member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"{archive} must be a zip file", received=str(error), fix="The archive is cut off; download it again"
        ) from error


def write_checkpoint(prefix: str, tensors: Mapping[str, TensorLike]) -> None:
    """Writes tensors under their names; the index file, which makes the checkpoint visible, comes last.

    Args:
        prefix: Path of the files without `.index`.
        tensors: The values by name.
    """
    names = sorted(tensors)
    folder, name = os.path.split(prefix)
    temporary = files.temporary_name(os.path.join(folder, name))
    files.make_folder(temporary)
    try:
        part = os.path.join(temporary, name)
        with files.writing(prefix), tf.device("/CPU:0"):
            tf.raw_ops.SaveV2(
                prefix=part + ".part",
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[tf.convert_to_tensor(tensors[key]) for key in names],
            )
            tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[part + ".part"], destination_prefix=part)
        for suffix in FILE_SUFFIXES:
            files.rename(part + suffix, prefix + suffix)
    finally:
        files.remove(temporary)


def remove_checkpoint(prefix: str) -> None:
    """Removes the files of a checkpoint; the index file, which makes it visible, goes first."""
    for suffix in reversed(FILE_SUFFIXES):
        files.remove(prefix + suffix)
