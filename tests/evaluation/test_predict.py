import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.evaluation.predict import Predictor, make_predictor
from bert_tf.models.model import BertModel
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA, MRPC, STS_B
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import parse_vocabulary
from tests.tasks.kinds import ENCODER

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


@functools.cache
def choice_predictor():
    task = dataclasses.replace(CUSTOM, answers=Choice(), metrics=Choice().own_metrics())
    model: BertModel = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    step = TextStep(VOCABULARY, lower_case=True, max_seq_length=8, template=Template.CHOICES)
    return make_predictor(model, step, task)


@pytest.mark.parametrize(
    "choices",
    [["a"] * 11, ["a"], ["a", " "], ["a", "\t", ""], ["a", "b", "\u3000"], ["", ""], []],
    ids=lambda choices: f"{len(choices)} {choices[-1:]!r}",
)
def test_what_is_served_refuses_choices_in_the_words_of_python(choices):
    predictor = choice_predictor()
    with pytest.raises(tf.errors.InvalidArgumentError, match="A question must have 2 to 10 choices with text"):
        predictor.from_text(tf.constant(["a"]), tf.constant([choices], tf.string))


def test_questions_may_have_ten_choices_and_no_question_has_none():
    predictor = choice_predictor()
    served = predictor.from_text(tf.constant(["a"]), tf.constant([["a"] * 10]))
    assert served["probabilities"].shape == (1, 10)
    for width in (0, 2, 3):
        served = predictor.from_text(tf.constant([], tf.string), tf.zeros([0, width], tf.string))
        assert {len(value) for value in served.values()} == {0}


WORDS_OF = TextStep(VOCABULARY, lower_case=True, max_seq_length=8, template=Template.WORDS)


@functools.cache
def word_predictor():
    space = dataclasses.replace(Tags(), labels=("O", "B-x", "I-x"))
    task = dataclasses.replace(CUSTOM, answers=space, metrics=space.own_metrics())
    model: BertModel = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    return make_predictor(model, WORDS_OF, task)


def test_words_that_are_given_are_answered_as_those_that_are_cut_out_of_a_text():
    predictor = word_predictor()
    texts = ["a b . b", "bc", "a a b b a b c a . b . a b"]  # The last one needs several rows.
    found, wanted = predictor.answer_words([text.split() for text in texts[:1]]), predictor.answer(texts[:1])
    assert found.keys() == wanted.keys()
    texts[0] = "ac b . b"  # And a word of several pieces.
    found, wanted = predictor.answer_words([text.split() for text in texts]), predictor.answer(texts)
    whole = {name: values for name, values in wanted.items() if values.dtype.kind != "f"}
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values, name)
    np.testing.assert_allclose(found["probabilities"], wanted["probabilities"], atol=1e-6)


def test_a_word_that_is_given_stays_one_whatever_is_in_it_and_its_place_counts_characters():
    given = [("a b", "a.b", "\u00e4\U0001f600"), ("b",)]
    found = word_predictor().answer_words(given)
    assert found["splits"].tolist() == [0, 3, 4]
    assert (found["starts"].tolist(), found["ends"].tolist()) == ([0, 4, 8, 0], [3, 7, 10, 1])
    assert found["probabilities"].shape == (4, 3)
    nothing = word_predictor().answer_words([])
    assert nothing["splits"].tolist() == [0]
    assert {len(nothing[name]) for name in ("starts", "ends", "place", "probabilities")} == {0}


def test_words_around_those_that_are_given_are_read_and_not_answered():
    predictor, given = word_predictor(), [("a", "b"), ("b",)]
    alone, among = predictor.answer_words(given), predictor.answer_words(given, [(("b", "."), ("a",)), ((), ())])
    assert among["splits"].tolist() == alone["splits"].tolist() == [0, 2, 3]
    assert not np.allclose(among["probabilities"][:2], alone["probabilities"][:2], atol=1e-4)
    np.testing.assert_allclose(among["probabilities"][2], alone["probabilities"][2], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b . c", ["a", "b", ".", "c"]),
        ("e\u0301a \u00e9", ["e\u0301a", "\u00e9"]),
        ("\u662f\u4e0d a", ["\u662f", "\u4e0d", "a"]),
        ("\U0001f600a \U0001f468\u200d\U0001f469 b", ["\U0001f600a", "\U0001f468\u200d\U0001f469", "b"]),
        ("  b\u00a0c\t.", ["b", "c", "."]),
        ("", []),
        ("a.b", ["a", ".", "b"]),
    ],
    ids=ascii,
)
def test_the_words_of_an_answer_stand_in_the_text_where_it_says(text, words):
    predictor = word_predictor()
    outputs = predictor.answer(["b", text])
    told = predictor.task.answers.read(outputs, 1)
    assert told["tokens"] == words
    assert [text[start:end] for start, end in zip(told["starts"], told["ends"], strict=True)] == words
    assert len(told["tags"]) == len(words)


