"""Who looks after a run while it trains: heeds requests to stop, warns of what goes wrong, keeps the journal."""

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from bert_tf.config import TrainConfig
from bert_tf.training.guards import LossWatch, ScaleWatch
from bert_tf.training.interruption import StopRequest, alone, stopping_on_signals
from bert_tf.training.journal import Event, Journal
from bert_tf.training.maintenance import stopping_before_maintenance
from bert_tf.training.progress import Progress
from bert_tf.training.trainer import Trainer
from bert_tf.training.watchdog import Watchdog
from bert_tf.workers import count_workers, sum_over_workers


def agreement(strategy: tf.distribute.Strategy) -> Callable[[int, bool], bool]:
    """Returns how the workers of a strategy agree to stop: all of them, at the same step, if one was asked to."""
    if count_workers(strategy) == 1:
        return alone

    def is_wanted_anywhere(step: int, wanted: bool) -> bool:
        return bool(sum_over_workers(strategy, np.array([wanted], np.int32))[0])

    return is_wanted_anywhere


class Supervisor:
    """Looks after one run."""

    def __init__(self, train: TrainConfig, journal: Journal, agree: Callable[[int, bool], bool] = alone):
        """Does nothing yet.

        Args:
            train: The options of training.
            journal: Where to note what happens.
            agree: (updates done, whether this worker was asked to stop) -> whether all workers stop at this step.
                Called after every step and at the end of training, on all workers alike.
        """
        self.journal = journal
        self._stall_seconds, self._agree = train.stall_seconds, agree
        self._request = StopRequest()
        self._losses, self._scales = LossWatch(), ScaleWatch()
        self._overflows = 0
        self.must_stop = False

    @property
    def is_alone(self) -> bool:
        """Whether this is the only worker, which may end what it does without asking."""
        return self._agree is alone

    @property
    def reason(self) -> str:
        """Who asked this worker to stop; another worker if nobody did."""
        return self._request.reason or "another worker"

    def should_stop(self, step: int) -> bool:
        """Whether the run is to stop at a step.

        Args:
            step: Updates done.
        """
        self.must_stop = self._agree(step, bool(self._request))
        return self.must_stop

    @contextlib.contextmanager
    def attending(self, trainer: Trainer, progress: Progress) -> Iterator[None]:
        """Heeds signals and the platform, and watches the steps of the trainer, in the block."""
        # A loop on a device says nothing of its steps until it is over.
        seconds = 0.0 if trainer.loops_on_device else self._stall_seconds
        watchdog = Watchdog(
            seconds,
            awaited=lambda: trainer.awaited,
            warn=lambda text: self.warn("stall", text, progress),
            end=self.journal.end,
        )
        trainer.watchdog, trainer.should_stop = watchdog, self.should_stop
        with stopping_on_signals(self._request), stopping_before_maintenance(self._request), watchdog.on_duty():
            yield

    def warn(self, kind: str, text: str, progress: Progress, **values: object) -> None:
        """Warns the person at the terminal, and notes it.

        Args:
            kind: One word for programs.
            text: What to tell; nothing that belongs to this machine alone.
            progress: The lines that are on the terminal.
            values: What else to note.
        """
        progress.warn(f"warning: {text}")
        self.journal.note(Event.WARN, kind=kind, text=text, **values)

    def look_at(self, steps: int, loss: float, trainer: Trainer, scale: float | None, progress: Progress) -> None:
        """Warns if the loss runs away, or float16 does not do.

        Args:
            steps: Steps since the last look.
            loss: Mean loss over them.
            trainer: Has counted what overflowed.
            scale: What losses are multiplied with; None if they are not.
            progress: The lines that are on the terminal.
        """
        diverging = self._losses.after(steps, loss)
        if diverging:
            self.warn("divergence", diverging, progress)
        if scale is None:
            return
        overflows, self._overflows = trainer.faults.overflows - self._overflows, trainer.faults.overflows
        unfit = self._scales.after(steps, overflows, scale)
        if unfit:
            self.warn("loss_scale", unfit, progress, scale=scale)
