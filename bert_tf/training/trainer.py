"""The training step under Orbit: it runs the steps, counts what passes through them and notices when they fail."""

import time
from collections.abc import Iterator

import orbit
import tensorflow as tf

from bert_tf import features
from bert_tf.training.step import TrainStep

_LOSS, _NORM, _EXAMPLES, _TOKENS, _SLOTS, _WAIT = range(6)


class Trainer(orbit.StandardTrainer):
    """Drives `TrainStep` over a distributed data set."""

    def __init__(
        self,
        dataset: tf.distribute.DistributedDataset,
        step: TrainStep,
        global_step: tf.Variable,
        strategy: tf.distribute.Strategy,
        *,
        loop_on_device: bool,
    ):
        """Creates the counters, under the current distribution strategy.

        Args:
            dataset: Batches with the features of `features.BATCH`, and those of `features.TIMING` if the time that
                steps wait for them is to be measured.
            step: What each replica does.
            global_step: Updates done, int64; counted up here.
            strategy: Where to compute.
            loop_on_device: Whether many steps are one call, as a TPU needs it.
        """
        super().__init__(dataset, orbit.StandardTrainerOptions(use_tf_while_loop=loop_on_device))
        self.failed_step = _counter(-1, "failed_step")
        self._step, self._strategy, self._global_step = step, strategy, global_step
        self._sums = tf.Variable(
            tf.zeros([6]), trainable=False, name="sums", aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
        self._steps_before, self._started = 0, 0.0
        self._is_timed = features.READY_TIME in dataset.element_spec
        self._waited_seconds, self._loop_seconds = 0.0, 0.0

    @property
    def input_wait(self) -> float | None:
        """Share of the time of all steps in which they waited for their batch; None if it was not measured."""
        return self._waited_seconds / self._loop_seconds if self._is_timed and self._loop_seconds else None

    def train_loop_begin(self) -> None:
        """Starts the counts of the next few steps."""
        self._sums.assign(tf.zeros([6]))
        self._steps_before, self._started = int(self._global_step.numpy()), time.monotonic()

    def train_step(self, iterator: Iterator) -> None:
        """One step on all replicas, on the next batch."""
        if not self._is_timed:  # Then no clock may be in the step: it may be part of a loop on a TPU.
            self.train_on(next(iterator))
            return
        begun = tf.timestamp()
        batch = dict(next(iterator))
        ready_times = batch.pop(features.READY_TIME)
        self.train_on(batch, self._wait(ready_times, begun))

    def train_on(self, batch: dict[str, tf.Tensor], wait: tf.Tensor | float = 0.0) -> None:
        """One step on all replicas; called inside of a `tf.function`.

        Args:
            batch: A batch of the data set, with the features of `features.BATCH` alone.
            wait: Seconds that the step has waited for it, float32 [].
        """
        results = self._strategy.run(self._replica_step, args=(batch, self._global_step.read_value()))
        shared = {
            name: self._strategy.experimental_local_results(results[name])[0] for name in ("loss", "gradient_norm")
        }
        is_finite = self._strategy.experimental_local_results(results["is_finite"])[0]
        counts = self._strategy.reduce(tf.distribute.ReduceOp.SUM, results["counts"], axis=None)
        self._sums.assign_add(tf.concat([[shared["loss"], shared["gradient_norm"]], counts, [wait]], axis=0))
        # Gradients may overflow while the scale of the loss is still to be found; a loss may not, nor a scale of 1.
        is_hopeless = tf.logical_or(self._step.loss_scale.value <= 1.0, ~tf.math.is_finite(shared["loss"]))
        has_failed = tf.logical_and(self.failed_step < 0, tf.logical_and(~is_finite, is_hopeless))
        self.failed_step.assign(tf.where(has_failed, self._global_step, self.failed_step))
        self._step.loss_scale.update(is_finite)
        self._global_step.assign_add(1)

    def train_loop_end(self) -> dict[str, float]:
        """Means over the steps since `train_loop_begin`: what TensorBoard and the progress line show."""
        steps = int(self._global_step.numpy()) - self._steps_before
        sums = self._sums.numpy()
        seconds = time.monotonic() - self._started
        self._loop_seconds += seconds
        self._waited_seconds += float(sums[_WAIT])
        values = {
            "loss": float(sums[_LOSS]) / steps,
            "gradient_norm": float(sums[_NORM]) / steps,
            "learning_rate": float(self._step.schedule(self._global_step - 1)),
            "examples_per_second": float(sums[_EXAMPLES]) / seconds,
            "useful_tokens": float(sums[_TOKENS] / sums[_SLOTS]),
        }
        return {**values, "input_wait": float(sums[_WAIT]) / seconds} if self._is_timed else values

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
    def _replica_step(self, batch: dict[str, tf.Tensor], step: tf.Tensor) -> dict[str, tf.Tensor]:
        mask = batch[features.INPUT_MASK]
        tokens = tf.math.count_nonzero(mask)
        counts = [tf.reduce_sum(batch[features.IS_REAL_EXAMPLE]), tokens, tf.size(mask)]
        return {**self._step(batch, step), "counts": tf.stack([tf.cast(count, tf.float32) for count in counts])}


def _counter(value: int, name: str) -> tf.Variable:
    return tf.Variable(
        value, trainable=False, dtype=tf.int64, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
    )
