"""What several runs of the same thing tell together: mean and deviation of each score."""

import math
from collections.abc import Mapping, Sequence

import numpy as np


def summarise(scores: Sequence[Mapping[str, float]], which: str = "") -> str:
    """Returns one line a score: its mean, its deviation (of a sample, with N - 1), and the score of each run.

    Args:
        scores: Those of each run, by the same names.
        which: What is added to the names.
    """
    lines = []
    for name in sorted(scores[0]):
        values = np.array([of_run[name] for of_run in scores], np.float64)
        deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        each = " ".join(f"{value:.6g}" for value in values)
        lines.append(f"{name}{which} = {values.mean():.6g} +- {deviation:.3g} ({each})\n")
    return "".join(lines)
