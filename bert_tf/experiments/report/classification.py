"""What is found out about a classifier."""

import numpy as np

from bert_tf.experiments.report.charts import (
    draw_calibration,
    draw_class_scores,
    draw_confusion,
    draw_precision_recall,
)
from bert_tf.experiments.report.diagnostics import (
    LABEL_ERROR_BOUND,
    RESAMPLES,
    Calibration,
    ClassReport,
    PrecisionRecall,
    calibrate,
    class_reports,
    confident_mistakes,
    likely_label_errors,
    precision_recall,
    score_intervals,
)
from bert_tf.experiments.report.evaluated_run import EvaluatedRun
from bert_tf.experiments.report.findings import Findings, percent, with_reach
from bert_tf.experiments.report.page import Paragraph, Part, Passage, Picture, Section, Table
from bert_tf.metrics import CLASSIFICATION_METRICS, confusion_matrix

_SHOWN_EXAMPLES, _SHOWN_CONFUSIONS = 20, 15
_DRAWN_CLASSES, _DRAWN_CURVES = 40, 10
_FEW_EXAMPLES = 30


def classification_findings(run: EvaluatedRun) -> Findings:
    """Returns what the answers of a classifier tell."""
    matrix = confusion_matrix(run.targets, run.answers.argmax(axis=1), len(run.task.labels))
    seed = run.config.train.seed
    reports = class_reports(matrix, seed)
    calibration = calibrate(run.answers, run.targets)
    metrics = {name: CLASSIFICATION_METRICS[name] for name in run.scores if name in CLASSIFICATION_METRICS}
    return Findings(
        intervals=score_intervals(matrix, metrics, seed),
        sections=[
            Section("Labels", _class_parts(run, reports)),
            Section("Confusion matrix", _confusion_parts(run, matrix)),
            Section("Calibration", _calibration_parts(calibration)),
            Section("Precision and recall", _curve_parts(run)),
            Section("Most confident mistakes", _mistake_parts(run)),
            Section("Likely label errors", _label_error_parts(run)),
        ],
        details=_class_table(run, reports),
        limits=_limits(run, reports, calibration),
    )


def _class_parts(run: EvaluatedRun, reports: list[ClassReport]) -> list[Part]:
    note = (
        f"The intervals hold 95 % of the values on {RESAMPLES:,} samples of {len(run.targets):,} examples, drawn "
        f"with replacement with seed {run.config.train.seed}. They tell what another dev set of this size might have "
        "given, and not what another seed of the training might have."
    )
    worst = sorted(range(len(reports)), key=lambda index: reports[index].f1.value)[:_DRAWN_CLASSES]
    drawn = sorted(worst)
    chart = draw_class_scores([reports[index] for index in drawn], [run.task.labels[index] for index in drawn])
    caption = "Scores of each label." if len(drawn) == len(reports) else f"The {len(drawn)} labels of the lowest F1."
    return [_class_table(run, reports), Picture(chart, caption), Paragraph(note)]


def _class_table(run: EvaluatedRun, reports: list[ClassReport]) -> Table:
    rows = [
        (label, with_reach(each.precision), with_reach(each.recall), with_reach(each.f1), f"{each.examples:,}")
        for label, each in zip(run.task.labels, reports, strict=True)
    ]
    return Table(("label", "precision", "recall", "F1", "examples"), rows)


