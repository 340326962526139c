"""What a run leaves on disk so that it can be used, and resumed exactly.

At step N two checkpoints are written, both tables of names in Google's format:

    model.ckpt-N       the weights and `global_step`: a checkpoint like a published one, a third of the original's size
    optimizer.ckpt-N   the moments of the optimizer and the other state that resuming needs
    manifest-N.json    the length and checksum of each of their files

The order of data and the dropout masks are functions of seed and step, so nothing has to be kept of them. The files
of a step are written in this order: optimizer, model, the list of both, with which the step counts as saved, and last
`checkpoint`, the small text file that names the newest one to other readers. A run that is killed in between leaves
the former checkpoint in charge; one that was killed, or whose files were damaged afterwards, continues at the newest
step that is intact.
"""

import dataclasses
import json
import os
import re
from collections.abc import Mapping

import numpy as np

from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.disk import check_room
from bert_tf.host.json_objects import parse_json_object
from bert_tf.weights.checkpoint import GLOBAL_STEP, TensorLike
from bert_tf.weights.google import list_tensors, remove_checkpoint, write_checkpoint
from bert_tf.weights.manifest import (
    FILE_SUFFIXES,
    MODEL,
    OPTIMIZER,
    Best,
    describe_step,
    find_damage,
    manifest_name,
    manifest_steps,
    read_manifest,
    write_manifest,
)
from bert_tf.weights.places import BEST_FILE, LIST_FILE, best_prefix, listed_prefix
from bert_tf.weights.selection import saved_steps
from bert_tf.weights.side_files import forget_side_files, keep_side_files

_SUFFIX = "|".join(map(re.escape, FILE_SUFFIXES))
_NAME = re.compile(rf"(?:{re.escape(MODEL)}|{re.escape(OPTIMIZER)})-(\d+)(?:{_SUFFIX})|manifest-(\d+)\.json")
_FLOAT32_BYTES = 4
_SLACK_BYTES = 2**20  # Names, checksums and the small files beside the tensors.
_FREE_SPACE = "Free some space or choose another --output_dir; what was saved before stays valid"


