"""One or two texts to one row: [CLS] first [SEP] or [CLS] first [SEP] second [SEP]."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from bert_tf.text.excerpts import HEAD_ONLY, Reading, excerpts


@dataclasses.dataclass(frozen=True)
class PackedRows:
    """Rows of word pieces of different lengths, made from N texts or pairs.

    Attributes:
        input_ids: int32 [R, (pieces)].
        segment_ids: int32 [R, (pieces)], 0 up to and with the first [SEP], then 1.
        text_index: int64 [R], the text that each row is of. R is N unless long texts are read in windows.
        is_long: bool [N], whether a text or pair has more pieces than a row holds.
        anchors: What leads back from each piece to the text, int32 [R, (pieces)] by name; none for what has one answer.
        text_anchors: What else is known of each text, int32 [N] by name.
    """

    input_ids: tf.RaggedTensor
    segment_ids: tf.RaggedTensor
    text_index: tf.Tensor
    is_long: tf.Tensor
    anchors: Mapping[str, tf.RaggedTensor] = dataclasses.field(default_factory=dict)
    text_anchors: Mapping[str, tf.Tensor] = dataclasses.field(default_factory=dict)


def pack(
    first: tf.RaggedTensor,
    second: tf.RaggedTensor | None,
    *,
    max_seq_length: int,
    cls_id: int,
    sep_id: int,
    reading: Reading = HEAD_ONLY,
) -> PackedRows:
    """Joins texts into rows of at most `max_seq_length` pieces.

    A long text is read as `reading` says. A long pair is cut as by `_truncate_seq_pair` of google-research/bert: one
    piece at a time from the end of the longer text, from the second if they are equally long.

    Args:
        first: int32 [N, (pieces)].
        second: int32 [N, (pieces)], or None if the rows hold one text.
        max_seq_length: Limit of the row, with its special tokens.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].
        reading: Which pieces of a long text its rows hold; without meaning for pairs.
    """
    if second is None:
        found = excerpts(first, max_seq_length - 2, reading)
        return PackedRows(*join([found.pieces], cls_id, sep_id), found.text_index, found.is_long)
    budget = max_seq_length - 3
    limits = pair_limits(first.row_lengths(), second.row_lengths(), budget)
    texts = [_head(text, limit) for text, limit in zip((first, second), limits, strict=True)]
    is_long = tf.greater(first.row_lengths() + second.row_lengths(), tf.cast(budget, tf.int64))
    return PackedRows(*join(texts, cls_id, sep_id), tf.range(tf.size(is_long, tf.int64)), is_long)


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


def join(texts: list[tf.RaggedTensor], cls_id: int, sep_id: int) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Lays [CLS] and the texts, each with its [SEP], behind one another, row by row.

    Args:
        texts: int32 [R, (pieces)] each.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].

    Returns:
        int32 [R, (F)] twice: ids and segments.
    """
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
    values = tf.repeat(tf.tile(segments, [rows]), joined.row_lengths())
    return (
        tf.RaggedTensor.from_row_splits(joined.values, row_splits, validate=False),
        tf.RaggedTensor.from_row_splits(values, row_splits, validate=False),
    )
