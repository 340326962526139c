"""A linear-chain conditional random field (Lafferty et al. 2001): the likelihood of tags, and the best tags.

The score of a sequence is the sum of the emissions of its tags, of the transitions between neighbours, and of how well
its first tag starts and its last one ends it. Letters of the shapes in comments, beside those of `layers`:

    B  rows of a batch
    F  positions
    C  labels

A mask says which positions count, such as the first pieces of words. The others are passed over wherever they stand:
those that count are neighbours of one another. All is computed in float32.

The forward pass is a loop over positions. Differentiated by the tape, it would keep several [B, C, C] of every step,
and walk back through all its operations. Its gradient is known: the probability of each tag and of each pair of
neighbours. So it is written down, as a second loop that needs of the first nothing but its sums, [F, B, C].
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

# Finite, so that 0 times it is 0; far more than emissions can make up for, and a sum over positions is still finite.
ILLEGAL_SCORE = -1e30
_SPARE = 2
_VARIABLES = "crf/"  # What the names of the variables of a chain begin with.


class Chain(NamedTuple):
    """What is known of neighbours.

    Attributes:
        transitions: float32 [C, C], the score of the column behind the row.
        start: float32 [C], the score of a label in the first place.
        end: float32 [C], the same in the last place.
    """

    transitions: tf.Tensor
    start: tf.Tensor
    end: tf.Tensor


def is_of_chain(name: str) -> bool:
    """Whether a variable is one of the scores of a chain, by its name in a checkpoint."""
    return name.startswith(_VARIABLES)


def constrained(chain: Chain, legal: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Chain:
    """Gives what is illegal a score that no emissions make up for.

    Meant for decoding. In a likelihood it would give right tags that are illegal a probability of 0.

    Args:
        chain: The scores.
        legal: bool [C], what may come first; [C, C], the column behind the row; [C], what may come last.
    """
    start, transitions, end = legal
    masks = Chain(tf.constant(transitions), tf.constant(start), tf.constant(end))
    return Chain(*(tf.where(mask, scores, ILLEGAL_SCORE) for mask, scores in zip(masks, chain, strict=True)))


# --- Likelihood ------------------------------------------------------------------------------------------------------


def log_likelihood(emissions: tf.Tensor, tags: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tf.Tensor:
    """Returns the logarithm of the probability of tags, float32 [B]; 0 where no position counts.

    It can be differentiated once.

    Args:
        emissions: float [B, F, C].
        tags: int [B, F]; any number where the mask is False.
        mask: bool [B, F].
        chain: What is known of neighbours.
    """
    emissions, mask, order = _lined_up(emissions, mask)
    # The same for all labels of a position, so nothing changes; but of large sums few digits would be left.
    emissions -= tf.stop_gradient(tf.reduce_max(emissions, 2, keepdims=True))
    tags, chain = tf.gather(_with_spare(tags), order, batch_dims=1), _as_tensors(chain)
    return _score(emissions, tags, mask, chain) - _log_partition(emissions, mask, chain)


def _lined_up(emissions: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Emissions and mask with the positions that count first; and the positions in this order, int32 [B, F + 2].

    Two more at the end, which do not count, give the loops a first position and a step to make for any F, such as 0:
    TensorFlow can't stack the results of no step.
    """
    mask = _with_spare(mask)
    order = tf.argsort(tf.cast(tf.logical_not(mask), tf.int32), axis=1, stable=True)
    emissions = _with_spare(tf.cast(emissions, tf.float32))
    return tf.gather(emissions, order, batch_dims=1), tf.gather(mask, order, batch_dims=1), order


def _with_spare(x: tf.Tensor) -> tf.Tensor:
    """The tensor, [B, F] or more, with zeros at some more positions."""
    return tf.pad(x, [[0, 0], [0, _SPARE], *[[0, 0]] * (len(x.shape) - 2)])


def _as_tensors(chain: Chain) -> Chain:
    """The values of variables, if they are some."""
    return Chain(*(tf.convert_to_tensor(scores, tf.float32) for scores in chain))