def _confusion_parts(run: EvaluatedRun, matrix: np.ndarray) -> list[Part]:
    off_diagonal = matrix * (1 - np.eye(len(matrix), dtype=np.int64))
    order = np.argsort(-off_diagonal, axis=None, kind="stable")[:_SHOWN_CONFUSIONS]
    pairs = [(int(cell) // len(matrix), int(cell) % len(matrix)) for cell in order]
    labels = run.task.labels
    rows = [
        (
            labels[label],
            labels[answer],
            f"{matrix[label, answer]:,}",
            percent(matrix[label, answer] / matrix[label].sum()),
        )
        for label, answer in pairs
        if off_diagonal[label, answer]
    ]
    caption = (
        "Numbers are examples; the colour is their share of the examples of the label."
        if len(labels) <= 20
        else ("The colour is the share of the examples of the label.")
    )
    parts: list[Part] = [Picture(draw_confusion(matrix, labels), caption)]
    if len(labels) > 2 and rows:
        parts.append(Table(("label", "prediction", "examples", "share of the label's"), rows, words=2))
    return parts


def _calibration_parts(found: Calibration) -> list[Part]:
    tendency = "more sure than it is right" if found.mean_confidence > found.accuracy else "less sure than it is right"
    text = (
        f"The expected calibration error is {found.error:.4f} ({len(found.counts)} bins of equal width): so far, on "
        f"average, are the probabilities of the answers from the shares of right answers. The model is {tendency}: the "
        f"mean probability of its answers is {found.mean_confidence:.3f}, and {found.accuracy:.3f} of them are right."
    )
    return [Paragraph(text), Picture(draw_calibration(found), "Each bar is the answers of one range of probabilities.")]


def _curve_parts(run: EvaluatedRun) -> list[Part]:
    curves: dict[str, PrecisionRecall] = {}
    for index, label in enumerate(run.task.labels):
        is_of_class = run.targets == index
        if is_of_class.any():
            curves[label] = precision_recall(run.answers[:, index], is_of_class)
    mean = float(np.mean([curve.average_precision for curve in curves.values()]))
    text = f"The mean of the average precisions is {mean:.4f}, over {len(curves)} labels that the dev set has."
    drawn = sorted(curves, key=lambda label: curves[label].average_precision)[:_DRAWN_CURVES]
    shown = {label: curve for label, curve in curves.items() if label in drawn}
    caption = "Each label against all others, at every threshold on its probability."
    if len(shown) < len(curves):
        caption += f" Drawn are the {len(shown)} labels of the lowest average precision."
    return [Paragraph(text), Picture(draw_precision_recall(shown), caption)]


def _mistake_parts(run: EvaluatedRun) -> list[Part]:
    wrong = confident_mistakes(run.answers, run.targets)
    if not len(wrong):
        return [Paragraph("There are none: all answers are right.")]
    text = (
        f"{len(wrong):,} of {len(run.targets):,} answers are wrong ({percent(len(wrong) / len(run.targets))}). "
        f"{_how_many_are_shown(wrong)}, beginning with the answer that the model is most sure of."
    )
    return [Paragraph(text), _example_table(run, wrong)]


def _label_error_parts(run: EvaluatedRun) -> list[Part]:
    odd = likely_label_errors(run.answers, run.targets)
    rule = (
        f"a label with a probability below {percent(LABEL_ERROR_BOUND)}, while another is as probable as it is on "
        "average where it was given"
    )
    if not len(odd):
        return [Paragraph(f"No example has {rule}.")]
    count = "1 example has" if len(odd) == 1 else f"{len(odd):,} examples have"
    text = (
        f"{count} {rule}. The labels may be wrong, or the model is. {_how_many_are_shown(odd)}, beginning with the "
        "least probable label."
    )
    return [Paragraph(text), _example_table(run, odd)]


def _how_many_are_shown(indices: np.ndarray) -> str:
    return "All are shown" if len(indices) <= _SHOWN_EXAMPLES else f"The first {_SHOWN_EXAMPLES} are shown"


def _example_table(run: EvaluatedRun, indices: np.ndarray) -> Table:
    rows: list[tuple[str | Passage, ...]] = []
    for index in indices[:_SHOWN_EXAMPLES]:
        label, answer = int(run.targets[index]), int(run.answers[index].argmax())
        texts = [run.examples.first[index], *([] if run.examples.second is None else [run.examples.second[index]])]
        given = f"{run.task.labels[label]} ({run.answers[index, label]:.3f})"
        said = f"{run.task.labels[answer]} ({run.answers[index, answer]:.3f})"
        rows.append((_place(run, int(index)), given, said, *map(Passage, texts)))
    columns = ("text",) if run.examples.second is None else ("text", "second text")
    return Table(("example", "label (probability)", "prediction", *columns), rows, words=-1)


def _place(run: EvaluatedRun, index: int) -> str:
    return f"line {run.examples.lines[index]}" if run.examples.lines else str(run.examples.ids[index])


def _limits(run: EvaluatedRun, reports: list[ClassReport], calibration: Calibration) -> list[str]:
    rare = [label for label, each in zip(run.task.labels, reports, strict=True) if each.examples < _FEW_EXAMPLES]
    limits = [
        "It answers with one of its labels whatever the text is, also in another language or on another subject.",
        f"Its probabilities are off by {calibration.error:.3f} on average (expected calibration error).",
    ]
    if rare:
        names = ", ".join(rare[:10]) + (f" and {len(rare) - 10} more" if len(rare) > 10 else "")
        limits.append(f"Fewer than {_FEW_EXAMPLES} examples of the dev set have these labels: {names}.")
    return limits
