"""Giving a text or a pair of texts a value. The model works on the range scaled to 0..1 and never leaves it."""

from collections.abc import Mapping

import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.answers.space import VALUE
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.objectives.objective import Objective


class ValueObjective(Objective[Value]):
    """A single score, which is the value."""

    def make_head(self, config: EncoderConfig) -> ClassificationHead:
        """Creates a head with a single score."""
        return ClassificationHead(config, 1)

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the squared difference, float32 [B], from logits [B, 1] and scaled values, float32 [B]."""
        return tf.math.squared_difference(logits[:, 0], targets)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the value of each example, [B, 1], clipped to the range of the task."""
        lowest, highest = self.space.ends
        return {VALUE: tf.clip_by_value(logits, 0.0, 1.0) * (highest - lowest) + lowest}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """A value is all there is to say."""
        return dict(answers)
