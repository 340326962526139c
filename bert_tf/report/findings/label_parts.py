"""The parts of a report that all kinds with labels share. N examples, C labels."""

from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.report.drawing.charts import draw_class_scores, draw_precision_recall
from bert_tf.report.drawing.page import Paragraph, Part, Picture
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.statistics.diagnostics import ClassReport, PrecisionRecall, precision_recall

_DRAWN_LABELS, _DRAWN_CURVES = 40, 10
_FEW_EXAMPLES = 30


def score_picture(run: EvaluatedRun, reports: Sequence[ClassReport]) -> Picture:
    """Returns the chart of the scores of each label, or of the worst ones."""
    worst = sorted(range(len(reports)), key=lambda index: reports[index].f1.value)[:_DRAWN_LABELS]
    drawn = sorted(worst)
    chart = draw_class_scores([reports[index] for index in drawn], [run.task.labels[index] for index in drawn])
    caption = "Scores of each label." if len(drawn) == len(reports) else f"The {len(drawn)} labels of the lowest F1."
    return Picture(chart, caption)


def curve_parts(
    run: EvaluatedRun, has_label: np.ndarray, note: str, points: Mapping[str, tuple[float, float]] | None = None
) -> list[Part]:
    """Returns precision over recall of the labels that the dev set has, or of the worst of these.

    Args:
        run: The run.
        has_label: Whether an example has a label, bool [N, C].
        note: What the chart shows.
        points: Recall and precision of each label at its threshold; None if there are no thresholds.
    """
    curves: dict[str, PrecisionRecall] = {}
    for index, label in enumerate(run.task.labels):
        if has_label[:, index].any():
            curves[label] = precision_recall(run.answers[:, index], has_label[:, index])
    if not curves:
        return [Paragraph("No example of the dev set has any label, so that there is nothing to draw.")]
    mean = float(np.mean([curve.average_precision for curve in curves.values()]))
    text = f"The mean of the average precisions is {mean:.4f}, over {len(curves)} labels that the dev set has."
    drawn = sorted(curves, key=lambda label: curves[label].average_precision)[:_DRAWN_CURVES]
    shown = {label: curve for label, curve in curves.items() if label in drawn}
    if len(shown) < len(curves):
        note += f" Drawn are the {len(shown)} labels of the lowest average precision."
    return [Paragraph(text), Picture(draw_precision_recall(shown, points), note)]


def rare_labels(run: EvaluatedRun, reports: Sequence[ClassReport]) -> list[str]:
    """Returns a sentence on the labels that few examples have, if there are any."""
    rare = [label for label, each in zip(run.task.labels, reports, strict=True) if each.examples < _FEW_EXAMPLES]
    if not rare:
        return []
    names = ", ".join(rare[:10]) + (f" and {len(rare) - 10} more" if len(rare) > 10 else "")
    return [f"Fewer than {_FEW_EXAMPLES} examples of the dev set have these labels: {names}."]
