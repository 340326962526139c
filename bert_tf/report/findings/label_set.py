"""What is found out about a model that gives each example any number of labels. N examples, C labels."""

import dataclasses
import math

import numpy as np

from bert_tf.metrics.direction import is_better
from bert_tf.report.drawing.page import Cell, Paragraph, Part, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of, text_columns, texts_of
from bert_tf.report.findings.findings import Constant, Findings, constant_answer, interval_note, percent, with_reach
from bert_tf.report.findings.label_charts import draw_label_counts
from bert_tf.report.findings.label_parts import (
    calibration_parts,
    curve_parts,
    rare_labels,
    score_files,
    score_picture,
    shown_labels,
    shown_note,
)
from bert_tf.report.statistics.class_statistics import ClassReport
from bert_tf.report.statistics.diagnostics import Calibration, calibrate, calibrate_together
from bert_tf.report.statistics.label_set_statistics import confident_wrong_decisions, label_set_intervals
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.space import CHOSEN

_DRAWN_LABELS, _LISTED_SIZES = 40, 10
_CONSTANT_LABELS = 20  # The most that a constant answer has.
_CURVE_NOTE = "Each label by itself, at every threshold on its probability; a dot is at its own threshold."
_TUNED_NOTE = (
    "The thresholds are those with the best F1 of each label on the dev set that the training had. On that set the "
    "scores are somewhat too good."
)


@dataclasses.dataclass(frozen=True)
class _Decisions:
    """Which labels examples have and are given, bool [N, C] each, in a run."""

    run: EvaluatedRun
    labels: np.ndarray
    chosen: np.ndarray


def multi_label_findings(run: EvaluatedRun) -> Findings:
    """Returns what the answers tell of each label and of all of them."""
    decided = _Decisions(run, run.targets > 0.5, run.outputs[CHOSEN])
    intervals, reports = label_set_intervals(decided.labels, decided.chosen, run.config.train.seed)
    columns = zip(np.ascontiguousarray(run.answers.T), np.ascontiguousarray(decided.labels.T), strict=True)
    calibrations = [calibrate(probabilities, has_label) for probabilities, has_label in columns]
    table = _label_table(decided, reports)
    return Findings(
        intervals={name: intervals[name] for name in run.scores if name in intervals},
        sections=[
            Section("Labels", [table, score_picture(run, reports), *_label_notes(run, reports)]),
            Section("Label counts", _count_parts(decided)),
            Section("Calibration", _calibration_parts(decided, calibrations)),
            Section("Precision and recall", _curves(decided, reports)),
            Section("Most confident mistakes", _mistake_parts(decided)),
        ],
        details=table,
        limits=_limits(run, reports, calibrations),
        constant=_best_constant(decided),
        files=score_files(run, reports, {"threshold": list(_answers(run).limits)}),
    )


def _best_constant(decided: _Decisions) -> Constant:
    """Of giving every example the same labels, none or some of the commonest, what scores best."""
    run, counts = decided.run, decided.labels.sum(axis=0)
    order = np.argsort(-counts, kind="stable")[:_CONSTANT_LABELS]
    best = constant_answer(
        run, "Giving no label to any example", "never any label", **{CHOSEN: np.zeros(len(counts), bool)}
    )
    for size in range(1, len(order) + 1):
        chosen = np.isin(np.arange(len(counts)), order[:size])
        names = "the commonest label" if size == 1 else f"the {size} commonest labels"
        found = constant_answer(run, f"Giving every example {names}", f"always {names}", **{CHOSEN: chosen})
        new, old = (each.scores.get(run.task.metric, math.nan) for each in (found, best))
        if is_better(run.task.metric, new, old):
            best = found
    return best


def _answers(run: EvaluatedRun) -> LabelSet:
    assert isinstance(run.task.answers, LabelSet)
    return run.task.answers


def _label_table(decided: _Decisions, reports: list[ClassReport]) -> Table:
    thresholds, chosen = _answers(decided.run).limits, decided.chosen.sum(axis=0)
    rows = [
        (
            decided.run.labels[index],
            f"{thresholds[index]:.3f}",
            with_reach(reports[index].precision),
            with_reach(reports[index].recall),
            with_reach(reports[index].f1),
            f"{reports[index].examples:,}",
            f"{chosen[index]:,}",
        )
        for index in shown_labels(reports)
    ]
    return Table(("label", "threshold", "precision", "recall", "F1", "labelled", "chosen"), rows)


def _label_notes(run: EvaluatedRun, reports: list[ClassReport]) -> list[Part]:
    threshold = _TUNED_NOTE if _answers(run).thresholds else "Every label is chosen from a probability of 0.5 on."
    return [Paragraph(text) for text in (*shown_note(reports), threshold, interval_note(run))]


