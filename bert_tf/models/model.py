"""Encoder and head as one Keras model, and the values of weights that no checkpoint gives."""

import zlib

import keras
import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.models.crf import is_of_chain
from bert_tf.models.encoder import Encoder
from bert_tf.models.heads import ClassificationHead, SpanHead
from bert_tf.models.unpacking import unpacked


class BertModel(keras.Model):
    """An encoder with a head. Every variable's `path` is its name in a checkpoint of google-research/bert."""

    def __init__(self, encoder: Encoder, head: ClassificationHead | SpanHead):
        super().__init__(name="model")
        self.encoder = encoder
        self.head = head
        self.built = True

    def call(self, inputs: dict[str, tf.Tensor], seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the head's logits, float32: [B, labels], or of each piece of an example, [B, F, labels].

        Args:
            inputs: The features of `features.MODEL_INPUTS`, int32 [R, F]; with those of `features.PACKED` if rows hold
                several examples.
            seed: int64 [2] for dropout, or None for none.
        """
        logits = self.head(self.encoder(inputs, seed=seed), seed=seed)
        return unpacked(logits, inputs) if self.head.of_pieces else logits


def initial_value(name: str, shape: tuple[int, ...], config: EncoderConfig, seed: int) -> np.ndarray:
    """Returns the value with which an untrained weight starts: float32 of the given shape.

    Biases and betas are 0 and gammas 1; all else is drawn from a normal distribution cut off at two standard
    deviations, as in google-research/bert. The scores of a chain of labels are 0. The draw depends on the seed and
    the name alone.
    """
    kind = name.rsplit("/", 1)[-1]
    if kind in ("bias", "beta", "output_bias") or is_of_chain(name):
        return np.zeros(shape, np.float32)
    if kind == "gamma":
        return np.ones(shape, np.float32)
    seeds = [seed, zlib.crc32(name.encode()) & 0x7FFFFFFF]
    return tf.random.stateless_truncated_normal(shape, seeds, stddev=config.initializer_range, alg="philox").numpy()
