import numpy as np
import pytest

from bert_tf.metrics.spans import score_answers
from bert_tf.report.statistics.span_statistics import (
    OTHERS,
    first_word,
    groups_by_first_word,
    groups_by_size,
    scores_by_threshold,
    weighted_span_scores,
)

RIGHT = [["the red cat"], [], ["a dog", "dog"], [], ["blue"], ["big house"]]
BEST = ["red cat", "cat", "the dog barks", "house", "green", "house"]
ODDS = np.array([-2.0, 1.0, -1.0, 3.0, 1.0, 0.5])


def scored(texts):
    return score_answers(texts, RIGHT, version_2_with_negative=True)


def test_every_threshold_gives_what_deciding_by_it_gives():
    found = scores_by_threshold(scored(BEST), scored([""] * 6), ODDS)
    assert found.thresholds.tolist() == [-np.inf, -2.0, -1.0, 0.5, 1.0, 3.0]
    for threshold in (-5.0, -2.0, -1.5, 0.4999, 0.5, 0.9, 1.0, 2.0, 3.0, 9.0):
        texts = [text if odds <= threshold else "" for text, odds in zip(BEST, ODDS, strict=True)]
        outcome, place = scored(texts), found.at(threshold)
        has_answer = np.array(list(map(bool, RIGHT)))
        assert found.f1[place] == pytest.approx(outcome.f1.mean())
        assert found.f1_with_answer[place] == pytest.approx(outcome.f1[has_answer].mean())
        assert found.right_without_answer[place] == pytest.approx(outcome.exact[~has_answer].mean())
        assert found.answered[place] == pytest.approx((threshold >= ODDS).mean())


def test_weighted_scores_are_those_of_as_many_copies():
    outcome, counts = scored(BEST), np.array([[2, 0, 1, 3, 0, 1], [1, 1, 1, 1, 1, 1], [0, 2, 0, 1, 0, 0]])
    found = weighted_span_scores(outcome, counts.astype(float))
    for row, drawn in enumerate(counts):
        index = np.repeat(np.arange(6), drawn)
        with_answer = index[[bool(RIGHT[i]) for i in index]]
        assert found["f1"][row] == pytest.approx(outcome.f1[index].mean())
        assert found["exact_match"][row] == pytest.approx(outcome.exact[index].mean())
        expected = outcome.f1[with_answer].mean() if len(with_answer) else np.nan
        assert found["f1_with_answer"][row] == pytest.approx(expected, nan_ok=True)


def test_groups_hold_every_question_once():
    outcome = scored(BEST)
    sizes = np.array([5, 5, 5, 9, 100, 100])
    by_size = groups_by_size(sizes, outcome)
    assert [(group.name, group.questions) for group in by_size] == [("5", 3), ("9 to 100", 3)]
    assert by_size[0].f1 == pytest.approx(outcome.f1[:3].mean())
    questions = ["Who is it?", "  ¿who?", "What", "why", "", "what then"]
    by_word = groups_by_first_word(questions, outcome)
    assert [(group.name, group.questions) for group in by_word] == [("what", 2), ("who", 2), (OTHERS, 2)]
    assert by_word[0].f1 == pytest.approx(outcome.f1[[2, 5]].mean())
    assert groups_by_size(np.array([], int), scored(BEST)) == []


@pytest.mark.parametrize(
    ("question", "word"),
    [("What's that?", "what's"), ("- “Wer” ist da?", "wer"), ("???", ""), ("", ""), ("谁？", "谁")],
)
def test_the_first_word_is_without_marks(question, word):
    assert first_word(question) == word
