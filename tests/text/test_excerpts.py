import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.objectives.windows import pool
from bert_tf.text.excerpts import LongText, Reading, excerpts

TEXTS = [[], [1], [1, 2, 3, 4, 5, 6, 7, 8], list(range(1, 10)), list(range(1, 18))]
RAGGED = tf.ragged.constant(TEXTS, tf.int32, row_splits_dtype=tf.int64)
LIMIT = 8


def windows(text, stride):
    """The windows of a text, one after the other."""
    start, found = 0, [text[:LIMIT]]
    while start + LIMIT < len(text):
        start += stride
        found.append(text[start : start + LIMIT])
    return found


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (LongText.HEAD, [text[:8] for text in TEXTS]),
        (LongText.TAIL, [text[-8:] for text in TEXTS]),
        (LongText.HEAD_TAIL, [*TEXTS[:3], [1, 2, 4, 5, 6, 7, 8, 9], [1, 2, 12, 13, 14, 15, 16, 17]]),
    ],
)
def test_a_long_text_keeps_its_head_its_tail_or_a_quarter_and_the_rest(way, expected):
    found = excerpts(RAGGED, LIMIT, Reading(way))
    assert found.pieces.to_list() == expected
    assert found.text_index.numpy().tolist() == [0, 1, 2, 3, 4]
    assert found.is_long.numpy().tolist() == [False, False, False, True, True]


@pytest.mark.parametrize("stride", [1, 3, 8])
@pytest.mark.parametrize("way", [LongText.WINDOW_MEAN, LongText.WINDOW_MAX])
def test_windows_reach_the_end_of_each_text_and_no_further(way, stride):
    found = excerpts(RAGGED, LIMIT, Reading(way, stride))
    expected = [(index, window) for index, text in enumerate(TEXTS) for window in windows(text, stride)]
    assert found.pieces.to_list() == [window for _, window in expected]
    assert found.text_index.numpy().tolist() == [index for index, _ in expected]
    assert found.is_long.numpy().tolist() == [False, False, False, True, True]


def test_windows_make_one_answer_a_text():
    logits = tf.constant([[1.0, -1.0], [3.0, 5.0], [-2.0, 0.5]])
    index = tf.constant([0, 0, 1], tf.int64)
    np.testing.assert_allclose(pool(logits, index, 2, LongText.WINDOW_MEAN), [[2, 2], [-2, 0.5]])
    np.testing.assert_allclose(pool(logits, index, 2, LongText.WINDOW_MAX), [[3, 5], [-2, 0.5]])
    np.testing.assert_array_equal(pool(logits, index, 3, LongText.TAIL), logits)


def test_no_texts_have_no_rows():
    none = tf.RaggedTensor.from_row_splits(tf.zeros([0], tf.int32), tf.constant([0], tf.int64))
    for way in LongText:
        assert excerpts(none, LIMIT, Reading(way)).pieces.to_list() == []
