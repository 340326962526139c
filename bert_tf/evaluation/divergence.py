"""Whether a model has learnt anything. N examples of the dev set. Nothing here imports TensorFlow."""

import math

import numpy as np

from bert_tf.tasks.answers.space import AnswerSpace, Outputs

CHANCE_DEVIATIONS = 2


def find_divergence(loss: float, outputs: Outputs, targets: np.ndarray, answers: AnswerSpace) -> str:
    """Returns why a run counts as diverged, in a few words; empty if it does not.

    It does if its loss is not a finite number; if it answers the same for every example, though their labels differ; or
    if its answers can't be told from chance: they have as many errors as the best constant answer, and correlate with
    the labels by less than `CHANCE_DEVIATIONS` / sqrt(N), which answers that have nothing to do with the labels exceed
    once in forty times. Errors alone would not do: with weights for rare labels, more of them are made on purpose.

    Which correlation and which errors these are, each space of answers says of its own.

    Args:
        loss: That on the dev set.
        outputs: What the model says, decided.
        targets: What is right, as `AnswerSpace.place` has it.
        answers: All answers of the task.
    """
    if not math.isfinite(loss) or not np.isfinite(outputs[answers.result]).all():
        return "the loss on the dev set is not a finite number"
    if not answers.has_news(targets):
        return ""
    evidence = answers.evidence(outputs, targets)
    if not evidence.varies:
        return "it answers the same for every example"
    limit = CHANCE_DEVIATIONS / math.sqrt(len(targets))
    if not evidence.beats_constant and evidence.correlation < limit:
        told = f"correlation {evidence.correlation:.3f}, below {limit:.3f}; {evidence.measure}"
        return f"its answers can't be told from chance ({told})"
    return ""