@dataclasses.dataclass(frozen=True)
class Selection:
    """The step at which a run continues.

    Attributes:
        step: The newest that is intact.
        damaged: What is wrong with those after it, the newest first.
    """

    step: int
    damaged: tuple[str, ...]

    def __str__(self) -> str:
        return f"{'; '.join(self.damaged[:3])}; continuing at step {self.step}, which is intact"


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
        """The newest step that was saved, damaged or not; None if there is none.

        Raises:
            InputError: If there is one that no run of this kind made.
        """
        candidates = self._candidates()
        if candidates:
            return candidates[-1]
        models = [f"{MODEL}-{step}" for step in manifest_steps(self.folder)]
        latest = listed_prefix(self.folder) or max(models, default=None)
        if latest is not None:
            raise InputError(
                f"{self.folder} holds a checkpoint without the state that training would resume from",
                received=os.path.basename(latest),
                fix="Start anew with --overwrite_output_dir, or train from it into another --output_dir",
            )
        return None

    def select(self) -> Selection | None:
        """Finds the newest checkpoint that is complete and intact; None if there is none at all.

        Raises:
            InputError: If all are damaged, or the one that is there lacks its optimizer state.
        """
        if self.latest_step() is None:
            return None
        damaged: list[str] = []
        for step in reversed(self._candidates()):
            damage = self._damage(step)
            if not damage:
                return Selection(step, tuple(damaged))
            damaged.append(damage)
        kept = "; with --keep_checkpoints=2 or more there is an earlier one" if self.keep == 1 else ""
        raise InputError(
            f"{self.folder} must hold a checkpoint that is intact for training to be resumed",
            received="; ".join(damaged[:3]),
            fix=f"Start anew with --overwrite_output_dir{kept}",
        )

    def save(
        self,
        step: int,
        weights: Mapping[str, TensorLike],
        state: Mapping[str, TensorLike],
        best: Best | None = None,
        standing: Mapping[str, object] | None = None,
    ) -> None:
        """Writes the checkpoint of a step, and removes those that are no longer to be kept.

        Args:
            step: Updates done.
            weights: The weights by their names in Google's format.
            state: All else that resuming needs.
            best: The step that has scored best so far, which may be this one; None if none was compared. It is kept
                whatever comes after.
            standing: How the evaluations went so far, in what JSON can hold.

        Raises:
            InputError: If it can't be written, for example to a full disk.
        """
        needed = sum(np.asarray(value).nbytes for value in (*weights.values(), *state.values()))
        check_room(self.folder, needed + _SLACK_BYTES, f"the checkpoint of step {step}", _FREE_SPACE)
        files.remove(self._path(manifest_name(step)))  # Of a run that was here before and did not resume from it.
        counter = {GLOBAL_STEP: np.int64(step)}
        write_checkpoint(self._path(f"{OPTIMIZER}-{step}"), {**state, **counter})
        write_checkpoint(self._path(f"{MODEL}-{step}"), {**weights, **counter})
        with files.writing(self._path(manifest_name(step))):
            write_manifest(self.folder, describe_step(self.folder, step, best, standing))
            self.take_up(step)

    def adopt(self, step: int, weights: Mapping[str, TensorLike]) -> None:
        """Makes the model of another run the only one of the folder. Training can't be resumed from it.

        Args:
            step: Updates that it had.
            weights: The weights by their names in Google's format.

        Raises:
            InputError: If it can't be written.
        """
        needed = sum(np.asarray(value).nbytes for value in weights.values())
        check_room(self.folder, needed + _SLACK_BYTES, "the best model", _FREE_SPACE)
        files.remove(self._path(manifest_name(step)))  # Of another seed: its list would not fit these files.
        write_checkpoint(self._path(f"{MODEL}-{step}"), {**weights, GLOBAL_STEP: np.int64(step)})
        with files.writing(self._path(manifest_name(step))):
            write_manifest(self.folder, describe_step(self.folder, step, kinds=(MODEL,)))
            self._note_best(None)
            name = f"{MODEL}-{step}"
            self._write_if_other(LIST_FILE, f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n')
            self._remove_all_but([], {step})
            keep_side_files(self.folder)

    def amend(self, step: int, best: Best | None, standing: Mapping[str, object] | None) -> None:
        """Notes what is new of the evaluations at a step that is saved already, in one change to the disk."""
        manifest = read_manifest(self.folder, step)
        assert manifest is not None
        with files.writing(self._path(manifest_name(step))):
            write_manifest(self.folder, dataclasses.replace(manifest, best=best, standing=standing))
            self.take_up(step)

    def standing(self, step: int) -> Mapping[str, object] | None:
        """How the evaluations had gone by a step; None if an older version saved it, which kept that in its state."""
        manifest = read_manifest(self.folder, step)
        return manifest.standing if manifest else None

    def take_up(self, step: int) -> None:
        """Makes a step the newest one, of which the files for other readers tell, and removes what is not to be kept.

        That is what is older, what was never finished, and, if a run continues at an earlier step, the damaged ones
        after it.
        """
        kept = [saved for saved in self._candidates() if saved <= step][-self.keep :]
        # The best as of each step that is kept: a run may have to continue there.
        best_steps = {best.step for saved in kept if (best := self._best_of(saved))}
        self._note_best(self._best_of(step))
        lines = [f'model_checkpoint_path: "{MODEL}-{step}"']
        lines += [f'all_model_checkpoint_paths: "{MODEL}-{number}"' for number in kept]
        self._write_if_other(LIST_FILE, "\n".join(lines) + "\n")
        self._remove_all_but(kept, best_steps)

    def restore(self, step: int) -> dict[str, np.ndarray]:
        """Reads the weights and all other state of a step.

        Raises:
            InputError: If the files are cut off or damaged.
        """
        tensors: dict[str, np.ndarray] = {}
        for kind in (OPTIMIZER, MODEL):
            checkpoint = list_tensors(self._path(f"{kind}-{step}"))
            tensors.update(checkpoint.read_all(sorted(checkpoint.shapes)))
        return tensors

    def check_room(self, weights: int) -> None:
        """Makes sure that all checkpoints of a run will fit: those to be kept, the next, and the model of the best.

        Args:
            weights: How many weights there are, each of which has two moments.

        Raises:
            InputError: If the disk has less room, where what is there already counts as room.
        """
        fewer = ", lower --keep_checkpoints" if self.keep > 1 else ""
        what = f"{self.keep + 1} checkpoints and the best model"
        check_room(
            self.folder, self.bytes_to_come(weights), what, f"Free some space{fewer} or choose another --output_dir"
        )

    def bytes_to_come(self, weights: int) -> int:
        """How much more a run will have on the disk than there is, at most; takes what `check_room` does."""
        needed = (self.keep + 1) * (3 * _FLOAT32_BYTES * weights + _SLACK_BYTES) + _FLOAT32_BYTES * weights
        names = [name for name in files.list_folder(self.folder) if _NAME.fullmatch(name)]
        return needed - (0 if files.is_remote(self.folder) else sum(os.path.getsize(self._path(n)) for n in names))

    def remove_all(self) -> None:
        """Removes every checkpoint of the folder, and temporary files of a run that was killed."""
        for name in (LIST_FILE, BEST_FILE):
            files.remove(self._path(name))
        forget_side_files(self.folder)
        self._remove_all_but([], set())
        files.remove_leftovers(self.folder)

    def _candidates(self) -> list[int]:
        """Steps to resume from, damaged or not: those whose optimizer state was not removed on purpose."""
        found = []
        for step in saved_steps(self.folder):
            manifest = read_manifest(self.folder, step)
            if manifest is not None:
                is_whole = manifest.has(OPTIMIZER)
            elif files.exists(self._path(manifest_name(step))):
                is_whole = True  # A damaged manifest: nobody knows, and it will be told.
            else:
                is_whole = files.exists(self._path(f"{OPTIMIZER}-{step}.index"))
            found += [step] if is_whole else []
        return found

    def _damage(self, step: int) -> str:
        """What is wrong with the files of a step; without a manifest, what the checks that tables have find."""
        if files.exists(self._path(manifest_name(step))):
            return find_damage(self.folder, step, (MODEL, OPTIMIZER))
        try:
            self.restore(step)
        except InputError as error:
            return str(error).rstrip(".")
        return ""

    def _best_of(self, step: int) -> Best | None:
        """The best step as of a step; for one that an older version saved, what the note of that version says."""
        manifest = read_manifest(self.folder, step)
        if manifest is not None or (prefix := best_prefix(self.folder)) is None:
            return manifest.best if manifest else None
        path = self._path(BEST_FILE)
        note = parse_json_object(files.read_text(path, "the note on the best checkpoint", "Remove it"), path)
        return Best(int(prefix.rpartition("-")[2]), note["metric"], note["value"])

    def _note_best(self, best: Best | None) -> None:
        if best is None:
            files.remove(self._path(BEST_FILE))
        else:
            self._write_if_other(BEST_FILE, json.dumps(best.note()) + "\n")

    def _remove_all_but(self, kept: list[int], best_steps: set[int]) -> None:
        for step in self._steps():
            if step in kept:
                continue
            manifest = read_manifest(self.folder, step)
            if step in best_steps and manifest is not None:
                if manifest.has(OPTIMIZER):
                    write_manifest(self.folder, manifest.only(MODEL))
            elif step not in best_steps:
                files.remove(self._path(manifest_name(step)))
                remove_checkpoint(self._path(f"{MODEL}-{step}"))
            remove_checkpoint(self._path(f"{OPTIMIZER}-{step}"))

    def _steps(self) -> list[int]:
        """Steps of which any file is there, complete or not."""
        found = map(_NAME.fullmatch, files.list_folder(self.folder))
        return sorted({int(match[1] or match[2]) for match in found if match})

    def _write_if_other(self, name: str, text: str) -> None:
        path = self._path(name)
        if not files.exists(path) or files.read_bytes(path, "a note", "") != text.encode():
            files.write_text(path, text)

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)
