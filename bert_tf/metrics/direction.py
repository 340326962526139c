"""Which of two values of a score is the better one."""

import math

LESS_IS_BETTER = frozenset(("loss", "mean_squared_error", "mean_absolute_error", "mean_rank_error", "hamming_loss"))


def is_better(name: str, value: float, other: float) -> bool:
    """Whether a value of a score is better than another one. What is not a number is worse than anything."""
    if math.isnan(value) or math.isnan(other):
        return math.isnan(other) and not math.isnan(value)
    return value < other if name in LESS_IS_BETTER else value > other
