"""What is found out about the answers of a kind of task, for the page and for the model card."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_tf.report.drawing.page import Cell, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.statistics.bootstrap import RESAMPLES, Interval


@dataclasses.dataclass(frozen=True)
class Constant:
    """The best answer of those who don't read the text: always the same one.

    Attributes:
        what: The beginning of a sentence on it.
        cell: What it is, in a table.
        scores: What it gets on the dev set, by name.
    """

    what: str
    cell: Cell
    scores: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Findings:
    """What only this kind of task has.

    Attributes:
        intervals: Scores of the run with their intervals, by name.
        sections: Sections of the page.
        details: Table for the model card; None if there is none.
        limits: Sentences for the model card on what the model can't do.
        constant: What always giving the same answer would get; None if that is not known.
        files: Tables that are too long for the page, as text, by the name of their file among the figures.
    """

    intervals: Mapping[str, Interval] = dataclasses.field(default_factory=dict)
    sections: Sequence[Section] = ()
    details: Table | None = None
    limits: Sequence[str] = ()
    constant: Constant | None = None
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)


def constant_answer(run: EvaluatedRun, what: str, cell: Cell, **outputs: Any) -> Constant:
    """Returns what an answer would get if it were given to every example.

    Args:
        run: The run.
        what: The beginning of a sentence on it.
        cell: What it is, in a table.
        **outputs: The columns of such outputs, decided: what one example would have.
    """
    count = len(run.examples)
    columns = {name: np.broadcast_to(value, (count, *np.shape(value))) for name, value in outputs.items()}
    return Constant(what, cell, run.task.score(columns, run.targets))


def scores_table(scores: Mapping[str, float], intervals: Mapping[str, Interval], examples: int) -> Table:
    """Returns the table of scores, with the intervals of those that have one.

    Args:
        scores: The scores by name.
        intervals: Their intervals.
        examples: How many examples they are of.
    """
    rows = [
        (name, number(value), *((reach(intervals[name]), f"{examples:,}") if name in intervals else ("", "")))
        for name, value in scores.items()
    ]
    return Table(("score", "value", "95 % interval", "examples"), rows)


def interval_note(run: EvaluatedRun) -> str:
    """What the intervals mean."""
    return (
        f"The intervals hold 95 % of the values on {RESAMPLES:,} samples of {len(run.examples):,} examples, drawn "
        f"with replacement with seed {run.config.train.seed}. They tell what another dev set of this size might have "
        "given, and not what another seed of the training might have."
    )


def number(value: float) -> str:
    """A score as people read it."""
    return _rounded(value, 4)


def reach(interval: Interval) -> str:
    """The ends of an interval."""
    if math.isnan(interval.low):
        return "not a number"
    return f"{_rounded(interval.low, 3)} to {_rounded(interval.high, 3)}"


def with_reach(interval: Interval) -> str:
    """A score with its interval."""
    return f"{interval.value:.3f} ({reach(interval)})"


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f} %"


def _rounded(value: float, places: int) -> str:
    """With so many decimal places; with more where a small number would be lost, with fewer where it is large."""
    if math.isnan(value):
        return "not a number"
    is_plain = value == 0 or 10**-places <= abs(value) < 10_000
    return f"{value:.{places}f}" if is_plain else f"{value:.{places}g}"
