"""What becomes of a text that has more pieces than a row holds: some of them are cut off, or it is read in windows.

Sun et al. 2019 ("How to Fine-Tune BERT for Text Classification?", section 4.3) compare the ways.
"""

import dataclasses
import enum

import tensorflow as tf

_HEAD_SHARE = 4  # Of the pieces that `head_tail` keeps, the first quarter is the head, as 128 of 510 in the source.


class LongText(enum.Enum):
    """The ways. The value is the name of the option."""

    HEAD = "head"
    TAIL = "tail"
    HEAD_TAIL = "head_tail"
    WINDOW_MEAN = "window_mean"
    WINDOW_MAX = "window_max"

    @property
    def has_windows(self) -> bool:
        """Whether a text may become several rows."""
        return self in (LongText.WINDOW_MEAN, LongText.WINDOW_MAX)


@dataclasses.dataclass(frozen=True)
class Reading:
    """How long texts are read.

    Attributes:
        way: Which pieces of a text its rows hold.
        stride: Pieces from the beginning of one window to that of the next.
    """

    way: LongText = LongText.HEAD
    stride: int = 128


HEAD_ONLY = Reading()  # What google-research/bert does.


@dataclasses.dataclass(frozen=True)
class Excerpts:
    """The pieces of N texts that R rows hold.

    Attributes:
        pieces: int32 [R, (pieces)].
        text_index: int64 [R], the text that each row is of, in ascending order. R is N without windows.
        is_long: bool [N], whether a text has more pieces than a row holds.
    """

    pieces: tf.RaggedTensor
    text_index: tf.Tensor
    is_long: tf.Tensor


def excerpts(texts: tf.RaggedTensor, limit: int, reading: Reading) -> Excerpts:
    """Takes out of each text the pieces that its rows hold.

    Args:
        texts: int32 [N, (pieces)].
        limit: Pieces of a text that a row holds at most.
        reading: Which of them.
    """
    lengths = texts.row_lengths()
    index = tf.range(tf.size(lengths, tf.int64))
    is_long = lengths > limit
    kept = tf.minimum(lengths, limit)
    if reading.way is LongText.HEAD:
        return Excerpts(_slices(texts, index, tf.zeros_like(lengths), kept), index, is_long)
    if reading.way is LongText.TAIL:
        return Excerpts(_slices(texts, index, lengths - kept, kept), index, is_long)
    if reading.way is LongText.HEAD_TAIL:
        head = tf.minimum(kept, limit // _HEAD_SHARE)
        tail = kept - head
        starts, sizes = (
            tf.reshape(tf.stack(pair, axis=1), [-1]) for pair in ((0 * head, lengths - tail), (head, tail))
        )
        halves = _slices(texts, tf.repeat(index, 2), starts, sizes)
        pieces = tf.RaggedTensor.from_row_splits(halves.values, halves.row_splits[::2], validate=False)
        return Excerpts(pieces, index, is_long)
    found = windows(lengths, tf.fill(tf.shape(lengths), tf.constant(limit, tf.int64)), reading.stride)
    return Excerpts(_slices(texts, found.text_index, found.starts, found.sizes), found.text_index, is_long)


@dataclasses.dataclass(frozen=True)
class Windows:
    """R windows on N texts.

    Attributes:
        text_index: int64 [R], the text that each is on, in ascending order.
        starts: int64 [R], its first piece.
        sizes: int64 [R], how many pieces it holds; 0 only on a text without pieces.
    """

    text_index: tf.Tensor
    starts: tf.Tensor
    sizes: tf.Tensor


def windows(lengths: tf.Tensor, limits: tf.Tensor, strides: int | tf.Tensor) -> Windows:
    """Lays windows on texts: they begin a stride apart until one reaches the end of the text.

    Args:
        lengths: int64 [N], pieces of each text.
        limits: int64 [N], how many of them a window holds at most.
        strides: Pieces from the beginning of one window to that of the next, for all or int64 [N].
    """
    counts = 1 + -(-tf.maximum(lengths - limits, 0) // strides)
    text_index = tf.repeat(tf.range(tf.size(lengths, tf.int64)), counts)
    starts = tf.ragged.range(counts).values * tf.gather(strides + tf.zeros_like(counts), text_index)
    sizes = tf.minimum(tf.gather(lengths, text_index) - starts, tf.gather(limits, text_index))
    return Windows(text_index, starts, sizes)


def _slices(texts: tf.RaggedTensor, index: tf.Tensor, starts: tf.Tensor, sizes: tf.Tensor) -> tf.RaggedTensor:
    """Returns the pieces [starts[r], starts[r] + sizes[r]) of text index[r], for each r."""
    begins = tf.gather(texts.row_starts(), index) + starts
    places = tf.repeat(begins - tf.cumsum(sizes, exclusive=True), sizes) + tf.range(tf.reduce_sum(sizes))
    return tf.RaggedTensor.from_row_lengths(tf.gather(texts.values, places), sizes, validate=False)
