"""The layers of BERT (Devlin et al. 2019), with the variable names of google-research/bert.

Letters of the shapes in comments:

    B  rows of a batch
    F  from-sequence length: positions that attend
    T  to-sequence length: positions that are attended to; equal to F in self-attention
    N  attention heads
    H  size of a head
    D  width of the hidden states, N * H

Hidden states travel as a matrix [B * F, D], so that every projection is one matrix product. Dropout happens where its
keys are given, and nowhere else: they follow from a seed, which makes a step repeatable on its own, without state that
would have to be saved.
Weights are float32 and are cast where they are used, without Keras' autocasting, which would round those of the
normalisation too.
"""

import math

import keras
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.errors import InputError
from bert_tf.models import attention, fused
from bert_tf.models.reading import kernel_of, vector_of
from bert_tf.models.rows_in_use import RowsInUse

MASKED_SCORE = -10000.0

# --- Functions -------------------------------------------------------------------------------------------------------


def check_activation(name: str) -> None:
    """Makes sure that a `bert_config.json` names a known activation; `gelu` is the tanh form, as Google's.

    Raises:
        InputError: If the name is unknown.
    """
    if name not in fused.ACTIVATIONS:
        raise InputError(f"hidden_act must be one of {', '.join(sorted(fused.ACTIVATIONS))}", received=name)


def empty_dense(width: int, name: str, dtype: keras.DTypePolicy) -> keras.layers.Dense:
    """Returns a dense layer that waits for its values: Keras' own would come from the process's random numbers.

    Args:
        width: Of its output.
        name: Of the layer.
        dtype: What it computes with.
    """
    return keras.layers.Dense(width, name=name, dtype=dtype, kernel_initializer="zeros")


def project(x: tf.Tensor, dense: keras.layers.Dense) -> tf.Tensor:
    """Returns the product of [rows, width] with the kernel of a dense layer, without its bias, in the type of x."""
    if dense.quantization_mode is not None:  # Its kernel is no longer one to multiply with.
        return dense(x) - tf.cast(dense.bias, x.dtype)
    return tf.matmul(x, kernel_of(dense, x.dtype))


def dropout_keys(seed: tf.Tensor | None, layers: int) -> list[tf.Tensor] | None:
    """Returns the key of each place of dropout, or None where there is no seed and so no dropout.

    Args:
        seed: int64 [2], or None.
        layers: Transformer layers of the model.
    """
    return None if seed is None else fused.stream_keys(seed, FIRST_LAYER_SITE + SITES_PER_LAYER * layers)


def key_of(keys: list[tf.Tensor] | None, site: int) -> tf.Tensor | None:
    """Returns the key of one place of dropout, None if nothing is dropped."""
    return None if keys is None else keys[site]


def attention_bias(input_mask: tf.Tensor) -> tf.Tensor:
    """Returns what is added to the attention scores so that padding gets no weight.

    Args:
        input_mask: int32 [B, T], 1 for a word piece and 0 for padding.

    Returns:
        float32 [B, 1, 1, T], 0 or -10000.
    """
    return (1.0 - tf.cast(input_mask, tf.float32))[:, tf.newaxis, tf.newaxis, :] * MASKED_SCORE


def packed_attention_bias(example_numbers: tf.Tensor) -> tf.Tensor:
    """Returns what is added to the attention scores so that examples in one row don't see each other.

    Args:
        example_numbers: int32 [B, F], another number for each example of a row and 0 for padding.

    Returns:
        float32 [B, 1, F, T], 0 or -10000.
    """
    differ = tf.not_equal(example_numbers[:, :, tf.newaxis], example_numbers[:, tf.newaxis, :])
    return tf.cast(differ, tf.float32)[:, tf.newaxis] * MASKED_SCORE


# --- Layers ----------------------------------------------------------------------------------------------------------

# Places of dropout. A transformer layer has three, counted from where its stack begins.
EMBEDDING_SITE = 0
HEAD_SITE = 1
FIRST_LAYER_SITE = 2
SITES_PER_LAYER = 3


