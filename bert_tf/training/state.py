"""All that a run must know again to continue exactly where it was, and its way to the disk and back."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import numpy as np

from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.table import Axis, TokenTable, Use
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.training.background import BackgroundWork
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.stopping import Standing
from bert_tf.training.stored import Stored
from bert_tf.weights.manifest import Best

_FINGERPRINT, _REPLICAS = "data_fingerprint", "replicas"


@dataclasses.dataclass(frozen=True)
class RunIdentity:
    """What makes two processes parts of one run, beside their options.

    Attributes:
        table: The training set.
        plan: The batches.
        total_steps: Steps of the run.
        replicas: Devices that share each batch.
    """

    table: TokenTable
    plan: TrainingPlan
    total_steps: int
    replicas: int

    @functools.cached_property
    def _fingerprint(self) -> np.ndarray:
        """A checksum of the tokens, the targets, the number of steps and the first batch, uint8 [32].

        Another version may deal the same examples into other batches: some would come twice, and others never.
        """
        digest = hashlib.sha256(str(self.total_steps).encode())
        pieces = self.table.select(Axis.PIECE, Use.INPUT)
        targets = {**self.table.select(Axis.PIECE, Use.TARGET), **self.table.by_row(Use.TARGET)}
        for array in (*pieces.values(), self.table.row_splits, *targets.values()):
            digest.update(np.ascontiguousarray(array).reshape(-1).data)
        digest.update(np.sort(self.plan.batch(0).examples).data)
        return np.frombuffer(digest.digest(), np.uint8)

    def to_state(self) -> dict[str, np.ndarray]:
        """The identity as tensors for a checkpoint."""
        return {_FINGERPRINT: self._fingerprint, _REPLICAS: np.asarray(self.replicas, np.int64)}

    def check(self, state: Mapping[str, np.ndarray], origin: str) -> str:
        """Makes sure that a state is one of this run.

        Args:
            state: The tensors of a checkpoint.
            origin: Which it is, for messages.

        Returns:
            What changes because of another number of devices, or nothing.

        Raises:
            InputError: If the batches or the number of steps would be others.
        """
        before = int(state.get(_REPLICAS, self.replicas))  # Older states do not tell.
        if before != self.replicas and self.plan.tokens_per_batch:
            raise InputError(
                "With --tokens_per_batch the batches depend on the number of devices, so a run must continue with as "
                "many as it began with",
                received=f"{_devices(before)} for {origin}, {_devices(self.replicas)} now",
                fix=f"Use {_devices(before)}, or start anew with --overwrite_output_dir",
            )
        if not np.array_equal(state[_FINGERPRINT], self._fingerprint):
            raise InputError(
                "A run can only be resumed with the examples, the batches and the number of steps that it began with",
                received=f"other training examples, tokens, batches or steps than those of {origin}",
                fix="Restore the data, or start anew with --overwrite_output_dir",
            )
        if before == self.replicas:
            return ""
        return (
            f"{_devices(before)} before, {_devices(self.replicas)} now: the batches stay the same, but each device "
            "draws the dropout of its own share, and sums may round differently"
        )


class RunState:
    """The state of a run in memory and in its folder."""

    def __init__(
        self,
        identity: RunIdentity,
        weights: Mapping[str, Stored],
        slots: Mapping[str, Stored],
        checkpoints: RunCheckpoints,
        metric: str,
        *,
        writes: bool = True,
    ):
        """Names the parts; nothing is read or written.

        Args:
            identity: Which run it is.
            weights: The weights by their names in Google's format.
            slots: Moments, scale of the loss and whatever else the steps change, by name.
            checkpoints: The folder.
            metric: The score that decides which step is best.
            writes: Whether this process writes in the folder: of several that train together, one does.
        """
        self.checkpoints = checkpoints
        self._writes = writes
        self._identity, self._weights, self._slots, self._metric = identity, weights, slots, metric
        self._writer = BackgroundWork()
        self._last: tuple[int, Mapping[str, object]] | None = None

    def save(self, step: int, standing: Standing, written: Callable[[], None] | None = None) -> None:
        """Copies the state, and has it written while training continues.

        The one before must have been written first, so that two copies are never in memory. If the step is that which
        was saved or taken up last, its files stay, and only what is new of the standing is noted: a step whose files
        are being replaced would not be there.

        Args:
            step: Updates done.
            standing: How the evaluations went.
            written: Called, in another thread, when all of it is on the disk.

        Raises:
            InputError: If the one before could not be written.
        """
        if not self._writes:
            return
        self.wait()
        last, self._last = self._last, None  # A signal may end this before the work has begun.
        now = step, standing.to_json()
        if last != now:
            write = self._writing(step, standing, is_there=last is not None and last[0] == step)

            def write_and_tell() -> None:
                write()
                if written is not None:
                    written()

            self._writer.begin(write_and_tell)
        self._last = now

    def _writing(self, step: int, standing: Standing, *, is_there: bool) -> Callable[[], None]:
        """Copies what has to be written; returns the work that writes it."""
        best = Best(standing.best_step, self._metric, standing.best_value) if standing.best_step else None
        if is_there:
            return lambda: self.checkpoints.amend(step, best, standing.to_json())
        weights, slots = _copy(self._weights), _copy(self._slots)
        state = {**slots, **standing.to_state(), **self._identity.to_state()}
        return lambda: self.checkpoints.save(step, weights, state, best, standing.to_json())

    def wait(self) -> None:
        """Waits until what was saved is on the disk.

        Raises:
            InputError: If it could not be written.
        """
        self._writer.wait()

    def written(self, tell: Callable[[str], None]) -> AbstractContextManager[None]:
        """Waits at the end of a block, as `BackgroundWork.finished` does."""
        return self._writer.finished(tell)

    def restore(self) -> tuple[int, Standing, tuple[str, ...]] | None:
        """Takes up the newest checkpoint that is intact, and tidies up after a process that was killed.

        Returns:
            Its step, how the evaluations had gone, and what should be said of it; None if there is none.

        Raises:
            InputError: If all are damaged, or they are those of another run.
        """
        self.wait()
        selection = self.checkpoints.select()
        if selection is None:
            return None
        tensors = self.checkpoints.restore(selection.step)
        note = self._identity.check(tensors, f"step {selection.step} in {self.checkpoints.folder}")
        self._check_shapes(tensors, selection.step)
        for name, stored in {**self._weights, **self._slots}.items():
            stored.write(tensors[name])
        if self._writes:
            files.remove_leftovers(self.checkpoints.folder)
            self.checkpoints.take_up(selection.step)
        kept = self.checkpoints.standing(selection.step)
        standing = Standing.from_state(tensors) if kept is None else Standing.from_json(kept)
        # A step without a manifest is not amended: it is saved again, with one.
        self._last = None if kept is None else (selection.step, standing.to_json())
        notes = (str(selection) if selection.damaged else "", note)
        return selection.step, standing, tuple(line for line in notes if line)

    def _check_shapes(self, tensors: Mapping[str, np.ndarray], step: int) -> None:
        """Makes sure that a checkpoint has all of the state; those of former versions have another one."""
        for name, stored in {**self._weights, **self._slots}.items():
            if name not in tensors or tensors[name].shape != stored.shape:
                has = f"{name} of shape {list(tensors[name].shape)}" if name in tensors else f"no {name}"
                raise InputError(
                    f"A run is resumed from the state that this version saves, with {name} of shape "
                    f"{list(stored.shape)}",
                    received=f"{has} at step {step} in {self.checkpoints.folder}",
                    fix="Continue with the version that began the run, or start anew with --overwrite_output_dir",
                )


def _copy(parts: Mapping[str, Stored]) -> dict[str, np.ndarray]:
    return {name: stored.read() for name, stored in parts.items()}


def _devices(count: int) -> str:
    return f"{count} device{'s' if count > 1 else ''}"
