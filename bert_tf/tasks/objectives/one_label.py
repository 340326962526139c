"""Choosing one of several labels for a text or a pair of texts."""

from collections.abc import Mapping

import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES
from bert_tf.tasks.objectives.losses import class_losses
from bert_tf.tasks.objectives.objective import Objective


class OneLabelObjective(Objective[OneLabel]):
    """One score a label; the likeliest one is chosen."""

    def make_head(self, config: EncoderConfig) -> ClassificationHead:
        """Creates a head with one score a label."""
        return ClassificationHead(config, len(self.space.labels))

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the negative log-likelihood of the labels, float32 [B], from logits [B, C] and int32 [B]."""
        return class_losses(logits, targets, self.options)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each label, [B, C]; rows sum to 1."""
        return {PROBABILITIES: tf.nn.softmax(logits)}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the place of the likeliest label, int64 [B]."""
        return {PLACE: tf.argmax(answers[PROBABILITIES], axis=-1), PROBABILITIES: answers[PROBABILITIES]}

    def serve(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns `label`, string [B], in place of its place."""
        others = {name: tensor for name, tensor in outputs.items() if name != PLACE}
        return {"label": tf.gather(tf.constant(self.space.labels), outputs[PLACE]), **others}
