"""The likeliest sequence of tags, of those that are allowed (Viterbi 1967). B sequences of F positions, C tags."""

import tensorflow as tf


@tf.function(autograph=False, reduce_retracing=True)
def viterbi(
    emissions: tf.Tensor, mask: tf.Tensor, between: tf.Tensor, start: tf.Tensor, end: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the sequence whose scores have the greatest sum.

    Args:
        emissions: float32 [B, F, C], the score of each tag at each position.
        mask: bool [B, F], the positions that count; those that don't come after them.
        between: float32 [C, C], the score of one tag (row) being followed by another (column).
        start: float32 [C], the score of each tag being the first.
        end: float32 [C], the score of each tag being the last.

    Returns:
        int32 [B, F], without meaning where the mask is false; and the sum of its scores, float32 [B], 0 for sequences
        without a position.
    """
    batch, length, tags = tf.unstack(tf.shape(emissions))
    steps, is_there = tf.transpose(emissions, [1, 0, 2]), tf.transpose(mask)

    def forward(place: tf.Tensor, scores: tf.Tensor, origins: tf.TensorArray) -> tuple:
        through = scores[:, :, tf.newaxis] + between  # [B, C, C]
        best = tf.reduce_max(through, axis=1) + steps[place]
        here = is_there[place][:, tf.newaxis]
        stay = tf.broadcast_to(tf.range(tags), [batch, tags])
        origin = tf.where(here, tf.argmax(through, axis=1, output_type=tf.int32), stay)
        return place + 1, tf.where(here, best, scores), origins.write(place, origin)

    first = start + tf.pad(emissions[:, :1], [[0, 0], [0, 1], [0, 0]])[:, 0]
    origins = tf.TensorArray(tf.int32, size=length, element_shape=[None, None], clear_after_read=False)
    _, scores, origins = tf.while_loop(
        lambda place, *_: place < length, forward, [tf.constant(1), first, origins], parallel_iterations=1
    )
    totals = scores + end
    last = tf.argmax(totals, axis=1, output_type=tf.int32)

    def backward(place: tf.Tensor, tag: tf.Tensor, path: tf.TensorArray) -> tuple:
        path = path.write(place, tag)
        return place - 1, tf.gather(origins.read(place), tag, batch_dims=1), path

    path = tf.TensorArray(tf.int32, size=length, element_shape=[None])
    _place, tag, path = tf.while_loop(
        lambda place, *_: place > 0, backward, [length - 1, last, path], parallel_iterations=1
    )
    path = tf.cond(length > 0, lambda: path.write(0, tag).stack(), lambda: tf.zeros([0, batch], tf.int32))
    is_empty = ~tf.reduce_any(mask, axis=1)
    return tf.transpose(path), tf.where(is_empty, 0.0, tf.reduce_max(totals, axis=1))
