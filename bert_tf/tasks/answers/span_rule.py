"""From logits of windows to answers that are cut out of the context. N windows, T pieces, M questions, K candidates.

The rule is that of `write_predictions` in google-research/bert's run_squad.py. Texts are cut from the context by
character offsets, so they come back as they were written, and nothing has to be aligned again.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

NO_SPAN = "empty"  # What the original answers, without a null answer, if no span is allowed.
NO_SPAN_ODDS = 1e6  # The odds of no answer where no span is allowed: the original's "large and positive" score.
_NBEST_KEYS = ("text", "probability", "start_logit", "end_logit")
_WINDOWS_OF_A_BLOCK = 512  # So few that their pairs of starts and ends need some megabytes.


@dataclasses.dataclass(frozen=True)
class SpanRule:
    """Which spans may be answers. The names and defaults are those of run_squad.py.

    Attributes:
        n_best_size: How many starts and ends of a window, and answers of a question, are looked at.
        max_answer_length: The most pieces of an answer.
        version_2_with_negative: Whether a question may have no answer.
    """

    n_best_size: int = 20
    max_answer_length: int = 30
    version_2_with_negative: bool = False


@dataclasses.dataclass(frozen=True)
class Windows:
    """The pieces of all windows, one after the other, and what the model says of them.

    Attributes:
        row_splits: int [N + 1], where each window begins. Its first piece, `[CLS]`, stands for the null answer.
        question_index: int [N], the question of each window.
        first_chars: int [T], where each piece begins in the context; -1 if it is no part of it.
        end_chars: int [T], where it ends.
        is_best: bool [T], whether no other window shows more context around the piece, so that a span may begin there.
        start_logits: float [T].
        end_logits: float [T].
    """

    row_splits: np.ndarray
    question_index: np.ndarray
    first_chars: np.ndarray
    end_chars: np.ndarray
    is_best: np.ndarray
    start_logits: np.ndarray
    end_logits: np.ndarray

    def __post_init__(self) -> None:
        """Checks what would give wrong answers without a sign.

        Raises:
            ValueError: If a window is empty, or a logit is not finite.
        """
        if not (np.diff(self.row_splits) > 0).all():
            raise ValueError("Every window must have a piece")
        if not (np.isfinite(self.start_logits).all() and np.isfinite(self.end_logits).all()):
            raise ValueError("Logits must be finite")


@dataclasses.dataclass(frozen=True)
class SpanAnswers:
    """The candidates of each question, the best first.

    Attributes:
        splits: int64 [M + 1], where the candidates of each question begin.
        texts: K texts; empty for the null answer.
        first_chars: int64 [K], where each begins in the context; -1 if it is no part of it.
        end_chars: int64 [K], where it ends.
        start_logits: float64 [K].
        end_logits: float64 [K].
        probabilities: float64 [K], over the candidates of a question.
        best_spans: int64 [M], the best candidate that is a span; -1 if there is none.
        null_odds: float64 [M], score of the null answer less that of the best span; None if each has an answer.
    """

    splits: np.ndarray
    texts: Sequence[str]
    first_chars: np.ndarray
    end_chars: np.ndarray
    start_logits: np.ndarray
    end_logits: np.ndarray
    probabilities: np.ndarray
    best_spans: np.ndarray
    null_odds: np.ndarray | None

    def __len__(self) -> int:
        return len(self.splits) - 1

    def by_question(self) -> list[tuple[dict[str, Any], ...]]:
        """Returns the candidates of each question as `nbest_predictions.json` has them."""
        columns = (self.texts, self.probabilities, self.start_logits, self.end_logits)
        rows = zip(*(each.tolist() if isinstance(each, np.ndarray) else each for each in columns), strict=True)
        candidates = [dict(zip(_NBEST_KEYS, row, strict=True)) for row in rows]
        return [tuple(candidates[begin:end]) for begin, end in itertools.pairwise(self.splits.tolist())]


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Starts and ends that may be answers, in the order in which the original looks at them; [P] each."""

    question: np.ndarray
    first_char: np.ndarray
    end_char: np.ndarray
    start_logit: np.ndarray
    end_logit: np.ndarray

    @property
    def score(self) -> np.ndarray:
        return np.asarray(self.start_logit + self.end_logit)

    def take(self, indices: np.ndarray) -> "_Pairs":
        return _Pairs(*(getattr(self, field.name)[indices] for field in dataclasses.fields(self)))


