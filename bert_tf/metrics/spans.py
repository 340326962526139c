"""Scores of answers that are texts, as SQuAD's own scripts have them. M questions.

Rajpurkar et al. 2016 (SQuAD 1.1) and 2018 (SQuAD 2.0, some questions of which have no answer). A prediction is compared
with every right answer, and the best comparison counts.
"""

import dataclasses
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

NA_THRESHOLD = 1.0  # Of the official script: the odds above which a question counts as predicted to have no answer.
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclasses.dataclass(frozen=True)
class AnswerScores:
    """How good the prediction for each question is.

    Attributes:
        exact: float64 [M], 1 where it is one of the answers, else 0.
        f1: float64 [M], overlap of the words with those of the nearest answer.
        has_answer: bool [M], whether there is a right answer at all.
        is_empty: bool [M], whether the prediction is that there is none.
    """

    exact: np.ndarray
    f1: np.ndarray
    has_answer: np.ndarray
    is_empty: np.ndarray

    def __len__(self) -> int:
        return len(self.exact)


def normalise_answer(text: str) -> str:
    """Returns what of an answer counts: lower case, no punctuation of ASCII, no English articles, single spaces."""
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def score_answers(
    predictions: Sequence[str], answers: Sequence[Sequence[str]], *, version_2_with_negative: bool
) -> AnswerScores:
    """Compares predictions with the right answers.

    Args:
        predictions: M texts; empty for the prediction that there is no answer.
        answers: All right texts of each question; none if it has no answer.
        version_2_with_negative: Whether to follow the script of SQuAD 2.0, for which nothing is the right answer where
            no answer has a word that counts, and nothing equals nothing.

    Raises:
        ValueError: If a question of SQuAD 1.1 has no answer.
    """
    if not version_2_with_negative and not all(answers):
        raise ValueError("Every question of SQuAD 1.1 must have an answer")
    rows = [
        _score(prediction, right, version_2_with_negative)
        for prediction, right in zip(predictions, answers, strict=True)
    ]
    exact, f1 = np.array(rows, np.float64).reshape(-1, 2).T
    return AnswerScores(
        exact, f1, has_answer=np.array(list(map(bool, answers)), bool), is_empty=np.array(predictions, object) == ""
    )


def _score(prediction: str, answers: Sequence[str], version_2_with_negative: bool) -> tuple[float, float]:
    found = normalise_answer(prediction)
    right = [normalise_answer(answer) for answer in answers]
    if version_2_with_negative:
        right = [answer for answer in right if answer] or [""]
    if found in right:
        return 1.0, 1.0 if found or version_2_with_negative else 0.0
    return 0.0, max(_f1(found.split(), answer.split()) for answer in right)


def _f1(found: Sequence[str], right: Sequence[str]) -> float:
    """F1 of two bags of words; 0 if one of them is empty."""
    common = (Counter(found) & Counter(right)).total()
    if not common:
        return 0.0
    precision, recall = common / len(found), common / len(right)
    return 2 * precision * recall / (precision + recall)


def best_threshold(scores: np.ndarray, outcome: AnswerScores, null_odds: np.ndarray) -> tuple[float, float]:
    """Returns the sum of scores at the best threshold, divided by the questions, and that threshold, as SQuAD 2.0 does.

    The official search adds questions one at a time in the order of their odds. So it may cut between equal odds, which
    no threshold can, and says 0 where it is best to answer nothing. `fit_null_threshold` gives one that can be used.

    Args:
        scores: float64 [M], `exact` or `f1` of the outcome.
        outcome: Scores of the predictions.
        null_odds: float [M], the greater, the less likely is an answer.
    """
    order = np.argsort(null_odds, kind="stable")
    gains = np.where(outcome.has_answer, scores, np.where(outcome.is_empty, 0.0, -1.0))[order]
    reached = np.cumsum(np.concatenate([[np.count_nonzero(~outcome.has_answer)], gains]))
    best = int(np.argmax(reached))
    threshold = float(null_odds[order[best - 1]]) if best else 0.0
    return float(reached[best] / len(scores)) if len(scores) else math.nan, threshold


