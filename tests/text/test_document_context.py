"""Words around a text in its rows, against the same laid out by hand in a loop."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.examples import Examples
from bert_tf.data.tokens import tokenize
from bert_tf.tasks.answers.tags import Tags
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import REQUIRED, Vocabulary
from bert_tf.text.word_rows import pack_words

CLS, SEP, UNK = 1, 2, 3


def random_words(random, count):
    """Words with 0 to 3 pieces each, of ids from 10 on."""
    return [random.integers(10, 99, size=random.integers(0, 4)).tolist() for _ in range(count)]


def ragged(texts):
    return tf.RaggedTensor.from_row_lengths(
        tf.ragged.constant([word for words in texts for word in words], ragged_rank=1, dtype=tf.int32)
        if any(texts)
        else tf.RaggedTensor.from_row_lengths(tf.zeros([0], tf.int32), tf.zeros([0], tf.int64)),
        [len(words) for words in texts],
    )


def by_hand(before, own, after, limit):
    """The pieces of a row, the word that each is of, and whether it answers for it; None for a text of several rows."""
    known = [[word or [UNK] for word in words] for words in (before, own, after)]
    flat = [[piece for word in words for piece in word] for words in known]
    sizes = [len(pieces) for pieces in flat]
    if sizes[1] > limit:
        return None
    room = limit - sizes[1]
    left = min(sizes[0], max(room // 2, room - sizes[2]))
    right = min(sizes[2], room - left)
    ids = flat[0][sizes[0] - left :] + flat[1] + flat[2][:right]
    words = [-1] * left + [index for index, word in enumerate(known[1]) for _ in word] + [-1] * right
    firsts = [0] * left + [int(place == 0) for word in known[1] for place in range(len(word))] + [0] * right
    return [CLS, *ids, SEP], [-1, *words, -1], [0, *firsts, 0]


@pytest.mark.parametrize("limit", [3, 8, 14, 60])
def test_rows_are_filled_with_what_is_around_on_both_sides(limit):
    random = np.random.default_rng(limit)
    texts = [
        [random_words(random, random.integers(least, 9)) for least in (0, 1, 0)] for _ in range(60)
    ]  # fmt: skip
    texts[:2] = [[[], [[5]], []], [[[]], [[]], [[]]]]
    before, own, after = map(ragged, zip(*texts, strict=True))
    options = {"max_seq_length": limit + 2, "stride": 4, "cls_id": CLS, "sep_id": SEP, "unknown_id": UNK}
    rows, alone = pack_words(own, (before, after), **options), pack_words(own, **options)
    np.testing.assert_array_equal(rows.is_long, alone.is_long)
    number, first_word = 0, 0
    for text, each in enumerate(texts):
        count = int(np.sum(rows.text_index.numpy() == text))
        expected = by_hand(*each, limit)
        if expected is None:  # A text that is longer than a row is as it would be alone.
            lone = np.flatnonzero(alone.text_index.numpy() == text)
            assert count == len(lone)
            for at, row in enumerate(lone):
                for name in rows.anchors:
                    assert rows.anchors[name][number + at].numpy().tolist() == alone.anchors[name][row].numpy().tolist()
        else:
            assert count == 1
            ids, words, firsts = expected
            assert rows.input_ids[number].numpy().tolist() == ids
            assert rows.anchors[features.IS_ANSWER][number].numpy().tolist() == firsts
            found = rows.anchors[features.WORD_INDEX][number].numpy()
            assert found.tolist() == [word if word < 0 else word + first_word for word in words]
        number, first_word = number + count, first_word + len(each[1])
    assert int(tf.reduce_sum(rows.anchors[features.IS_ANSWER].values)) == first_word


def test_texts_without_anything_around_are_as_they_are_alone():
    random = np.random.default_rng(1)
    own = ragged([random_words(random, random.integers(1, 9)) for _ in range(20)])
    nothing = ragged([[]] * 20)
    options = {"max_seq_length": 10, "stride": 4, "cls_id": CLS, "sep_id": SEP, "unknown_id": UNK}
    one, two = pack_words(own, (nothing, nothing), **options), pack_words(own, **options)
    assert one.input_ids.to_list() == two.input_ids.to_list()
    assert {name: each.to_list() for name, each in one.anchors.items()} == {
        name: each.to_list() for name, each in two.anchors.items()
    }


def test_the_step_of_a_run_takes_the_words_around_as_well():
    step = TextStep(Vocabulary((*REQUIRED, "a", "b", "c")), lower_case=True, max_seq_length=6, template=Template.WORDS)
    examples = Examples("x", ["a", "b c"], None, ["O", "O O"], ["0", "1"], words=[("a",), ("b", "c")])
    around = dataclasses.replace(examples, contexts=[((), ("b", "c")), (("a",), ())])
    space = Tags(("O", "B-x", "I-x"))
    table = tokenize(around, space.place(around), step.rows, columns=space.columns)
    a, b, c, cls, sep = (step.vocabulary[piece] for piece in ("a", "b", "c", "[CLS]", "[SEP]"))
    assert table.columns[features.INPUT_IDS].values.tolist() == [cls, a, b, c, sep] * 2
    assert table.columns[features.LABEL_WEIGHTS].values.tolist() == [0, 1, 0, 0, 0, 0, 0, 1, 1, 0]
