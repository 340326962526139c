"""What is found out about a model that gives each example one of several labels in order."""

import dataclasses

import numpy as np

from bert_tf.report.drawing.page import Paragraph, Part, Picture, Section
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import how_many_are_shown
from bert_tf.report.findings.findings import Findings, percent, scores_table
from bert_tf.report.findings.label_charts import draw_rank_errors
from bert_tf.report.findings.one_label import LabelledRun, label_examples, label_findings, read_labels
from bert_tf.report.statistics.class_statistics import score_intervals

_READING_NOTE = (
    "The prediction is the median of the labels by their probabilities, which need not be the likeliest label."
)
_RANK_SCORES = {
    "quadratic_kappa": "quadratic_kappa",
    "mean_rank_error": "mean_rank_error",
    "accuracy": "share that is right",
    "share_nearby": "share at most one place off",
}


def ordinal_findings(run: EvaluatedRun) -> Findings:
    """Returns what the answers tell: as of a classifier, and how far they are off."""
    labelled = read_labels(run)
    found = label_findings(labelled)
    own = [Section("Ranks", _rank_parts(labelled)), Section("Farthest mistakes", _far_parts(labelled))]
    return dataclasses.replace(
        found,
        sections=[own[0], *found.sections, own[1]],
        limits=[*found.limits, "It takes its labels to be in order, and knows nothing of how far apart they are."],
    )


def _rank_parts(labelled: LabelledRun) -> list[Part]:
    found = score_intervals(labelled.matrix, _RANK_SCORES, labelled.run.config.train.seed)
    intervals = {_RANK_SCORES[name]: interval for name, interval in found.items()}
    values = {name: score.value for name, score in intervals.items()}
    places_off = labelled.predicted - labelled.run.targets
    low, high = float((places_off < 0).mean()), float((places_off > 0).mean())
    text = f"{_READING_NOTE} {percent(low)} of the predictions are too low, and {percent(high)} too high."
    return [
        scores_table(values, intervals, len(places_off)),
        Paragraph(text),
        Picture(draw_rank_errors(places_off), "Below zero, the prediction is lower than the label."),
    ]


def _far_parts(labelled: LabelledRun) -> list[Part]:
    distances = np.abs(labelled.predicted - labelled.run.targets)
    far = np.flatnonzero(distances > 1)
    if not len(far):
        return [Paragraph("There are none: no prediction is more than one place off.")]
    order = np.lexsort((-labelled.probabilities[far], -distances[far]))
    text = (
        f"{len(far):,} of {len(distances):,} predictions are more than one place off. {how_many_are_shown(len(far))}, "
        "beginning with the farthest and, of these, with the one that the model is most sure of."
    )
    return [Paragraph(text), label_examples(labelled, far[order])]