def _score(emissions: tf.Tensor, tags: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tf.Tensor:
    """The score of tags, [B], by matrix products, whose gradients add in one order and so give the same bits."""
    chosen = tf.one_hot(tf.where(mask, tags, -1), tf.size(chain.start))  # [B, F, C], zeros where nothing counts
    is_last = tf.logical_and(mask, tf.logical_not(_next(mask)))
    pairs = tf.tensordot(chosen[:, :-1], chain.transitions, 1) * chosen[:, 1:]  # [B, F - 1, C]
    ends = tf.tensordot(chosen * tf.cast(is_last, tf.float32)[:, :, tf.newaxis], chain.end, 1)  # [B, F]
    starts = tf.tensordot(chosen[:, :1], chain.start, 1)  # [B, 1]
    inner = tf.reduce_sum(emissions * chosen, [1, 2]) + tf.reduce_sum(pairs, [1, 2])
    return inner + tf.reduce_sum(starts, 1) + tf.reduce_sum(ends, 1)


def _next(mask: tf.Tensor) -> tf.Tensor:
    """What the mask says of the next position, [B, F]."""
    return tf.concat([mask[:, 1:], tf.zeros_like(mask[:, :1])], axis=1)


def _log_partition(emissions: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tf.Tensor:
    """The logarithm of the sum over all sequences of the exponential of their scores, [B]."""

    @tf.custom_gradient
    def apply(
        emissions: tf.Tensor, transitions: tf.Tensor, start: tf.Tensor, end: tf.Tensor
    ) -> tuple[tf.Tensor, Callable]:
        inner = Chain(transitions, start, end)
        sums, shift = _forward(emissions, mask, inner)
        total = tf.where(mask[:, 0], _log_sum(sums[-1] + end, 1) + shift, 0.0)
        return total, lambda upstream: _gradients(upstream, emissions, mask, inner, sums)

    return apply(emissions, *chain)


def _forward(emissions: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tuple[tf.Tensor, tf.Tensor]:
    """The sum over all beginnings that end in a label, [F, B, C]; behind the last position it stays as it was.

    Each is shifted so that the greatest is 0, which keeps all digits of their differences. What has to be added to the
    last of them is the second result, [B].
    """

    def step(before: tuple[tf.Tensor, tf.Tensor], position: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        (sums, shift), (emission, counts) = before, position  # [B, C], [B, 1], [B, C], [B, 1]
        longer, more = _shifted(_log_sum(sums[:, :, tf.newaxis] + chain.transitions, 1) + emission)
        return tf.where(counts, longer, sums), tf.where(counts, shift + more, shift)

    sums, shifts = _scan(step, emissions, mask, _shifted(emissions[:, 0] + chain.start))
    return sums, shifts[-1, :, 0]


def _shifted(scores: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Scores, [B, C], less the greatest of each row; and that, [B, 1]."""
    most = tf.reduce_max(scores, 1, keepdims=True)
    return scores - most, most


def _scan(step: Callable, emissions: tf.Tensor, mask: tf.Tensor, first: Any) -> Any:
    """What a step makes of the first position and all others, one after the other: [F, ...] of each part."""
    emissions, counts = _by_position(emissions, mask)
    later = tf.scan(step, (emissions[1:], counts[1:]), first)
    return tf.nest.map_structure(lambda one, others: tf.concat([one[tf.newaxis], others], axis=0), first, later)


def _by_position(emissions: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Emissions, [F, B, C], and mask, [F, B, 1]."""
    return tf.transpose(emissions, [1, 0, 2]), tf.transpose(mask)[:, :, tf.newaxis]


def _gradients(
    upstream: tf.Tensor, emissions: tf.Tensor, mask: tf.Tensor, chain: Chain, sums: tf.Tensor
) -> tuple[tf.Tensor, ...]:
    """The gradient of the partition: of a score, how probable it is that it is part of a sequence.

    Args:
        upstream: [B].
        emissions: [B, F, C].
        mask: [B, F].
        chain: What is known of neighbours.
        sums: [F, B, C], what `_forward` returns.
    """
    emissions, counts = _by_position(emissions, mask)
    weights = tf.where(counts, upstream[:, tf.newaxis], 0.0)  # [F, B, 1]

    def step(after: tuple[tf.Tensor, tf.Tensor], position: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, tf.Tensor]:
        rest, pairs = after  # The sum over all ends behind a label, [B, C], and over pairs so far, [C, C].
        emission, count, weight, before = position
        longer = chain.transitions + (emission + rest)[:, tf.newaxis, :]  # [B, C, C]
        probable = _softmax_of_pairs(before[:, :, tf.newaxis] + longer)
        pairs += tf.reduce_sum(weight[:, :, tf.newaxis] * probable, 0)
        return tf.where(count, _shifted(_log_sum(longer, 2))[0], rest), pairs

    last = tf.broadcast_to(chain.end, tf.shape(sums[0])), tf.zeros_like(chain.transitions)
    rests, pairs = tf.scan(step, (emissions[1:], counts[1:], weights[1:], sums[:-1]), last, reverse=True)
    rests = tf.concat([rests, last[0][tf.newaxis]], axis=0)  # [F, B, C]
    single = tf.nn.softmax(sums + rests) * weights
    ends = tf.nn.softmax(sums[-1] + chain.end) * weights[0]
    return tf.transpose(single, [1, 0, 2]), pairs[0], tf.reduce_sum(single[0], 0), tf.reduce_sum(ends, 0)


def _softmax_of_pairs(scores: tf.Tensor) -> tf.Tensor:
    """The softmax over both labels, [B, C, C]."""
    return tf.reshape(tf.nn.softmax(tf.reshape(scores, [tf.shape(scores)[0], -1])), tf.shape(scores))


def _log_sum(scores: tf.Tensor, axis: int) -> tf.Tensor:
    """The logarithm of the sum of exponentials of finite numbers."""
    most = tf.reduce_max(scores, axis, keepdims=True)
    return tf.squeeze(most, axis) + tf.math.log(tf.reduce_sum(tf.exp(scores - most), axis))


def marginals(emissions: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tf.Tensor:
    """Returns how probable each label is in its place, whatever the others are: float32 [B, F, C], 0 where the mask is.

    Args:
        emissions: float [B, F, C].
        mask: bool [B, F].
        chain: What is known of neighbours.
    """
    emissions, counts, order = _lined_up(emissions, mask)
    chain = _as_tensors(chain)
    sums, _ = _forward(emissions, counts, chain)
    single, *_ = _gradients(tf.ones_like(emissions[:, 0, 0]), emissions, counts, chain, sums)
    return tf.gather(single, tf.argsort(order, axis=1), batch_dims=1)[:, :-_SPARE]


# --- Decoding --------------------------------------------------------------------------------------------------------


def viterbi(emissions: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the best tags, int32 [B, F], 0 where the mask is False; and their score, float32 [B].

    With a chain that `constrained` made no illegal sequence is returned, as long as there is a legal one.

    Args:
        emissions: float [B, F, C].
        mask: bool [B, F].
        chain: What is known of neighbours.
    """
    emissions, counts, order = _lined_up(emissions, mask)
    chain = _as_tensors(chain)
    best = _best_beginnings(emissions, counts, chain)  # [F, B, C]
    final = best[-1] + chain.end
    score = tf.where(counts[:, 0], tf.reduce_max(final, 1), 0.0)
    tags = _walk_back(best, counts, chain, tf.argmax(final, 1, tf.int32))  # [B, F]
    tags = tf.gather(tags, tf.argsort(order, axis=1), batch_dims=1)  # To the positions that they were taken from.
    return tf.where(mask, tags[:, :-_SPARE], 0), score


def _best_beginnings(emissions: tf.Tensor, mask: tf.Tensor, chain: Chain) -> tf.Tensor:
    """The score of the best beginning that ends in a label, [F, B, C]; behind the last position it stays as it was."""

    def step(best: tf.Tensor, position: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        emission, counts = position
        longer = tf.reduce_max(best[:, :, tf.newaxis] + chain.transitions, 1) + emission
        return tf.where(counts, longer, best)

    return _scan(step, emissions, mask, emissions[:, 0] + chain.start)


def _walk_back(best: tf.Tensor, mask: tf.Tensor, chain: Chain, last: tf.Tensor) -> tf.Tensor:
    """The tags, int32 [B, F], that lead to the last ones, int32 [B]."""
    into = tf.transpose(chain.transitions)  # [C, C], row behind column

    def step(tag: tf.Tensor, position: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        before, counts = position  # [B, C] of the position before, [B] of the one that has the tag
        return tf.where(counts, tf.argmax(before + tf.gather(into, tag), 1, tf.int32), tag)

    tags = tf.scan(step, (best[:-1], tf.transpose(mask)[1:]), last, reverse=True)
    return tf.transpose(tf.concat([tags, last[tf.newaxis]], axis=0))
