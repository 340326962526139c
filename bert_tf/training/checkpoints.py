"""What a run leaves on disk so that it can be used, and resumed exactly.

At step N two checkpoints are written, both tables of names in Google's format:

    model.ckpt-N      the weights and `global_step`: a checkpoint like a published one, a third of the original's size
    optimizer.ckpt-N  the moments of the optimizer and the other state that resuming needs

The order of data and the dropout masks are functions of seed and step, so nothing has to be kept of them. The files
of a step become visible in this order: optimizer, model, and last `checkpoint`, the small text file that names the
newest one. A run that is killed in between leaves the former checkpoint in charge.
"""

import json
import os
import re
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf import files
from bert_tf.errors import InputError
from bert_tf.weights.google import (
    BEST_FILE,
    GLOBAL_STEP,
    TensorLike,
    best_prefix,
    list_tensors,
    remove_checkpoint,
    write_checkpoint,
)

_MODEL, _OPTIMIZER = "model.ckpt", "optimizer.ckpt"
_NAME = re.compile(rf"(?:{re.escape(_MODEL)}|{re.escape(_OPTIMIZER)})-(\d+)\.index")


class RunCheckpoints:
    """The checkpoints of one output folder."""

    def __init__(self, folder: str, keep: int):
        """Opens the folder.

        Args:
            folder: The output folder.
            keep: How many of the newest checkpoints stay, beside the best one.
        """
        self.folder = folder
        self.keep = keep

    def latest_step(self) -> int | None:
        """The step of the newest complete checkpoint, None if there is none.

        Raises:
            InputError: If the newest checkpoint is not one of a run, or lacks its optimizer state.
        """
        latest = tf.train.latest_checkpoint(self.folder)
        if latest is None:
            return None
        name = os.path.basename(latest)
        step = name.removeprefix(f"{_MODEL}-")
        if not step.isdigit() or not files.exists(self._path(_OPTIMIZER, int(step)) + ".index"):
            raise InputError(
                f"{self.folder} holds a checkpoint without the state that training would resume from",
                received=name,
                fix="Start anew with --overwrite_output_dir, or train from it into another --output_dir",
            )
        return int(step)

    def save(
        self,
        step: int,
        weights: Mapping[str, TensorLike],
        state: Mapping[str, TensorLike],
        best: tuple[str, float] | None = None,
    ) -> None:
        """Writes the checkpoint of a step, and removes those that are no longer to be kept.

        Args:
            step: Updates done.
            weights: The weights by their names in Google's format.
            state: All else that resuming needs.
            best: Metric and score if it scored best so far; such a checkpoint is kept whatever comes after.
        """
        counter = {GLOBAL_STEP: np.int64(step)}
        write_checkpoint(self._path(_OPTIMIZER, step), {**state, **counter})
        write_checkpoint(self._path(_MODEL, step), {**weights, **counter})
        if best is not None:
            note = {"checkpoint": f"{_MODEL}-{step}", "metric": best[0], "value": best[1]}
            files.write_text(os.path.join(self.folder, BEST_FILE), json.dumps(note) + "\n")
        kept = sorted({*self._steps()[-self.keep :], step})
        lines = [f'model_checkpoint_path: "{_MODEL}-{step}"']
        lines += [f'all_model_checkpoint_paths: "{_MODEL}-{number}"' for number in kept]
        files.write_text(os.path.join(self.folder, "checkpoint"), "\n".join(lines) + "\n")
        self._remove_all_but(kept)

    def restore(self, step: int) -> dict[str, np.ndarray]:
        """Reads the weights and all other state of a step.

        Raises:
            InputError: If the files are cut off or damaged.
        """
        tensors: dict[str, np.ndarray] = {}
        for kind in (_OPTIMIZER, _MODEL):
            checkpoint = list_tensors(self._path(kind, step))
            tensors.update(checkpoint.read_all(sorted(checkpoint.shapes)))
        return tensors

    def remove_all(self) -> None:
        """Removes every checkpoint of the folder, and temporary files of a run that was killed."""
        for name in ("checkpoint", BEST_FILE):
            files.remove(os.path.join(self.folder, name))
        self._remove_all_but([])
        files.remove_leftovers(self.folder)

    def _remove_all_but(self, kept: list[int]) -> None:
        best = best_prefix(self.folder)
        for step in self._steps():
            if step in kept:
                continue
            remove_checkpoint(self._path(_OPTIMIZER, step))
            if self._path(_MODEL, step) != best:
                remove_checkpoint(self._path(_MODEL, step))

    def _steps(self) -> list[int]:
        """Steps of which a model or a state is there, complete or not."""
        found = map(_NAME.fullmatch, files.list_folder(self.folder))
        return sorted({int(match[1]) for match in found if match})

    def _path(self, kind: str, step: int) -> str:
        return os.path.join(self.folder, f"{kind}-{step}")
