import numpy as np
import pytest
import tensorflow as tf

from bert_tf.evaluation.predict import Predictor
from bert_tf.models.model import BertModel
from bert_tf.tasks.known.glue import COLA, MRPC, STS_B
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary
from tests.tasks.test_every_kind import ENCODER

VOCABULARY = parse_vocabulary(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n##c\n.\n", "tiny")


def make(task):
    model: BertModel = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    return Predictor(model, TextStep(VOCABULARY, lower_case=True, max_seq_length=8), task)


@pytest.mark.parametrize("task", [COLA, MRPC, STS_B], ids=lambda task: task.name)
def test_no_text_gets_no_answer(task):
    predictor = make(task)
    columns = [tf.constant([], tf.string)] * (1 + task.is_pair)
    for name, value in predictor.from_text(*columns).items():
        assert value.shape[0] == 0, name
    empty = tf.zeros([0, 0], tf.int32)
    assert predictor.from_ids(empty, empty, empty)["logits"].shape[0] == 0


def test_pairs_of_unequal_number_and_what_is_no_list_are_refused_in_words_of_ours():
    predictor = make(MRPC)
    with pytest.raises(tf.errors.InvalidArgumentError, match="text_pair must have as many texts as text"):
        predictor.from_text(tf.constant(["a", "b", "a b"]), tf.constant(["a"]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"text must be a list of texts, such as \[text\] for one"):
        make(COLA).from_text(tf.constant("a"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="text must be a list of texts"):
        make(COLA).from_text(tf.constant([["a", "b"]]))


def test_what_is_served_is_what_is_decided():
    predictor = make(COLA)
    served = predictor.from_text(tf.constant(["a b", "b . c", "a"]))
    decided = predictor.answer(["a b", "b . c", "a"])
    np.testing.assert_array_equal(served["probabilities"].numpy(), decided["probabilities"])
    assert [label.decode() for label in served["label"].numpy()] == [
        COLA.labels[place] for place in served["probabilities"].numpy().argmax(axis=1)
    ]
