"""How good answers are that are texts: over resamples, over thresholds, and in groups. M questions, R resamples.

Arrays in, arrays out; nothing here imports TensorFlow.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert_tf.metrics.spans import AnswerScores

_NO_WORD = re.compile(r"^\W+|\W+$")
OTHERS = "(others)"


def weighted_span_scores(outcome: AnswerScores, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the scores where each question counts so often; not a number where no question counts.

    Args:
        outcome: Scores of the predictions.
        counts: float64 [R, M].

    Returns:
        float64 [R] by the names of `metrics.spans.SPAN_METRICS`.
    """
    with_answer, without = outcome.has_answer.astype(np.float64), (~outcome.has_answer).astype(np.float64)
    everything = np.ones(len(outcome))
    return {
        "exact_match": _means(outcome.exact, everything, counts),
        "f1": _means(outcome.f1, everything, counts),
        "exact_match_with_answer": _means(outcome.exact, with_answer, counts),
        "f1_with_answer": _means(outcome.f1, with_answer, counts),
        "exact_match_without_answer": _means(outcome.exact, without, counts),
    }


@dataclasses.dataclass(frozen=True)
class ThresholdScores:
    """What each threshold of the odds of no answer would give, in ascending order; P thresholds.

    Attributes:
        thresholds: float64 [P]; the first is below all odds, so that nothing is answered.
        f1: float64 [P], of all questions.
        f1_with_answer: The same of those with an answer; not a number without any.
        right_without_answer: Share of those without one that get none; not a number without any.
        answered: float64 [P], share of the questions that get an answer.
    """

    thresholds: np.ndarray
    f1: np.ndarray
    f1_with_answer: np.ndarray
    right_without_answer: np.ndarray
    answered: np.ndarray

    def at(self, threshold: float) -> int:
        """The place of the scores that a threshold gives."""
        return max(int(np.searchsorted(self.thresholds, threshold, side="right")) - 1, 0)


def scores_by_threshold(best: AnswerScores, none: AnswerScores, null_odds: np.ndarray) -> ThresholdScores:
    """Returns the scores at every threshold that makes a difference.

    Args:
        best: Scores if every question got its best span.
        none: Scores if none got an answer.
        null_odds: float [M]; a question gets its span if they are at most the threshold.
    """
    odds, place = np.unique(np.asarray(null_odds, np.float64), return_inverse=True)
    has_answer, place = best.has_answer, place.ravel()

    def reached(chosen: np.ndarray) -> np.ndarray:
        gains = np.bincount(place, np.where(chosen, best.f1 - none.f1, 0.0), len(odds))
        total = none.f1[chosen].sum() + np.concatenate([[0.0], np.cumsum(gains)])
        return np.asarray(total / chosen.sum() if chosen.any() else np.full(len(odds) + 1, np.nan))

    answered = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(odds)))]) / len(best)
    everything = np.ones(len(best), bool)
    thresholds = np.concatenate([[-np.inf], odds])
    return ThresholdScores(thresholds, reached(everything), reached(has_answer), reached(~has_answer), answered)


@dataclasses.dataclass(frozen=True)
class Group:
    """Some questions and their scores.

    Attributes:
        name: What they have in common.
        questions: How many they are.
        exact: Share whose answer is right to the letter.
        f1: Mean F1.
    """

    name: str
    questions: int
    exact: float
    f1: float


def groups_by_size(sizes: np.ndarray, outcome: AnswerScores, parts: int = 4) -> list[Group]:
    """Returns the scores of about equally many questions each, by the size of something; equal sizes stay together.

    Args:
        sizes: int64 [M].
        outcome: Scores of the predictions.
        parts: How many groups at most.
    """
    if not len(sizes):
        return []
    shares = np.arange(1, parts + 1) / parts
    ends = np.unique(np.quantile(sizes, shares, method="inverted_cdf"))
    which = np.searchsorted(ends, sizes)
    found = []
    for part in range(len(ends)):
        chosen = which == part
        low, high = int(sizes[chosen].min()), int(sizes[chosen].max())
        found.append(_group(f"{low:,}" if low == high else f"{low:,} to {high:,}", chosen, outcome))
    return found


def groups_by_first_word(questions: Sequence[str], outcome: AnswerScores, most: int = 12) -> list[Group]:
    """Returns the scores of questions that begin with the same word, the most frequent first, and of all others.

    A word that one question alone begins with is among the others.

    Args:
        questions: The texts of the questions.
        outcome: Scores of the predictions.
        most: How many words at most.
    """
    words = np.array([first_word(question) for question in questions], object)
    counts = Counter(words.tolist())
    frequent = sorted((word for word in counts if counts[word] > 1 and word), key=lambda word: (-counts[word], word))
    named = frequent[:most]
    found = [_group(word, words == word, outcome) for word in named]
    others = np.array([word not in named for word in words], bool)
    return [*found, *([_group(OTHERS, others, outcome)] if others.any() else [])]


def first_word(question: str) -> str:
    """The first word of a question in small letters, without marks around it; empty if there is none."""
    return next((word for part in question.lower().split() if (word := _NO_WORD.sub("", part))), "")


def _group(name: str, chosen: np.ndarray, outcome: AnswerScores) -> Group:
    return Group(name, int(chosen.sum()), float(outcome.exact[chosen].mean()), float(outcome.f1[chosen].mean()))


def _means(values: np.ndarray, chosen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    totals = counts @ chosen
    sums = counts @ (values * chosen)
    return np.divide(sums, totals, out=np.full(len(totals), np.nan), where=totals > 0)
