"""What is found out about a model that chooses one of the choices of each question. M questions."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from bert_tf.report.drawing.page import Paragraph, Part, Passage, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of
from bert_tf.report.findings.findings import Constant, Findings, interval_note, percent, with_reach
from bert_tf.report.statistics.bootstrap import Interval, count_intervals
from bert_tf.tasks.answers.space import PLACE


@dataclasses.dataclass(frozen=True)
class _Chosen:
    """The choices of a run."""

    run: EvaluatedRun

    @property
    def places(self) -> np.ndarray:
        """Of what was chosen, int [M]."""
        return np.asarray(self.run.outputs[PLACE])

    @property
    def is_right(self) -> np.ndarray:
        return np.asarray(self.places == self.run.targets)

    @property
    def choices(self) -> Sequence[tuple[str, ...]]:
        return self.run.examples.choices or ()

    @property
    def counts(self) -> np.ndarray:
        """How many choices each question has, int [M]."""
        return np.array([len(each) for each in self.choices])

    def accuracy(self, chosen: np.ndarray) -> Interval:
        """The accuracy on some of the questions, bool [M]."""
        is_right = self.is_right[chosen].astype(float)
        found = count_intervals(
            lambda drawn: {"accuracy": drawn @ is_right / drawn.sum(axis=1)}, len(is_right), self.run.config.train.seed
        )
        return found["accuracy"]

    def shown(self, index: int, place: int) -> Passage:
        """A choice of a question as it stands in the file, with its label."""
        label = (self.run.examples.choice_labels or ())[index][place]
        text = self.choices[index][place]
        return Passage(text if label == text.strip() else f"{label}: {text}")


def choice_findings(run: EvaluatedRun) -> Findings:
    """Returns what the choices tell: how often they are right, where the right ones stand, and the worst mistakes."""
    chosen = _Chosen(run)
    accuracy = chosen.accuracy(np.ones(len(run.targets), bool))
    table = _count_table(chosen)
    return Findings(
        intervals={"accuracy": accuracy} if "accuracy" in run.scores else {},
        sections=[
            Section("Number of choices", [table, Paragraph(interval_note(run))]),
            Section("Place of the answer", _place_parts(chosen)),
            Section("Most confident mistakes", _mistake_parts(chosen)),
        ],
        details=table,
        limits=["It chooses one of the choices also where none of them is right."],
        constant=_constant(chosen),
    )


def _constant(chosen: _Chosen) -> Constant:
    """Always the place at which most right answers of the dev set stand."""
    most = int(np.bincount(chosen.run.targets).argmax())
    outputs = {**chosen.run.outputs, PLACE: np.full_like(chosen.places, most)}
    return Constant(
        f"Always answering choice {most + 1}",
        f"always choice {most + 1}",
        chosen.run.task.score(outputs, chosen.run.targets),
    )


def _count_table(chosen: _Chosen) -> Table:
    rows = []
    for count in np.unique(chosen.counts).tolist():
        is_of_it = chosen.counts == count
        found = with_reach(chosen.accuracy(is_of_it))
        rows.append((str(count), f"{int(is_of_it.sum()):,}", found, percent(1 / count)))
    return Table(("choices", "questions", "accuracy with its 95 % interval", "by chance"), rows)


def _place_parts(chosen: _Chosen) -> list[Part]:
    targets, places = chosen.run.targets, chosen.places
    rows = []
    for place in range(int(chosen.counts.max())):
        is_there, is_possible = targets == place, chosen.counts > place
        right = percent(chosen.is_right[is_there].mean()) if is_there.any() else ""
        shares = percent(is_there.sum() / is_possible.sum()), percent((places == place).sum() / is_possible.sum())
        rows.append((f"choice {place + 1}", f"{int(is_there.sum()):,}", *shares, right))
    text = (
        "Shares are of the questions that have so many choices. A model that takes the place for the answer chooses "
        "one place far more often than answers stand there."
    )
    return [
        Table(("place", "right answers", "share", "share of what was chosen", "found there"), rows),
        Paragraph(text),
    ]


def _mistake_parts(chosen: _Chosen) -> list[Part]:
    run = chosen.run
    wrong = np.flatnonzero(~chosen.is_right)
    if not len(wrong):
        return [Paragraph("There are none: every answer is right.")]
    sure = run.answers[np.arange(len(chosen.places)), chosen.places]
    order = wrong[np.argsort(-sure[wrong], kind="stable")].tolist()
    starts = run.examples.second
    rows = [
        (
            place_of(run, index),
            percent(float(sure[index])),
            percent(float(run.answers[index, run.targets[index]])),
            Passage(run.examples.first[index] + (f" {starts[index]}" if starts is not None else "")),
            chosen.shown(index, int(chosen.places[index])),
            chosen.shown(index, int(run.targets[index])),
            Passage(" | ".join(chosen.choices[index])),
        )
        for index in order[:SHOWN_EXAMPLES]
    ]
    columns = ("question", "sure of it", "of the right one", "text", "chosen", "right", "all choices")
    text = f"{len(order):,} of {len(chosen.places):,} answers are wrong. {how_many_are_shown(len(order))}, "
    text += "beginning with the one that the model is most sure of. The label may be wrong, or the model is."
    return [Paragraph(text), Table(columns, rows, words=-1)]
