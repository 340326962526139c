"""What is found out about a model that gives each example any number of labels. N examples, C labels."""

import dataclasses

import numpy as np

from bert_tf.report.drawing.charts import draw_calibration
from bert_tf.report.drawing.page import Paragraph, Part, Passage, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of, text_columns, texts_of
from bert_tf.report.findings.findings import Findings, interval_note, percent, with_reach
from bert_tf.report.findings.label_charts import draw_label_counts
from bert_tf.report.findings.label_parts import curve_parts, rare_labels, score_picture
from bert_tf.report.statistics.bootstrap import count_intervals
from bert_tf.report.statistics.diagnostics import Calibration, ClassReport, calibrate
from bert_tf.report.statistics.label_set_statistics import (
    confident_wrong_decisions,
    label_reports,
    weighted_label_set_scores,
)
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.space import CHOSEN

_DRAWN_LABELS, _LISTED_SIZES = 40, 10
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
    seed = run.config.train.seed
    reports = label_reports(decided.labels, decided.chosen, seed)
    intervals = count_intervals(
        lambda counts: weighted_label_set_scores(decided.labels, decided.chosen, counts), len(run.examples), seed
    )
    calibrations = [calibrate(run.answers[:, index], decided.labels[:, index]) for index in range(len(run.task.labels))]
    table = _label_table(decided, reports)
    return Findings(
        intervals={name: intervals[name] for name in run.scores if name in intervals},
        sections=[
            Section("Labels", [table, score_picture(run, reports), *_label_notes(run)]),
            Section("Label counts", _count_parts(decided)),
            Section("Calibration", _calibration_parts(decided, calibrations)),
            Section("Precision and recall", _curves(decided, reports)),
            Section("Most confident mistakes", _mistake_parts(decided)),
        ],
        details=table,
        limits=_limits(run, reports, calibrations),
    )


def _answers(run: EvaluatedRun) -> LabelSet:
    assert isinstance(run.task.answers, LabelSet)
    return run.task.answers


def _label_table(decided: _Decisions, reports: list[ClassReport]) -> Table:
    rows = [
        (
            label,
            f"{threshold:.3f}",
            with_reach(each.precision),
            with_reach(each.recall),
            with_reach(each.f1),
            f"{each.examples:,}",
            f"{chosen:,}",
        )
        for label, threshold, each, chosen in zip(
            decided.run.task.labels, _answers(decided.run).limits, reports, decided.chosen.sum(axis=0), strict=True
        )
    ]
    return Table(("label", "threshold", "precision", "recall", "F1", "labelled", "chosen"), rows)


def _label_notes(run: EvaluatedRun) -> list[Part]:
    threshold = _TUNED_NOTE if _answers(run).thresholds else "Every label is chosen from a probability of 0.5 on."
    return [Paragraph(threshold), Paragraph(interval_note(run))]


def _count_parts(decided: _Decisions) -> list[Part]:
    labelled, chosen = decided.labels.sum(axis=0), decided.chosen.sum(axis=0)
    drawn = np.sort(np.argsort(-labelled, kind="stable")[:_DRAWN_LABELS])
    names = [decided.run.task.labels[index] for index in drawn]
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
    every = calibrate(decided.run.answers.ravel(), decided.labels.ravel())
    text = (
        f"The mean calibration error of the labels is {_mean_error(calibrations):.4f} ({len(every.counts)} bins of "
        "equal width): so far, on average, are the probabilities of a label from the share of the examples that have "
        "it. The chart is of all decisions together."
    )
    worst = sorted(range(len(calibrations)), key=lambda index: -calibrations[index].error)[:_DRAWN_LABELS]
    rows = [
        (
            decided.run.task.labels[index],
            f"{calibrations[index].error:.4f}",
            percent(calibrations[index].mean_confidence),
            percent(calibrations[index].accuracy),
        )
        for index in worst
    ]
    chart = draw_calibration(every, "share that has the label", "decisions", "probability of the label")
    table = Table(("label, the worst first", "calibration error", "mean probability", "share that has it"), rows)
    return [Paragraph(text), Picture(chart, "Each bar is the decisions of one range of probabilities."), table]


def _curves(decided: _Decisions, reports: list[ClassReport]) -> list[Part]:
    points = {
        label: (each.recall.value, each.precision.value)
        for label, each in zip(decided.run.task.labels, reports, strict=True)
    }
    return curve_parts(decided.run, decided.labels, _CURVE_NOTE, points)


def _mistake_parts(decided: _Decisions) -> list[Part]:
    run = decided.run
    wrong = confident_wrong_decisions(run.answers, decided.labels, decided.chosen)
    if not wrong:
        return [Paragraph("There are none: all decisions are right.")]
    rows: list[tuple[str | Passage, ...]] = [
        (
            place_of(run, example),
            run.task.labels[label],
            "yes" if decided.labels[example, label] else "no",
            f"{'yes' if decided.chosen[example, label] else 'no'} ({run.answers[example, label]:.3f})",
            *texts_of(run, example),
        )
        for example, label in wrong[:SHOWN_EXAMPLES]
    ]
    share = percent(len(wrong) / decided.labels.size)
    text = (
        f"{len(wrong):,} of {decided.labels.size:,} decisions on a label are wrong ({share}). "
        f"{how_many_are_shown(len(wrong))}, beginning with the one that the model is most sure of. The label may be "
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
