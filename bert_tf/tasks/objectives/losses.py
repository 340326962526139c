"""Losses of one example each, with the options that change what training pays attention to.

`smoothing` moves a share of the target to all labels alike (Szegedy et al. 2016, section 7); `focal_gamma` weakens
examples that are already right by `(1 - p) ** gamma`, where p is the probability of the truth (Lin et al. 2017,
equation 4); `weights` multiply the loss of an example by a number that its label has.
"""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class LossOptions:
    """How a loss differs from the plain negative log-likelihood.

    Attributes:
        smoothing: Share of the target that is spread over all labels.
        focal_gamma: Exponent of the focal factor; 0 for none.
        weights: One number a label, in their order; empty for 1 each.
    """

    smoothing: float = 0.0
    focal_gamma: float = 0.0
    weights: tuple[float, ...] = ()


PLAIN = LossOptions()


def class_losses(logits: tf.Tensor, label_ids: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Cross-entropy with one right label.

    Args:
        logits: float32 [B, C].
        label_ids: int32 [B].
        options: What is asked for beside it.

    Returns:
        float32 [B].
    """
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label_ids, logits=logits)
    truth = losses
    if options.smoothing:
        spread = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
        losses = (1 - options.smoothing) * losses + options.smoothing * spread
    if options.focal_gamma:
        losses *= tf.pow(_at_least_tiny(1 - tf.exp(-truth)), options.focal_gamma)
    return losses * tf.gather(tf.constant(options.weights), label_ids) if options.weights else losses


def binary_losses(logits: tf.Tensor, is_true: tf.Tensor, options: LossOptions = PLAIN) -> tf.Tensor:
    """Cross-entropy of independent decisions, without the weights, which mean different things to different kinds.

    Args:
        logits: float32 [B, D].
        is_true: float32 [B, D], 1 or 0.
        options: What is asked for beside it.

    Returns:
        float32 [B, D].
    """
    truth = tf.nn.sigmoid_cross_entropy_with_logits(labels=is_true, logits=logits)
    target = is_true * (1 - options.smoothing) + options.smoothing / 2
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
    if options.focal_gamma:
        losses *= tf.pow(_at_least_tiny(1 - tf.exp(-truth)), options.focal_gamma)
    return losses


def _at_least_tiny(factor: tf.Tensor) -> tf.Tensor:
    """Keeps the gradient of a power finite where the factor is 0 and the exponent below 1."""
    return tf.maximum(factor, 1e-7)
