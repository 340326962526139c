"""What is served of a question is what is written of it."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.examples import Examples
from bert_tf.data.table import Rows
from bert_tf.tasks.answers.space import IS_GIVEN
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.objectives.best_spans import served_spans
from bert_tf.text.excerpts import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

CONTEXTS = ["a b c a b c", "", "Äb\u0301c  中\u3000b\u200bc ﬁ", "\u200b", "b", "a" * 40, "c b a c b a c b a c"]
STEP = TextStep(
    Vocabulary((*REQUIRED, "a", "b", "c", "中", "##b", "##c", "##a")),
    lower_case=True,
    max_seq_length=9,
    reading=Reading(LongText.HEAD, 2),
    template=Template.CONTEXT,
    max_query_length=2,
)


def both_answers(space, seed, levels=None):
    """What is served and what is written, of random logits; of few levels, so that many are equal."""
    questions = tf.constant(["a", "b c", "", "c a b", "a b", "b", "a"])
    rows = STEP.rows_of_contexts(questions, tf.constant(CONTEXTS))
    shape = [*rows.input_ids.bounding_shape().numpy(), 2]
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=shape) if levels is None else rng.integers(0, levels, shape)
    logits = tf.constant(logits, tf.float32)
    served = {name: value.numpy() for name, value in served_spans(logits, rows, tf.constant(CONTEXTS), space).items()}
    is_piece = tf.sequence_mask(rows.input_ids.row_lengths(), shape[1])
    flat = tf.boolean_mask(logits, is_piece).numpy()
    anchors = {
        features.FIRST_CHARS: rows.starts.values.numpy(),
        features.END_CHARS: rows.ends.values.numpy(),
        features.IS_MAX_CONTEXT: rows.is_best.values.numpy().astype(np.int32),
    }
    ids = rows.input_ids.values.numpy()
    table = Rows(ids, ids, rows.input_ids.row_splits.numpy(), rows.text_index.numpy(), anchors=anchors).table({})
    return served, space.found(flat[:, 0], flat[:, 1], table, CONTEXTS)


@pytest.mark.parametrize("levels", [None, 3])
@pytest.mark.parametrize("space", [Spans(), Spans((), 2, 3), Spans((), 4, 2, True, 0.0), Spans((), 20, 9, True, 1.5)])
def test_what_is_served_is_what_is_written(space, levels):
    for seed in range(8):
        served, written = both_answers(space, seed, levels)
        told = [space.read(written, index) for index in range(len(CONTEXTS))]
        assert [text.decode() for text in served["answer"]] == [each["answer"] for each in told], seed
        texts = [
            text if each["start"] is not None else ""
            for text, each in zip(space.texts(written, CONTEXTS), told, strict=True)
        ]
        assert [each["answer"] for each in told] == texts
        spans = np.where(written[IS_GIVEN][:, np.newaxis], written["spans"][:, :2], -1).astype(int)
        assert np.stack([served["start"], served["end"]], axis=1).tolist() == spans.tolist(), seed
        if space.version_2_with_negative:
            np.testing.assert_allclose(served["null_odds"], written["spans"][:, 3], rtol=1e-6)


def test_a_context_without_a_piece_has_no_span_and_no_answer_and_the_files_say_so_as_the_original_does():
    served, written = both_answers(Spans(), 1)
    assert served["answer"][1] == b""
    found = Spans().read(written, 1)
    assert (found["answer"], found["start"], found["end"]) == ("", None, None)
    ids = list(map(str, range(len(CONTEXTS))))
    files = Spans().extra_files(Examples("x", [""] * len(ids), CONTEXTS, None, ids), written)
    assert json.loads(files["predictions.json"])["1"] == "empty"
    assert json.loads(files["nbest_predictions.json"])["1"][0]["text"] == "empty"
    assert (served["start"][1], served["end"][1]) == (-1, -1)
    served, _ = both_answers(dataclasses.replace(Spans(), version_2_with_negative=True, null_threshold=1e9), 1)
    assert served["answer"][1] == b""


def test_answers_come_back_as_they_were_written():
    served, _ = both_answers(Spans(max_answer_length=30), 3)
    for context, answer, start, end in zip(CONTEXTS, served["answer"], served["start"], served["end"], strict=True):
        assert start == -1 or answer.decode() == context[start:end]


def test_bytes_that_are_no_utf_8_count_for_nothing():
    rows = STEP.rows_of_contexts(tf.constant(["a"]), tf.constant([b"\xffa\xfe b"]))
    logits = tf.constant([[[0.0, 0.0]] * 3 + [[0.0, 0.0], [9.0, 9.0]] + [[0.0, 0.0]]])
    served = served_spans(logits, rows, tf.constant([b"\xffa\xfe b"]), Spans())
    assert (served["answer"].numpy()[0], served["start"].numpy()[0], served["end"].numpy()[0]) == (b"b", 2, 3)
