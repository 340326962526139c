"""The training step under Orbit: it runs the steps, counts what passes through them and notices when they fail."""

import time
from collections.abc import Iterator

import orbit
import tensorflow as tf

from bert_tf import features
from bert_tf.training.step import TrainStep

_LOSS, _NORM, _EXAMPLES, _TOKENS, _SLOTS = range(5)


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
            dataset: Batches with the features of `features.BATCH`.
            step: What each replica does.
            global_step: Updates done, int64; counted up here.
            strategy: Where to compute.
            loop_on_device: Whether many steps are one call, as a TPU needs it.
        """
        super().__init__(dataset, orbit.StandardTrainerOptions(use_tf_while_loop=loop_on_device))
        self.failed_step = _counter(-1, "failed_step")
        self._step, self._strategy, self._global_step = step, strategy, global_step
        self._sums = tf.Variable(
            tf.zeros([5]), trainable=False, name="sums", aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
        self._steps_before, self._started = 0, 0.0

    def train_loop_begin(self) -> None:
        """Starts the counts of the next few steps."""
        self._sums.assign(tf.zeros([5]))
        self._steps_before, self._started = int(self._global_step.numpy()), time.monotonic()

    def train_step(self, iterator: Iterator) -> None:
        """One step on all replicas, on the next batch."""
        self.train_on(next(iterator))

    def train_on(self, batch: dict[str, tf.Tensor]) -> None:
        """One step on all replicas, on a batch of the data set; called inside of a `tf.function`."""
        results = self._strategy.run(self._replica_step, args=(batch, self._global_step.read_value()))
        shared = {
            name: self._strategy.experimental_local_results(results[name])[0] for name in ("loss", "gradient_norm")
        }
        is_finite = self._strategy.experimental_local_results(results["is_finite"])[0]
        counts = self._strategy.reduce(tf.distribute.ReduceOp.SUM, results["counts"], axis=None)
        self._sums.assign_add(tf.concat([tf.stack([shared["loss"], shared["gradient_norm"]]), counts], axis=0))
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
        return {
            "loss": float(sums[_LOSS]) / steps,
            "gradient_norm": float(sums[_NORM]) / steps,
            "learning_rate": float(self._step.schedule(self._global_step - 1)),
            "examples_per_second": float(sums[_EXAMPLES]) / seconds,
            "useful_tokens": float(sums[_TOKENS] / sums[_SLOTS]),
        }

    def _replica_step(self, batch: dict[str, tf.Tensor], step: tf.Tensor) -> dict[str, tf.Tensor]:
        mask = batch[features.INPUT_MASK]
        tokens = tf.math.count_nonzero(mask)
        counts = [tf.reduce_sum(batch[features.IS_REAL_EXAMPLE]), tokens, tf.size(mask)]
        return {**self._step(batch, step), "counts": tf.stack([tf.cast(count, tf.float32) for count in counts])}


def _counter(value: int, name: str) -> tf.Variable:
    return tf.Variable(
        value, trainable=False, dtype=tf.int64, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
    )
