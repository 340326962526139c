"""What is known of the pieces of each example, out of rows that may hold several examples.

Packing is a matter of the rows alone: the address of a piece is the first position of its example plus its offset, so
one gather takes what a model says of pieces out of packed rows, and losses and answers never know of packing.
B examples in R rows of F positions.
"""

from collections.abc import Mapping

import tensorflow as tf

from bert_tf import features
from bert_tf.models import fused


def unpacked(x: tf.Tensor, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the values of the pieces of each example, from its first position on.

    Args:
        x: [R, F, D], one value a position of the rows.
        inputs: The features of `features.MODEL_INPUTS`; with those of `features.PACKED` if rows hold several examples.

    Returns:
        [B, F, D]; what lies behind the last piece of an example is without meaning, and `piece_mask` leaves it out.
    """
    firsts = inputs.get(features.FIRST_POSITIONS)
    if firsts is None:
        return x
    length, width = tf.shape(x)[1], x.shape[-1]
    flat = tf.reshape(x, [-1, width])
    taken = fused.take_rows(flat, tf.reshape(_places(firsts, length, tf.shape(flat)[0]), [-1]))
    return tf.reshape(taken, [-1, length, width])


def piece_mask(inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns which positions of `unpacked` are pieces of the example, [CLS] and [SEP] among them: bool [B, F].

    A slot that only fills up a batch has the mask of another example; `features.IS_REAL_EXAMPLE` leaves it out.

    Args:
        inputs: The same as those of `unpacked`.
    """
    mask, firsts = inputs[features.INPUT_MASK], inputs.get(features.FIRST_POSITIONS)
    if firsts is None:
        return mask > 0
    flat, length = tf.reshape(mask, [-1]), tf.shape(mask)[1]
    of_places = tf.gather(flat, _places(firsts, length, tf.size(flat)))
    is_inside = firsts[:, tf.newaxis] + tf.range(length) < tf.size(flat)
    return is_inside & (of_places == tf.gather(flat, firsts)[:, tf.newaxis])


def _places(firsts: tf.Tensor, length: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """So many positions from each first one on, int32 [B, length], the last one again where there are no more."""
    return tf.minimum(firsts[:, tf.newaxis] + tf.range(length), positions - 1)
