"""Scores of choices: whether the right one of several was taken."""

import math
from collections.abc import Callable, Mapping

import numpy as np


def share_right(is_right: np.ndarray) -> float:
    """Share of questions with the right answer, from bool [M]; not a number if there are none."""
    return float(is_right.mean()) if len(is_right) else math.nan


CHOICE_METRICS: Mapping[str, Callable[[np.ndarray], float]] = {"accuracy": share_right}
