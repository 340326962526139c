"""Where a checkpoint is: by its prefix, its folder or an archive. Nothing here imports TensorFlow but for `gs://`."""

import os
import re
from collections.abc import Callable

from bert_tf.config.paths import checkpoint_path
from bert_tf.errors import InputError
from bert_tf.host import console, files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.weights.archives import check_archive, is_archive
from bert_tf.weights.manifest import manifest_steps
from bert_tf.weights.selection import check_named, choose_model
from bert_tf.weights.side_files import check_side_files

PUBLISHED_NAME = "bert_model.ckpt"
BEST_FILE = "best_checkpoint.json"
LIST_FILE = "checkpoint"
_HINT = "Name its prefix, such as DIR/bert_model.ckpt, its folder, or the .zip or .tar.gz"
_NAMED_FIRST = re.compile(r'^model_checkpoint_path: "([^"\n]*)"', re.MULTILINE)
_HUGGING_FACE_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack")
_OTHER_ENDINGS = (".safetensors", ".bin", ".h5", ".msgpack", ".pt", ".pth", ".onnx")


def check_place(path: str | None) -> None:
    """Makes sure that there is a checkpoint at a path, without reading or unpacking it.

    Args:
        path: The path; None for none. What is remote is left to whoever reads it, since only TensorFlow can look there.

    Raises:
        InputError: If there is none, or it can't be used.
    """
    if path is None or files.is_remote(path):
        return
    path = checkpoint_path(path)
    if is_archive(path):
        check_archive(path)
    elif manifest_steps(path):  # To compare the weights takes as long as to read them; it is done when they are read.
        check_side_files(path, lambda line: None)
    else:
        find_prefix(path, lambda line: None)


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
        check_side_files(os.path.dirname(prefix), tell)
        return prefix
    if not files.is_folder(path):
        raise _nothing_at(path)
    chosen = choose_model(path, tell) or best_prefix(path) or listed_prefix(path, tell) or _only_prefix(path)
    check_side_files(path, tell)
    return chosen


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


def listed_prefix(folder: str, tell: Callable[[str], None] = console.warn) -> str | None:
    """The prefix of the newest checkpoint that a folder's file `checkpoint` names, None if it names none that is there.

    A folder may have been moved since, so it is the name alone that counts, in the folder itself: no path is followed.

    Args:
        folder: The folder.
        tell: Is told, in a line, of a path that leads elsewhere.
    """
    path = os.path.join(folder, LIST_FILE)
    if not files.exists(path) or files.is_folder(path):
        return None
    text = files.read_bytes(path, "the list of checkpoints", "Remove it").decode(errors="replace")
    match = _NAMED_FIRST.search(text)
    if match is None:
        return None
    prefix = os.path.join(folder, os.path.basename(match[1]))
    if files.exists(prefix + ".index"):
        return prefix
    if os.path.dirname(match[1]):
        tell(f"{path} names {match[1]}, which is not in its folder and is not followed")
    return None


def _only_prefix(folder: str) -> str:
    found = [name.removesuffix(".index") for name in files.list_folder(folder) if name.endswith(".index")]
    if PUBLISHED_NAME in found:
        found = [PUBLISHED_NAME]
    if len(found) == 1:
        return os.path.join(folder, found[0])
    foreign = [name for name in _HUGGING_FACE_WEIGHTS if files.exists(os.path.join(folder, name))]
    if foreign and not found:
        raise _foreign(f"{folder}, a Hugging Face model with {foreign[0]}")
    received = f"{folder} with " + (", ".join(found) if found else "no .index file")
    raise InputError("The folder must hold one checkpoint", received=received, fix=_HINT)


def _nothing_at(path: str) -> InputError:
    if files.exists(path) and path.endswith(_OTHER_ENDINGS):
        return _foreign(path)
    if re.search(r"\.data-\d+-of-\d+$", path):
        fix = f"Leave out the ending: {re.sub(r'[.]data-[0-9]+-of-[0-9]+$', '', path)}"
        return InputError("There must be a checkpoint at the path", received=f"{path} without its .index", fix=fix)
    return InputError("There must be a checkpoint at the path", received=path, fix=_HINT)


def _foreign(received: str) -> InputError:
    return InputError(
        "A checkpoint must be in Google's format: bert_model.ckpt.index and .data-00000-of-00001, bert_config.json, "
        "vocab.txt",
        received=received,
        fix="bert_tf does not read this format yet; convert it first, for example with the script "
        "convert_bert_pytorch_checkpoint_to_original_tf.py of transformers, and rename its config.json to "
        "bert_config.json",
    )
