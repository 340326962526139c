"""Checkpoints in the format that google-research/bert published: a table of names in TensorFlow's V2 files.

`PREFIX.index` and `PREFIX.data-00000-of-00001` hold the tensors. No graph (`.meta`) is needed or written.
"""

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping

import tensorflow as tf

from bert_tf.config.paths import DEMO, checkpoint_path
from bert_tf.errors import BertTfError, InputError
from bert_tf.host import console, files
from bert_tf.weights.archives import is_archive, unpack
from bert_tf.weights.checkpoint import READ_ERRORS, Checkpoint, TensorLike, first_line
from bert_tf.weights.manifest import FILE_SUFFIXES
from bert_tf.weights.places import find_prefix


@contextlib.contextmanager
def open_checkpoint(path: str) -> Iterator[Checkpoint]:
    """Finds a checkpoint by its prefix, by its folder, or in the published archive.

    An archive is unpacked to a temporary folder that lives as long as the block.

    Args:
        path: A prefix, a folder, an archive, or the word `demo`.

    Raises:
        InputError: If there is none, or it can't be read. Errors name the archive, and not where it was unpacked.
    """
    if path == DEMO and (files.exists(path) or files.exists(path + ".index")):
        console.warn(f"{DEMO} is the checkpoint that comes with bert_tf; for the one of this name here write ./{DEMO}")
    path = checkpoint_path(path)
    if not is_archive(path):
        yield list_tensors(find_prefix(path))
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            unpack(path, folder)
            yield dataclasses.replace(list_tensors(find_prefix(folder)), archive=path)
        except BertTfError as error:
            error.rename(folder, path)
            raise


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