def test_the_words_that_were_given_are_those_of_the_answer():
    given = [("a  b", "\u200b", "\u662f\u4e0d"), (), ("b",)]
    predictor = word_predictor()
    outputs = predictor.answer(given)
    told = [predictor.task.answers.read(outputs, index) for index in range(3)]
    assert [tuple(each["tokens"]) for each in told] == given
    for words, each in zip(given, told, strict=True):
        text = " ".join(words)
        assert [text[start:end] for start, end in zip(each["starts"], each["ends"], strict=True)] == list(words)
        assert len(each["tags"]) == len(words)


def test_sizes_are_rows_and_pieces_of_the_longest_row_of_each_text():
    rows, longest, is_cut = make(COLA).sizes(["a b", "", "a " * 20])
    assert (rows.tolist(), longest.tolist(), is_cut.tolist()) == ([1, 1, 1], [4, 2, 8], [False, False, True])
    rows, longest, _ = make(MRPC).sizes(["a", "ac"], ["b", "b b"])
    assert (rows.tolist(), longest.tolist()) == ([1, 1], [5, 7])
    rows, longest, _ = choice_predictor().sizes(["a", "b"], [["a", "b b b"], ["a", "b", "bc"]])
    assert (rows.tolist(), longest.tolist()) == ([2, 3], [7, 6])


def test_sizes_of_words_count_the_rows_of_long_sentences_and_of_those_without_a_word_none():
    predictor = word_predictor()
    texts = ["a b . b", "", "a a b b a b c a . b . a b"]
    rows, longest, is_cut = predictor.sizes(texts)
    assert not is_cut.any()  # What is long is read in several rows.
    asked = predictor.text_step.rows_of_words(predictor.text_step.words(tf.constant(texts)).pieces)
    owners, lengths = asked.text_index.numpy(), asked.input_ids.row_lengths().numpy()
    assert rows.tolist() == [sum(owners == text) for text in range(3)]
    assert rows[2] > 1
    assert longest.tolist() == [max(lengths[owners == text], default=0) for text in range(3)]
    again = predictor.sizes([text.split() for text in texts])
    assert [each.tolist() for each in again[:2]] == [rows.tolist(), longest.tolist()]
    predictor.traces = False
    try:
        untraced = predictor.sizes(texts)
    finally:
        predictor.traces = True
    assert [each.tolist() for each in untraced[:2]] == [rows.tolist(), longest.tolist()]


def casts_of_kernels(function, *inputs):
    """The shapes of float32 matrices that a traced function casts."""
    graph = function.get_concrete_function(*inputs).graph
    casts = [operation for operation in graph.get_operations() if operation.type == "Cast"]
    tensors = [operation.inputs[0] for operation in casts if operation.inputs[0].dtype == tf.float32]
    return [tensor.shape for tensor in tensors if tensor.shape.rank == 2 and tensor.shape.is_fully_defined()]


def test_a_narrow_model_casts_its_kernels_once_and_not_in_each_batch():
    model: BertModel = build_model(COLA, ENCODER, "mixed_bfloat16")
    start_weights(model, None, seed=3, new_head=False)
    predictor = Predictor(model, TextStep(VOCABULARY, lower_case=True, max_seq_length=8), COLA)
    texts = tf.constant(["a b", "b . c"])
    plain = tf.function(lambda texts: model(predictor.text_step.model_inputs(texts)))
    kernels = sum(variable.path.endswith("/kernel") for variable in model.encoder.variables)
    assert kernels == 6 * ENCODER.num_hidden_layers + 1
    assert len(casts_of_kernels(plain, texts)) == kernels
    assert casts_of_kernels(predictor.from_text, texts) == []
    np.testing.assert_array_equal(predictor.from_text(texts)["logits"], plain(texts))


def assert_alike(found, wanted):
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        if np.asarray(values).dtype.kind == "f":
            np.testing.assert_allclose(found[name], values, atol=1e-6, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], values, err_msg=name)


@pytest.mark.parametrize(
    ("predictor", "asked"),
    [
        (lambda: make(COLA), (["a b", "b . c"],)),
        (lambda: make(MRPC), (["a b", "b"], ["c", ""])),
        (choice_predictor, (["a", "b"], [["a", "b b b"], ["a", "b", "bc"]])),
        (word_predictor, (["a b . b", "bc"],)),
        (word_predictor, ([("a b", "a.b"), ("b",)],)),
    ],
    ids=["text", "pair", "choices", "text of words", "words"],
)
def test_an_answer_without_tracing_is_the_same_and_traces_nothing(predictor, asked):
    predictor = predictor()
    wanted = predictor.answer(*asked)
    functions = [value for value in vars(predictor).values() if isinstance(value, type(predictor.from_text))]
    before = [function.experimental_get_tracing_count() for function in functions]
    predictor.traces = False
    try:
        assert_alike(predictor.answer(*asked), wanted)
        assert [function.experimental_get_tracing_count() for function in functions] == before
    finally:
        predictor.traces = True
