"""What turns the encoder's output into answers. Heads create variables with the names of google-research/bert."""

from typing import Any

import keras
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models import fused
from bert_tf.models.crf import Chain
from bert_tf.models.encoder import POOLED_OUTPUT, SEQUENCE_OUTPUT
from bert_tf.models.layers import HEAD_SITE, dropout_keys, key_of


class ClassificationHead(keras.layers.Layer):
    """One score a label for each row, from the pooled output.

    Its variables are `output_weights` [labels, D] and `output_bias` [labels], without a prefix. They are few numbers
    on which everything depends, so they and the logits are float32 whatever the encoder computes with.

    Attributes:
        of_pieces: Whether it says something of each word piece, and not of each row.
    """

    of_pieces = False

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

    of_pieces = True

    def __init__(self, config: EncoderConfig, label_count: int):
        super().__init__(config, label_count, name="piece_head")

    def call(self, encoded: dict[str, Any], seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns logits, float32 [R, F, labels]; arguments are those of `ClassificationHead`."""
        x = encoded[SEQUENCE_OUTPUT]
        flat = self._scores(tf.reshape(x, [-1, x.shape[-1]]), seed)
        return tf.reshape(flat, tf.concat([tf.shape(x)[:2], [flat.shape[-1]]], axis=0))


class ChainHead(PieceHead):
    """The same, with the scores of neighbouring labels: `crf/transitions` [C, C], `crf/starts` and `crf/ends` [C].

    They begin at 0, where neighbours know nothing of one another. What they mean, `models.crf` has.
    """

    def __init__(self, config: EncoderConfig, label_count: int):
        super().__init__(config, label_count)
        self.crf = _ChainScores(label_count)

    @property
    def chain(self) -> Chain:
        """The scores as they are now."""
        return self.crf.chain


class _ChainScores(keras.layers.Layer):
    """The variables of a chain, under a name of their own."""

    def __init__(self, label_count: int):
        super().__init__(name="crf", dtype="float32", autocast=False)
        self.label_count = label_count
        self.build(())

    def build(self, input_shape: tuple) -> None:
        count = self.label_count
        self.transitions = self.add_weight(name="transitions", shape=(count, count), initializer="zeros")
        self.starts = self.add_weight(name="starts", shape=(count,), initializer="zeros")
        self.ends = self.add_weight(name="ends", shape=(count,), initializer="zeros")

    @property
    def chain(self) -> Chain:
        return Chain(*(tf.convert_to_tensor(each) for each in (self.transitions, self.starts, self.ends)))


class SpanHead(keras.layers.Layer):
    """Two scores for each word piece, that a span begins there and that it ends there, from the last layer's output.

    Its variables are `cls/squad/output_weights` [2, D] and `cls/squad/output_bias` [2], as those of run_squad.py, which
    has no dropout there.
    """

    of_pieces = True

    def __init__(self, config: EncoderConfig):
        """Creates the variables.

        Args:
            config: The architecture of the encoder.
        """
        super().__init__(name="cls", dtype="float32", autocast=False)
        self.squad = Scores(2, name="squad")
        self.build((None, config.hidden_size))

    def build(self, input_shape: tuple) -> None:
        self.squad.build(input_shape)

    def call(self, encoded: dict[str, Any], seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns logits, float32 [R, F, 2]; arguments are those of `ClassificationHead`."""
        x = tf.cast(encoded[SEQUENCE_OUTPUT], tf.float32)
        flat = self.squad(tf.reshape(x, [-1, x.shape[-1]]))
        return tf.reshape(flat, tf.concat([tf.shape(x)[:2], [2]], axis=0))


class Scores(keras.layers.Layer):
    """Some scores of each vector, by weights with the names and the shapes of google-research/bert."""

    def __init__(self, count: int, name: str):
        super().__init__(name=name, dtype="float32", autocast=False)
        self.count = count

    def build(self, input_shape: tuple) -> None:
        self.output_weights = self.add_weight(
            name="output_weights", shape=(self.count, input_shape[-1]), initializer="zeros"
        )
        self.output_bias = self.add_weight(name="output_bias", shape=(self.count,), initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns float32 [..., count] from [..., D]."""
        return tf.matmul(x, self.output_weights, transpose_b=True) + self.output_bias
