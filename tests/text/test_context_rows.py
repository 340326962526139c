"""Rows of questions and contexts against a plain port of the rules of google-research/bert's run_squad.py."""

import dataclasses
import random

import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.text.context_rows import ContextRows, check_limits, pack_question_context
from bert_tf.text.offsets import Pieces

CLS, SEP = 101, 102
LIMITS = {"max_seq_length": 13, "max_query_length": 4, "doc_stride": 3}


def doc_spans(length, room, stride):
    """(start, length) of each window. The original has none on a context without pieces, so that it has no answer."""
    spans, start = [], 0
    while start < length:
        spans.append((start, min(length - start, room)))
        if start + spans[-1][1] == length:
            break
        start += min(spans[-1][1], stride)
    return spans or [(0, 0)]


def best_span(spans, position):
    best_score, best = None, None
    for index, (start, length) in enumerate(spans):
        end = start + length - 1
        if start <= position <= end:
            score = min(position - start, end - position) + 0.01 * length
            if best_score is None or score > best_score:
                best_score, best = score, index
    return best


def reference(questions, contexts, max_seq_length, max_query_length, doc_stride):
    """The fields of ContextRows; a context is a list of (id, start, end)."""
    rows = []
    for number, (question, context) in enumerate(zip(questions, contexts, strict=True)):
        asked = question[:max_query_length]
        spans = doc_spans(len(context), max_seq_length - len(asked) - 3, doc_stride)
        best = [best_span(spans, position) for position in range(len(context))]
        for index, (start, length) in enumerate(spans):
            numbers = list(range(start, start + length))
            before = len(asked) + 2
            rows.append(
                (
                    [CLS, *asked, SEP, *(context[n][0] for n in numbers), SEP],
                    [0] * before + [1] * (length + 1),
                    number,
                    [*[-1] * before, *(context[n][1] for n in numbers), -1],
                    [*[-1] * before, *(context[n][2] for n in numbers), -1],
                    [*[-1] * before, *numbers, -1],
                    [*[False] * before, *(best[n] == index for n in numbers), False],
                )
            )
    long = [
        len(context) > max_seq_length - 3 - min(len(question), max_query_length)
        for question, context in zip(questions, contexts, strict=True)
    ]
    return [*map(list, zip(*rows, strict=True)), long, [len(question) > max_query_length for question in questions]]


def ragged(lists):
    values = tf.constant([value for row in lists for value in row], tf.int32)
    return tf.RaggedTensor.from_row_lengths(values, tf.constant([len(row) for row in lists], tf.int64))


def packed(questions, contexts, **limits):
    columns = [ragged([[piece[column] for piece in context] for context in contexts]) for column in range(3)]

    @tf.function
    def step(question, ids, starts, ends):
        rows = pack_question_context(question, Pieces(ids, starts, ends), **limits, cls_id=CLS, sep_id=SEP)
        return [getattr(rows, field.name) for field in dataclasses.fields(ContextRows)]

    found = step(ragged(questions), *columns)
    return [x.to_list() if isinstance(x, tf.RaggedTensor) else x.numpy().tolist() for x in found]


def made(lengths, seed=5):
    """Questions and contexts of so many pieces, with ids and offsets by chance."""
    rng = random.Random(seed)
    questions = [[rng.randrange(1000, 2000) for _ in range(length)] for length, _ in lengths]
    contexts = []
    for _, length in lengths:
        cuts = sorted(rng.randrange(5000) for _ in range(2 * length))
        contexts.append([(rng.randrange(3000, 4000), *cuts[2 * i : 2 * i + 2]) for i in range(length)])
    return questions, contexts


@pytest.mark.parametrize(
    ("max_seq_length", "max_query_length", "doc_stride"),
    [(13, 4, 3), (13, 4, 1), (13, 4, 100), (8, 4, 1), (8, 4, 3), (20, 0, 7), (12, 6, 5)],
)
def test_rows_are_those_of_the_original(max_seq_length, max_query_length, doc_stride):
    lengths = [(question, context) for question in (0, 1, 4, 5, 9) for context in (0, 1, 5, 6, 7, 10, 23)]
    data = made(lengths)
    limits = {"max_seq_length": max_seq_length, "max_query_length": max_query_length, "doc_stride": doc_stride}
    names = [field.name for field in dataclasses.fields(ContextRows)]
    for name, found, expected in zip(names, packed(*data, **limits), reference(*data, **limits), strict=True):
        assert found == expected, name


def test_rows_of_the_usual_size_are_those_of_the_original():
    lengths = [(12, 1000), (70, 130), (9, 372), (10, 372), (11, 3), (64, 2500), (30, 601)]
    data = made(lengths)
    limits = {"max_seq_length": 384, "max_query_length": 64, "doc_stride": 128}
    assert packed(*data, **limits) == reference(*data, **limits)


@pytest.mark.parametrize("stride", [29, 128, 300])
def test_each_piece_of_a_context_has_one_best_row_also_in_ties(stride):
    """Windows whose sizes differ by 100 or more tie on 0.01 of their size; float64 decides as Python does."""
    data = made([(3, length) for length in range(350, 900, 31)])
    limits = {"max_seq_length": 384, "max_query_length": 64, "doc_stride": stride}
    found = packed(*data, **limits)
    assert found == reference(*data, **limits)
    index, pieces, is_best = found[2], found[5], found[6]
    best = [
        (text, piece)
        for text, row, flags in zip(index, pieces, is_best, strict=True)
        for piece, flag in zip(row, flags, strict=True)
        if flag
    ]
    assert sorted(best) == [(text, piece) for text, context in enumerate(data[1]) for piece in range(len(context))]


def test_no_questions_have_no_rows():
    assert packed([], [], **LIMITS) == [[]] * 9


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"max_seq_length": 7}, "A row must hold a question, 3 special tokens and at least one piece of the context"),
        ({"doc_stride": 0}, "--doc_stride must be at least 1. Received: 0"),
    ],
)
def test_rows_without_room_or_stride_are_refused(changed, rule):
    with pytest.raises(InputError, match=rule):
        check_limits(**(LIMITS | changed))
    with pytest.raises(InputError, match=rule):
        pack_question_context(ragged([]), Pieces(*[ragged([])] * 3), **(LIMITS | changed), cls_id=CLS, sep_id=SEP)
