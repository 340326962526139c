"""The rate of large matrix products in GFLOP/s: python -m tests.peers.products torch bfloat16

The rate tells which precision a machine is fast in, and how far a ratio of two steps is one of two libraries of
products. A process of its own, since some virtual machines end it at the first bfloat16 product.
"""

import argparse
import os
import time
from collections.abc import Callable

from tests.peers.works import PRECISIONS

_ROWS, _INNER, _COLUMNS = 2048, 768, 3072  # The largest product of BERT-base at 16 x 128.
_PRODUCTS, _TRIALS = 2, 40  # Short trials, of which the best is unlikely to have been disturbed.


def _torch(precision: str) -> Callable[[], object]:
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    dtype = getattr(torch, precision)
    a, b = torch.randn(_ROWS, _INNER).to(dtype), torch.randn(_INNER, _COLUMNS).to(dtype)
    return lambda: a @ b


def _tensorflow(precision: str) -> Callable[[], object]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal(shape), precision) for shape in ([_ROWS, _INNER], [_INNER, _COLUMNS]))
    product = tf.function(lambda: tf.matmul(a, b))
    return lambda: product()[0, 0].numpy()


def _rate(product: Callable[[], object]) -> float:
    """The best of several trials, in GFLOP/s."""
    product()
    seconds = []
    for _ in range(_TRIALS):
        started = time.perf_counter()
        for _ in range(_PRODUCTS):
            product()
        seconds.append(time.perf_counter() - started)
    return 2 * _ROWS * _INNER * _COLUMNS * _PRODUCTS / min(seconds) / 1e9


if __name__ == "__main__":
    libraries = {"torch": _torch, "tensorflow": _tensorflow}
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=libraries)
    parser.add_argument("precision", choices=PRECISIONS)
    arguments = parser.parse_args()
    print(round(_rate(libraries[arguments.library](arguments.precision))))
