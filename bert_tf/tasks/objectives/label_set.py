"""Choosing any number of labels for a text or a pair of texts: one decision a label."""

from collections.abc import Mapping

import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.space import CHOSEN, PROBABILITIES
from bert_tf.tasks.objectives.losses import binary_losses
from bert_tf.tasks.objectives.objective import Objective


class LabelSetObjective(Objective[LabelSet]):
    """One score a label; those whose probability reaches their threshold are chosen."""

    def make_head(self, config: EncoderConfig) -> ClassificationHead:
        """Creates a head with one score a label."""
        return ClassificationHead(config, len(self.space.labels))

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the mean over the labels, float32 [B], from logits and float32 of 1 and 0, [B, C] each.

        A weight multiplies the loss of the examples that have its label, not that of those that don't.
        """
        losses = binary_losses(logits, targets, self.options)
        if self.options.weights:
            losses *= 1 + targets * (tf.constant(self.options.weights) - 1)
        return tf.reduce_mean(losses, axis=-1)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each label by itself, [B, C]."""
        return {PROBABILITIES: tf.sigmoid(logits)}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds which labels are chosen, bool [B, C]."""
        probabilities = answers[PROBABILITIES]
        return {CHOSEN: probabilities >= tf.constant(self.space.limits), PROBABILITIES: probabilities}
