"""One or two texts to one row: [CLS] first [SEP] or [CLS] first [SEP] second [SEP]."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class PackedRows:
    """Rows of word pieces of different lengths.

    Attributes:
        input_ids: int32 [N, (pieces)].
        segment_ids: int32 [N, (pieces)], 0 up to and with the first [SEP], then 1.
        is_truncated: bool [N], whether pieces were cut off to fit.
    """

    input_ids: tf.RaggedTensor
    segment_ids: tf.RaggedTensor
    is_truncated: tf.Tensor


def pack(
    first: tf.RaggedTensor, second: tf.RaggedTensor | None, *, max_seq_length: int, cls_id: int, sep_id: int
) -> PackedRows:
    """Joins texts into rows of at most `max_seq_length` pieces.

    A single text is cut at its end. A pair is cut as by `_truncate_seq_pair` of google-research/bert: one piece at a
    time from the end of the longer text, from the second if they are equally long.

    Args:
        first: int32 [N, (pieces)].
        second: int32 [N, (pieces)], or None if the rows hold one text.
        max_seq_length: Limit of the row, with its special tokens.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].
    """
    if second is None:
        limit = tf.fill(tf.shape(first.row_lengths()), tf.cast(max_seq_length - 2, tf.int64))
        return _join([_head(first, limit)], tf.greater(first.row_lengths(), limit), cls_id, sep_id)
    budget = max_seq_length - 3
    limits = pair_limits(first.row_lengths(), second.row_lengths(), budget)
    texts = [_head(text, limit) for text, limit in zip((first, second), limits, strict=True)]
    is_truncated = tf.greater(first.row_lengths() + second.row_lengths(), tf.cast(budget, tf.int64))
    return _join(texts, is_truncated, cls_id, sep_id)


def pair_limits(first: tf.Tensor, second: tf.Tensor, budget: int) -> tuple[tf.Tensor, tf.Tensor]:
    """How many pieces of each text remain when the longer one gives way first.

    A text no longer than its half (rounded up for the first, down for the second) stays whole and the other takes
    the rest; otherwise each keeps its half.

    Args:
        first: int64 [N], lengths.
        second: int64 [N], lengths.
        budget: Pieces that both may have together.

    Returns:
        int64 [N] twice.
    """
    half = (budget + 1) // 2
    kept_first = tf.where(second <= budget - half, tf.minimum(first, budget - second), tf.minimum(first, half))
    return kept_first, tf.minimum(second, budget - kept_first)


def _head(text: tf.RaggedTensor, limit: tf.Tensor) -> tf.RaggedTensor:
    """The first `limit[i]` pieces of row i."""
    kept = tf.minimum(text.row_lengths(), limit)
    positions = tf.repeat(text.row_starts() - tf.cumsum(kept, exclusive=True), kept) + tf.range(tf.reduce_sum(kept))
    return tf.RaggedTensor.from_row_lengths(tf.gather(text.values, positions), kept, validate=False)


def _join(texts: list[tf.RaggedTensor], is_truncated: tf.Tensor, cls_id: int, sep_id: int) -> PackedRows:
    """Lays [CLS] and the texts, each with its [SEP], behind one another, row by row."""
    rows = texts[0].nrows()
    one = tf.ones([rows], tf.int64)
    values, lengths, segments = [tf.fill([rows], cls_id)], [one], [0]
    for segment, text in enumerate(texts):
        values += [text.values, tf.fill([rows], sep_id)]
        lengths += [text.row_lengths(), one]
        segments += [segment, segment]
    parts = tf.RaggedTensor.from_row_lengths(tf.concat(values, axis=0), tf.concat(lengths, axis=0), validate=False)
    row_by_row = tf.reshape(tf.transpose(tf.reshape(tf.range(tf.size(parts.row_lengths())), [-1, rows])), [-1])
    joined = tf.gather(parts, row_by_row)
    row_splits = joined.row_splits[:: len(segments)]
    return PackedRows(
        tf.RaggedTensor.from_row_splits(joined.values, row_splits, validate=False),
        tf.RaggedTensor.from_row_splits(
            tf.repeat(tf.tile(segments, [rows]), joined.row_lengths()), row_splits, validate=False
        ),
        is_truncated,
    )
