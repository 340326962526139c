"""What is found out about a model that gives each example one label."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from bert_tf.metrics.classes import CLASSIFICATION_METRICS, confusion_matrix
from bert_tf.report.drawing.charts import draw_calibration, draw_confusion
from bert_tf.report.drawing.page import Paragraph, Part, Passage, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of, text_columns, texts_of
from bert_tf.report.findings.findings import Findings, interval_note, percent, with_reach
from bert_tf.report.findings.label_parts import curve_parts, rare_labels, score_picture
from bert_tf.report.statistics.diagnostics import (
    LABEL_ERROR_BOUND,
    Calibration,
    ClassReport,
    calibrate,
    class_reports,
    confident_mistakes,
    likely_label_errors,
    score_intervals,
)
from bert_tf.tasks.answers.space import PLACE

_SHOWN_CONFUSIONS = 15
_CURVE_NOTE = "Each label against all others, at every threshold on its probability."


@dataclasses.dataclass(frozen=True)
class LabelledRun:
    """A run whose model gives each example one label. N examples, C labels.

    Attributes:
        run: The run.
        predicted: Place of the label that the model gives, int [N].
    """

    run: EvaluatedRun
    predicted: np.ndarray

    @property
    def is_right(self) -> np.ndarray:
        """Whether the prediction is the label, bool [N]."""
        return np.asarray(self.predicted == self.run.targets)

    @property
    def probabilities(self) -> np.ndarray:
        """The probability of the label that the model gives, float [N]."""
        return np.asarray(self.run.answers[np.arange(len(self.predicted)), self.predicted])

    @property
    def matrix(self) -> np.ndarray:
        """The confusion matrix, int64 [C, C]: row is the label, column the prediction."""
        return confusion_matrix(self.run.targets, self.predicted, len(self.run.task.labels))


def read_labels(run: EvaluatedRun) -> LabelledRun:
    """Reads the answers as the answers of the task have it: the likeliest label, or the median of labels in order."""
    return LabelledRun(run, np.asarray(run.outputs[PLACE]))


def classification_findings(run: EvaluatedRun) -> Findings:
    """Returns what the answers of a classifier tell."""
    return label_findings(read_labels(run), CLASSIFICATION_METRICS)


def label_findings(labelled: LabelledRun, metrics: Mapping[str, Callable[[np.ndarray], float]]) -> Findings:
    """Returns what there is to tell of one label an example.

    Args:
        labelled: The run.
        metrics: The metrics of its kind.
    """
    run, matrix, seed = labelled.run, labelled.matrix, labelled.run.config.train.seed
    reports = class_reports(matrix, seed)
    calibration = calibrate(labelled.probabilities, labelled.is_right)
    has_label = run.targets[:, np.newaxis] == np.arange(len(run.task.labels))
    return Findings(
        intervals=score_intervals(matrix, _metrics_of(run, metrics), seed),
        sections=[
            Section("Labels", [_class_table(run, reports), score_picture(run, reports), Paragraph(interval_note(run))]),
            Section("Confusion matrix", _confusion_parts(run, matrix)),
            Section("Calibration", _calibration_parts(calibration)),
            Section("Precision and recall", curve_parts(run, has_label, _CURVE_NOTE)),
            Section("Most confident mistakes", _mistake_parts(labelled)),
            Section("Likely label errors", _label_error_parts(labelled)),
        ],
        details=_class_table(run, reports),
        limits=_limits(run, reports, calibration),
    )


def _metrics_of(
    run: EvaluatedRun, metrics: Mapping[str, Callable[[np.ndarray], float]]
) -> dict[str, Callable[[np.ndarray], float]]:
    """Those of the metrics that the run has, and the mean that is its combined score, if it has one."""
    wanted = {name: metrics[name] for name in run.scores if name in metrics}
    parts = [metrics[name] for name in run.task.combined]
    if parts:
        wanted["combined_score"] = lambda matrix: float(np.mean([metric(matrix) for metric in parts]))
    return wanted


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


def _mistake_parts(labelled: LabelledRun) -> list[Part]:
    wrong = confident_mistakes(labelled.probabilities, labelled.is_right)
    if not len(wrong):
        return [Paragraph("There are none: all answers are right.")]
    count = len(labelled.predicted)
    text = (
        f"{len(wrong):,} of {count:,} answers are wrong ({percent(len(wrong) / count)}). "
        f"{how_many_are_shown(len(wrong))}, beginning with the answer that the model is most sure of."
    )
    return [Paragraph(text), label_examples(labelled, wrong)]


def _label_error_parts(labelled: LabelledRun) -> list[Part]:
    odd = likely_label_errors(labelled.run.answers, labelled.run.targets, labelled.predicted)
    rule = (
        f"a label with a probability below {percent(LABEL_ERROR_BOUND)}, while another is as probable as it is on "
        "average where it was given"
    )
    if not len(odd):
        return [Paragraph(f"No example has {rule}.")]
    count = "1 example has" if len(odd) == 1 else f"{len(odd):,} examples have"
    text = (
        f"{count} {rule}. The labels may be wrong, or the model is. {how_many_are_shown(len(odd))}, beginning with the "
        "least probable label."
    )
    return [Paragraph(text), label_examples(labelled, odd)]


def label_examples(labelled: LabelledRun, indices: np.ndarray) -> Table:
    """Returns the first of some examples with label, prediction and text.

    Args:
        labelled: The run.
        indices: Which examples, int [any].
    """
    run = labelled.run
    rows: list[tuple[str | Passage, ...]] = []
    for index in indices[:SHOWN_EXAMPLES].tolist():
        label, answer = int(run.targets[index]), int(labelled.predicted[index])
        given = f"{run.task.labels[label]} ({run.answers[index, label]:.3f})"
        said = f"{run.task.labels[answer]} ({run.answers[index, answer]:.3f})"
        rows.append((place_of(run, index), given, said, *texts_of(run, index)))
    return Table(("example", "label (probability)", "prediction", *text_columns(run)), rows, words=-1)


def _limits(run: EvaluatedRun, reports: list[ClassReport], calibration: Calibration) -> list[str]:
    return [
        "It answers with one of its labels whatever the text is, also in another language or on another subject.",
        f"Its probabilities are off by {calibration.error:.3f} on average (expected calibration error).",
        *rare_labels(run, reports),
    ]
