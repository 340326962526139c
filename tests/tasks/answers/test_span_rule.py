"""The original's rule, written down once more without arrays, and the same answers from it for any logits."""

import dataclasses
import json
import math
import random
import time

import numpy as np
import pytest

from bert_tf.tasks.answers.span_rule import (
    NO_SPAN_ODDS,
    SpanRule,
    Windows,
    find_answers,
    nbest_json,
    null_odds_json,
    predictions_json,
)
from bert_tf.tasks.answers.spans import Spans, span_column

LETTERS = "abé中 "


@dataclasses.dataclass
class Window:
    """One window as lists: characters of each piece, None outside of the context."""

    chars: list
    is_best: list
    start_logits: list
    end_logits: list


def write_predictions(questions, contexts, rule):
    """What run_squad.py writes, from the windows of each question."""
    predictions, nbest_of_all, odds = [], [], []
    for windows, context in zip(questions, contexts, strict=True):
        found, null = spans_of(windows, rule), null_of(windows)
        if rule.version_2_with_negative:
            found.append(null)
        found.sort(key=lambda span: span[1] + span[2], reverse=True)
        nbest, seen = [], set()
        for chars, start_logit, end_logit in found:
            if len(nbest) >= rule.n_best_size:
                break
            text = "" if chars is None else context[chars[0] : chars[1]]
            if text in seen:
                continue
            seen.add(text)
            nbest.append((text, start_logit, end_logit))
        if rule.version_2_with_negative and "" not in seen:
            nbest.append(("", null[1], null[2]))
        if not nbest:
            nbest.append(("empty", 0.0, 0.0))
        nbest_of_all.append(with_probabilities(nbest))
        if rule.version_2_with_negative:
            best = next((entry for entry in nbest if entry[0]), None)
            odds.append(null[1] + null[2] - best[1] - best[2] if best else None)
            predictions.append("" if best is None or odds[-1] > 0 else best[0])
        else:
            predictions.append(nbest[0][0])
    return predictions, nbest_of_all, odds


def spans_of(windows, rule):
    def best(logits):
        return sorted(range(len(logits)), key=lambda place: logits[place], reverse=True)[: rule.n_best_size]

    found = []
    for window in windows:
        for start in best(window.start_logits):
            for end in best(window.end_logits):
                if window.chars[start] is None or window.chars[end] is None or not window.is_best[start]:
                    continue
                if end < start or end - start + 1 > rule.max_answer_length:
                    continue
                chars = (window.chars[start][0], window.chars[end][1])
                found.append((chars, window.start_logits[start], window.end_logits[end]))
    return found


def null_of(windows):
    score, null = math.inf, None
    for window in windows:
        start_logit, end_logit = window.start_logits[0], window.end_logits[0]
        if start_logit + end_logit < score:
            score, null = start_logit + end_logit, (None, start_logit, end_logit)
    return null


def with_probabilities(nbest):
    scores = [start + end for _, start, end in nbest]
    weights = [math.exp(score - max(scores)) for score in scores]
    return [
        {"text": text, "probability": weight / sum(weights), "start_logit": start, "end_logit": end}
        for (text, start, end), weight in zip(nbest, weights, strict=True)
    ]


