"""What is found out about a model that answers questions with spans of their contexts. M questions."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence

import numpy as np

from bert_tf.metrics.spans import AnswerScores, score_answers
from bert_tf.report.drawing.page import Cell, Excerpt, Paragraph, Part, Passage, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of
from bert_tf.report.findings.findings import Constant, Findings, interval_note, number, percent, reach
from bert_tf.report.findings.span_charts import draw_thresholds
from bert_tf.report.statistics.bootstrap import Interval, count_intervals
from bert_tf.report.statistics.span_statistics import (
    Group,
    ThresholdScores,
    groups_by_first_word,
    groups_by_size,
    scores_by_threshold,
    weighted_span_scores,
)
from bert_tf.tasks.answers.space import IS_GIVEN, SPANS
from bert_tf.tasks.answers.spans import Asked, Spans

_NOTHING = "(no answer)"
_AROUND, _LONGEST_MARK = 80, 300  # Characters beside an answer that are shown, and of one.
_SHOWN_THRESHOLDS = 9


@dataclasses.dataclass(frozen=True)
class _Answered:
    """The questions of a run with what is right, and what was answered."""

    run: EvaluatedRun

    @property
    def space(self) -> Spans:
        assert isinstance(self.run.task.answers, Spans)
        return self.run.task.answers

    @property
    def asked(self) -> Sequence[Asked]:
        return list(self.run.targets)

    @functools.cached_property
    def texts(self) -> list[str]:
        """The answer to each question; empty for none."""
        return self._texts_if(self.run.outputs[IS_GIVEN])

    @functools.cached_property
    def outcome(self) -> AnswerScores:
        return self._compared(self.texts)

    @functools.cached_property
    def by_threshold(self) -> ThresholdScores:
        """What other thresholds would give."""
        count = len(self.asked)
        best, none = self._compared(self._texts_if(np.ones(count, bool))), self._compared([""] * count)
        return scores_by_threshold(best, none, self.run.outputs[SPANS][:, 3])

    @property
    def spans(self) -> np.ndarray:
        """The first character of each answer and the one after its last, int64 [M, 2]; -1 where there is none."""
        ends = self.run.outputs[SPANS][:, :2].astype(np.int64)
        return np.where(self.run.outputs[IS_GIVEN][:, np.newaxis], ends, -1)

    def _texts_if(self, is_given: np.ndarray) -> list[str]:
        outputs = {SPANS: self.run.outputs[SPANS], IS_GIVEN: is_given}
        return self.space.texts(outputs, [asked.context for asked in self.asked])

    def _compared(self, texts: Sequence[str]) -> AnswerScores:
        right = [asked.texts for asked in self.asked]
        return score_answers(texts, right, version_2_with_negative=self.space.version_2_with_negative)


def span_findings(run: EvaluatedRun) -> Findings:
    """Returns what the answers tell: of questions with and without one, by what they are like, and the worst."""
    found = _Answered(run)
    outcome = found.outcome
    intervals = count_intervals(
        lambda counts: weighted_span_scores(outcome, counts), len(outcome), run.config.train.seed
    )
    table = _answer_table(outcome, intervals)
    sections = [Section("Answers", [table, Paragraph(interval_note(run))])]
    if found.space.version_2_with_negative:
        sections.append(Section("Questions without an answer", _threshold_parts(found)))
    sections.append(Section("Lengths of questions and contexts", _length_parts(found)))
    sections.append(Section("First word of the question", _word_parts(found)))
    sections.append(Section("Worst answers", _example_parts(found)))
    return Findings(
        intervals={name: intervals[name] for name in run.scores if name in intervals},
        sections=sections,
        details=table,
        limits=_limits(found),
        constant=_constant(found) if found.space.version_2_with_negative else None,
    )


def _constant(found: _Answered) -> Constant:
    """What always giving no answer would get. Where each question has one, no answer is right for two contexts."""
    count = len(found.asked)
    columns = {SPANS: np.full((count, 4), -1, np.float32), IS_GIVEN: np.zeros(count, bool)}
    scores = found.run.task.score(columns, found.run.targets)
    return Constant("Giving no answer to any question", "always no answer", scores)


def _answer_table(outcome: AnswerScores, intervals: dict[str, Interval]) -> Table:
    names = {"all": "", "with an answer": "_with_answer", "without one": "_without_answer"}
    counts = {"": len(outcome), "_with_answer": int(outcome.has_answer.sum())}
    counts["_without_answer"] = len(outcome) - counts["_with_answer"]
    rows = []
    for name, ending in names.items():
        if not counts[ending] or (ending and counts[ending] == len(outcome)):
            continue
        exact, f1 = (intervals.get(f"{score}{ending}") for score in ("exact_match", "f1"))
        cells = [cell for each in (exact, f1) for cell in (("", "") if each is None else _with_reach(each))]
        rows.append((name, f"{counts[ending]:,}", *cells))
    return Table(("questions", "count", "exact match", "95 % interval", "F1", "95 % interval"), rows)


def _with_reach(score: Interval) -> tuple[str, str]:
    return number(score.value), reach(score)


def _threshold_parts(found: _Answered) -> list[Part]:
    """What becomes of the scores where a question gets no answer sooner, or later."""
    scores, used = found.by_threshold, float(np.float32(found.space.null_threshold or 0.0))
    best = int(np.argmax(scores.f1))
    place = scores.at(used)
    text = (
        f"A question gets no answer if the odds of none, in logits, are above {used:.4g}: "
        f"{percent(scores.answered[place])} of the questions get one, and F1 is {number(float(scores.f1[place]))}. "
        f"No threshold gives more than {number(float(scores.f1[best]))} on this dev set."
    )
    chosen = np.unique(np.linspace(0, len(scores.thresholds) - 1, _SHOWN_THRESHOLDS).astype(int))
    rows = [_threshold_row(scores, at, f"{scores.thresholds[at]:.4g}") for at in chosen.tolist() if at]
    rows = [_threshold_row(scores, place, f"{used:.4g}, as used"), _threshold_row(scores, 0, "below all odds"), *rows]
    columns = ("threshold", "answered", "F1", "F1 with an answer", "right without one")
    parts: list[Part] = [Paragraph(text), Table(columns, rows)]
    if len(scores.thresholds) > 2:  # One point is no curve.
        parts.insert(
            1, Picture(draw_thresholds(scores, used), "Where the curve is flat, the threshold hardly matters.")
        )
    return parts


def _threshold_row(scores: ThresholdScores, at: int, name: str) -> tuple[str, ...]:
    shares = (scores.f1[at], scores.f1_with_answer[at], scores.right_without_answer[at])
    return (name, percent(scores.answered[at]), *("" if np.isnan(each) else number(float(each)) for each in shares))


def _length_parts(found: _Answered) -> list[Part]:
    """Scores by how many characters there are of something, which counts alike in every script."""
    questions = found.run.examples.first
    parts: list[Part] = []
    for name, texts in (("context", [asked.context for asked in found.asked]), ("question", questions)):
        sizes = np.array(list(map(len, texts)), np.int64)
        parts.append(_group_table(f"characters of the {name}", groups_by_size(sizes, found.outcome)))
    has_answer = found.outcome.has_answer
    shortest = np.array([min(map(len, asked.texts)) for asked in found.asked if asked.answers], np.int64)
    groups = groups_by_size(shortest, _chosen(found.outcome, has_answer))
    return [*parts, *([_group_table("characters of the right answer", groups)] if groups else [])]


def _word_parts(found: _Answered) -> list[Part]:
    groups = groups_by_first_word(found.run.examples.first, found.outcome)
    if len(groups) < 2:
        return [Paragraph("No two kinds of questions can be told apart by their first word.")]
    return [_group_table("first word", groups)]


def _group_table(title: str, groups: Sequence[Group]) -> Table:
    rows = [(each.name, f"{each.questions:,}", number(each.exact), number(each.f1)) for each in groups]
    return Table((title, "questions", "exact match", "F1"), rows)


def _chosen(outcome: AnswerScores, chosen: np.ndarray) -> AnswerScores:
    return AnswerScores(*(getattr(outcome, field.name)[chosen] for field in dataclasses.fields(outcome)))


def _example_parts(found: _Answered) -> list[Part]:
    outcome, given = found.outcome, found.run.outputs[IS_GIVEN]
    sureness = np.where(given, found.run.outputs[SPANS][:, 2], 1 - found.run.outputs[SPANS][:, 2])
    order = [index for index in np.lexsort((-sureness, outcome.f1)).tolist() if outcome.f1[index] < 1]
    if not order:
        return [Paragraph("There are none: all answers are right.")]
    rows: list[tuple[Cell, ...]] = [_example_row(found, index) for index in order[:SHOWN_EXAMPLES]]
    text = (
        f"{how_many_are_shown(len(order))} of {len(order):,} answers that are not wholly right, those with the least "
        "F1 first, of equal ones the surest. In the context, a line below marks right answers that stand where the "
        "data say, and a broken line above the one that was given."
    )
    columns = ("where", "F1", "question", "right", "given", "in the context")
    return [Paragraph(text), Table(columns, rows, words=-1)]


def _example_row(found: _Answered, index: int) -> tuple[Cell, ...]:
    asked = found.asked[index]
    texts = list(dict.fromkeys(asked.texts))
    return (
        place_of(found.run, index),
        number(float(found.outcome.f1[index])),
        Passage(found.run.examples.first[index]),
        " | ".join(texts) if texts else _NOTHING,
        found.texts[index] or _NOTHING,
        _excerpt(asked, *found.spans[index].tolist()),
    )


def _excerpt(asked: Asked, first: int, end: int) -> Excerpt:
    """The context around the right answers and the given one, both marked; its beginning where there is neither."""
    length = len(asked.context)
    is_right, is_given, is_shown = (np.zeros(length, bool) for _ in range(3))
    for answer in asked.answers:
        if answer.is_in_place:
            is_right[answer.start : answer.start + len(answer.text)] = True
    is_given[max(first, 0) : max(end, 0)] = True
    marked = [_runs(is_right), _runs(is_given)]
    for start, stop in [*marked[0], *marked[1]] or [(0, 0)]:
        for edge in (start, stop):  # Of a long answer, its middle is left out.
            inner = (max(start, edge - _LONGEST_MARK), min(stop, edge + _LONGEST_MARK))
            is_shown[max(inner[0] - _AROUND * (edge == start), 0) : inner[1] + _AROUND * (edge == stop)] = True
    return Excerpt(_pieces(asked.context, is_shown, is_right, is_given))


def _pieces(
    context: str, is_shown: np.ndarray, is_right: np.ndarray, is_given: np.ndarray
) -> list[tuple[str, tuple[str, ...]]]:
    """What is shown of a context, cut wherever a mark begins or ends."""
    found: list[tuple[str, tuple[str, ...]]] = []
    end = 0
    for start, stop in _runs(is_shown):
        if start:
            found.append((" … " if end else "… ", ()))
        changes = np.flatnonzero(np.diff(is_right[start:stop]) | np.diff(is_given[start:stop])) + start + 1
        edges = [start, *changes.tolist(), stop]
        for begin, end in itertools.pairwise(edges):
            marks = (*(["right"] if is_right[begin] else []), *(["given"] if is_given[begin] else []))
            found.append((context[begin:end], marks))
    return [*found, *([(" …", ())] if end < len(context) else [])]


def _runs(chosen: np.ndarray) -> list[tuple[int, int]]:
    """Where stretches of what is chosen begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _limits(found: _Answered) -> list[str]:
    space = found.space
    limits = ["It answers with words of the context as they stand there: it neither counts nor concludes."]
    if space.version_2_with_negative:
        used = space.null_threshold or 0.0
        limits.append(f"It gives no answer if the odds of none, in logits, are above {used:.4g}.")
    else:
        limits.append("It gives an answer to every question, also where the context has none.")
    return [*limits, *space.limits_told()]
