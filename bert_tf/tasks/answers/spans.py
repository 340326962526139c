"""The answer to a question as a span of its context, cut out by characters. M questions, N windows, T pieces."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf import features
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.questions import Answer
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.table import Axis, Column, Rows, TokenTable, Use
from bert_tf.errors import InputError
from bert_tf.host.console import counted
from bert_tf.metrics.spans import SPAN_METRICS, AnswerScores, fit_null_threshold, score_answers
from bert_tf.tasks.answers.space import IS_GIVEN, SPANS, AnswerSpace, Evidence, Outputs
from bert_tf.tasks.answers.span_chance import Located, evidence_of_spans
from bert_tf.tasks.answers.span_rule import (
    NO_SPAN,
    SpanAnswers,
    SpanRule,
    Windows,
    find_answers,
    nbest_json,
    null_odds_json,
    predictions_json,
)
from bert_tf.tasks.answers.span_targets import pieces_of_answers, positions_in_rows
from bert_tf.text.template import Template

PREDICTIONS_JSON, NBEST_JSON, NULL_ODDS_JSON = "predictions.json", "nbest_predictions.json", "null_odds.json"
CANDIDATES = "candidates"  # Column of outputs: what JSON files hold of each question, object [M].
_START, _END, _PROBABILITY, _NULL_ODDS = range(4)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What answers to a question are cut out of, and compared with.

    Attributes:
        context: The context.
        answers: All right answers; none if there is no answer, or nobody tells it.
    """

    context: str
    answers: tuple[Answer, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The right answers as written."""
        return [answer.text for answer in self.answers]

    @property
    def learnt(self) -> Answer | None:
        """The answer that is learnt: the first one that is in its place."""
        return next(iter(self.placed), None)

    @property
    def placed(self) -> tuple[Answer, ...]:
        """The answers that are in their place."""
        return tuple(answer for answer in self.answers if answer.is_in_place)


def label_of(answers: Sequence[Answer]) -> str:
    """Returns answers as the label of an example: a JSON list of texts and first characters, none if there is none."""
    return json.dumps([[answer.text, answer.start] for answer in answers], ensure_ascii=False)


@dataclasses.dataclass(frozen=True)
class Spans(AnswerSpace):
    """A span of the context, or none. Outputs are `spans`, float32 [M, 4]: of the best span of each question its first
    character, the one after its last, its probability, and the odds of none against it, 0 if each has an answer.

    Attributes:
        n_best_size: See `SpanRule`.
        max_answer_length: See `SpanRule`.
        version_2_with_negative: See `SpanRule`.
        null_threshold: The odds above which there is no answer; None before it was chosen or fitted, which is 0.
    """

    kind: ClassVar[str] = "spans"
    command: ClassVar[str] = "squad"
    title: ClassVar[str] = "a span of the context"
    noun: ClassVar[str] = "answer"
    result: ClassVar[str] = SPANS
    default_metrics: ClassVar[tuple[str, ...]] = ("f1", "exact_match")
    template: ClassVar[Template] = Template.CONTEXT
    has_labels: ClassVar[bool] = False
    has_mean: ClassVar[bool] = False
    file_names: ClassVar[tuple[str, ...]] = (PREDICTIONS_JSON, NBEST_JSON, NULL_ODDS_JSON)
    # Packed rows of questions are faster than such of like length, and score the same: see tests/peers/NOTES.md.
    defaults: ClassVar[Mapping[str, object]] = {"max_seq_length": 384, "batching": "packed"}
    n_best_size: int = 20
    max_answer_length: int = 30
    version_2_with_negative: bool = False
    null_threshold: float | None = None

    @property
    def rule(self) -> SpanRule:
        """Which spans may be answers."""
        return SpanRule(self.n_best_size, self.max_answer_length, self.version_2_with_negative)

    def configured(self, config: RunConfig) -> "Spans":
        options = config.spans
        chosen = options.null_score_diff_threshold
        return dataclasses.replace(
            self,
            n_best_size=options.n_best_size,
            max_answer_length=options.max_answer_length,
            version_2_with_negative=options.version_2_with_negative,
            null_threshold=self.null_threshold if chosen is None else chosen,
        )

    # --- Answers as they are written ---

    def fault_of(self, label: str) -> FaultKind | None:
        return None  # The reader of questions has looked at every answer.

    def completed(self, train: Examples | None) -> "Spans":
        return self

    def named(self, labels: tuple[str, ...]) -> "Spans":
        if labels:
            raise InputError("--labels needs labels, and answers are spans", received=",".join(labels))
        return self

    def names(self, label: str) -> list[str]:
        return []

    def place(self, examples: Examples) -> np.ndarray:
        """Returns what each question is asked of, `Asked`: object [M]."""
        targets = np.empty(len(examples), object)
        labels = examples.labels or ["[]"] * len(examples)
        targets[:] = [
            Asked(context, _answers_in(label, context))
            for context, label in zip(examples.second or (), labels, strict=True)
        ]
        return targets

    def columns(self, targets: np.ndarray, rows: Rows) -> dict[str, Column]:
        """Returns where the learnt answer begins and ends in each row, int32 [N]: at 0, [CLS], where it is not whole.

        The first piece is that in which the answer begins, the last that in which it ends.
        """
        firsts, lasts = pieces_of_answers(targets, rows)
        starts, ends = (positions_in_rows(places, rows) for places in (firsts, lasts))
        is_whole = (starts > 0) & (ends > 0)
        return {
            features.START_POSITIONS: Column(Axis.ROW, Use.TARGET, np.where(is_whole, starts, 0).astype(np.int32)),
            features.END_POSITIONS: Column(Axis.ROW, Use.TARGET, np.where(is_whole, ends, 0).astype(np.int32)),
        }

    def facts(self) -> dict[str, object]:
        return {"kind": self.kind, "version_2_with_negative": self.version_2_with_negative}

    def learnable(self, examples: Examples) -> Examples:
        """Returns those with an answer in its place, or with none at all; how many were left out is noted."""
        asked = self.place(examples)
        kept = [index for index, each in enumerate(asked) if not each.answers or each.placed]
        if not kept:
            rule = "At least one answer must stand in its context where answer_start says"
            fix = "Count characters of the context from 0"
            raise InputError(rule, received=f"none in {examples.origin}", fix=fix)
        if len(kept) == len(examples):
            return examples
        note = "left out, whose answers stand elsewhere than answer_start says"
        note = f"{counted(len(examples) - len(kept), 'question')} {note}"
        return dataclasses.replace(examples.rows(kept), notes=(*examples.notes, note))

    def strata(self, examples: Examples) -> None:
        return

    def describe(self, examples: Examples) -> str:
        asked = self.place(examples)
        without = sum(not each.answers for each in asked)
        astray = sum(bool(each.answers) and each.learnt is None for each in asked)
        told = [
            f"{counted(len(asked) - without, 'question')} with an answer",
            *([f"{without:,} without"] if without else []),
        ]
        return ", ".join([*told, *([f"{counted(astray, 'question')} with none in its place"] if astray else [])])

    def tally(self, examples: Examples) -> dict[str, int]:
        asked = self.place(examples)
        with_answer = sum(bool(each.answers) for each in asked)
        return {"with an answer": with_answer, "without one": len(asked) - with_answer}

    def summary(self, names: Sequence[str]) -> str:
        return "spans of the context, or none" if self.version_2_with_negative else "spans of the context"

    def limits_told(self) -> list[str]:
        return [f"An answer has at most {self.max_answer_length} word pieces."]

    def check_loss_options(self, given: Mapping[str, object]) -> None:
        if given:
            raise InputError(f"--{next(iter(given))} is for labels of whole texts", received="a task with spans")

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        raise InputError("--class_weights is for labels of whole texts", received="a task with spans")

    # --- What outputs mean ---

    def found(
        self, start_logits: np.ndarray, end_logits: np.ndarray, table: TokenTable, contexts: Sequence[str]
    ) -> dict[str, np.ndarray]:
        """Returns the columns of outputs, decided.

        Args:
            start_logits: float32 [T].
            end_logits: float32 [T].
            table: The windows.
            contexts: The context of each question.
        """
        if not (np.isfinite(start_logits).all() and np.isfinite(end_logits).all()):
            return _of_no_numbers(len(contexts))
        first_chars, end_chars, is_max_context = (
            table.columns[name].values for name in (features.FIRST_CHARS, features.END_CHARS, features.IS_MAX_CONTEXT)
        )
        windows = Windows(
            table.row_splits,
            table.example_index,
            first_chars,
            end_chars,
            is_max_context.astype(bool),
            start_logits,
            end_logits,
        )
        answers = find_answers(windows, contexts, self.rule)
        return {**self.decided(span_column(answers)), CANDIDATES: _by_question(answers)}

    def decided(self, spans: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the column of spans with whether each is given as the answer. The rule of decision stands here."""
        if not self.version_2_with_negative:
            return {SPANS: spans, IS_GIVEN: np.ones(len(spans), bool)}
        return {SPANS: spans, IS_GIVEN: spans[:, _NULL_ODDS] <= np.float32(self.null_threshold or 0.0)}

    def texts(self, outputs: Outputs, contexts: Sequence[str]) -> list[str]:
        """Returns the answer to each question as it stands in its context; empty for none."""
        ends = np.nan_to_num(outputs[SPANS][:, :2], nan=-1).astype(int).tolist()
        rows = zip(ends, outputs[IS_GIVEN].tolist(), contexts, strict=True)
        return [context[start:end] if is_given and start >= 0 else "" for (start, end), is_given, context in rows]

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        """Returns the answer to a question, with its characters, unless there is none, and its probability."""
        start, end, probability, odds = outputs[SPANS][index].tolist()
        is_given = bool(outputs[IS_GIVEN][index]) and start >= 0
        told: dict[str, Any] = {"answer": outputs[CANDIDATES][index].best if is_given else ""}
        told |= {"start": int(start), "end": int(end)} if is_given else {"start": None, "end": None}
        told["probability"] = round(probability, 6)
        return told | ({"null_odds": round(odds, 6)} if self.version_2_with_negative else {})

    def extra_files(self, examples: Examples, outputs: Outputs) -> dict[str, str]:
        """Returns the files of run_squad.py, in which the word of the original stands where there is no span."""
        ids, found = examples.ids, outputs[CANDIDATES]
        no_answer = "" if self.version_2_with_negative else NO_SPAN
        texts = [text or no_answer for text in self.texts(outputs, examples.second or ())]
        told = {PREDICTIONS_JSON: predictions_json(ids, texts), NBEST_JSON: nbest_json(ids, [x.n_best for x in found])}
        if self.version_2_with_negative:
            told[NULL_ODDS_JSON] = null_odds_json(ids, [each.null_odds for each in found])
        return told

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return SPAN_METRICS

    @property
    def known_metrics(self) -> tuple[str, ...]:
        return self.own_metrics()

    def own_metrics(self) -> tuple[str, ...]:
        others = tuple(name for name in SPAN_METRICS if name not in self.default_metrics)
        return (*self.default_metrics, *others) if self.version_2_with_negative else self.default_metrics

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        _, compared = self._told(outputs, targets)
        return {name: float(self.metrics[name](compared)) for name in metrics}

    def _compared(self, texts: Sequence[str], targets: np.ndarray) -> AnswerScores:
        right = [asked.texts for asked in targets]
        return score_answers(texts, right, version_2_with_negative=self.version_2_with_negative)

    @property
    def lacks_fit(self) -> bool:
        return self.version_2_with_negative and self.null_threshold is None

    def fitted(self, outputs: Outputs, targets: np.ndarray) -> "Spans":
        """With the threshold of the odds of no answer that is best for F1, unless one was chosen."""
        if not self.lacks_fit:
            return self
        all_given = {SPANS: outputs[SPANS], IS_GIVEN: np.ones(len(targets), bool)}
        _, compared = self._told(all_given, targets)
        threshold = fit_null_threshold(compared.f1, compared.has_answer, outputs[SPANS][:, _NULL_ODDS])
        return dataclasses.replace(self, null_threshold=threshold)

    def fitted_like(self, other: "AnswerSpace | None") -> "Spans":
        if not isinstance(other, Spans) or self.null_threshold is not None:
            return self
        return dataclasses.replace(self, null_threshold=other.null_threshold)

    def tell_fit(self) -> str:
        return f"a question has no answer if the odds of none are above {self.null_threshold:.4g}, as fitted to dev"

    def tell_lack(self, outputs: Outputs) -> str:
        lacking = int(np.count_nonzero(outputs[SPANS][:, 0] < 0))
        if not lacking:
            return ""
        why = "the context is blank, or no best start of a window goes with a best end "
        why += f"(--n_best_size={self.n_best_size})"
        return f"{counted(lacking, 'question')} of {len(outputs[SPANS]):,} without any span: {why}"

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """See `evidence_of_spans`."""
        asked = [Located(each.context, [answer.span for answer in each.placed]) for each in targets]
        return evidence_of_spans(outputs, asked, lambda spans: self._told(spans, targets))

    def _told(self, outputs: Outputs, targets: np.ndarray) -> tuple[list[str], AnswerScores]:
        """The texts of spans and their scores."""
        texts = self.texts(outputs, [asked.context for asked in targets])
        return texts, self._compared(texts, targets)

    def why_no_number(self, targets: np.ndarray) -> str:
        lacks = "without" if all(asked.answers for asked in targets) else "with"
        return f"no question of the dev set is one {lacks} an answer"

    def has_news(self, targets: np.ndarray) -> bool:
        return len({tuple(asked.texts) for asked in targets}) > 1


@dataclasses.dataclass(frozen=True)
class Candidates:
    """What the files of run_squad.py hold of a question.

    Attributes:
        best: Text of the best span.
        n_best: The candidates, the best first.
        null_odds: Score of no answer less that of the best span; 0 if each question has an answer.
    """

    best: str
    n_best: tuple[Mapping[str, Any], ...]
    null_odds: float


def _of_no_numbers(count: int) -> dict[str, np.ndarray]:
    """The columns of a model whose weights are no finite numbers: it says nothing of so many questions."""
    candidates = np.empty(count, object)
    candidates[:] = [Candidates("", (), math.nan)] * count
    return {SPANS: np.full([count, 4], np.nan, np.float32), IS_GIVEN: np.zeros(count, bool), CANDIDATES: candidates}


def _answers_in(label: str, context: str) -> tuple[Answer, ...]:
    """The answers that a label names; one is in its place if the context has its text there."""
    return tuple(
        Answer(text, start, is_in_place=start >= 0 and context.startswith(text, start))
        for text, start in json.loads(label)
    )


def span_column(answers: SpanAnswers) -> np.ndarray:
    """Returns the column of spans, float32 [M, 4]; see `Spans`."""
    best = answers.best_spans
    odds = np.zeros(len(answers)) if answers.null_odds is None else answers.null_odds
    columns = (answers.first_chars, answers.end_chars, answers.probabilities)
    found = [np.where(best >= 0, column[best], absent) for column, absent in zip(columns, (-1, -1, 0.0), strict=True)]
    return np.stack([*found, odds], axis=1).astype(np.float32)


def _by_question(answers: SpanAnswers) -> np.ndarray:
    found = np.empty(len(answers), object)
    found[:] = [
        Candidates(answers.texts[best] if best >= 0 else NO_SPAN, n_best, odds)
        for best, n_best, odds in zip(
            answers.best_spans.tolist(),
            answers.by_question(),
            [0.0] * len(answers) if answers.null_odds is None else answers.null_odds.tolist(),
            strict=True,
        )
    ]
    return found
