"""What turns the encoder's output into answers. Heads create variables with the names of google-research/bert."""

from typing import Any

import keras
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models import fused
from bert_tf.models.encoder import POOLED_OUTPUT, SEQUENCE_OUTPUT
from bert_tf.models.layers import HEAD_SITE, dropout_keys, key_of


class ClassificationHead(keras.layers.Layer):
    """One score a label for each row, from the pooled output.

    Its variables are `output_weights` [labels, D] and `output_bias` [labels], without a prefix. They are few numbers
    on which everything depends, so they and the logits are float32 whatever the encoder computes with.
    """

    def __init__(self, config: EncoderConfig, label_count: int, name: str = "classification_head"):
        """Creates the variables.

        Args:
            config: The architecture of the encoder.
            label_count: How many labels there are.
            name: Of the layer.
        """
        super().__init__(name=name, dtype="float32")
        self.dropout_rate = config.hidden_dropout_prob
        # Made directly and not by `add_weight`, which would put the layer's name before theirs.
        self.output_weights = keras.Variable("zeros", (label_count, config.hidden_size), name="output_weights")
        self.output_bias = keras.Variable("zeros", (label_count,), name="output_bias")
        self.built = True

    def call(self, encoded: dict[str, Any], seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns logits, float32 [B, labels].

        Args:
            encoded: The encoder's output.
            seed: int64 [2] for dropout, or None.
        """
        return self._scores(encoded[POOLED_OUTPUT], seed)

    def _scores(self, x: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
        """One score a label for each vector: [..., D] to float32 [..., labels]."""
        dropped = fused.dropout(tf.cast(x, tf.float32), self.dropout_rate, key_of(dropout_keys(seed, 0), HEAD_SITE))
        return tf.matmul(dropped, self.output_weights, transpose_b=True) + self.output_bias


class PieceHead(ClassificationHead):
    """One score a label for each word piece, from the last layer's output. Its variables are those of its parent."""

    def __init__(self, config: EncoderConfig, label_count: int):
        super().__init__(config, label_count, name="piece_head")

    def call(self, encoded: dict[str, Any], seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns logits, float32 [R, F, labels]; arguments are those of `ClassificationHead`."""
        x = encoded[SEQUENCE_OUTPUT]
        flat = self._scores(tf.reshape(x, [-1, x.shape[-1]]), seed)
        return tf.reshape(flat, tf.concat([tf.shape(x)[:2], [flat.shape[-1]]], axis=0))
