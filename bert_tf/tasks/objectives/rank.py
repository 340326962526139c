"""Choosing one of several labels that are in order.

The head answers, for each label but the highest, whether the truth lies above it (Frank and Hall 2001); the loss is
that of these decisions together. So a neighbour of the truth costs less than a label far away.
"""

from collections.abc import Mapping

import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES
from bert_tf.tasks.objectives.losses import binary_losses
from bert_tf.tasks.objectives.one_label import OneLabelObjective


class RanksObjective(OneLabelObjective):
    """One score for each step between neighbouring labels; the median is chosen."""

    def make_head(self, config: EncoderConfig) -> ClassificationHead:
        """Creates a head with one score for each step between neighbouring labels."""
        return ClassificationHead(config, len(self.space.labels) - 1)

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum over the steps, float32 [B], from logits [B, C - 1] and int32 [B]."""
        is_above = tf.cast(targets[:, tf.newaxis] > tf.range(tf.shape(logits)[1])[tf.newaxis], tf.float32)
        losses = tf.reduce_sum(binary_losses(logits, is_above, self.options), axis=-1)
        return losses * tf.gather(tf.constant(self.options.weights), targets) if self.options.weights else losses

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each label, [B, C]; rows sum to 1.

        The truth can't be more likely to lie above a label than above the one below it. Where the model says so, the
        smaller number counts.
        """
        above = [tf.sigmoid(logits[:, step]) for step in range(len(self.space.labels) - 1)]
        for step in range(1, len(above)):
            above[step] = tf.minimum(above[step], above[step - 1])
        reached = tf.stack([tf.ones_like(above[0]), *above, tf.zeros_like(above[0])], axis=1)
        return {PROBABILITIES: reached[:, :-1] - reached[:, 1:]}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the place of the median of the labels, int32 [B]."""
        above = 1 - tf.cumsum(answers[PROBABILITIES], axis=1)[:, :-1]
        return {PLACE: tf.reduce_sum(tf.cast(above > 0.5, tf.int32), axis=1), PROBABILITIES: answers[PROBABILITIES]}
