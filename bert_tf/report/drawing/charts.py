"""The charts of runs, and of what gives labels."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.report.drawing.canvas import BLUE, COLOURS, GREY, Chart, empty_figure, short_labels
from bert_tf.report.statistics.class_statistics import ClassReport
from bert_tf.report.statistics.diagnostics import Calibration, PrecisionRecall

_NUMBERED_CLASSES, _NAMED_CLASSES = 20, 80


@dataclasses.dataclass(frozen=True)
class Curve:
    """A number over the steps of a run. P points.

    Attributes:
        steps: Updates done, int64 [P], rising.
        values: float64 [P].
    """

    steps: np.ndarray
    values: np.ndarray


def draw_learning(panels: Mapping[str, Mapping[str, Curve]], step: int) -> Chart:
    """Draws what became of a run over its steps.

    Args:
        panels: For each panel its title, and its curves by name.
        step: The step whose weights are reported on.
    """
    with empty_figure(7.4, 0.4 + 2.1 * len(panels)) as (figure, finish):
        all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (title, curves) in zip(all_axes, panels.items(), strict=True):
            for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
                marker = "o" if len(curve.steps) < 60 else ""
                axes.plot(
                    curve.steps, curve.values, marker=marker, markersize=3, linewidth=1.4, color=colour, label=name
                )
            axes.axvline(step, color=GREY, linestyle="--", linewidth=1)
            axes.set_title(title)
            axes.yaxis.set_major_formatter("{x:.3g}")
            if list(curves) != ["train"]:
                axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        all_axes[-1].set_xlabel(f"step; the dashed line is step {step:,}, whose weights this report is about")
        return finish("learning_curves", "Curves over the steps of training: " + ", ".join(panels))


def draw_confusion(matrix: np.ndarray, labels: Sequence[str]) -> Chart:
    """Draws a confusion matrix: the numbers are examples, the colours the share of the examples of a label.

    Args:
        matrix: int64 [C, C], row is the label, column the prediction.
        labels: The labels.
    """
    count = len(labels)
    shown = short_labels(labels) if count <= _NAMED_CLASSES else []
    longest = max((len(label) for label in shown), default=0)
    size = 10 if count <= 12 else 7 if count <= 40 else 4.5
    is_steep = longest > 5 or count > 12
    side, room = float(np.clip(0.55 * count, 2.5, 8)), 0.009 * size * longest  # Inches of the square, and of the names.
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    with empty_figure(side + room + 1.6, side + (room if is_steep else 0.2) + 0.4) as (figure, finish):
        axes = figure.subplots()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axes.grid(visible=False)
        figure.colorbar(image, ax=axes, shrink=0.8, label="share of the examples with that label")
        axes.set_xticks(range(len(shown)), shown, rotation=90 if is_steep else 0, fontsize=size)
        axes.set_yticks(range(len(shown)), shown, fontsize=size)
        axes.set_xlabel("prediction")
        axes.set_ylabel("label")
        if count <= _NUMBERED_CLASSES:
            for row, column in np.ndindex(*matrix.shape):
                colour = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, f"{matrix[row, column]:,}", ha="center", va="center", color=colour, size=size)
        return finish("confusion_matrix", f"Confusion matrix of {count} labels, {int(matrix.sum()):,} examples")


def draw_class_scores(reports: Sequence[ClassReport], labels: Sequence[str]) -> Chart:
    """Draws precision, recall and F1 of each class with their intervals.

    Args:
        reports: The scores of each class that is drawn.
        labels: Their labels.
    """
    with empty_figure(7.4, 1.4 + 0.5 * len(labels)) as (figure, finish):
        axes = figure.subplots()
        places = np.arange(len(labels), dtype=np.float64)
        for offset, colour, name in zip((-0.22, 0.0, 0.22), COLOURS, ("precision", "recall", "f1"), strict=False):
            scores = [getattr(report, name) for report in reports]
            values = np.array([score.value for score in scores])
            reach = [values - [score.low for score in scores], [score.high for score in scores] - values]
            title = "F1" if name == "f1" else name
            axes.errorbar(
                values, places + offset, xerr=np.maximum(reach, 0), fmt="o", markersize=4, color=colour, label=title
            )
        axes.set_yticks(places, short_labels(labels))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("score, with its 95 % interval")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        return finish("class_scores", f"Precision, recall and F1 of {len(labels)} labels with their 95 % intervals")


def draw_calibration(
    found: Calibration,
    share: str = "share of right answers",
    counted: str = "examples",
    probability: str = "probability of the answer",
) -> Chart:
    """Draws how often what the model says is so over the probability that it gave it, and how many there were.

    Args:
        found: What was found.
        share: What the upper axis shows.
        counted: What the lower axis counts.
        probability: What the probabilities are of.
    """
    bins = len(found.counts)
    middles = (np.arange(bins) + 0.5) / bins
    with empty_figure(5.6, 5.6) as (figure, finish):
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        held = found.counts > 0
        upper.bar(middles[held], found.accuracies[held], width=0.9 / bins, color=BLUE, alpha=0.45)
        upper.plot(found.confidences[held], found.accuracies[held], "o-", color=BLUE, markersize=4, label="the model")
        upper.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="as sure as it is right")
        upper.set_ylim(0, 1.02)
        upper.set_ylabel(share)
        upper.legend(loc="upper left")
        lower.bar(middles, found.counts, width=0.9 / bins, color=GREY)
        lower.set_ylabel(counted)
        lower.set_xlim(0, 1)
        lower.set_xlabel(probability)
        return finish("calibration", f"Reliability diagram; the expected calibration error is {found.error:.3f}")


def draw_precision_recall(
    curves: Sequence[tuple[str, PrecisionRecall]], points: Sequence[tuple[float, float]] | None = None
) -> Chart:
    """Draws precision over recall of some classes.

    Args:
        curves: The curves, each with its label.
        points: Recall and precision of each where its threshold is; None if there are no thresholds.
    """
    with empty_figure(7.4, 4.6) as (figure, finish):
        axes = figure.subplots()
        shown = short_labels([label for label, _ in curves])
        for index, (colour, (_, curve)) in enumerate(zip(COLOURS, curves, strict=False)):
            name = f"{shown[index]} ({curve.average_precision:.3f})"
            recall, precision = np.append(0.0, curve.recall), np.append(curve.precision[:1], curve.precision)
            axes.plot(recall, precision, drawstyle="steps-pre", color=colour, linewidth=1.4, label=name)
            if points:
                axes.plot(*points[index], "o", color=colour, markersize=5)
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="label (average precision)")
        return finish("precision_recall", f"Precision over recall of {len(curves)} labels")


def draw_lengths(lengths: Mapping[str, np.ndarray], limit: int) -> Chart:
    """Draws how long rows are, with the limit on it.

    Args:
        lengths: Word pieces of each row, int [N], by the name of the split.
        limit: The longest row.
    """
    longest = max(int(values.max()) for values in lengths.values())
    edges = np.linspace(0, max(longest, limit), min(60, max(longest, limit)) + 1)
    with empty_figure(7.4, 3.4) as (figure, finish):
        axes = figure.subplots()
        for colour, (name, values) in zip(COLOURS, lengths.items(), strict=False):
            counts, _ = np.histogram(values, edges)
            axes.stairs(counts / len(values), edges, fill=True, color=colour, alpha=0.35)
            axes.stairs(counts / len(values), edges, color=colour, linewidth=1.4, label=f"{name} ({len(values):,})")
        axes.axvline(limit, color="black", linestyle="--", linewidth=1, label=f"limit ({limit})")
        axes.set_xlabel("word pieces of a row")
        axes.set_ylabel("share of the rows")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return finish("lengths", f"Histogram of the lengths of rows, which have at most {limit} word pieces")
