"""The charts of a report, each as SVG for the page and as PNG for everything else.

Labels come from the user's files: they are never read as formulas, and are cut where they would fill the chart. Nothing
here imports TensorFlow; matplotlib is loaded with the first chart, since it takes a while.
"""

import contextlib
import dataclasses
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bert_tf.experiments.report.diagnostics import Calibration, ClassReport, PrecisionRecall

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8a8a8a"
# Okabe and Ito (2008): told apart by people who see fewer colours, too.
_COLOURS = (_BLUE, _ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933", "#882255", "#44aa99")
_DOTS_PER_INCH = 144
_LABEL_LENGTH = 24
_NUMBERED_CLASSES, _NAMED_CLASSES = 20, 80
# Taken where they are installed, for labels in scripts that matplotlib's own font lacks.
_OTHER_SCRIPTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei")
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#b0b0b0",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "font.size": 10,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "bert_tf",
    "text.parse_math": False,
}


@dataclasses.dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        name: Its file name without the ending.
        description: What it shows, for those who can't see it.
        svg: The drawing as an SVG document.
        png: The same as a PNG file.
    """

    name: str
    description: str
    svg: bytes
    png: bytes


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
    with _figure(7.4, 0.4 + 2.1 * len(panels)) as (figure, finish):
        all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (title, curves) in zip(all_axes, panels.items(), strict=True):
            for colour, (name, curve) in zip(_COLOURS, curves.items(), strict=False):
                marker = "o" if len(curve.steps) < 60 else ""
                axes.plot(
                    curve.steps, curve.values, marker=marker, markersize=3, linewidth=1.4, color=colour, label=name
                )
            axes.axvline(step, color=_GREY, linestyle="--", linewidth=1)
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
    shown = [_short(label) for label in labels] if count <= _NAMED_CLASSES else []
    longest = max((len(label) for label in shown), default=0)
    size = 10 if count <= 12 else 7 if count <= 40 else 4.5
    is_steep = longest > 5 or count > 12
    side, room = float(np.clip(0.55 * count, 2.5, 8)), 0.009 * size * longest  # Inches of the square, and of the names.
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    with _figure(side + room + 1.6, side + (room if is_steep else 0.2) + 0.4) as (figure, finish):
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
    with _figure(7.4, 1.4 + 0.5 * len(labels)) as (figure, finish):
        axes = figure.subplots()
        places = np.arange(len(labels), dtype=np.float64)
        for offset, colour, name in zip((-0.22, 0.0, 0.22), _COLOURS, ("precision", "recall", "f1"), strict=False):
            scores = [getattr(report, name) for report in reports]
            values = np.array([score.value for score in scores])
            reach = [values - [score.low for score in scores], [score.high for score in scores] - values]
            title = "F1" if name == "f1" else name
            axes.errorbar(
                values, places + offset, xerr=np.maximum(reach, 0), fmt="o", markersize=4, color=colour, label=title
            )
        axes.set_yticks(places, [_short(label) for label in labels])
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("score, with its 95 % interval")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        return finish("class_scores", f"Precision, recall and F1 of {len(labels)} labels with their 95 % intervals")


def draw_calibration(found: Calibration) -> Chart:
    """Draws the share of right answers over the confidence with which they were given, and how many there were."""
    bins = len(found.counts)
    middles = (np.arange(bins) + 0.5) / bins
    with _figure(5.6, 5.6) as (figure, finish):
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        held = found.counts > 0
        upper.bar(middles[held], found.accuracies[held], width=0.9 / bins, color=_BLUE, alpha=0.45)
        upper.plot(found.confidences[held], found.accuracies[held], "o-", color=_BLUE, markersize=4, label="the model")
        upper.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1, label="as sure as it is right")
        upper.set_ylim(0, 1.02)
        upper.set_ylabel("share of right answers")
        upper.legend(loc="upper left")
        lower.bar(middles, found.counts, width=0.9 / bins, color=_GREY)
        lower.set_ylabel("examples")
        lower.set_xlim(0, 1)
        lower.set_xlabel("probability of the answer")
        return finish("calibration", f"Reliability diagram; the expected calibration error is {found.error:.3f}")


def draw_precision_recall(curves: Mapping[str, PrecisionRecall]) -> Chart:
    """Draws precision over recall of some classes, by their labels."""
    with _figure(7.4, 4.6) as (figure, finish):
        axes = figure.subplots()
        for colour, (label, curve) in zip(_COLOURS, curves.items(), strict=False):
            name = f"{_short(label)} ({curve.average_precision:.3f})"
            recall, precision = np.append(0.0, curve.recall), np.append(curve.precision[:1], curve.precision)
            axes.plot(recall, precision, drawstyle="steps-pre", color=colour, linewidth=1.4, label=name)
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
    with _figure(7.4, 3.4) as (figure, finish):
        axes = figure.subplots()
        for colour, (name, values) in zip(_COLOURS, lengths.items(), strict=False):
            counts, _ = np.histogram(values, edges)
            axes.stairs(counts / len(values), edges, fill=True, color=colour, alpha=0.35)
            axes.stairs(counts / len(values), edges, color=colour, linewidth=1.4, label=f"{name} ({len(values):,})")
        axes.axvline(limit, color="black", linestyle="--", linewidth=1, label=f"limit ({limit})")
        axes.set_xlabel("word pieces of a row")
        axes.set_ylabel("share of the rows")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return finish("lengths", f"Histogram of the lengths of rows, which have at most {limit} word pieces")


@contextlib.contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Any, Callable[[str, str], Chart]]]:
    """Gives an empty figure in the report's style, and the function that turns it into a chart.

    Args:
        width: Inches.
        height: Inches.
    """
    # Takes a good part of a second to import, and what does not draw must not wait for it.
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    installed = set(font_manager.get_font_names())
    families = ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
    with mpl.rc_context({**_STYLE, "font.family": families}), warnings.catch_warnings():
        # A script that no installed font has shows as boxes in the PNG; the browser has its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained", dpi=_DOTS_PER_INCH)

        def finish(name: str, description: str) -> Chart:
            svg, png = io.BytesIO(), io.BytesIO()
            # Through the canvases, since `savefig` draws everything twice; the second keeps the layout of the first.
            FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
            figure.set_layout_engine("none")
            FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
            return Chart(name, description, svg.getvalue(), png.getvalue())

        yield figure, finish


def _short(label: str) -> str:
    """A label as charts show it: on one line, of characters that can be seen, and not too long."""
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in label)
    return plain if len(plain) <= _LABEL_LENGTH else plain[: _LABEL_LENGTH - 1] + "…"
