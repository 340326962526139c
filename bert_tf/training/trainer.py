"""The training step under Orbit: it runs the steps, counts what passes through them and notices when they fail."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence

import orbit
import tensorflow as tf

from bert_tf import features
from bert_tf.training.step import TrainStep
from bert_tf.training.watch.not_finite import MOST_ROLLBACKS, OnNan
from bert_tf.training.watch.watchdog import Awaited, Watchdog

_LOSS, _NORM, _FINITE_STEPS, _EXAMPLES, _TOKENS, _SLOTS, _WAIT = range(7)
_BAD_IN_A_ROW, _BAD_STEPS, _LAST_BAD_STEP, _OVERFLOWS = range(4)
_NO_STEP = -1
_SECONDS_BETWEEN_WAITS = 1.0  # For the device, so that the host, which only queues steps there, is never far ahead.


@dataclasses.dataclass(frozen=True)
class Faults:
    """What was not finite since the trainer was made.

    Attributes:
        steps: Steps that made no update because their loss or gradients were not finite.
        last_step: The last of them; -1 if there was none.
        overflows: Steps left out because scaled gradients overflowed, which scaling takes for granted now and then.
    """

    steps: int
    last_step: int
    overflows: int


def _never(step: int) -> bool:
    return False


class Trainer(orbit.StandardTrainer):
    """Drives `TrainStep` over a distributed data set."""

    def __init__(
        self,
        dataset: tf.distribute.DistributedDataset | tf.data.Dataset,
        step: TrainStep,
        global_step: tf.Variable,
        strategy: tf.distribute.Strategy,
        *,
        loop_on_device: bool,
        on_nan: OnNan = OnNan.STOP,
        left_out: Sequence[int] = (),
    ):
        """Creates the counters, under the current distribution strategy.

        Args:
            dataset: Batches with the features of `features.BATCH`, and those of `features.TIMING` if the time that
                steps wait for them is to be measured.
            step: What each replica does.
            global_step: Updates done, int64; counted up here.
            strategy: Where to compute.
            loop_on_device: Whether many steps are one call, as a TPU needs it.
            on_nan: Whether steps that are not finite are passed over; otherwise no step after one makes an update.
            left_out: Steps that make no update.
        """
        super().__init__(dataset, orbit.StandardTrainerOptions(use_tf_while_loop=loop_on_device))
        self.failed_step = _counter(_NO_STEP, "failed_step")
        # Set by a run, for its loops: what is asked after each step, and what is told of it.
        self.should_stop: Callable[[int], bool] = _never
        self.watchdog: Watchdog | None = None
        self._step, self._strategy, self._global_step = step, strategy, global_step
        self._sums = tf.Variable(
            tf.zeros([7]), trainable=False, name="sums", aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
        self._faults = _counter([0, 0, _NO_STEP, 0], "faults")
        self._left_out = _counter([_NO_STEP] * MOST_ROLLBACKS, "left_out")
        self.leave_out(left_out)
        self._most_in_a_row = on_nan.most_in_a_row
        self.loops_on_device = loop_on_device
        self._batches_taken: tf.Variable | None = None
        self._steps_run = self.steps_of_loop = 0
        self._steps_before, self._started = 0, 0.0
        self._is_timed = features.READY_TIME in dataset.element_spec
        self._waited_seconds, self._loop_seconds = 0.0, 0.0

    @property
    def input_wait(self) -> float | None:
        """Share of the time of all steps in which they waited for their batch; None if it was not measured."""
        return self._waited_seconds / self._loop_seconds if self._is_timed and self._loop_seconds else None

    @property
    def faults(self) -> Faults:
        """What was not finite up to now."""
        values = self._faults.numpy()
        return Faults(int(values[_BAD_STEPS]), int(values[_LAST_BAD_STEP]), int(values[_OVERFLOWS]))

    @property
    def awaited(self) -> Awaited:
        """What the present step waits for. May be asked in any thread."""
        taken = 0 if self._batches_taken is None else int(self._batches_taken.numpy())
        return Awaited.DEVICE if taken > self._steps_run else Awaited.INPUT

    def leave_out(self, steps: Sequence[int]) -> None:
        """Sets the steps that make no update, and forgets that one has failed.

        Args:
            steps: Updates done before each of them; at most `guards.MOST_ROLLBACKS`.
        """
        self._left_out.assign([*steps, *[_NO_STEP] * (MOST_ROLLBACKS - len(steps))])
        self.failed_step.assign(_NO_STEP)

    def train(self, num_steps: tf.Tensor) -> dict[str, float]:
        """Runs so many steps, or fewer if `should_stop` says so.

        Args:
            num_steps: int32 [].

        Returns:
            What `train_loop_end` does.
        """
        if self.watchdog is None:
            return super().train(num_steps)
        with self.watchdog.expecting_steps():
            return super().train(num_steps)

    def create_train_loop_fn(self) -> Callable:
        """The loop over steps; on a TPU it runs there, and else here, where it can end before its time."""
        if self.loops_on_device:
            return super().create_train_loop_fn()
        # On the host and, as this is called outside of the strategy, of no replica: it is read while devices are busy.
        with tf.device("/CPU:0"):
            self._batches_taken = tf.Variable(0, dtype=tf.int64, trainable=False)
        step_function = tf.function(self.train_step, autograph=False)

        def loop(iterator: Iterator, count: tf.Tensor) -> None:
            waited = time.monotonic()
            for done in range(1, int(count) + 1):
                step_function(iterator)
                if time.monotonic() - waited > _SECONDS_BETWEEN_WAITS:
                    self._global_step.numpy()
                    waited = time.monotonic()
                self._steps_run += 1
                if self.watchdog is not None:
                    self.watchdog.beat()
                if self.should_stop(self._steps_before + done):
                    return

        return loop

    def train_loop_begin(self) -> None:
        """Starts the counts of the next few steps."""
        self._sums.assign(tf.zeros([7]))
        self._steps_before, self._started = int(self._global_step.numpy()), time.monotonic()

    def train_step(self, iterator: Iterator) -> None:
        """One step on all replicas, on the next batch."""
        if not self._is_timed:  # Then no clock may be in the step: it may be part of a loop on a TPU.
            batch = next(iterator)
            self._note_batch(batch)
            self.train_on(batch)
            return
        begun = tf.timestamp()
        batch = dict(next(iterator))
        self._note_batch(batch)
        ready_times = batch.pop(features.READY_TIME)
        self.train_on(batch, self._wait(ready_times, begun))

    def train_on(self, batch: dict[str, tf.Tensor], wait: tf.Tensor | float = 0.0) -> None:
        """One step on all replicas; called inside of a `tf.function`.

        Args:
            batch: A batch of the data set, with the features of `features.BATCH` alone.
            wait: Seconds that the step has waited for it, float32 [].
        """
        step = self._global_step.read_value()
        is_wanted = tf.logical_and(self.failed_step < 0, tf.reduce_all(tf.not_equal(self._left_out, step)))
        results = self._strategy.run(self._replica_step, args=(batch, step, is_wanted))
        shared = {
            name: self._strategy.experimental_local_results(results[name])[0] for name in ("loss", "gradient_norm")
        }
        is_finite = self._strategy.experimental_local_results(results["is_finite"])[0]
        counts = self._strategy.reduce(tf.distribute.ReduceOp.SUM, results["counts"], axis=None)
        told = tf.where(is_finite, [shared["loss"], shared["gradient_norm"], 1.0], 0.0)
        self._sums.assign_add(tf.concat([told, counts, [wait]], axis=0))
        # Gradients may overflow while the scale of the loss is still to be found; a loss may not, nor a scale of 1.
        is_hopeless = tf.logical_or(self._step.loss_scale.value <= 1.0, ~tf.math.is_finite(shared["loss"]))
        self._note_faults(step, is_wanted & ~is_finite, is_hopeless)
        self._step.loss_scale.update(is_finite | ~is_wanted)
        self._global_step.assign_add(1)

    def train_loop_end(self) -> dict[str, float]:
        """Means over the steps since `train_loop_begin`: what TensorBoard and the progress line show."""
        self.steps_of_loop = int(self._global_step.numpy()) - self._steps_before
        self._loop_seconds += time.monotonic() - self._started
        self._waited_seconds += float(self._sums.numpy()[_WAIT])
        return self.means()

    def means(self) -> dict[str, float]:
        """Means over the steps since `train_loop_begin`, of which there must be one; may be asked between two steps."""
        sums = self._sums.numpy()
        steps = float(sums[_FINITE_STEPS]) or math.nan
        seconds = time.monotonic() - self._started
        values = {
            "loss": float(sums[_LOSS]) / steps,
            "gradient_norm": float(sums[_NORM]) / steps,
            "learning_rate": float(self._step.schedule(self._global_step - 1)),
            "examples_per_second": float(sums[_EXAMPLES]) / seconds,
            "useful_tokens": float(sums[_TOKENS] / sums[_SLOTS]),
        }
        return {**values, "input_wait": float(sums[_WAIT]) / seconds} if self._is_timed else values

    def _note_batch(self, batch: dict[str, tf.Tensor]) -> None:
        """Counts a batch once it has come."""
        if self._batches_taken is None:
            return
        parts = [part for value in batch.values() for part in self._strategy.experimental_local_results(value)]
        with tf.control_dependencies(parts), tf.device("/CPU:0"):
            self._batches_taken.assign_add(1)

    def _note_faults(self, step: tf.Tensor, is_bad: tf.Tensor, is_hopeless: tf.Tensor) -> None:
        """Counts a step that was not finite, as an overflow if a smaller scale of the loss may mend it."""
        faults = self._faults.read_value()
        is_fault, is_overflow = is_bad & is_hopeless, is_bad & ~is_hopeless
        in_a_row = tf.where(is_fault, faults[_BAD_IN_A_ROW] + 1, 0)
        last = tf.where(is_fault, step, faults[_LAST_BAD_STEP])
        steps = faults[_BAD_STEPS] + tf.cast(is_fault, tf.int64)
        overflows = faults[_OVERFLOWS] + tf.cast(is_overflow, tf.int64)
        self._faults.assign(tf.stack([in_a_row, steps, last, overflows]))
        has_failed = is_fault & (in_a_row >= self._most_in_a_row)
        self.failed_step.assign(tf.where(has_failed, step, self.failed_step))

    def _wait(self, ready_times: tf.Tensor, begun: tf.Tensor) -> tf.Tensor:
        """Seconds that a step stood still until the last part of its batch was ready, float32 [].

        It is the batch that notes when it was ready. A second look at the clock once the batch has been taken would
        count as waiting what the step did at that time that needs no batch, such as the casts of its weights. Handing
        the batch over, which takes some tenths of a millisecond, is not counted.

        Args:
            ready_times: When each replica's part was ready, float64 [].
            begun: When the step began, float64 [].
        """
        ready = tf.reduce_max(tf.stack(self._strategy.experimental_local_results(ready_times)))
        return tf.cast(tf.maximum(ready - begun, 0.0), tf.float32)

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def _replica_step(self, batch: dict[str, tf.Tensor], step: tf.Tensor, is_wanted: tf.Tensor) -> dict[str, tf.Tensor]:
        mask = batch[features.INPUT_MASK]
        tokens = tf.math.count_nonzero(mask)
        counts = [self._step.objective.count(batch), tokens, tf.size(mask)]
        return {
            **self._step(batch, step, is_wanted),
            "counts": tf.stack([tf.cast(count, tf.float32) for count in counts]),
        }


def _counter(value: int | list[int], name: str) -> tf.Variable:
    return tf.Variable(
        value, trainable=False, dtype=tf.int64, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
    )
