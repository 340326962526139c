"""The steps of a training run, one at a time, and their parts.

A step is timed in two pieces: drawing the batch, which is how long it waits for its input, and the rest, the update. To
divide the latter, three functions are timed in turn on the same batches: the forward pass, forward and backward pass,
and the update as a whole. The differences are the backward pass and, as what is left, the optimizer with all that
belongs to it: the sum over the replicas, clipping, counters. Taken in turn they are slow and fast together when
something else runs on the machine. The steps' own time is divided in the proportion that they show, so that the four
parts add up to the step. After each step the program waits for the devices, which a training run does only when it
reports.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from bert_tf.benchmark.clock import seconds_of
from bert_tf.data.batches.batch import Batch
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.training.step import TrainStep
from bert_tf.training.trainer import Trainer

TRACED_STEPS = 3


@dataclasses.dataclass(frozen=True)
class MeasuredBatches:
    """The batches of a measurement, in their order.

    Attributes:
        untimed: Those whose steps trace and compile.
        timed: Those whose steps are timed.
        traced: Those whose steps are profiled, if that is wanted.
    """

    untimed: Sequence[Batch]
    timed: Sequence[Batch]
    traced: Sequence[Batch]

    @property
    def all(self) -> list[Batch]:
        """One after the other."""
        return [*self.untimed, *self.timed, *self.traced]


def choose_batches(plan: TrainingPlan, untimed_steps: int, steps: int, *, compiles: bool) -> MeasuredBatches:
    """Takes the first batches of a run.

    Args:
        plan: The batches of the run.
        untimed_steps: How many are not timed.
        steps: How many are timed.
        compiles: Whether each shape is compiled for, so that one batch of each has to come before the timed ones.
    """
    untimed = list(plan.batches(0, untimed_steps))
    timed = list(plan.batches(untimed_steps, untimed_steps + steps))
    if compiles:
        shapes = {_shape(batch) for batch in untimed}
        untimed += {_shape(batch): batch for batch in timed if _shape(batch) not in shapes}.values()
    return MeasuredBatches(untimed, timed, [timed[index % steps] for index in range(TRACED_STEPS)])


def _shape(batch: Batch) -> tuple[int, ...]:
    return (*batch.indices.shape, batch.rows, batch.length)


@dataclasses.dataclass(frozen=True)
class StepTime:
    """How long a step took.

    Attributes:
        waiting: Seconds until the batch was there.
        update: Seconds of the rest.
    """

    waiting: float
    update: float

    @property
    def whole(self) -> float:
        """Seconds of the step."""
        return self.waiting + self.update


@dataclasses.dataclass(frozen=True)
class PartTime:
    """How long functions took that do more and more of a step, on one batch.

    Attributes:
        forward: Seconds of the forward pass, with dropout and loss.
        gradients: Seconds of forward and backward pass.
        update: Seconds of the whole step but for its input.
    """

    forward: float
    gradients: float
    update: float


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a step spends its time on, in seconds."""

    waiting: float
    forward: float
    backward: float
    optimizer: float


def mean_parts(steps: Sequence[StepTime], parts: Sequence[PartTime]) -> Parts:
    """Returns means, whose sum is the mean of the steps.

    Args:
        steps: Times of steps.
        parts: Times of their parts, on the same batches.
    """
    forward, gradients, update = (
        statistics.fmean(getattr(entry, name) for entry in parts) for name in ("forward", "gradients", "update")
    )
    scale = statistics.fmean(entry.update for entry in steps) / update
    return Parts(
        waiting=statistics.fmean(entry.waiting for entry in steps),
        forward=forward * scale,
        backward=(gradients - forward) * scale,
        optimizer=(update - gradients) * scale,
    )


class StepTimer:
    """Runs the steps of a trainer.

    Attributes:
        update: The step on a batch.
    """

    def __init__(self, trainer: Trainer):
        """Begins with the first batch.

        Args:
            trainer: The step, with its data set.
        """
        dataset = trainer.train_dataset
        self._iterator = iter(dataset)
        self.update = tf.function(trainer.train_on, input_signature=[dataset.element_spec])

    def run(self) -> StepTime:
        """Runs the next step."""
        started = time.perf_counter()
        batch = next(self._iterator)
        waiting = time.perf_counter() - started
        return StepTime(waiting, seconds_of(self.update, batch))

    def trace(self, folder: str, steps: int) -> None:
        """Runs the next steps and writes a profile of them, for TensorBoard.

        Args:
            folder: Where to write.
            steps: How many.
        """
        with tf.profiler.experimental.Profile(folder):
            for number in range(steps):
                with tf.profiler.experimental.Trace("train", step_num=number, _r=1):
                    self.run()


class PartTimer:
    """Runs the parts of steps, each as a function of its own."""

    def __init__(self, trainer: Trainer, step: TrainStep, update: Callable, strategy: tf.distribute.Strategy):
        """Begins with the first batch of the trainer.

        Args:
            trainer: Gives the batches.
            step: Gives the passes through the model.
            update: The whole step on a batch.
            strategy: Where to compute.
        """
        dataset = trainer.train_dataset
        self._iterator = iter(dataset)

        def on_replicas(part: Callable) -> Callable:
            def replica(batch: Mapping[str, tf.Tensor]) -> object:
                scales = dict.fromkeys(step.objective.weights(batch), step.loss_scale.value)
                return part(batch, tf.constant(0, tf.int64), scales)

            def run(batch: Mapping[str, tf.Tensor]) -> object:
                return strategy.run(replica, args=(batch,))

            return tf.function(run, input_signature=[dataset.element_spec])

        self._forward, self._gradients, self._update = (
            on_replicas(step.loss),
            on_replicas(step.loss_and_gradients),
            update,
        )

    def run(self) -> PartTime:
        """Runs the functions on the next batch."""
        batch = next(self._iterator)
        return PartTime(*(seconds_of(function, batch) for function in (self._forward, self._gradients, self._update)))
