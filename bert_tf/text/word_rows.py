"""Texts whose words are given, as rows: a word that a row has no room for stands in another window of its text.

Every word has one row that answers for it, the one in which it has most context on both sides: the rule of
google-research/bert's run_squad.py. So each word is answered once, and the words come out in their order.

A text that leaves room in its row may have words around it, as many on both sides as there is room for (Devlin et al.
2019, section 5.3). They are read, and have no answers. A text that is longer than a row is its own context.
"""

import dataclasses

import tensorflow as tf

from bert_tf import features
from bert_tf.text.excerpts import LongText, Reading, excerpts
from bert_tf.text.rows import PackedRows, join

_LENGTH_WEIGHT = 0.01  # What the length of a window adds to the context of a word, so that ties are rare.


@dataclasses.dataclass(frozen=True)
class _Text:
    """Pieces that may stand in the rows of N texts, T in all, of words that have answers and others.

    Attributes:
        ids: int32 [T].
        places: int64 [N, (pieces)], those of each text, by their places in `ids`.
        words: int32 [T], the word that each is of, counted over all that have answers, -1 for others.
        is_first: bool [T], whether a piece is the first of such a word.
    """

    ids: tf.Tensor
    places: tf.RaggedTensor
    words: tf.Tensor
    is_first: tf.Tensor


def pack_words(
    pieces: tf.RaggedTensor,
    around: tuple[tf.RaggedTensor, tf.RaggedTensor] | None = None,
    *,
    max_seq_length: int,
    stride: int,
    cls_id: int,
    sep_id: int,
    unknown_id: int,
) -> PackedRows:
    """Lays the words of each text in rows: [CLS] words [SEP], as many rows as it takes.

    A word of which the vocabulary knows nothing, not even a piece, is read as [UNK], so that it has an answer too.

    Args:
        pieces: int32 [N, (words), (pieces)].
        around: The same of the words before each text and of those after it; None for texts that stand alone.
        max_seq_length: Limit of a row, with its special tokens.
        stride: Pieces from the beginning of one window of a long text to that of the next; half a row at most counts.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].
        unknown_id: Id of [UNK].

    Returns:
        Rows with the anchors `features.WORD_INDEX`, the word that each position is of, counted over all texts, -1 for
        [CLS], [SEP] and words around; and `features.IS_ANSWER`, 1 for the position that answers for its word.
    """
    limit = max_seq_length - 2
    text = _text_of(pieces, around, limit, unknown_id)
    reading = Reading(LongText.WINDOW_MEAN, max(min(stride, (limit + 1) // 2), 1))
    found = excerpts(text.places, limit, reading)
    places = found.pieces
    answers = tf.cast(tf.gather(text.is_first, places.values), tf.int32) * _has_most_context(places)
    ids, segments = join([places.with_values(tf.gather(text.ids, places.values))], cls_id, sep_id)
    words, _ = join([places.with_values(tf.gather(text.words, places.values))], -1, -1)
    is_answer, _ = join([places.with_values(answers)], 0, 0)
    anchors = {features.WORD_INDEX: words, features.IS_ANSWER: is_answer}
    return PackedRows(ids, segments, found.text_index, found.is_long, anchors)


def _text_of(
    pieces: tf.RaggedTensor, around: tuple[tf.RaggedTensor, tf.RaggedTensor] | None, limit: int, unknown_id: int
) -> _Text:
    """Joins texts with what is around them, as far as a row has room for it; takes what `pack_words` does."""
    parts = [pieces] if around is None else [around[0], pieces, around[1]]
    texts = parts[0] if around is None else tf.concat(parts, axis=1)  # [N, (words), (pieces)]
    known = _with_a_piece(texts.values, unknown_id)
    counts = [part.row_lengths() for part in parts]
    is_own = tf.constant([part is pieces for part in parts])
    own_words = tf.repeat(tf.tile(is_own, [pieces.nrows()]), tf.reshape(tf.stack(counts, axis=1), [-1]))
    number = tf.where(own_words, tf.cumsum(tf.cast(own_words, tf.int32)) - 1, -1)
    words = tf.gather(number, known.value_rowids())
    starts = known.row_starts()[:, tf.newaxis]
    is_start = tf.scatter_nd(starts, tf.ones_like(starts[:, 0]), tf.shape(words, tf.int64))
    ends = tf.gather(known.row_splits, texts.row_splits)
    places = tf.RaggedTensor.from_row_splits(tf.range(tf.size(words, tf.int64)), ends, validate=False)
    if around is not None:
        places = tf.ragged.boolean_mask(places, places.with_values(_has_room(places, words, limit)))
    return _Text(known.values, places, words, (is_start > 0) & (words >= 0))


def _has_room(places: tf.RaggedTensor, words: tf.Tensor, limit: int) -> tf.Tensor:
    """Whether each piece is of a text or near enough to it that a row holds both: bool [T].

    The pieces on both sides are as many, unless there are fewer on one.

    Args:
        places: int64 [N, (pieces)], all of them.
        words: int32 [T], -1 for what is around.
        limit: Pieces that a row holds.
    """
    rows, place = places.value_rowids(), places.values
    is_own, count = words >= 0, places.nrows()
    own = tf.math.unsorted_segment_sum(tf.cast(is_own, tf.int64), rows, count)
    first = tf.math.unsorted_segment_min(tf.where(is_own, place, place.dtype.max), rows, count)
    before, after = first - places.row_starts(), places.row_limits() - first - own
    room = tf.maximum(limit - own, 0)
    left = tf.minimum(before, tf.maximum(room // 2, room - after))
    right = tf.minimum(after, room - left)
    return (place >= tf.gather(first - left, rows)) & (place < tf.gather(first + own + right, rows))


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
