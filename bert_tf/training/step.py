"""One training step, as it runs on each replica."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.models import fused, reading
from bert_tf.tasks.objectives.objective import Objective
from bert_tf.training.optimizer import Adam, clip_by_global_norm
from bert_tf.training.precision import LossScale

Scales = Mapping[str, tf.Tensor]  # What the losses of each term are multiplied by, float32 [].
_DRAWS_PER_STEP = 4096  # Places of dropout in one pass through the model: more than any model has.


@dataclasses.dataclass(frozen=True)
class TrainStep:
    """Forward pass, backward pass and update, the same on one replica as on many.

    The order is what makes it so: 1. losses are divided by the weight of the whole batch, on all replicas; 2. gradients
    are summed over the replicas; 3. only then is their global norm taken and clipped.

    Attributes:
        model: The model; called with features and a dropout seed.
        objective: Gives the terms of the loss and the weights by which they are divided.
        optimizer: Applies the update.
        schedule: Updates done -> learning rate.
        loss_scale: Scale of the loss.
        clip_norm: Limit of the global norm; 0 for none.
        accumulation_steps: Parts in which a replica works off its share of the batch.
        seed: Decides the dropout masks, together with the step and the replica.
        compiles_parts: Whether the elementwise parts of the model are compiled, which pays where shapes are few.
        stand_ins: Gives what the layers read in place of variables, by the paths of these; see `models.reading`.
    """

    model: keras.Model
    objective: Objective
    optimizer: Adam
    schedule: Callable[[tf.Tensor], tf.Tensor]
    loss_scale: LossScale
    clip_norm: float
    accumulation_steps: int
    seed: int
    compiles_parts: bool
    stand_ins: Callable[[], Mapping[str, tf.Tensor]] = dict

    def __call__(
        self, batch: Mapping[str, tf.Tensor], step: tf.Tensor, is_wanted: tf.Tensor | bool = True
    ) -> dict[str, tf.Tensor]:
        """Runs the step on this replica's share of the batch.

        Args:
            batch: The features of `features.BATCH`.
            step: Updates done before, int64 [].
            is_wanted: bool []; if false, weights and moments stay as they are, as they do if the loss or the norm of
                the gradients is not finite.

        Returns:
            `loss`, the weighted mean over the whole batch; `gradient_norm` before clipping; and `is_finite`. They are
            the same on every replica.
        """
        context = tf.distribute.get_replica_context()
        weights = self.objective.weights(batch)
        sums = context.all_reduce(tf.distribute.ReduceOp.SUM, list(weights.values()))
        scales = {name: self.loss_scale.value / total for name, total in zip(weights, sums, strict=True)}
        loss, gradients = self.loss_and_gradients(batch, step, scales)
        loss, *gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, [loss, *gradients])
        if self.loss_scale.dynamic:
            gradients = [gradient / self.loss_scale.value for gradient in gradients]
        gradients, norm = clip_by_global_norm(gradients, self.clip_norm)
        is_finite = tf.logical_and(tf.math.is_finite(norm), tf.math.is_finite(loss))
        self.optimizer.apply(gradients, self.schedule(step), step, is_active=tf.logical_and(is_wanted, is_finite))
        return {"loss": loss / self.loss_scale.value, "gradient_norm": norm, "is_finite": is_finite}

    def loss_and_gradients(
        self, batch: Mapping[str, tf.Tensor], step: tf.Tensor, scales: Scales
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Sums scaled loss and gradients over the parts of this replica's share of the batch."""
        if self.accumulation_steps == 1:
            return self._part(batch, self._dropout_seed(step, tf.constant(0, tf.int64)), scales)

        def part_of(share: dict[str, tf.Tensor], seed: tf.Tensor) -> list[tf.Tensor]:
            loss, gradients = self._part(share, seed, scales)
            return [loss, *gradients]

        shapes = [tf.TensorShape([]), *(weight.value.shape for weight in self.optimizer.weights)]
        loss, *gradients = self._sum_of_parts(part_of, batch, step, shapes)
        return loss, gradients

    def loss(self, batch: Mapping[str, tf.Tensor], step: tf.Tensor, scales: Scales) -> tf.Tensor:
        """The forward passes of `loss_and_gradients` alone, to be measured on their own: its loss, float32 []."""
        if self.accumulation_steps == 1:
            return self._part_loss(batch, self._dropout_seed(step, tf.constant(0, tf.int64)), scales)
        (total,) = self._sum_of_parts(
            lambda share, seed: [self._part_loss(share, seed, scales)], batch, step, [tf.TensorShape([])]
        )
        return total

    def _sum_of_parts(
        self,
        part_of: Callable[[dict[str, tf.Tensor], tf.Tensor], list[tf.Tensor]],
        batch: Mapping[str, tf.Tensor],
        step: tf.Tensor,
        shapes: Sequence[tf.TensorShape],
    ) -> list[tf.Tensor]:
        """Sums what a function says of each part, (share of the batch, dropout seed) -> tensors of the given shapes."""

        def add_part(part: tf.Tensor, *sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            share = {name: self._share(tensor, part) for name, tensor in batch.items()}
            values = part_of(share, self._dropout_seed(step, part))
            return part + 1, *(total + value for total, value in zip(sums, values, strict=True))

        _, *sums = tf.while_loop(
            lambda part, *_: part < self.accumulation_steps,
            add_part,
            [tf.constant(0, tf.int64), *map(tf.zeros, shapes)],
            # One after the other: TensorFlow would begin several at a time, and hold the tensors of all of them.
            parallel_iterations=1,
        )
        return sums

    def _share(self, tensor: tf.Tensor, part: tf.Tensor) -> tf.Tensor:
        """The rows or examples of one part; all parts have equally many."""
        parts = tf.reshape(tensor, tf.concat([[self.accumulation_steps, -1], tf.shape(tensor)[1:]], axis=0))
        return tf.gather(parts, part)

    def _part(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor, scales: Scales
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns the scaled loss of some examples and its dense gradients."""
        variables = [weight.value for weight in self.optimizer.weights]
        with fused.compiling(self.compiles_parts):
            with tf.GradientTape() as tape:
                loss = self._part_loss(batch, seed, scales)
            gradients = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return loss, [_dense(gradient, variable) for gradient, variable in zip(gradients, variables, strict=True)]

    def _part_loss(self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor, scales: Scales) -> tf.Tensor:
        with fused.compiling(self.compiles_parts), reading.using(self.stand_ins()):
            logits = self.model(features.model_inputs(batch), seed=seed)
            terms = self.objective.of(self.model).loss_terms(logits, batch)
            return tf.add_n([tf.reduce_sum(term.losses * term.weights) * scales[term.name] for term in terms])

    def _dropout_seed(self, step: tf.Tensor, part: tf.Tensor) -> tf.Tensor:
        """A seed that no other part, step or replica of the run has: int64 [2]."""
        replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
        return self.seed_of(step, part, replica)

    def seed_of(self, step: tf.Tensor, part: tf.Tensor, replica: tf.Tensor) -> tf.Tensor:
        """The seed of a part of a replica's share of a step: int64 [2], from three int64 []."""
        passes = step * self.accumulation_steps + part
        return tf.stack(
            [self.seed + tf.bitwise.left_shift(replica, tf.constant(32, tf.int64)), passes * _DRAWS_PER_STEP]
        )


def _dense(gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> tf.Tensor:
    """A gradient of the variable's shape, which is known before it is computed; rows of an embedding are summed up."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, variable.shape[0])