def made_up(seed):
    """Windows of some questions: many equal logits and texts, pieces that share characters, contexts of one piece."""
    chance = random.Random(seed)
    logits = [-1.5, 0.0, 0.25, 1.0, 2.5] if seed % 2 else [chance.gauss(0, 2) for _ in range(200)]
    contexts, questions = [], []
    for _ in range(chance.randrange(1, 6)):
        sizes = [chance.randrange(1, 4) for _ in range(chance.choice([1, 2, 9, 25]))]
        ends = np.cumsum(sizes).tolist()
        pieces = [(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        pieces = [piece for piece in pieces for _ in range(chance.choice([1, 1, 1, 2]))]  # As of a ligature.
        contexts.append("".join(chance.choices(LETTERS, k=ends[-1])))
        questions.append([made_up_window(chance, pieces, logits) for _ in range(chance.randrange(1, 4))])
    return questions, contexts


def made_up_window(chance, pieces, logits):
    first = chance.randrange(len(pieces))
    shown = pieces[first : first + chance.choice([1, 5, 20])]
    chars = [None, *[None] * chance.randrange(3), None, *shown, None]
    is_best = [chance.random() < chance.choice([0.0, 0.7, 1.0]) and char is not None for char in chars]
    drawn = [[float(np.float32(chance.choice(logits))) for _ in chars] for _ in range(2)]
    return Window(chars, is_best, *drawn)


def flat(questions):
    windows = [window for group in questions for window in group]
    chars = [char or (-1, 10**6) for window in windows for char in window.chars]
    return Windows(
        row_splits=np.cumsum([0, *(len(window.chars) for window in windows)]),
        question_index=np.repeat(np.arange(len(questions)), [len(group) for group in questions]),
        first_chars=np.array([first for first, _ in chars], np.int32),
        end_chars=np.array([end for _, end in chars], np.int32),
        is_best=np.array([is_best for window in windows for is_best in window.is_best]),
        start_logits=np.array([value for window in windows for value in window.start_logits], np.float32),
        end_logits=np.array([value for window in windows for value in window.end_logits], np.float32),
    )


def given(found, contexts, with_negative, threshold=0.0):
    """The answers that are given, by the rule of decision; a file has the original's word where there is none."""
    space = Spans(version_2_with_negative=with_negative, null_threshold=threshold)
    texts = space.texts(space.decided(span_column(found)), contexts)
    return texts if with_negative else [text or "empty" for text in texts]


@pytest.mark.parametrize("with_negative", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5, 20])
def test_answers_are_those_of_the_original_s_rule(size, with_negative):
    for seed in range(60):
        questions, contexts = made_up(seed)
        rule = SpanRule(size, random.Random(seed).choice([1, 3, 30]), with_negative)
        predictions, nbest, odds = write_predictions(questions, contexts, rule)
        found = find_answers(flat(questions), contexts, rule)
        ids = [f"q{index}" for index in range(len(contexts))]
        texts = given(found, contexts, with_negative)
        assert json.loads(predictions_json(ids, texts)) == dict(zip(ids, predictions, strict=True)), seed
        written = json.loads(nbest_json(ids, found.by_question()))
        for name, expected in zip(ids, nbest, strict=True):
            assert [list(entry) for entry in written[name]] == [list(entry) for entry in expected]
            for ours, theirs in zip(written[name], expected, strict=True):
                assert ours.pop("text") == theirs.pop("text"), (seed, name)
                assert ours == pytest.approx(theirs, rel=1e-12), (seed, name)
        if with_negative:
            expected = [NO_SPAN_ODDS if value is None else value for value in odds]
            assert list(json.loads(null_odds_json(ids, found.null_odds.tolist())).values()) == expected, seed


def test_every_span_is_cut_from_where_it_says():
    for seed in range(20):
        questions, contexts = made_up(seed)
        found = find_answers(flat(questions), contexts, SpanRule(version_2_with_negative=True))
        for question, context in enumerate(contexts):
            places = range(found.splits[question], found.splits[question + 1])
            texts = [context[found.first_chars[place] : found.end_chars[place]] for place in places]
            assert ["" if found.first_chars[p] < 0 else t for p, t in zip(places, texts, strict=True)] == [
                found.texts[place] for place in places
            ]


def one_piece(null_logit):
    windows = [
        [Window([None, None, (0, 2), None], [False, False, True, False], [null_logit, 9.0, 1.0, 9.0], [0.0] * 4)]
    ]
    return flat(windows), ["é中"]


def test_the_null_answer_is_chosen_above_the_threshold_alone():
    found = find_answers(*one_piece(3.0), SpanRule(version_2_with_negative=True))
    assert found.null_odds.tolist() == [2.0]
    assert [given(found, ["é中"], True, threshold) for threshold in (1.9, 2.0)] == [[""], ["é中"]]
    assert found.texts == ["", "é中"]
    assert found.best_spans.tolist() == [1]


@pytest.mark.parametrize("null_logit", [8.9, 9.0, 9.1])
def test_with_one_candidate_asked_for_the_best_span_is_never_lost(null_logit):
    windows = [[Window([None, (0, 1)], [False, True], [null_logit, 9.0], [null_logit, 9.0])]]
    found = find_answers(flat(windows), ["a"], SpanRule(n_best_size=1, version_2_with_negative=True))
    assert found.texts == (["a", ""] if null_logit < 9 else [""])
    assert found.best_spans.tolist() == ([0] if null_logit < 9 else [-1])


def test_where_no_span_is_allowed_there_is_no_answer_at_any_threshold():
    windows = [[Window([None, (0, 1)], [False, False], [0.0, 1.0], [0.0, 1.0])]]
    found = find_answers(flat(windows), ["a"], SpanRule(version_2_with_negative=True))
    assert (given(found, ["a"], True, 1e9), found.best_spans.tolist(), found.null_odds.tolist()) == (
        [""],
        [-1],
        [NO_SPAN_ODDS],
    )
    found = find_answers(flat(windows), ["a"], SpanRule())
    assert (given(found, ["a"], False), found.best_spans.tolist(), found.null_odds) == (["empty"], [-1], None)


def test_files_are_text_of_ascii_in_the_layout_of_the_original():
    assert predictions_json(["1"], ["é中"]) == '{\n    "1": "\\u00e9\\u4e2d"\n}\n'


@pytest.mark.parametrize("field", ["start_logits", "end_logits"])
def test_logits_that_are_no_numbers_are_refused(field):
    windows, _ = one_piece(3.0)
    logits = getattr(windows, field).copy()
    logits[1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        dataclasses.replace(windows, **{field: logits})


def test_a_question_without_a_window_is_refused():
    windows, contexts = one_piece(3.0)
    with pytest.raises(ValueError, match="Every question"):
        find_answers(windows, [*contexts, "more"], SpanRule(version_2_with_negative=True))


def test_many_windows_take_seconds():
    count, size = 4_000, 384
    chance = np.random.default_rng(0)
    inside = np.tile(np.arange(size), count)
    chars = np.where((inside > 20) & (inside < size - 1), 4 * inside, -1)
    windows = Windows(
        np.arange(count + 1) * size,
        np.arange(count) // 2,
        chars,
        np.where(chars >= 0, chars + 3, -1),
        chars >= 0,
        chance.normal(size=count * size).astype(np.float32),
        chance.normal(size=count * size).astype(np.float32),
    )
    start = time.process_time()
    found = find_answers(windows, ["abc " * size] * (count // 2), SpanRule(version_2_with_negative=True))
    assert len(found) == count // 2
    assert time.process_time() - start < 10
