import tensorflow as tf

from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

STEP = TextStep(
    Vocabulary((*REQUIRED, "un", "##aff", "##able", "a", "b", ",", ".", "caf", "##e", "中")),
    lower_case=True,
    max_seq_length=16,
)
TEXTS = ["Unaffable,  a café. b", "", "xyz 中a", "  ", "a\u0301b unaffable"]


def test_words_are_those_of_the_tokenizer_with_their_places_as_written():
    words = STEP.words(tf.constant(TEXTS))
    spans = [
        [text[start:end] for start, end in zip(starts, ends, strict=True)]
        for text, starts, ends in zip(TEXTS, words.starts.to_list(), words.ends.to_list(), strict=True)
    ]
    assert spans == [["Unaffable", ",", "a", "café", ".", "b"], [], ["xyz", "中", "a"], [], ["a\u0301b", "unaffable"]]
    pieces = [[len(word) for word in text] for text in words.pieces.to_list()]
    assert pieces == [[3, 1, 1, 2, 1, 1], [], [1, 1, 1], [], [1, 3]]


def test_rows_of_a_text_are_those_of_its_words_given_one_by_one():
    given = [["Unaffable", ",", "a", "café", ".", "b"], [], ["xyz", "中", "a"], [], ["a\u0301b", "unaffable"]]
    found = STEP.rows_of_words(STEP.words(tf.constant(TEXTS)).pieces)
    expected = STEP.rows(tf.ragged.constant(given, tf.string, ragged_rank=1, row_splits_dtype=tf.int64))
    assert found.input_ids.to_list() == expected.input_ids.to_list()
    for name, anchor in expected.anchors.items():
        assert found.anchors[name].to_list() == anchor.to_list()
