"""The parts of a report that all kinds with labels share. N examples, C labels."""

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.report.drawing.charts import draw_calibration, draw_class_scores, draw_precision_recall
from bert_tf.report.drawing.page import Paragraph, Part, Picture
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.statistics.class_statistics import ClassReport
from bert_tf.report.statistics.diagnostics import Calibration, average_precision, precision_recall

LABEL_SCORES = "label_scores.csv"
_LISTED_LABELS, _DRAWN_LABELS, _DRAWN_CURVES = 50, 40, 10
_FEW_EXAMPLES = 30


def shown_labels(reports: Sequence[ClassReport], most: int = _LISTED_LABELS) -> list[int]:
    """Returns the places of the labels that are shown: all in their order, or the worst of those that examples have."""
    if len(reports) <= most:
        return list(range(len(reports)))
    return sorted(range(len(reports)), key=lambda index: (not reports[index].examples, reports[index].f1.value))[:most]


def shown_note(reports: Sequence[ClassReport]) -> list[str]:
    """Returns a sentence on the labels that are not listed, if there are any."""
    if len(reports) <= _LISTED_LABELS:
        return []
    return [
        f"Listed are the {_LISTED_LABELS} of {len(reports):,} labels with the lowest F1, of those that the dev set "
        f"has. All are in figures/{LABEL_SCORES}."
    ]


def score_files(
    run: EvaluatedRun, reports: Sequence[ClassReport], more: Mapping[str, Sequence[float]] | None = None
) -> dict[str, str]:
    """Returns the scores of all labels as a file, if not all of them are listed.

    Args:
        run: The run.
        reports: The scores of each label.
        more: Further columns by their names, with a number for each label.
    """
    if len(reports) <= _LISTED_LABELS:
        return {}
    more = more or {}
    scores = [f"{name}{end}" for name in ("precision", "recall", "f1") for end in ("", "_low", "_high")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["label", *scores, "examples", *more])
    for label, each, *others in zip(run.task.labels, reports, *more.values(), strict=True):
        numbers = [
            f"{end:.6g}" for one in (each.precision, each.recall, each.f1) for end in (one.value, one.low, one.high)
        ]
        writer.writerow([label, *numbers, each.examples, *others])
    return {LABEL_SCORES: text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")}


def score_picture(run: EvaluatedRun, reports: Sequence[ClassReport]) -> Picture:
    """Returns the chart of the scores of each label, or of the worst ones."""
    drawn = sorted(shown_labels(reports, _DRAWN_LABELS))
    chart = draw_class_scores([reports[index] for index in drawn], [run.labels[index] for index in drawn])
    caption = "Scores of each label." if len(drawn) == len(reports) else f"The {len(drawn)} labels of the lowest F1."
    return Picture(chart, caption)


def calibration_parts(found: Calibration, caption: str, **axes: str) -> list[Part]:
    """Returns the chart of a calibration, unless all probabilities lie in one range, so that it would be a dot.

    Args:
        found: What was found.
        caption: What the bars are.
        axes: What the axes show, as `draw_calibration` takes it.
    """
    if np.count_nonzero(found.counts) < 2:
        return [Paragraph("All of the probabilities are in one range, so that there is nothing to draw.")]
    return [Picture(draw_calibration(found, **axes), caption)]


def curve_parts(
    run: EvaluatedRun, has_label: np.ndarray, note: str, points: Sequence[tuple[float, float]] | None = None
) -> list[Part]:
    """Returns precision over recall of the labels that the dev set has, or of the worst of these.

    Args:
        run: The run.
        has_label: Whether an example has a label, bool [N, C].
        note: What the chart shows.
        points: Recall and precision of each label at its threshold; None if there are no thresholds.
    """
    known = np.flatnonzero(has_label.any(axis=0)).tolist()
    if not known:
        return [Paragraph("No example of the dev set has any label, so that there is nothing to draw.")]
    # Columns of thousands of labels are read much faster where their numbers are next to each other.
    columns = np.ascontiguousarray(run.answers.T)
    means = {index: average_precision(columns[index], has_label[:, index]) for index in known}
    mean = float(np.mean(list(means.values())))
    text = f"The mean of the average precisions is {mean:.4f}, over {len(means):,} labels that the dev set has."
    drawn = sorted(sorted(known, key=lambda index: means[index])[:_DRAWN_CURVES])
    if len(drawn) < len(known):
        note += f" Drawn are the {len(drawn)} labels of the lowest average precision."
    curves = [(run.labels[index], precision_recall(columns[index], has_label[:, index])) for index in drawn]
    if all(len(curve.recall) < 2 for _, curve in curves):
        return [Paragraph(text), Paragraph("There is one threshold only, so that there is nothing to draw.")]
    chart = draw_precision_recall(curves, None if points is None else [points[index] for index in drawn])
    return [Paragraph(text), Picture(chart, note)]


def rare_labels(run: EvaluatedRun, reports: Sequence[ClassReport]) -> list[str]:
    """Returns a sentence on the labels that few examples have, if there are any."""
    rare = [label for label, each in zip(run.labels, reports, strict=True) if each.examples < _FEW_EXAMPLES]
    if not rare:
        return []
    names = ", ".join(rare[:10]) + (f" and {len(rare) - 10} more" if len(rare) > 10 else "")
    return [f"Fewer than {_FEW_EXAMPLES} examples of the dev set have these labels: {names}."]
