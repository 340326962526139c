"""Who looks after a run while it trains: heeds requests to stop, warns of what goes wrong, keeps the journal."""

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from bert_tf.config.run import TrainConfig
from bert_tf.host.workers import count_workers, sum_over_workers
from bert_tf.training.journal import Event, Journal
from bert_tf.training.progress import Progress
from bert_tf.training.trainer import Trainer
from bert_tf.training.watch.interruption import StopRequest, alone, stopping_on_signals
from bert_tf.training.watch.maintenance import stopping_before_maintenance
from bert_tf.training.watch.not_finite import LossWatch, ScaleWatch, rate_advice
from bert_tf.training.watch.watchdog import Watchdog

_STEPS_BETWEEN_QUESTIONS = 10
_MILLISECONDS_BETWEEN_QUESTIONS = 1000
_LONGEST_MILLISECONDS = 10**5  # So that the sum over thousands of workers is an int32.


class Agreement:
    """How several workers agree to stop: all of them, at the same step, if one was asked to.

    To ask costs a message, so they ask one another once a second, but at least at every tenth step. All of them learn
    how long the steps took on all, and so each knows at which step the others ask again.
    """

    def __init__(self, strategy: tf.distribute.Strategy, clock: Callable[[], float] = time.monotonic):
        """Begins to count the time of steps.

        Args:
            strategy: Knows the workers.
            clock: Seconds.
        """
        self._strategy, self._clock = strategy, clock
        self._asked = self._next = 0
        self._asked_at = clock()

    def __call__(self, step: int, wanted: bool, is_over: bool) -> bool:
        """Whether all workers stop now; called by all of them at the same steps.

        Args:
            step: Updates done.
            wanted: Whether this worker was asked to stop.
            is_over: Whether training ends at this step anyway, so that this is the last question.
        """
        if self._asked <= step < self._next and not is_over:
            return False
        milliseconds = min(round(1000 * (self._clock() - self._asked_at)), _LONGEST_MILLISECONDS)
        stops, total = sum_over_workers(self._strategy, np.array([wanted, milliseconds], np.int32))
        steps = step - self._asked
        if not 0 < steps <= _STEPS_BETWEEN_QUESTIONS:  # The run was resumed or went back, which took time of its own.
            steps = 1
        # In whole numbers, so that no worker rounds otherwise than the others.
        each = int(total) // (count_workers(self._strategy) * steps)
        self._next = step + min(max(_MILLISECONDS_BETWEEN_QUESTIONS // max(each, 1), 1), _STEPS_BETWEEN_QUESTIONS)
        self._asked, self._asked_at = step, self._clock()
        return bool(stops)


def agreement(strategy: tf.distribute.Strategy) -> Callable[[int, bool, bool], bool]:
    """Returns how the workers of a strategy agree to stop; one that is alone need not ask."""
    return alone if count_workers(strategy) == 1 else Agreement(strategy)


def _nothing(step: int) -> None:
    """Done after a step by default."""


class Supervisor:
    """Looks after one run."""

    def __init__(self, train: TrainConfig, journal: Journal, agree: Callable[[int, bool, bool], bool] = alone):
        """Does nothing yet.

        Args:
            train: The options of training.
            journal: Where to note what happens.
            agree: (updates done, whether this worker was asked to stop, whether training is over) -> whether all
                workers stop at this step. Called after every step and at the end of training, on all workers alike.
        """
        self.journal = journal
        self._stall_seconds, self._agree = train.stall_seconds, agree
        self._request = StopRequest()
        self._losses, self._scales = LossWatch(rate_advice(train)), ScaleWatch()
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

    def should_stop(self, step: int, is_over: bool = False) -> bool:
        """Whether the run is to stop at a step.

        Args:
            step: Updates done.
            is_over: Whether training ends there anyway.
        """
        self.must_stop = self._agree(step, bool(self._request), is_over)
        return self.must_stop

    @contextlib.contextmanager
    def attending(
        self, trainer: Trainer, progress: Progress, after_step: Callable[[int], None] = _nothing
    ) -> Iterator[None]:
        """Heeds signals and the platform, and watches the steps of the trainer, in the block.

        Args:
            trainer: Runs the steps.
            progress: The lines that are on the terminal.
            after_step: Called with the number of updates after each step that this process runs one by one.
        """

        def should_stop(step: int) -> bool:
            after_step(step)
            return self.should_stop(step)

        # A loop on a device says nothing of its steps until it is over.
        seconds = 0.0 if trainer.loops_on_device else self._stall_seconds
        watchdog = Watchdog(
            seconds,
            awaited=lambda: trainer.awaited,
            warn=lambda text: self.warn("stall", text, progress),
            end=self.journal.end,
        )
        trainer.watchdog, trainer.should_stop = watchdog, should_stop
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
