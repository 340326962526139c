"""One row a choice, each the pair of question and choice."""

import tensorflow as tf

from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

STEP = TextStep(Vocabulary((*REQUIRED, "a", "b", "c")), lower_case=True, max_seq_length=8, template=Template.CHOICES)
QUESTIONS = ["a b", "c", ""]
CHOICES = [["a", "b c a b c a", ""], ["c c", "A"], ["b", "c", "a", "a b c a b c"]]


def test_rows_are_those_of_pairs():
    rows = STEP.rows(tf.constant(QUESTIONS), tf.ragged.constant(CHOICES, dtype=tf.string))
    firsts = [question for question, choices in zip(QUESTIONS, CHOICES, strict=True) for _ in choices]
    pairs = STEP.rows(tf.constant(firsts), tf.constant([choice for choices in CHOICES for choice in choices]))
    assert rows.input_ids.to_list() == pairs.input_ids.to_list()
    assert rows.segment_ids.to_list() == pairs.segment_ids.to_list()
    assert rows.text_index.numpy().tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    # 2 and 6 pieces with 3 special ones are more than 8, and so are none and 6.
    assert rows.is_long.numpy().tolist() == [True, False, True]


def test_no_question_has_no_row():
    rows = STEP.rows(tf.constant([], tf.string), tf.ragged.constant([], ragged_rank=1, dtype=tf.string))
    assert (rows.input_ids.nrows(), rows.is_long.shape[0]) == (0, 0)