_NO_PAIRS = _Pairs(*(np.zeros(0, dtype) for dtype in (np.int64, np.int64, np.int64, np.float64, np.float64)))


def find_answers(windows: Windows, contexts: Sequence[str], rule: SpanRule) -> SpanAnswers:
    """Finds the best spans of each question.

    Args:
        windows: What the model says.
        contexts: The context of each question, M in all.
        rule: Which spans may be answers.
    """
    spans = _joined([_NO_PAIRS, *_spans(windows, rule)])
    nulls = _null_answers(windows, len(contexts)) if rule.version_2_with_negative else None
    pairs = spans if nulls is None else _joined([spans, nulls])  # Of equal scores, that of the null answer is the last.
    pairs = pairs.take(np.lexsort((-pairs.score, pairs.question)))
    bounds = np.searchsorted(pairs.question, np.arange(len(contexts) + 1))
    is_null = np.append(pairs.first_char < 0, False)
    best_spans = bounds[:-1] + is_null[bounds[:-1]]
    best_spans[best_spans >= bounds[1:]] = -1
    chosen = list(_distinct(pairs, bounds, contexts, rule))
    return _answers(pairs, chosen, best_spans, nulls)


def _spans(windows: Windows, rule: SpanRule) -> Iterator[_Pairs]:
    """Yields the spans that are allowed, of some windows at a time."""
    count = len(windows.row_splits) - 1
    for first in range(0, count, _WINDOWS_OF_A_BLOCK):
        splits = windows.row_splits[first : min(first + _WINDOWS_OF_A_BLOCK, count) + 1]
        starts = _best_pieces(windows.start_logits, splits, rule.n_best_size)
        ends = _best_pieces(windows.end_logits, splits, rule.n_best_size)
        may_start = (starts >= 0) & (windows.first_chars[starts] >= 0) & windows.is_best[starts]
        may_end = (ends >= 0) & (windows.first_chars[ends] >= 0)
        length = ends[:, np.newaxis, :] - starts[:, :, np.newaxis] + 1  # [B, starts, ends]
        is_allowed = may_start[:, :, np.newaxis] & may_end[:, np.newaxis, :]
        is_allowed &= (length >= 1) & (length <= rule.max_answer_length)
        window, start_rank, end_rank = np.nonzero(is_allowed)
        start, end = starts[window, start_rank], ends[window, end_rank]
        is_text = windows.end_chars[end] > windows.first_chars[start]
        yield _pairs(windows, first + window[is_text], start[is_text], end[is_text])


def _pairs(windows: Windows, window: np.ndarray, start: np.ndarray, end: np.ndarray) -> _Pairs:
    return _Pairs(
        windows.question_index[window].astype(np.int64),
        windows.first_chars[start].astype(np.int64),
        windows.end_chars[end].astype(np.int64),
        windows.start_logits[start].astype(np.float64),
        windows.end_logits[end].astype(np.float64),
    )


def _best_pieces(logits: np.ndarray, splits: np.ndarray, size: int) -> np.ndarray:
    """The pieces with the greatest logits of each window, int64 [B, up to size]; -1 behind those of a short one.

    Of equal ones the first is the best, so a partition would not do. Unlike in the original there is no padding that
    could take a place among them.
    """
    lengths = np.diff(splits)
    inside = np.arange(lengths.max())
    is_piece = inside < lengths[:, np.newaxis]
    padded = np.full(is_piece.shape, np.inf, logits.dtype)
    padded[is_piece] = -logits[splits[0] : splits[-1]]
    best = np.argsort(padded, axis=1, kind="stable")[:, :size]
    return np.where(best < lengths[:, np.newaxis], best + splits[:-1, np.newaxis], -1)


def _null_answers(windows: Windows, questions: int) -> _Pairs:
    """The null answer of each question: of the window that speaks least for it, the first of equal ones."""
    cls = windows.row_splits[:-1]
    found = _pairs(windows, np.arange(len(cls)), cls, cls)
    found = found.take(np.lexsort((found.score, found.question)))
    places = np.searchsorted(found.question, np.arange(questions))
    if not np.array_equal(found.question[np.minimum(places, len(cls) - 1)], np.arange(questions)):
        raise ValueError("Every question must have a window")
    found = found.take(places)
    return dataclasses.replace(found, first_char=np.full(questions, -1), end_char=np.full(questions, -1))


