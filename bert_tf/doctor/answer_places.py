"""What is found of where answers stand in their contexts, before TensorFlow is loaded."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN, Split
from bert_tf.doctor.findings import Finding, ok, told_rows, warning
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.spans import Asked


def look_at_places(splits: Mapping[Split, Examples], answers: AnswerSpace) -> list[Finding]:
    """Returns a finding for each split whose answers don't stand where they should.

    Args:
        splits: The questions, also those of which nothing can be learnt.
        answers: Reads the answers.
    """
    findings = []
    for split, examples in splits.items():
        if examples.labels is None:
            continue
        asked: Sequence[Asked] = list(answers.place(examples))
        astray = _where(asked, lambda each: any(not answer.is_in_place for answer in each.answers))
        lost = _where(asked, lambda each: bool(each.answers) and each.learnt is None)
        if len(astray):
            what = f"{split.name}: {told_rows(examples, astray)} answers that are not where their start says"
            teaches = (
                f"; nothing can be learnt from {len(lost):,} of them, which have no other" if split is TRAIN else ""
            )
            findings.append(warning(what + teaches, "Count characters of the context from 0, and not bytes or words"))
    return findings or [ok("every answer stands in its context where it should")]


def _where(asked: Sequence[Asked], is_chosen: Callable[[Asked], bool]) -> np.ndarray:
    return np.flatnonzero([is_chosen(each) for each in asked])
