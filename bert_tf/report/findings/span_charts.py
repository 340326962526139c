"""The chart of what answers with spans, or with none."""

import numpy as np

from bert_tf.report.drawing.canvas import COLOURS, GREY, Chart, empty_figure
from bert_tf.report.statistics.span_statistics import ThresholdScores

_MOST_POINTS = 2000  # More would make the page large, and nobody could see them.


def draw_thresholds(found: ThresholdScores, threshold: float) -> Chart:
    """Draws the scores over the threshold of the odds of no answer.

    Args:
        found: The scores at every threshold, of which there are at least two that are numbers.
        threshold: The one that is used.
    """
    finite = np.flatnonzero(np.isfinite(found.thresholds))
    drawn = finite[np.unique(np.linspace(0, len(finite) - 1, min(len(finite), _MOST_POINTS)).astype(int))]
    curves = {
        "F1 of all": found.f1,
        "F1 with an answer": found.f1_with_answer,
        "right without one": found.right_without_answer,
    }
    low, high = found.thresholds[drawn[0]], found.thresholds[drawn[-1]]
    with empty_figure(7.4, 3.6) as (figure, finish):
        axes = figure.subplots()
        for colour, (name, values) in zip(COLOURS, curves.items(), strict=False):
            axes.plot(found.thresholds[drawn], values[drawn], drawstyle="steps-post", color=colour, label=name)
        if low <= threshold <= high:
            axes.axvline(threshold, color=GREY, linestyle="--", linewidth=1, label=f"threshold ({threshold:.3g})")
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("threshold of the odds of no answer")
        axes.set_ylabel("score")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return finish("null_threshold", f"Scores over the threshold of no answer, which is {threshold:.4g}")
