"""Words in rows, against the rule of google-research/bert's run_squad.py in plain Python."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.text.word_rows import pack_words

CLS, SEP, UNKNOWN = 901, 902, 903


def expected_rows(texts, max_seq_length, stride):
    """Rows of (id, word, whether it answers), the words counted over all texts."""
    limit, rows, before = max_seq_length - 2, [], 0
    stride = max(min(stride, (limit + 1) // 2), 1)
    for number, words in enumerate(texts):
        pieces = [
            (piece, before + place, index == 0)
            for place, word in enumerate(words)
            for index, piece in enumerate(word or [UNKNOWN])
        ]
        before += len(words)
        starts, start = [], 0
        while True:
            starts.append(start)
            if start + limit >= len(pieces):
                break
            start += stride
        windows = [(start, pieces[start : start + limit]) for start in starts]
        for index, (start, window) in enumerate(windows):
            row = [(CLS, -1, 0)]
            for place, (piece, word, is_first) in enumerate(window):
                position = start + place
                contexts = [
                    min(position - other, other + len(held) - 1 - position) + 0.01 * len(held)
                    if other <= position < other + len(held)
                    else -1.0
                    for other, held in windows
                ]
                best = max(range(len(windows)), key=lambda each: (round(contexts[each], 5), -each))
                row.append((piece, word, int(is_first and best == index)))
            rows.append((number, [*row, (SEP, -1, 0)]))
    return rows


def made_up(seed, texts=7):
    rng = np.random.default_rng(seed)
    return [
        [[int(piece) for piece in rng.integers(1, 900, rng.integers(0, 5))] for _ in range(rng.integers(0, 30))]
        for _ in range(texts)
    ]


@pytest.mark.parametrize("stride", [1, 3, 128])
@pytest.mark.parametrize("max_seq_length", [5, 8, 16, 64])
def test_rows_are_those_of_the_rule(max_seq_length, stride):
    texts = [[], [[]], [[1]], *made_up(max_seq_length + stride)]
    pieces = tf.ragged.constant(texts, dtype=tf.int32, ragged_rank=2, row_splits_dtype=tf.int64)
    packed = pack_words(
        pieces, max_seq_length=max_seq_length, stride=stride, cls_id=CLS, sep_id=SEP, unknown_id=UNKNOWN
    )
    expected = expected_rows(texts, max_seq_length, stride)
    assert packed.text_index.numpy().tolist() == [number for number, _ in expected]
    for tensor, place in (
        (packed.input_ids, 0),
        (packed.anchors[features.WORD_INDEX], 1),
        (packed.anchors[features.IS_ANSWER], 2),
    ):
        assert tensor.to_list() == [[position[place] for position in row] for _, row in expected]
    assert not packed.segment_ids.values.numpy().any()
    room = max_seq_length - 2
    assert packed.is_long.numpy().tolist() == [sum(len(word) or 1 for word in words) > room for words in texts]


@pytest.mark.parametrize("max_seq_length", [3, 5, 16, 128])
def test_every_word_answers_once_and_in_order(max_seq_length):
    texts = made_up(3, texts=40)
    pieces = tf.ragged.constant(texts, dtype=tf.int32, ragged_rank=2, row_splits_dtype=tf.int64)
    packed = pack_words(pieces, max_seq_length=max_seq_length, stride=9, cls_id=CLS, sep_id=SEP, unknown_id=UNKNOWN)
    answers = packed.anchors[features.IS_ANSWER].values.numpy().astype(bool)
    words = packed.anchors[features.WORD_INDEX].values.numpy()[answers]
    np.testing.assert_array_equal(words, np.arange(sum(map(len, texts))))
