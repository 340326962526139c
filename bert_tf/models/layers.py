"""The layers of BERT (Devlin et al. 2019), with the variable names of google-research/bert.

Letters of the shapes in comments:

    B  rows of a batch
    F  from-sequence length: positions that attend
    T  to-sequence length: positions that are attended to; equal to F in self-attention
    N  attention heads
    H  size of a head
    D  width of the hidden states, N * H

Hidden states travel as a matrix [B * F, D], so that every projection is one matrix product. Dropout happens where a
seed is given, and nowhere else: a seed makes a step repeatable on its own, without state that would have to be saved.
"""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from bert_tf.encoder_config import EncoderConfig
from bert_tf.errors import InputError

LAYER_NORM_EPSILON = 1e-12
MASKED_SCORE = -10000.0

# --- Functions -------------------------------------------------------------------------------------------------------


def gelu(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016), as in google-research/bert."""
    return tf.nn.gelu(x, approximate=True)


def gelu_erf(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit in its exact form, x * Phi(x)."""
    return tf.nn.gelu(x, approximate=False)


ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "gelu": gelu,
    "gelu_new": gelu,
    "gelu_pytorch_tanh": gelu,
    "gelu_erf": gelu_erf,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "linear": tf.identity,
}


def activation(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the activation that a `bert_config.json` names; `gelu` is the tanh form, as in Google's checkpoints.

    Raises:
        InputError: If the name is unknown.
    """
    if name not in ACTIVATIONS:
        raise InputError(f"hidden_act must be one of {', '.join(sorted(ACTIVATIONS))}", received=name)
    return ACTIVATIONS[name]


def dropout(x: tf.Tensor, rate: float, seed: tf.Tensor | None, site: int) -> tf.Tensor:
    """Sets a share of the values to 0 and scales the others up, so that the expectation stays (Srivastava et al. 2014).

    Sixteen random bits a value decide, half of what a float would take to draw; the rate is met to 1/65536.

    Args:
        x: Any shape.
        rate: Share of values that become 0.
        seed: int64 [2], or None for no dropout.
        site: Number of this place in the model; places with different numbers draw different masks.
    """
    if seed is None or rate == 0.0:
        return x
    dropped = round(rate * 65536)
    size = tf.size(x)
    words = tf.random.stateless_uniform(
        [(size + 1) // 2], tf.stack([seed[0], seed[1] + site]), minval=None, maxval=None, dtype=tf.uint32, alg="philox"
    )
    bits = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:size], tf.shape(x))
    return tf.where(tf.greater_equal(bits, dropped), x * (65536 / (65536 - dropped)), tf.zeros([], x.dtype))


def attention_bias(input_mask: tf.Tensor) -> tf.Tensor:
    """Returns what is added to the attention scores so that padding gets no weight.

    Args:
        input_mask: int32 [B, T], 1 for a word piece and 0 for padding.

    Returns:
        float32 [B, 1, 1, T], 0 or -10000.
    """
    return (1.0 - tf.cast(input_mask, tf.float32))[:, tf.newaxis, tf.newaxis, :] * MASKED_SCORE


# --- Layers ----------------------------------------------------------------------------------------------------------

# Places of dropout. A transformer layer has three, counted from where its stack begins.
EMBEDDING_SITE = 0
HEAD_SITE = 1
FIRST_LAYER_SITE = 2
SITES_PER_LAYER = 3


class LayerNorm(keras.layers.Layer):
    """Layer normalisation over the last axis (Ba et al. 2016), computed in float32."""

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        wide = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(wide, axes=[-1], keepdims=True)
        scale = tf.math.rsqrt(variance + LAYER_NORM_EPSILON) * tf.cast(self.gamma, tf.float32)
        return tf.cast((wide - mean) * scale + tf.cast(self.beta, tf.float32), x.dtype)


class Embeddings(keras.layers.Layer):
    """Word, position and segment embeddings: their sum, normalised."""

    def __init__(self, config: EncoderConfig, **kwargs: object):
        super().__init__(**kwargs)
        self.config = config
        self.norm = LayerNorm(name="LayerNorm", dtype=self.dtype_policy)

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

    def call(self, input_ids: tf.Tensor, segment_ids: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Embeds word pieces.

        Args:
            input_ids: int32 [B, F].
            segment_ids: int32 [B, F].
            seed: int64 [2] for dropout, or None.

        Returns:
            [B * F, D].
        """
        length, width = tf.shape(input_ids)[1], self.config.hidden_size
        words = tf.gather(tf.convert_to_tensor(self.word_embeddings), input_ids)  # [B, F, D]
        positions = tf.convert_to_tensor(self.position_embeddings)[:length]  # [F, D]
        # A product with one-hot rows: the table is tiny, and a gather of it would have a slow gradient.
        segments = tf.one_hot(tf.reshape(segment_ids, [-1]), self.config.type_vocab_size, dtype=self.compute_dtype)
        segments = tf.matmul(segments, self.token_type_embeddings)  # [B * F, D]
        x = tf.reshape(words + positions, [-1, width]) + segments
        return dropout(self.norm(x), self.config.hidden_dropout_prob, seed, EMBEDDING_SITE)


class SelfAttention(keras.layers.Layer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(**kwargs)
        self.config = config
        self.site = site
        self.query, self.key, self.value = (
            keras.layers.Dense(config.hidden_size, name=name, dtype=self.dtype_policy)
            for name in ("query", "key", "value")
        )

    def build(self, input_shape: tuple) -> None:
        for projection in (self.query, self.key, self.value):
            projection.build((None, self.config.hidden_size))

    def call(self, x: tf.Tensor, bias: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Mixes the positions of each row.

        Args:
            x: [B * F, D].
            bias: [B, 1, 1 or F, T], added to the scores.
            seed: int64 [2] for dropout, or None.

        Returns:
            [B * F, D].
        """
        probabilities = tf.cast(self.probabilities(x, bias), x.dtype)
        probabilities = dropout(probabilities, self.config.attention_probs_dropout_prob, seed, self.site)
        context = tf.matmul(probabilities, self._heads(self.value(x), bias))  # [B, N, F, H]
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, self.config.hidden_size])

    def probabilities(self, x: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """How much each position attends to each other: float32 [B, N, F, T], rows sum to 1."""
        query = self._heads(self.query(x), bias)  # [B, N, F, H]
        key = self._heads(self.key(x), bias)  # [B, N, T, H]
        head_size = self.config.hidden_size // self.config.num_attention_heads
        scores = tf.cast(tf.matmul(query, key, transpose_b=True), tf.float32) / math.sqrt(head_size)
        return tf.nn.softmax(scores + tf.cast(bias, tf.float32))

    def _heads(self, x: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """[B * F, D] -> [B, N, F, H]."""
        heads = self.config.num_attention_heads
        shape = [tf.shape(bias)[0], -1, heads, self.config.hidden_size // heads]
        return tf.transpose(tf.reshape(x, shape), [0, 2, 1, 3])


class ResidualOutput(keras.layers.Layer):
    """Projection back to the hidden width, dropout, residual connection and layer normalisation."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(**kwargs)
        self.config = config
        self.site = site
        self.dense = keras.layers.Dense(config.hidden_size, name="dense", dtype=self.dtype_policy)
        self.norm = LayerNorm(name="LayerNorm", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build(input_shape)
        self.norm.build((None, self.config.hidden_size))

    def call(self, x: tf.Tensor, residual: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, any] and `residual` [B * F, D]."""
        return self.norm(dropout(self.dense(x), self.config.hidden_dropout_prob, seed, self.site) + residual)


class Attention(keras.layers.Layer):
    """Self-attention with its output projection."""

    def __init__(self, config: EncoderConfig, site: int, **kwargs: object):
        super().__init__(**kwargs)
        self.self_attention = SelfAttention(config, site, name="self", dtype=self.dtype_policy)
        self.residual_output = ResidualOutput(config, site + 1, name="output", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.self_attention.build(input_shape)
        self.residual_output.build(input_shape)

    def call(self, x: tf.Tensor, bias: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, D] and the `bias` of `SelfAttention`."""
        return self.residual_output(self.self_attention(x, bias, seed=seed), x, seed=seed)


class Intermediate(keras.layers.Layer):
    """Expansion of the feed-forward layer."""

    def __init__(self, config: EncoderConfig, **kwargs: object):
        super().__init__(**kwargs)
        self.activation = activation(config.hidden_act)
        self.dense = keras.layers.Dense(config.intermediate_size, name="dense", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build(input_shape)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns [B * F, intermediate size] from `x` [B * F, D]."""
        return self.activation(self.dense(x))


class TransformerLayer(keras.layers.Layer):
    """Attention and a feed-forward layer (Vaswani et al. 2017, section 3.1), normalised after each."""

    def __init__(self, config: EncoderConfig, index: int, **kwargs: object):
        super().__init__(name=f"layer_{index}", **kwargs)
        self.config = config
        site = FIRST_LAYER_SITE + SITES_PER_LAYER * index
        self.attention = Attention(config, site, name="attention", dtype=self.dtype_policy)
        self.intermediate = Intermediate(config, name="intermediate", dtype=self.dtype_policy)
        self.residual_output = ResidualOutput(config, site + 2, name="output", dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.attention.build(input_shape)
        self.intermediate.build(input_shape)
        self.residual_output.build((None, self.config.intermediate_size))

    def call(self, x: tf.Tensor, bias: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns [B * F, D] from `x` [B * F, D] and the `bias` of `SelfAttention`."""
        x = self.attention(x, bias, seed=seed)
        return self.residual_output(self.intermediate(x), x, seed=seed)
