"""How examples are shown: where they stand, with their texts."""

from bert_tf.report.drawing.page import Passage
from bert_tf.report.evaluated_run import EvaluatedRun

SHOWN_EXAMPLES = 20


def place_of(run: EvaluatedRun, index: int) -> str:
    """Where an example of the dev set stands."""
    return run.examples.place(index)


def texts_of(run: EvaluatedRun, index: int) -> tuple[Passage, ...]:
    """The text or the two texts of an example."""
    second = run.examples.second
    return tuple(map(Passage, [run.examples.first[index], *([] if second is None else [second[index]])]))


def text_columns(run: EvaluatedRun) -> tuple[str, ...]:
    """The headings of these."""
    return ("text",) if run.examples.second is None else ("text", "second text")


def how_many_are_shown(count: int) -> str:
    """The beginning of a sentence on a list."""
    return "All are shown" if count <= SHOWN_EXAMPLES else f"The first {SHOWN_EXAMPLES} are shown"
