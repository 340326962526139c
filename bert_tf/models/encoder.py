"""The BERT encoder. Its variables have the names of google-research/bert, so a checkpoint maps onto it by name."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.models import fused, reading
from bert_tf.models.layers import (
    Embeddings,
    TransformerLayer,
    attention_bias,
    dropout_keys,
    empty_dense,
    packed_attention_bias,
    project,
)

# --- Layers ----------------------------------------------------------------------------------------------------------


class LayerStack(keras.layers.Layer):
    """The transformer layers, one after the other."""

    def __init__(self, config: EncoderConfig, *, recomputes: bool, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.recomputes = recomputes
        self.layers = [
            TransformerLayer(config, index, dtype=self.dtype_policy) for index in range(config.num_hidden_layers)
        ]

    def build(self, input_shape: tuple) -> None:
        for layer in self.layers:
            layer.build(input_shape)

    def call(self, x: tf.Tensor, bias: tf.Tensor, keys: list[tf.Tensor] | None = None) -> list[tf.Tensor]:
        """Returns what each layer puts out, [B * F, D] each."""
        outputs = []
        for layer in self.layers:
            # Keys say that this is training, and that the second computation drops what the first one did.
            x = recomputed(layer, x, bias, keys) if self.recomputes and keys is not None else layer(x, bias, keys=keys)
            outputs.append(x)
        return outputs


def recomputed(layer: TransformerLayer, x: tf.Tensor, bias: tf.Tensor, keys: list[tf.Tensor]) -> tf.Tensor:
    """Calls a layer of which only the input is kept for the backward pass (Chen et al. 2016).

    Args:
        layer: The layer.
        x: [B * F, D].
        bias: The bias of `SelfAttention`; it gets no gradient.
        keys: Those of `dropout_keys`.

    Returns:
        [B * F, D].
    """
    given = reading.given_to(layer)

    def forward(x: tf.Tensor, *tensors: tf.Tensor) -> tf.Tensor:
        with reading.using(dict(zip(given, tensors, strict=True))):
            return layer(x, bias, keys=keys)

    @tf.custom_gradient
    def apply(*inputs: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor, variables: Sequence[tf.Variable]) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            # The inputs of the second computation wait for the gradient. Without that, it would be found to be the
            # same as the first one, whose results would be kept instead.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(each) for each in inputs]
            with tf.GradientTape() as tape:
                tape.watch(again)
                y = forward(*again)
            found = tape.gradient(y, [*again, *variables], output_gradients=upstream)
            return found[: len(again)], found[len(again) :]

        return forward(*inputs), gradient

    # What is used in such a function without being handed to it gets no gradient, unless it is a variable.
    return apply(x, *given.values())


class Pooler(keras.layers.Layer):
    """A tanh layer on the first position of each example, which [CLS] holds."""

    def __init__(self, config: EncoderConfig, **kwargs: object):
        super().__init__(autocast=False, **kwargs)
        self.dense = empty_dense(config.hidden_size, "dense", self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        self.dense.build((None, input_shape[-1]))

    def call(self, first: tf.Tensor) -> tf.Tensor:
        """Returns [B, D] from the last layer's output at the first positions, [B, D]."""
        return tf.tanh(fused.add_bias(project(first, self.dense), reading.vector_of(self.dense.bias)))


# --- Model -----------------------------------------------------------------------------------------------------------


SEQUENCE_OUTPUT = "sequence_output"
POOLED_OUTPUT = "pooled_output"
HIDDEN_STATES = "hidden_states"


class Encoder(keras.layers.Layer):
    """BERT without a head. Its weights have no meaning until a checkpoint or `initial_value` fills them."""

    def __init__(self, config: EncoderConfig, *, dtype: object = None, recomputes: bool = False):
        """Creates the variables, under the current distribution strategy.

        Args:
            config: The architecture.
            dtype: A Keras dtype policy, such as "mixed_bfloat16".
            recomputes: Whether training keeps the input of each layer only and computes the rest again.
        """
        super().__init__(name="bert", dtype=dtype, autocast=False)
        self.config = config
        self.embeddings = Embeddings(config, name="embeddings", dtype=self.dtype_policy)
        self.stack = LayerStack(config, recomputes=recomputes, name="encoder", dtype=self.dtype_policy)
        self.pooler = Pooler(config, name="pooler", dtype=self.dtype_policy)
        self.build((None, config.hidden_size))

    def build(self, input_shape: tuple) -> None:
        self.embeddings.build(input_shape)
        self.stack.build(input_shape)
        self.pooler.build(input_shape)

    @property
    def vectors(self) -> list[keras.Variable]:
        """Biases and the weights of normalisations: those weights that the layers read by `reading.vector_of`."""
        parts = (self.embeddings, self.stack, self.pooler)
        return [weight for part in parts for weight in part.variables if len(weight.shape) == 1]

    def call(self, inputs: dict[str, tf.Tensor], seed: tf.Tensor | None = None) -> dict[str, Any]:
        """Encodes a batch.

        Args:
            inputs: The features of `features.MODEL_INPUTS`, int32 [R, F]; with those of `features.PACKED` if rows hold
                several examples.
            seed: int64 [2] for dropout, or None for none.

        Returns:
            `sequence_output` [R, F, D], the last layer's output; `pooled_output` [B, D]; and `hidden_states`, a list
            of the embeddings and each layer's output, [R, F, D] each.
        """
        input_ids, input_mask = inputs[features.INPUT_IDS], inputs[features.INPUT_MASK]
        positions = inputs.get(features.POSITION_IDS)
        bias = attention_bias(input_mask) if positions is None else packed_attention_bias(input_mask)
        keys = dropout_keys(seed, self.config.num_hidden_layers)
        embedded = self.embeddings(input_ids, inputs[features.SEGMENT_IDS], positions, keys=keys)
        outputs = self.stack(embedded, bias, keys=keys)
        shape = tf.concat([tf.shape(input_ids), [self.config.hidden_size]], axis=0)
        hidden_states = [tf.reshape(x, shape) for x in (embedded, *outputs)]
        last = hidden_states[-1]
        first = last[:, 0] if positions is None else fused.take_rows(outputs[-1], inputs[features.FIRST_POSITIONS])
        return {SEQUENCE_OUTPUT: last, POOLED_OUTPUT: self.pooler(first), HIDDEN_STATES: hidden_states}
