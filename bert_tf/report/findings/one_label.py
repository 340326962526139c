"""What is found out about a model that gives each example one label."""

import dataclasses

import numpy as np

from bert_tf.metrics.classes import confusion_matrix
from bert_tf.report.drawing.charts import draw_confusion
from bert_tf.report.drawing.page import Cell, Noted, Paragraph, Part, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of, text_columns, texts_of
from bert_tf.report.findings.findings import (
    Constant,
    Findings,
    constant_answer,
    interval_note,
    percent,
    with_reach,
)
from bert_tf.report.findings.label_parts import (
    calibration_parts,
    curve_parts,
    rare_labels,
    score_files,
    score_picture,
    shown_labels,
    shown_note,
)
from bert_tf.report.statistics.class_statistics import ClassReport, class_reports, score_intervals
from bert_tf.report.statistics.diagnostics import (
    LABEL_ERROR_BOUND,
    Calibration,
    calibrate,
    confident_mistakes,
    likely_label_errors,
)
from bert_tf.tasks.answers.space import PLACE

_SHOWN_CONFUSIONS, _DRAWN_LABELS = 15, 200
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
    return label_findings(read_labels(run))


def label_findings(labelled: LabelledRun) -> Findings:
    """Returns what there is to tell of one label an example."""
    run, matrix, seed = labelled.run, labelled.matrix, labelled.run.config.train.seed
    reports = class_reports(matrix, seed)
    calibration = calibrate(labelled.probabilities, labelled.is_right)
    has_label = run.targets[:, np.newaxis] == np.arange(len(run.task.labels))
    table, notes = _class_table(run, reports), [Paragraph(note) for note in (*shown_note(reports), interval_note(run))]
    return Findings(
        intervals=score_intervals(matrix, run.scores, seed, combined=run.task.combined),
        sections=[
            Section("Labels", [table, score_picture(run, reports), *notes]),
            Section("Confusion matrix", _confusion_parts(run, matrix)),
            Section("Calibration", _calibration_parts(calibration)),
            Section("Precision and recall", curve_parts(run, has_label, _CURVE_NOTE)),
            Section("Most confident mistakes", _mistake_parts(labelled)),
            Section("Likely label errors", _label_error_parts(labelled)),
        ],
        details=table,
        limits=_limits(run, reports, calibration),
        constant=_constant(run),
        files=score_files(run, reports),
    )


def _constant(run: EvaluatedRun) -> Constant:
    """Always the label that most examples of the dev set have."""
    most = int(np.bincount(run.targets, minlength=len(run.task.labels)).argmax())
    cell = Noted(run.labels[most], "always this label")
    return constant_answer(run, "Always answering the most frequent label", cell, **{PLACE: most})


def _class_table(run: EvaluatedRun, reports: list[ClassReport]) -> Table:
    rows = [
        (
            run.labels[index],
            with_reach(reports[index].precision),
            with_reach(reports[index].recall),
            with_reach(reports[index].f1),
            f"{reports[index].examples:,}",
        )
        for index in shown_labels(reports)
    ]
    return Table(("label", "precision", "recall", "F1", "examples"), rows)


def _confusion_parts(run: EvaluatedRun, matrix: np.ndarray) -> list[Part]:
    labels, rows = run.labels, _confusions(run, matrix)
    if len(labels) > _DRAWN_LABELS:
        text = f"A matrix of {len(labels):,} labels is too large to be drawn. These are the confusions most often made."
        parts: list[Part] = [Paragraph(text if rows else "There are none: all answers are right.")]
    else:
        caption = "The colour is the share of the examples of the label."
        if len(labels) <= 20:
            caption = "Numbers are examples; the colour is their share of the examples of the label."
        parts = [Picture(draw_confusion(matrix, labels), caption)]
    if len(labels) > 2 and rows:
        parts.append(Table(("label", "prediction", "examples", "share of the label's"), rows, words=2))
    return parts


def _confusions(run: EvaluatedRun, matrix: np.ndarray) -> list[tuple[str, ...]]:
    """The cells beside the diagonal with the most examples."""
    places, answers = np.nonzero(matrix)
    is_wrong = places != answers
    places, answers = places[is_wrong], answers[is_wrong]
    order = np.argsort(-matrix[places, answers], kind="stable")[:_SHOWN_CONFUSIONS]
    return [
        (
            run.labels[place],
            run.labels[answer],
            f"{matrix[place, answer]:,}",
            percent(matrix[place, answer] / matrix[place].sum()),
        )
        for place, answer in zip(places[order].tolist(), answers[order].tolist(), strict=True)
    ]


def _calibration_parts(found: Calibration) -> list[Part]:
    tendency = "more sure than it is right" if found.mean_confidence > found.accuracy else "less sure than it is right"
    text = (
        f"The expected calibration error is {found.error:.4f} ({len(found.counts)} bins of equal width): so far, on "
        f"average, are the probabilities of the answers from the shares of right answers. The model is {tendency}: the "
        f"mean probability of its answers is {found.mean_confidence:.3f}, and {found.accuracy:.3f} of them are right."
    )
    caption = "Each bar is the answers of one range of probabilities."
    return [Paragraph(text), *calibration_parts(found, caption)]


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
    rows: list[tuple[Cell, ...]] = []
    for index in indices[:SHOWN_EXAMPLES].tolist():
        label, answer = int(run.targets[index]), int(labelled.predicted[index])
        given = Noted(run.labels[label], f"{run.answers[index, label]:.3f}")
        said = Noted(run.labels[answer], f"{run.answers[index, answer]:.3f}")
        rows.append((place_of(run, index), given, said, *texts_of(run, index)))
    return Table(("example", "label (probability)", "prediction", *text_columns(run)), rows, words=-1)


def _limits(run: EvaluatedRun, reports: list[ClassReport], calibration: Calibration) -> list[str]:
    return [
        "It answers with one of its labels whatever the text is, also in another language or on another subject.",
        f"Its probabilities are off by {calibration.error:.3f} on average (expected calibration error).",
        *rare_labels(run, reports),
    ]
