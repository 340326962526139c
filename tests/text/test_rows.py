import pytest
import tensorflow as tf

from bert_tf.text.rows import pack, pair_limits

CLS, SEP = 101, 102


def truncated(first: int, second: int, budget: int) -> tuple[int, int]:
    """One piece at a time from the longer text, as google-research/bert defines it."""
    while first + second > budget:
        if first > second:
            first -= 1
        else:
            second -= 1
    return first, second


@pytest.mark.parametrize("budget", [2, 3, 5, 12, 13])
def test_pairs_are_cut_like_one_piece_at_a_time(budget):
    pairs = [(first, second) for first in range(20) for second in range(20)]
    first, second = (tf.constant(column, tf.int64) for column in zip(*pairs, strict=True))
    kept = zip(*(limit.numpy().tolist() for limit in pair_limits(first, second, budget)), strict=True)
    assert list(kept) == [truncated(*pair, budget) for pair in pairs]


def test_single_texts_are_cut_at_their_end():
    rows = pack(tf.ragged.constant([[1, 2, 3, 4], [5], []], tf.int32), None, max_seq_length=5, cls_id=CLS, sep_id=SEP)
    assert rows.input_ids.to_list() == [[CLS, 1, 2, 3, SEP], [CLS, 5, SEP], [CLS, SEP]]
    assert rows.segment_ids.to_list() == [[0] * 5, [0] * 3, [0] * 2]
    assert rows.is_long.numpy().tolist() == [True, False, False]


def test_the_second_text_and_its_separator_are_segment_1():
    first = tf.ragged.constant([[1, 2, 3, 4], [5], []], tf.int32)
    second = tf.ragged.constant([[6, 7], [8, 9, 10, 11, 12], [13]], tf.int32)
    rows = pack(first, second, max_seq_length=8, cls_id=CLS, sep_id=SEP)
    assert rows.input_ids.to_list() == [
        [CLS, 1, 2, 3, SEP, 6, 7, SEP],
        [CLS, 5, SEP, 8, 9, 10, 11, SEP],
        [CLS, SEP, 13, SEP],
    ]
    assert rows.segment_ids.to_list() == [[0] * 5 + [1] * 3, [0] * 3 + [1] * 5, [0] * 2 + [1] * 2]
    assert rows.is_long.numpy().tolist() == [True, True, False]


def test_no_rows_give_no_rows():
    none = tf.RaggedTensor.from_row_splits(tf.zeros([0], tf.int32), tf.constant([0], tf.int64))
    assert pack(none, none, max_seq_length=8, cls_id=CLS, sep_id=SEP).input_ids.to_list() == []
