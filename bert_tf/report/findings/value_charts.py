"""The charts of what gives values."""

import numpy as np

from bert_tf.report.drawing.canvas import BLUE, GREY, ORANGE, Chart, empty_figure

_MOST_POINTS = 2000  # More would hide one another, and make the page large.
_HISTOGRAM_BINS = 41


def draw_predictions(values: np.ndarray, predictions: np.ndarray, value_range: tuple[float, float]) -> Chart:
    """Draws predictions over what is right: a point an example, or how many there are where that would be too many.

    Args:
        values: What is right, float [N].
        predictions: float [N].
        value_range: The lowest and the highest value of the task.
    """
    low = min(value_range[0], float(values.min()))
    high = max(value_range[1], float(values.max()))
    margin = 0.03 * (high - low)
    with empty_figure(6.4, 5.6) as (figure, finish):
        axes = figure.subplots()
        if len(values) <= _MOST_POINTS:
            axes.plot(values, predictions, "o", color=BLUE, markersize=4, alpha=0.35, markeredgewidth=0)
        else:
            extent = (low, high, *value_range)
            cells = axes.hexbin(values, predictions, gridsize=40, bins="log", mincnt=1, cmap="Blues", extent=extent)
            scale = figure.colorbar(cells, ax=axes, shrink=0.8, label="examples")
            scale.minorticks_off()
            scale.set_ticks(ticks := _counting(int(cells.get_array().max())), labels=[f"{tick:,}" for tick in ticks])
        axes.plot([low, high], [low, high], "--", color=GREY, linewidth=1, label="prediction = value")
        axes.set_xlim(low - margin, high + margin)
        axes.set_ylim(low - margin, high + margin)
        axes.set_aspect("equal")
        axes.set_xlabel("value")
        axes.set_ylabel("prediction")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))
        return finish("predictions", f"Predictions over values of {len(values):,} examples")


def draw_errors(errors: np.ndarray) -> Chart:
    """Draws how often errors of each size are, float [N], around zero."""
    reach = max(float(np.abs(errors).max()), 1e-9)
    edges = np.linspace(-reach, reach, _HISTOGRAM_BINS + 1)
    mean = float(errors.mean())
    with empty_figure(7.4, 3.4) as (figure, finish):
        axes = figure.subplots()
        counts, _ = np.histogram(errors, edges)
        axes.stairs(counts, edges, fill=True, color=BLUE, alpha=0.45)
        axes.stairs(counts, edges, color=BLUE, linewidth=1.4)
        axes.axvline(0, color="black", linestyle="--", linewidth=1, label="no error")
        axes.axvline(mean, color=ORANGE, linewidth=1.4, label=f"mean error ({mean:.3g})")
        axes.set_xlabel("prediction minus value")
        axes.set_ylabel("examples")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return finish("errors", f"Histogram of the errors of {len(errors):,} examples")


def _counting(most: int) -> list[int]:
    """1, 2, 5, 10, 20, ... up to a number."""
    powers = [10**exponent for exponent in range(len(str(most)))]
    return [digit * power for power in powers for digit in (1, 2, 5) if digit * power <= most]
