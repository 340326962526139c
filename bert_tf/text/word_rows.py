"""Texts whose words are given, as rows: a word that a row has no room for stands in another window of its text.

Every word has one row that answers for it, the one in which it has most context on both sides: the rule of
google-research/bert's run_squad.py. So each word is answered once, and the words come out in their order.
"""

import tensorflow as tf

from bert_tf import features
from bert_tf.text.excerpts import LongText, Reading, excerpts
from bert_tf.text.rows import PackedRows, join

_LENGTH_WEIGHT = 0.01  # What the length of a window adds to the context of a word, so that ties are rare.


def pack_words(
    pieces: tf.RaggedTensor, *, max_seq_length: int, stride: int, cls_id: int, sep_id: int, unknown_id: int
) -> PackedRows:
    """Lays the words of each text in rows: [CLS] words [SEP], as many rows as it takes.

    A word of which the vocabulary knows nothing, not even a piece, is read as [UNK], so that it has an answer too.

    Args:
        pieces: int32 [N, (words), (pieces)].
        max_seq_length: Limit of a row, with its special tokens.
        stride: Pieces from the beginning of one window of a long text to that of the next; half a row at most counts.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].
        unknown_id: Id of [UNK].

    Returns:
        Rows with the anchors `features.WORD_INDEX`, the word that each position is of, counted over all texts, -1 for
        [CLS] and [SEP]; and `features.IS_ANSWER`, 1 for the position that answers for its word.
    """
    known = _with_a_piece(pieces.values, unknown_id)
    word_ends = tf.gather(known.row_splits, pieces.row_splits)
    flat = tf.RaggedTensor.from_row_splits(tf.range(tf.size(known.values)), word_ends, validate=False)
    limit = max_seq_length - 2
    reading = Reading(LongText.WINDOW_MEAN, max(min(stride, (limit + 1) // 2), 1))
    found = excerpts(flat, limit, reading)
    places = found.pieces
    word_of_piece = tf.cast(known.value_rowids(), tf.int32)
    is_first = tf.scatter_nd(
        known.row_starts()[:, tf.newaxis], tf.ones_like(known.row_starts()), [tf.size(known.values)]
    )
    answers = tf.cast(tf.gather(is_first, places.values), tf.int32) * _has_most_context(places)
    ids, segments = join([places.with_values(tf.gather(known.values, places.values))], cls_id, sep_id)
    words, _ = join([places.with_values(tf.gather(word_of_piece, places.values))], -1, -1)
    is_answer, _ = join([places.with_values(answers)], 0, 0)
    anchors = {features.WORD_INDEX: words, features.IS_ANSWER: is_answer}
    return PackedRows(ids, segments, found.text_index, found.is_long, anchors)


def _with_a_piece(words: tf.RaggedTensor, unknown_id: int) -> tf.RaggedTensor:
    """Words with their pieces, [UNK] for one that has none: int32 [W, (pieces)] to the same."""
    lengths = words.row_lengths()
    is_empty = tf.equal(lengths, 0)
    fillers = tf.RaggedTensor.from_row_lengths(
        tf.fill([tf.math.count_nonzero(is_empty)], unknown_id), tf.cast(is_empty, tf.int64), validate=False
    )
    return tf.concat([words, fillers], axis=1)


def _has_most_context(places: tf.RaggedTensor) -> tf.Tensor:
    """Whether each position of a row is where its piece has most context: int32 [positions in all].

    Of windows with equally much context, the first counts.

    Args:
        places: int32 [R, (positions)], the piece that stands at each; windows of a text may share pieces.
    """
    flat, rows = places.values, places.value_rowids()
    lengths = tf.gather(places.row_lengths(), rows)
    left = tf.range(tf.size(flat, tf.int64)) - tf.gather(places.row_starts(), rows)
    context = tf.cast(tf.minimum(left, lengths - 1 - left), tf.float32) + _LENGTH_WEIGHT * tf.cast(lengths, tf.float32)
    count = tf.reduce_max(tf.pad(flat, [[0, 1]], constant_values=-1)) + 1
    most = tf.gather(tf.math.unsorted_segment_max(context, flat, count), flat)
    candidates = tf.where(tf.equal(context, most), rows, rows[-1:] + 1)
    first = tf.gather(tf.math.unsorted_segment_min(candidates, flat, count), flat)
    return tf.cast(tf.equal(first, rows), tf.int32)
