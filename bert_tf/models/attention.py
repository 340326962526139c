"""Scaled dot-product attention as one function with its own gradient, of parts that `fused` compiles."""

from collections.abc import Callable

import tensorflow as tf

from bert_tf.models import fused


def probabilities_of(scores: tf.Tensor, bias: tf.Tensor, scale: float) -> tf.Tensor:
    """Returns softmax(scores * scale + bias), float32 [B, N, F, T]: how much each position attends to each other.

    Args:
        scores: [B, N, F, T], products of queries and keys.
        bias: float32 [B, 1, 1 or F, T].
        scale: Factor of the scores.
    """
    # Outside of what is compiled: on a CPU, XLA's softmax sums up each row number by number, at a third of the speed.
    return tf.nn.softmax(_attention_logits(scores, bias, scale))


def attend(
    query: tf.Tensor,
    key: tf.Tensor,
    value: tf.Tensor,
    bias: tf.Tensor,
    scale: float,
    rate: float,
    dropout_key: tf.Tensor | None,
) -> tf.Tensor:
    """Returns dropout(softmax(query key^T * scale + bias)) value, [B, N, F, H] in the type of the query.

    The softmax is computed in float32. Its gradient needs, for each position, the sum over all others of probability
    times upstream gradient; this equals the product of the position's own result with its upstream gradient (Dao et al.
    2022, appendix B.2), which is H numbers instead of T.

    Args:
        query: [B, N, F, H].
        key: [B, N, T, H].
        value: [B, N, T, H].
        bias: float32 [B, 1, 1 or F, T]; it gets no gradient.
        scale: Factor of the scores.
        rate: Share of the probabilities that dropout sets to 0.
        dropout_key: uint32 [], or None for no dropout.
    """

    @tf.custom_gradient
    def apply(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        scores = tf.matmul(query, key, transpose_b=True)
        probabilities, kept = _narrowed(probabilities_of(scores, bias, scale), query.dtype, rate, dropout_key)
        context = tf.matmul(kept, value)

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            of_kept = tf.matmul(upstream, value, transpose_b=True)
            of_scores = _attention_scores_gradient(of_kept, probabilities, upstream, context, scale, rate, dropout_key)
            return (
                tf.matmul(of_scores, key),
                tf.matmul(of_scores, query, transpose_a=True),
                tf.matmul(kept, upstream, transpose_a=True),
            )

        return context, gradient

    return apply(query, key, value)


@fused.part
def _attention_logits(scores: tf.Tensor, bias: tf.Tensor, scale: float) -> tf.Tensor:
    return tf.cast(scores, tf.float32) * scale + bias


_dropped = fused.part(fused.drop)


def _narrowed(
    probabilities: tf.Tensor, dtype: tf.DType, rate: float, key: tf.Tensor | None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Probabilities in the type of the products, before and after dropout."""
    if key is None or rate == 0.0:
        narrow = tf.cast(probabilities, dtype)
        return narrow, narrow
    if dtype == probabilities.dtype:
        return probabilities, _dropped(probabilities, rate, key)
    return _cast_and_dropout(probabilities, dtype, rate, key)


@fused.part
def _cast_and_dropout(
    probabilities: tf.Tensor, dtype: tf.DType, rate: float, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(probabilities, dtype), tf.cast(fused.drop(probabilities, rate, key), dtype)


@fused.part
def _attention_scores_gradient(
    of_kept: tf.Tensor,
    probabilities: tf.Tensor,
    upstream: tf.Tensor,
    context: tf.Tensor,
    scale: float,
    rate: float,
    key: tf.Tensor | None,
) -> tf.Tensor:
    products = tf.cast(upstream, tf.float32) * tf.cast(context, tf.float32)
    total = tf.reduce_sum(products, axis=-1, keepdims=True)  # [B, N, F, 1]
    of_probabilities = fused.drop(tf.cast(of_kept, tf.float32), rate, key)
    return tf.cast((of_probabilities - total) * tf.cast(probabilities, tf.float32) * scale, of_kept.dtype)
