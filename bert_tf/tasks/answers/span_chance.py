"""What a model that knows nothing of questions would answer: spans by their places alone. M questions.

Places are counted in words, so that a place in one context has words of another; a Chinese character is a word.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from bert_tf.metrics.spans import AnswerScores, normalise_answer
from bert_tf.tasks.answers.space import IS_GIVEN, SPANS, Evidence, Outputs

_CHINESE = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_CHINESE}]|[^\W{_CHINESE}]+|[^\w\s]")
_DEVIATIONS = 2
Place = tuple[int, int]  # The number of the first word, and how many words there are.
Span = tuple[int, int]  # The first character, and the one after the last; -1 and -1 for none.
NOTHING: Span = (-1, -1)
Teller = Callable[[Outputs], tuple[list[str], AnswerScores]]


class WordPlaces:
    """Where the words of a context stand."""

    def __init__(self, context: str):
        """Finds the words.

        Args:
            context: The context.
        """
        found = [match.span() for match in _WORD.finditer(context)]
        self._starts, self._ends = np.array(found, np.int64).reshape(-1, 2).T

    def __len__(self) -> int:
        return len(self._starts)

    def of(self, span: Span) -> Place:
        """Returns the words that a span has a part of."""
        first = int(np.searchsorted(self._ends, span[0], side="right"))
        return first, max(int(np.searchsorted(self._starts, span[1])) - first, 1)

    def at(self, place: Place) -> Span:
        """Returns the span of words; that of none if they are not all there."""
        first, count = place
        if first < 0 or first + count > len(self):
            return NOTHING
        return int(self._starts[first]), int(self._ends[first + count - 1])

    def moved(self, place: Place, of: int) -> Span:
        """Returns a span of as many words at the same part of this context.

        Args:
            place: Where it stands in another one.
            of: How many words that one has.
        """
        first, count = place[0] * len(self) // max(of, 1), min(place[1], len(self))
        return self.at((min(first, len(self) - count), count))


@dataclasses.dataclass(frozen=True)
class Located:
    """Where the right answers to a question stand.

    Attributes:
        context: What they are cut out of.
        answers: Their spans, without answers that are not in their place.
    """

    context: str
    answers: Sequence[Span]


def evidence_of_spans(outputs: Outputs, asked: Sequence[Located], told: Teller) -> Evidence:
    """Returns what spans have to do with right answers; what is compared with chance is how well they fit.

    The correlation is of F1: how much better spans fit than those of the next questions, moved here; the mean of that
    difference by its deviation, so that by chance it exceeds 2 / sqrt(M) once in forty times.

    Where many answers stand at one and the same place, right spans fit other questions too. So spans beat the constant
    answer if their exact matches are clearly more than those of the best one: a choice of places without regard to the
    question is right as often as the constant ones that it is made of are in the mean, which is never more than the
    best of them. They also do if more than half of the answers are found exactly, and are different texts: there the
    best place may be right for all questions, and weights that learnt nothing don't find it.

    Args:
        outputs: The spans and whether each is given.
        asked: What is right of each question.
        told: Returns the texts of such outputs, and their scores.
    """
    spans, words = (
        np.nan_to_num(outputs[SPANS][:, :2], nan=-1).astype(int),
        [WordPlaces(each.context) for each in asked],
    )
    (texts, own), is_given = told(outputs), np.roll(outputs[IS_GIVEN], -1)
    _, of_next = told({SPANS: spans_of_next(spans, words), IS_GIVEN: is_given})
    constants = constant_spans([each.answers for each in asked], words)
    exact = [told({SPANS: same, IS_GIVEN: same[:, 0] >= 0})[1].exact for same in constants]
    is_right = _is_mostly_right(own, texts)
    varies = len(set(texts)) > 1 and (is_right or len(np.unique(spans, axis=0)) > 1)
    gain = _gain_by_deviation(own.f1 - of_next.f1)
    beats = is_right or _is_clearly_above(own.exact, exact)
    return Evidence(varies, gain, beats, "of F1 with the right spans, less that with spans of other questions")


def spans_of_next(spans: np.ndarray, words: Sequence[WordPlaces]) -> np.ndarray:
    """Returns the spans of the next questions, at the same part of the contexts of these, int64 [M, 2].

    Args:
        spans: int [M, 2], the characters of each span; -1 where there is none.
        words: The words of each context.
    """
    order = np.roll(np.arange(len(words)), -1).tolist()
    moved = [
        NOTHING if spans[index, 0] < 0 else here.moved(words[index].of(spans[index]), len(words[index]))
        for here, index in zip(words, order, strict=True)
    ]
    return np.array(moved, np.int64).reshape(-1, 2)


def constant_spans(answers: Sequence[Iterable[Span]], words: Sequence[WordPlaces]) -> list[np.ndarray]:
    """Returns the best answers that are the same for every question, int64 [M, 2] each.

    They are none, and the words at the place where most answers stand, counted from the beginning of the context, and
    from its end.

    Args:
        answers: The right spans of each question.
        words: The words of each context.
    """
    placed = [{here.of(span) for span in right} for right, here in zip(answers, words, strict=True)]
    ahead = Counter(place for places in placed for place in places)
    behind = Counter(
        (len(here) - first, count) for places, here in zip(placed, words, strict=True) for first, count in places
    )
    found = [[NOTHING] * len(words)]
    if ahead:
        (place, _), ((left, count), _) = ahead.most_common(1)[0], behind.most_common(1)[0]
        found += [[here.at(place) for here in words], [here.at((len(here) - left, count)) for here in words]]
    return [np.array(spans, np.int64).reshape(-1, 2) for spans in found]


def _is_mostly_right(own: AnswerScores, texts: Sequence[str]) -> bool:
    """Whether more than half of the questions with an answer got exactly theirs, and not all one and the same."""
    right = (own.exact > 0) & own.has_answer
    different = {normalise_answer(text) for text, is_right in zip(texts, right.tolist(), strict=True) if is_right}
    return bool(2 * right.sum() > own.has_answer.sum()) and len(different) > 1


def _is_clearly_above(own: np.ndarray, others: Sequence[np.ndarray]) -> bool:
    """Whether scores of questions are above the best of others by two deviations of the mean difference."""
    best = max(others, key=lambda scores: float(scores.mean()))
    return _gain_by_deviation(own - best) * len(own) ** 0.5 >= _DEVIATIONS


def _gain_by_deviation(gains: np.ndarray) -> float:
    """Returns the mean of differences by their deviation; 1 or 0 where all are the same."""
    deviation = float(gains.std())
    return float(gains.mean()) / deviation if deviation else float(gains.mean() > 0)
