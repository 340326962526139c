"""The charts of what gives several labels, or labels in order."""

from collections.abc import Sequence

import numpy as np

from bert_tf.report.drawing.canvas import BLUE, ORANGE, Chart, empty_figure, short_labels


def draw_label_counts(labelled: np.ndarray, chosen: np.ndarray, labels: Sequence[str]) -> Chart:
    """Draws how many examples have each label, and for how many it was chosen.

    Args:
        labelled: Examples that have the label, int [C].
        chosen: Examples for which it was chosen, int [C].
        labels: The labels.
    """
    with empty_figure(7.4, 1.4 + 0.4 * len(labels)) as (figure, finish):
        axes = figure.subplots()
        places = np.arange(len(labels), dtype=np.float64)
        for offset, colour, name, counts in ((-0.19, BLUE, "labelled", labelled), (0.19, ORANGE, "chosen", chosen)):
            axes.barh(places + offset, counts, height=0.36, color=colour, label=name)
        axes.set_yticks(places, short_labels(labels))
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("examples")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
        return finish("label_counts", f"How many examples have each of {len(labels)} labels, and are given it")


def draw_rank_errors(places_off: np.ndarray) -> Chart:
    """Draws how many examples are off by how many places, int [N]; below zero where the prediction is too low."""
    reach = max(int(np.abs(places_off).max()), 1)
    places = np.arange(-reach, reach + 1)
    counts = np.bincount(places_off + reach, minlength=len(places))
    with empty_figure(7.4, 3.0) as (figure, finish):
        axes = figure.subplots()
        if len(places) > 81:  # Bars by the thousand would make the page large.
            axes.stairs(counts, np.arange(-reach, reach + 2) - 0.5, fill=True, color=ORANGE)
        else:
            bars = axes.bar(places, counts, color=[BLUE if place == 0 else ORANGE for place in places], width=0.8)
        if len(places) <= 21:
            axes.bar_label(bars, labels=[f"{count:,}" for count in counts], size=8)
            axes.set_xticks(places, [f"{place:+d}" if place else "right" for place in places])
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("places from the label to the prediction")
        axes.set_ylabel("examples")
        return finish("rank_errors", f"How many places {len(places_off):,} predictions are off")
