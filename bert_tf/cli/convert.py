"""`bert-tf convert`: any checkpoint to a small one in Google's format."""

import os

from bert_tf.config.commands import ConvertConfig
from bert_tf.config.typed import Typed
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import read_labels, write_labels
from bert_tf.host import files
from bert_tf.host.console import tell_result
from bert_tf.tasks.assets import load_assets
from bert_tf.weights.google import PUBLISHED_NAME, open_checkpoint, write_checkpoint


def run(typed: Typed) -> int:
    """Writes FOLDER/bert_model.ckpt with the weights alone, and config and vocabulary beside it."""
    if len(typed.arguments) != 2:
        raise InputError(
            "convert takes a checkpoint and a folder",
            received=" ".join(typed.arguments),
            fix="bert-tf convert CHECKPOINT FOLDER",
        )
    source, folder = typed.arguments
    files.check_writable(folder)
    prefix = os.path.join(folder, PUBLISHED_NAME)
    if files.exists(prefix + ".index"):
        raise InputError("convert must not replace a checkpoint", received=prefix, fix="Choose another folder")
    with open_checkpoint(source) as checkpoint:
        assets = load_assets(checkpoint.folder, typed.config().model)
        encoder_only = typed.own(ConvertConfig).encoder_only
        labels = None if encoder_only else read_labels(checkpoint.folder)
        names = [name for name in checkpoint.weights if name.startswith("bert/") or not encoder_only]
        weights = checkpoint.read_all(names)
    files.make_folder(folder)
    assets.write(folder)
    if labels is not None:
        write_labels(folder, labels)
    write_checkpoint(prefix, weights)
    tell_result(f"wrote {len(weights)} weights to {prefix}")
    return 0
