"""`bert-tf convert`: any checkpoint to a small one in Google's format."""

import os
from collections.abc import Mapping

import numpy as np

from bert_tf.cli.checkpoint_arguments import ConvertInputs
from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE
from bert_tf.config.run import CONFIG_FILE
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import LABELS, read_labels, write_labels
from bert_tf.host import console, files, locks
from bert_tf.host.disk import check_room
from bert_tf.runs.folder import saved_config
from bert_tf.tasks.assets import Assets, load_assets
from bert_tf.weights.architecture import check_architecture, encoder_shapes
from bert_tf.weights.assign import POOLER, check, check_finite, compare
from bert_tf.weights.checkpoint import Checkpoint
from bert_tf.weights.google import open_checkpoint, write_checkpoint
from bert_tf.weights.manifest import FILE_SUFFIXES
from bert_tf.weights.places import LIST_FILE, PUBLISHED_NAME

# In the order in which they appear: the index, which makes the checkpoint visible, comes last.
_WRITTEN = (VOCABULARY_FILE, ENCODER_CONFIG_FILE, LABELS, *(PUBLISHED_NAME + suffix for suffix in FILE_SUFFIXES))
_OF_A_RUN = (CONFIG_FILE, LIST_FILE)
_SLACK_BYTES = 2**20


def run(inputs: ConvertInputs) -> int:
    """Writes FOLDER/bert_model.ckpt with the weights alone, and config and vocabulary beside it: all or nothing."""
    folder = inputs.folder
    _check_free(folder)
    with locks.holding(folder):
        _check_free(folder)  # Nobody else writes there from here on.
        with open_checkpoint(inputs.source) as checkpoint:
            assets = load_assets(checkpoint.folder, inputs.model)
            check_architecture(assets.encoder_config, checkpoint)
            report = compare(checkpoint, encoder_shapes(assets.encoder_config))
            check(report, checkpoint.origin, may_be_missing=POOLER)
            _warn_of_case(checkpoint.folder, assets)
            labels = None if inputs.encoder_only else read_labels(checkpoint.folder)
            weights = _read(checkpoint, inputs.encoder_only)
        needed = sum(value.nbytes for value in weights.values()) + len(assets.vocabulary_bytes) + _SLACK_BYTES
        check_room(folder, needed, "the checkpoint", "Free some space or choose another folder")
        temporary = files.temporary_name(os.path.join(folder, PUBLISHED_NAME))
        try:
            files.make_folder(temporary)
            _write(temporary, assets, labels, weights)
            _move(temporary, folder)
        finally:
            files.remove(temporary)
    print(f"wrote {len(weights)} weights to {os.path.join(folder, PUBLISHED_NAME)}")
    return 0


def _check_free(folder: str) -> None:
    """Makes sure that nothing of a checkpoint, or of a run, is in a folder: it would be replaced, or mixed."""
    taken = [name for name in (*_WRITTEN, *_OF_A_RUN) if files.exists(os.path.join(folder, name))]
    if taken:
        raise InputError(
            "convert must not replace a checkpoint or what belongs to one",
            received=f"{folder}, which has {', '.join(taken)}",
            fix="Choose another folder",
        )


def _read(checkpoint: Checkpoint, encoder_only: bool) -> dict[str, np.ndarray]:
    names = [name for name in checkpoint.weights if name.startswith("bert/") or not encoder_only]
    weights = checkpoint.read_all(names)
    for name, value in weights.items():
        check_finite(name, value, checkpoint)
    return weights


def _warn_of_case(source: str, assets: Assets) -> None:
    """Tells which case to type with the new checkpoint, where its vocabulary alone suggests another than the run."""
    trained = saved_config(source)
    if trained is None or trained.model.do_lower_case is None or trained.model.strip_accents is None:
        return
    model = trained.model
    if (model.do_lower_case, model.strip_accents) != (assets.lower_case, assets.strip_accents):
        flags = f"--do_lower_case={model.do_lower_case} --strip_accents={model.strip_accents}"
        text = f"the format has no place for the case of the run; type {flags} where you start from it"
        console.warn(f"warning: {text}")


def _write(folder: str, assets: Assets, labels: tuple[str, ...] | None, weights: Mapping[str, np.ndarray]) -> None:
    with files.writing(folder):
        assets.write(folder)
        if labels is not None:
            write_labels(folder, labels)
    write_checkpoint(os.path.join(folder, PUBLISHED_NAME), weights)


def _move(source: str, target: str) -> None:
    """Moves the files, or none of them."""
    moved: list[str] = []
    try:
        for name in _WRITTEN:
            if files.exists(os.path.join(source, name)):
                moved.append(name)
                files.rename(os.path.join(source, name), os.path.join(target, name))
    except BaseException:
        for name in reversed(moved):
            files.remove(os.path.join(target, name))
        raise
