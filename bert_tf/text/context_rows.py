"""A question and its context to rows: [CLS] question [SEP] window of the context [SEP].

As google-research/bert's run_squad.py does: the question is cut, the context is read in windows, and a piece that
stands in several of them is answered for by the one that shows the most around it.
"""

import dataclasses

import tensorflow as tf

from bert_tf.text.excerpts import windows
from bert_tf.text.offsets import Pieces
from bert_tf.text.rows import join
from bert_tf.text.template import CONTEXT_SPECIALS, check_limits

_BEFORE_CONTEXT = 2  # [CLS] and the [SEP] of the question.
_NO_PIECE = -1


@dataclasses.dataclass(frozen=True)
class ContextRows:
    """Rows of F positions, made from N questions with their contexts.

    Attributes:
        input_ids: int32 [R, (F)].
        segment_ids: int32 [R, (F)], 0 up to and with the first [SEP], then 1.
        text_index: int64 [R], the question that each row is of, in ascending order. Each question has a row, also
            where its context has no piece.
        starts: int32 [R, (F)], the first character of the context that a position stands for; -1 where none.
        ends: int32 [R, (F)], the one after its last; -1 where none.
        pieces: int32 [R, (F)], the number of the piece in its context; -1 where none.
        is_best: bool [R, (F)], whether no other row shows more around the piece. True once for each piece.
        is_long: bool [N], whether the context is read in several windows.
        is_cut_question: bool [N], whether the question lost pieces.
    """

    input_ids: tf.RaggedTensor
    segment_ids: tf.RaggedTensor
    text_index: tf.Tensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor
    pieces: tf.RaggedTensor
    is_best: tf.RaggedTensor
    is_long: tf.Tensor
    is_cut_question: tf.Tensor


def pack_question_context(
    question: tf.RaggedTensor,
    context: Pieces,
    *,
    max_seq_length: int,
    max_query_length: int,
    doc_stride: int,
    cls_id: int,
    sep_id: int,
) -> ContextRows:
    """Lays each question before every window of its context.

    Args:
        question: int32 [N, (pieces)].
        context: The pieces of N contexts.
        max_seq_length: Limit of a row, with its special tokens.
        max_query_length: Limit of the question; what is behind is cut off.
        doc_stride: Pieces from the beginning of one window to that of the next; a window that holds fewer steps by
            what it holds, so that none is left out.
        cls_id: Id of [CLS].
        sep_id: Id of [SEP].

    Raises:
        InputError: As `check_limits` does.
    """
    check_limits(max_seq_length, max_query_length, doc_stride)
    asked = question[:, :max_query_length]
    lengths = context.ids.row_lengths()
    room = max_seq_length - CONTEXT_SPECIALS - asked.row_lengths()
    found = windows(lengths, room, tf.minimum(room, doc_stride))
    begins = tf.gather(context.ids.row_starts(), found.text_index) + found.starts
    # Of each piece in each window, its number among the pieces of all contexts: int64 [R, (pieces)].
    source = tf.ragged.range(begins, begins + found.sizes)
    window = source.with_values(tf.gather(context.ids.values, source.values))
    before = tf.gather(asked, found.text_index)
    input_ids, segment_ids = join([before, window], cls_id, sep_id)
    first = input_ids.row_starts() + before.row_lengths() + _BEFORE_CONTEXT
    place = tf.ragged.range(first, first + found.sizes).values[:, tf.newaxis]

    def at_context(values: tf.Tensor, elsewhere: int | bool) -> tf.RaggedTensor:
        filled = tf.fill(tf.shape(input_ids.values), tf.constant(elsewhere, values.dtype))
        return input_ids.with_values(tf.tensor_scatter_nd_update(filled, place, values))

    numbers = tf.cast(tf.ragged.range(found.starts, found.starts + found.sizes).values, tf.int32)
    return ContextRows(
        input_ids,
        segment_ids,
        found.text_index,
        at_context(tf.gather(context.starts.values, source.values), _NO_PIECE),
        at_context(tf.gather(context.ends.values, source.values), _NO_PIECE),
        at_context(numbers, _NO_PIECE),
        at_context(_is_best(source, tf.size(context.ids.values, tf.int64)), elsewhere=False),
        lengths > room,
        question.row_lengths() > max_query_length,
    )


def _is_best(source: tf.RaggedTensor, total: tf.Tensor) -> tf.Tensor:
    """Whether a window is the one for a piece: it has the most on the side that has less, plus 0.01 of its size.

    The first wins a tie. The sum is made in float64 as in Python, so that what is a tie there is one here.

    Args:
        source: int64 [R, (pieces)], each piece's number among the pieces of all contexts.
        total: How many pieces all contexts have.

    Returns:
        bool [pieces in all windows].
    """
    row, piece = source.value_rowids(), source.values
    size = tf.gather(source.row_lengths(), row)
    left = tf.ragged.range(source.row_lengths()).values
    score = tf.cast(tf.minimum(left, size - 1 - left), tf.float64) + 0.01 * tf.cast(size, tf.float64)
    best = tf.gather(tf.math.unsorted_segment_max(score, piece, total), piece)
    holder = tf.math.unsorted_segment_min(tf.where(tf.equal(score, best), row, source.nrows()), piece, total)
    return tf.equal(row, tf.gather(holder, piece))
