"""How long something takes, and what is typical of many times."""

import time
from collections.abc import Callable, Sequence

import tensorflow as tf


def seconds_of(function: Callable, *arguments: object) -> float:
    """Calls a function and returns the seconds until all devices have done what it asked for."""
    started = time.perf_counter()
    function(*arguments)
    tf.test.experimental.sync_devices()
    return time.perf_counter() - started


def percentile(values: Sequence[float], percent: int) -> float:
    """Returns the smallest of the values that so many percent of them don't exceed: the nearest rank.

    Args:
        values: At least one.
        percent: From 1 to 100.
    """
    return sorted(values)[-(-percent * len(values) // 100) - 1]