def fit_null_threshold(scores: np.ndarray, has_answer: np.ndarray, null_odds: np.ndarray) -> float:
    """Returns the threshold of the odds above which it is best to predict that there is no answer.

    It is 0 if that is as good as any other. Else it lies half-way between two different odds, or 1 beyond all of them;
    of several that are as good the one nearest to 0 is taken.

    Args:
        scores: float64 [M], scores of the best spans, whatever their odds.
        has_answer: bool [M].
        null_odds: float [M].
    """
    if not len(scores):
        return 0.0
    odds, place = np.unique(np.asarray(null_odds, np.float64), return_inverse=True)
    gains = np.bincount(place.ravel(), np.where(has_answer, scores, -1.0))
    reached = np.concatenate([[0.0], np.cumsum(gains)])
    low, high = np.concatenate([[-np.inf], odds]), np.concatenate([odds, [np.inf]])
    cuts = np.concatenate([[odds[0] - 1], (odds[:-1] + odds[1:]) / 2, [odds[-1] + 1]])
    cuts[(low <= 0) & (high > 0)] = 0.0
    best = np.flatnonzero(reached >= reached.max() - 1e-9)
    return float(cuts[best[np.argmin(np.abs(cuts[best]))]])


def official_scores_1_1(outcome: AnswerScores) -> dict[str, float]:
    """Returns what the script of SQuAD 1.1 prints, in percent."""
    return {"exact_match": 100 * exact_match(outcome), "f1": 100 * f1(outcome)}


def official_scores_2_0(
    outcome: AnswerScores, null_odds: np.ndarray | None = None, na_threshold: float = NA_THRESHOLD
) -> dict[str, float]:
    """Returns what the script of SQuAD 2.0 prints, in percent but for counts and thresholds.

    Args:
        outcome: Scores of the predictions.
        null_odds: float [M], what the script calls `na_probs`; None to leave out what needs them.
        na_threshold: The odds above which a prediction counts as empty, whatever it says.
    """
    decided = outcome if null_odds is None else _emptied(outcome, null_odds > na_threshold)
    report = _means(decided, np.ones(len(outcome), bool), "")
    for prefix, chosen in (("HasAns_", outcome.has_answer), ("NoAns_", ~outcome.has_answer)):
        if chosen.any():
            report |= _means(decided, chosen, prefix)
    if null_odds is None:
        return report
    for name, scores in (("exact", outcome.exact), ("f1", outcome.f1)):
        best, threshold = best_threshold(scores, outcome, null_odds)
        report |= {f"best_{name}": 100 * best, f"best_{name}_thresh": threshold}
    return report


def _emptied(outcome: AnswerScores, chosen: np.ndarray) -> AnswerScores:
    """The scores if some predictions were that there is no answer."""
    right = (~outcome.has_answer).astype(np.float64)
    return dataclasses.replace(
        outcome,
        exact=np.where(chosen, right, outcome.exact),
        f1=np.where(chosen, right, outcome.f1),
        is_empty=outcome.is_empty | chosen,
    )


def _means(outcome: AnswerScores, chosen: np.ndarray, prefix: str) -> dict[str, float]:
    return {
        f"{prefix}exact": 100 * _mean(outcome.exact, chosen),
        f"{prefix}f1": 100 * _mean(outcome.f1, chosen),
        f"{prefix}total": int(chosen.sum()),
    }


def _mean(scores: np.ndarray, chosen: np.ndarray | None = None) -> float:
    """The mean of some scores; not a number if there are none."""
    counted = scores if chosen is None else scores[chosen]
    return float(counted.mean()) if len(counted) else math.nan


def exact_match(outcome: AnswerScores) -> float:
    """Share of the questions whose prediction is an answer; not a number without questions."""
    return _mean(outcome.exact)


def f1(outcome: AnswerScores) -> float:
    """Mean F1 of the words of prediction and answer; not a number without questions."""
    return _mean(outcome.f1)


SPAN_METRICS: Mapping[str, Callable[[AnswerScores], float]] = {
    "exact_match": exact_match,
    "f1": f1,
    "exact_match_with_answer": lambda outcome: _mean(outcome.exact, outcome.has_answer),
    "f1_with_answer": lambda outcome: _mean(outcome.f1, outcome.has_answer),
    "exact_match_without_answer": lambda outcome: _mean(outcome.exact, ~outcome.has_answer),
}