class LayerNorm(keras.layers.Layer):
    """The weights of a layer normalisation over the last axis (Ba et al. 2016)."""

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros")

    def values(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns gamma and beta, float32 [D]."""
        return vector_of(self.gamma), vector_of(self.beta)


class Embeddings(keras.layers.Layer):
    """Word, position and segment embeddings: their sum, normalised."""

    def __init__(self, config: EncoderConfig, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.config = config
        self.norm = LayerNorm(name="LayerNorm", dtype=self.dtype_policy)
        self.rows_in_use: RowsInUse | None = None  # What a training changes of the word embeddings, while there is one.

    def build(self, input_shape: tuple) -> None:
        config, width = self.config, self.config.hidden_size
        self.word_embeddings = self.add_weight(
            name="word_embeddings", shape=(config.vocab_size, width), initializer="zeros"
        )
        self.token_type_embeddings = self.add_weight(
            name="token_type_embeddings", shape=(config.type_vocab_size, width), initializer="zeros"
        )
        self.position_embeddings = self.add_weight(
            name="position_embeddings", shape=(config.max_position_embeddings, width), initializer="zeros"
        )
        self.norm.build((None, width))

    def call(
        self,
        input_ids: tf.Tensor,
        segment_ids: tf.Tensor,
        position_ids: tf.Tensor | None = None,
        keys: list[tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Embeds word pieces.

        Args:
            input_ids: int32 [B, F].
            segment_ids: int32 [B, F].
            position_ids: int32 [B, F]; None if every row counts from 0.
            keys: Those of `dropout_keys`, or None for no dropout.

        Returns:
            [B * F, D].
        """
        length, width = tf.shape(input_ids)[1], self.config.hidden_size
        words = self._look_up(tf.reshape(input_ids, [-1]), is_training=keys is not None)  # [B * F, D]
        table = tf.convert_to_tensor(self.position_embeddings)
        if position_ids is None:
            words = tf.reshape(tf.reshape(words, [-1, length, width]) + table[:length], [-1, width])
        else:
            words += tf.gather(table, tf.reshape(position_ids, [-1]))
        # A product with one-hot rows: the table is tiny, and a gather of it would have a slow gradient.
        kinds = tf.one_hot(tf.reshape(segment_ids, [-1]), self.config.type_vocab_size)
        segments = tf.matmul(kinds, tf.convert_to_tensor(self.token_type_embeddings))  # [B * F, D]
        no_bias = tf.zeros([width])
        x = fused.residual_norm(words, no_bias, segments, *self.norm.values(), 0.0, None)
        x = fused.dropout(x, self.config.hidden_dropout_prob, key_of(keys, EMBEDDING_SITE))
        return tf.cast(x, self.compute_dtype)

    def _look_up(self, ids: tf.Tensor, *, is_training: bool) -> tf.Tensor:
        if is_training and self.rows_in_use is not None:
            return self.rows_in_use.look_up(ids)
        return tf.gather(tf.convert_to_tensor(self.word_embeddings), ids)


class SelfAttention(keras.layers.Layer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.config = config
        self.site = site
        self.query, self.key, self.value = (
            empty_dense(config.hidden_size, name, self.dtype_policy) for name in ("query", "key", "value")
        )

    def build(self, input_shape: tuple) -> None:
        for projection in (self.query, self.key, self.value):
            projection.build((None, self.config.hidden_size))

    def call(self, x: tf.Tensor, bias: tf.Tensor, keys: list[tf.Tensor] | None = None) -> tf.Tensor:
        """Mixes the positions of each row.

        Args:
            x: [B * F, D].
            bias: [B, 1, 1 or F, T], added to the scores.
            keys: Those of `dropout_keys`, or None for no dropout.

        Returns:
            [B * F, D].
        """
        context = attention.attend(
            *self._query_and_key(x, bias),
            self._heads(x, self.value, bias),
            bias,
            self._scale,
            self.config.attention_probs_dropout_prob,
            key_of(keys, self.site),
        )
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, self.config.hidden_size])

    def probabilities(self, x: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """How much each position attends to each other where nothing is dropped: float32 [B, N, F, T]."""
        query, key = self._query_and_key(x, bias)
        return attention.probabilities_of(tf.matmul(query, key, transpose_b=True), bias, self._scale)

    @property
    def _scale(self) -> float:
        return 1 / math.sqrt(self.config.hidden_size // self.config.num_attention_heads)

    def _query_and_key(self, x: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self._heads(x, self.query, bias), self._heads(x, self.key, bias)

    def _heads(self, x: tf.Tensor, dense: keras.layers.Dense, bias: tf.Tensor) -> tf.Tensor:
        """[B * F, D] -> [B, N, F, H]."""
        heads = self.config.num_attention_heads
        rows = tf.shape(bias)[0] if bias.shape[0] is None else bias.shape[0]
        shape = [rows, -1, heads, self.config.hidden_size // heads]
        projected = fused.add_bias(project(x, dense), vector_of(dense.bias))
        return tf.transpose(tf.reshape(projected, shape), [0, 2, 1, 3])


class ResidualOutput(keras.layers.Layer):
    """Projection back to the hidden width, dropout, residual connection and layer normalisation."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.config = config
        self.site = site
        self.dense = empty_dense(config.hidden_size, "dense", self.dtype_policy)
        self.norm = LayerNorm(name="LayerNorm", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build(input_shape)
        self.norm.build((None, self.config.hidden_size))

    def call(self, x: tf.Tensor, residual: tf.Tensor, keys: list[tf.Tensor] | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, any] and `residual` [B * F, D]."""
        return fused.residual_norm(
            project(x, self.dense),
            vector_of(self.dense.bias),
            residual,
            *self.norm.values(),
            self.config.hidden_dropout_prob,
            key_of(keys, self.site),
        )


class Attention(keras.layers.Layer):
    """Self-attention with its output projection."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.self_attention = SelfAttention(config, site, name="self", dtype=self.dtype_policy)
        self.residual_output = ResidualOutput(config, site + 1, name="output", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.self_attention.build(input_shape)
        self.residual_output.build(input_shape)

    def call(self, x: tf.Tensor, bias: tf.Tensor, keys: list[tf.Tensor] | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, D] and the `bias` of `SelfAttention`."""
        return self.residual_output(self.self_attention(x, bias, keys=keys), x, keys=keys)


class Intermediate(keras.layers.Layer):
    """Expansion of the feed-forward layer."""

    def __init__(self, config: EncoderConfig, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.activation = config.hidden_act
        self.dense = empty_dense(config.intermediate_size, "dense", self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build(input_shape)

    def call(self, x: tf.Tensor, trains: bool) -> tf.Tensor:
        """Returns [B * F, intermediate size] from `x` [B * F, D]."""
        return fused.bias_activation(project(x, self.dense), vector_of(self.dense.bias), self.activation, trains=trains)


class TransformerLayer(keras.layers.Layer):
    """Attention and a feed-forward layer (Vaswani et al. 2017, section 3.1), normalised after each."""

    def __init__(self, config: EncoderConfig, index: int, **kwargs: object):
        super().__init__(name=f"layer_{index}", autocast=False, **kwargs)
        self.config = config
        site = FIRST_LAYER_SITE + SITES_PER_LAYER * index
        self.attention = Attention(config, site, name="attention", dtype=self.dtype_policy)
        self.intermediate = Intermediate(config, name="intermediate", dtype=self.dtype_policy)
        self.residual_output = ResidualOutput(config, site + 2, name="output", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.attention.build(input_shape)
        self.intermediate.build(input_shape)
        self.residual_output.build((None, self.config.intermediate_size))

    def call(self, x: tf.Tensor, bias: tf.Tensor, keys: list[tf.Tensor] | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, D] and the `bias` of `SelfAttention`."""
        x = self.attention(x, bias, keys=keys)
        return self.residual_output(self.intermediate(x, trains=keys is not None), x, keys=keys)
