"""What is found out about the answers of a kind of task, for the page and for the model card."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from bert_tf.experiments.report.diagnostics import Interval
from bert_tf.experiments.report.page import Section, Table


@dataclasses.dataclass(frozen=True)
class Findings:
    """What only this kind of task has.

    Attributes:
        intervals: Scores of the run with their intervals, by name.
        sections: Sections of the page.
        details: Table for the model card; None if there is none.
        limits: Sentences for the model card on what the model can't do.
    """

    intervals: Mapping[str, Interval] = dataclasses.field(default_factory=dict)
    sections: Sequence[Section] = ()
    details: Table | None = None
    limits: Sequence[str] = ()


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


def number(value: float) -> str:
    """A score as people read it."""
    return "not a number" if math.isnan(value) else f"{value:.4f}"


def reach(interval: Interval) -> str:
    """The ends of an interval."""
    return "not a number" if math.isnan(interval.low) else f"{interval.low:.3f} to {interval.high:.3f}"


def with_reach(interval: Interval) -> str:
    """A score with its interval."""
    return f"{interval.value:.3f} ({reach(interval)})"


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f} %"