def _count_parts(decided: _Decisions) -> list[Part]:
    labelled, chosen = decided.labels.sum(axis=0), decided.chosen.sum(axis=0)
    drawn = np.sort(np.argsort(-labelled, kind="stable")[:_DRAWN_LABELS])
    names = [decided.run.labels[index] for index in drawn]
    caption = "Examples that have a label, and those that are given it."
    if len(drawn) < len(labelled):
        caption += f" Drawn are the {len(drawn)} labels that most examples have."
    text = (
        f"An example has {decided.labels.sum(axis=1).mean():.2f} labels on average, and is given "
        f"{decided.chosen.sum(axis=1).mean():.2f}."
    )
    chart = draw_label_counts(labelled[drawn], chosen[drawn], names)
    return [Paragraph(text), Picture(chart, caption), _size_table(decided)]


def _size_table(decided: _Decisions) -> Table:
    """How many examples have and are given no label, one, two, ..."""
    counts = [
        np.bincount(np.minimum(each.sum(axis=1), _LISTED_SIZES), minlength=_LISTED_SIZES + 1)
        for each in (decided.labels, decided.chosen)
    ]
    last = int(np.flatnonzero(counts[0] + counts[1]).max())
    rows = [
        (f"{size} or more" if size == _LISTED_SIZES else str(size), f"{counts[0][size]:,}", f"{counts[1][size]:,}")
        for size in range(last + 1)
    ]
    return Table(("labels of an example", "labelled", "chosen"), rows)


def _calibration_parts(decided: _Decisions, calibrations: list[Calibration]) -> list[Part]:
    every = calibrate_together(calibrations)
    text = (
        f"The mean calibration error of the labels is {_mean_error(calibrations):.4f} ({len(every.counts)} bins of "
        "equal width): so far, on average, are the probabilities of a label from the share of the examples that have "
        "it. The chart is of all decisions together."
    )
    worst = sorted(range(len(calibrations)), key=lambda index: -calibrations[index].error)[:_DRAWN_LABELS]
    rows = [
        (
            decided.run.labels[index],
            f"{calibrations[index].error:.4f}",
            percent(calibrations[index].mean_confidence),
            percent(calibrations[index].accuracy),
        )
        for index in worst
    ]
    axes = {"share": "share that has the label", "counted": "decisions", "probability": "probability of the label"}
    charts = calibration_parts(every, "Each bar is the decisions of one range of probabilities.", **axes)
    table = Table(("label, the worst first", "calibration error", "mean probability", "share that has it"), rows)
    return [Paragraph(text), *charts, table]


def _curves(decided: _Decisions, reports: list[ClassReport]) -> list[Part]:
    points = [(each.recall.value, each.precision.value) for each in reports]
    return curve_parts(decided.run, decided.labels, _CURVE_NOTE, points)


def _mistake_parts(decided: _Decisions) -> list[Part]:
    run = decided.run
    count = int((decided.labels != decided.chosen).sum())
    if not count:
        return [Paragraph("There are none: all decisions are right.")]
    wrong = confident_wrong_decisions(run.answers, decided.labels, decided.chosen, SHOWN_EXAMPLES)
    rows: list[tuple[Cell, ...]] = [
        (
            place_of(run, example),
            run.labels[label],
            "yes" if decided.labels[example, label] else "no",
            f"{'yes' if decided.chosen[example, label] else 'no'} ({run.answers[example, label]:.3f})",
            *texts_of(run, example),
        )
        for example, label in wrong
    ]
    share = percent(count / decided.labels.size)
    text = (
        f"{count:,} of {decided.labels.size:,} decisions on a label are wrong ({share}). "
        f"{how_many_are_shown(count)}, beginning with the one that the model is most sure of. The label may be "
        "wrong, or the model is."
    )
    columns = ("example", "label", "labelled", "chosen (probability)", *text_columns(run))
    return [Paragraph(text), Table(columns, rows, words=-1)]


def _mean_error(calibrations: list[Calibration]) -> float:
    return float(np.mean([each.error for each in calibrations]))


def _limits(run: EvaluatedRun, reports: list[ClassReport], calibrations: list[Calibration]) -> list[str]:
    return [
        "It knows its labels alone; that it gives none of them does not say that a text is on nothing.",
        f"Its probabilities are off by {_mean_error(calibrations):.3f} on average (mean calibration error of the "
        "labels).",
        *([_TUNED_NOTE] if _answers(run).thresholds else []),
        *rare_labels(run, reports),
    ]