def _joined(parts: Sequence[_Pairs]) -> _Pairs:
    names = [field.name for field in dataclasses.fields(_Pairs)]
    return _Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _distinct(pairs: _Pairs, bounds: np.ndarray, contexts: Sequence[str], rule: SpanRule) -> Iterator[dict[str, int]]:
    """Yields the best pairs of each question that have different texts, by these texts.

    The null answer is among them, be there many better ones or not. So is the best span: it is the first or, behind the
    null answer, the second. With a size of 1 the null answer comes first only where its logits leave no span.

    Args:
        pairs: Those of all questions, in their order, the best of each first.
        bounds: Where the pairs of each question begin, [M + 1].
        contexts: The context of each question.
        rule: How many are wanted.
    """
    first_chars, end_chars = pairs.first_char.tolist(), pairs.end_char.tolist()
    null_pairs = np.flatnonzero(pairs.first_char < 0).tolist()
    limits = itertools.pairwise(bounds.tolist())
    for question, (context, (begin, end)) in enumerate(zip(contexts, limits, strict=True)):
        chosen: dict[str, int] = {}
        for pair in range(begin, end):
            if len(chosen) == rule.n_best_size:
                break
            text = context[first_chars[pair] : end_chars[pair]] if first_chars[pair] >= 0 else ""
            chosen.setdefault(text, pair)
        if null_pairs:
            chosen.setdefault("", null_pairs[question])
        yield chosen or {NO_SPAN: -1}


def _answers(
    pairs: _Pairs, chosen: Sequence[dict[str, int]], best_spans: np.ndarray, nulls: _Pairs | None
) -> SpanAnswers:
    """Puts the chosen pairs together; -1 is one that is not there, whose logits are 0."""
    splits = np.cumsum([0, *map(len, chosen)])
    nowhere = _Pairs(*(np.array([value]) for value in (-1, -1, -1, 0.0, 0.0)))
    pairs = _joined([pairs, nowhere])
    kept = pairs.take(np.array([pair for group in chosen for pair in group.values()], np.int64))
    has_span = best_spans >= 0
    best = pairs.take(best_spans)
    odds = None
    if nulls is not None:
        odds = np.where(has_span, nulls.score - best.start_logit - best.end_logit, NO_SPAN_ODDS)
    # The best span is the first candidate, or the second one if the first is the null answer.
    is_second = has_span & (kept.first_char[splits[:-1]] < 0)
    return SpanAnswers(
        splits,
        [text for group in chosen for text in group],
        kept.first_char,
        kept.end_char,
        kept.start_logit,
        kept.end_logit,
        _softmax(kept.score, splits),
        np.where(has_span, splits[:-1] + is_second, -1),
        odds,
    )


def _softmax(scores: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Probabilities over the candidates of each question; none is without one."""
    if not len(scores):
        return scores
    counts, first = np.diff(splits), splits[:-1]
    weights = np.exp(scores - np.repeat(np.maximum.reduceat(scores, first), counts))
    return np.asarray(weights / np.repeat(np.add.reduceat(weights, first), counts))


def predictions_json(ids: Sequence[str], texts: Sequence[str]) -> str:
    """Returns the text of `predictions.json`: the answer to each question by its id, empty for none."""
    return _as_json(zip(ids, texts, strict=True))


def nbest_json(ids: Sequence[str], candidates: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Returns the text of `nbest_predictions.json`: the candidates of each question, the best first."""
    return _as_json((name, list(found)) for name, found in zip(ids, candidates, strict=True))


def null_odds_json(ids: Sequence[str], null_odds: Sequence[float]) -> str:
    """Returns the text of `null_odds.json`: how much better than the best span the null answer is, by id."""
    return _as_json(zip(ids, null_odds, strict=True))


def _as_json(items: Iterable[tuple[str, Any]]) -> str:
    """An object in the layout of the original."""
    return json.dumps(dict(items), indent=4) + "\n"
