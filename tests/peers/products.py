"""The rate of large matrix products in GFLOP/s: python -m tests.peers.products torch float32 bfloat16

The rates tell which precision a machine is fast in, and how far a ratio of two steps is one of two libraries of
products. A process of its own, since some virtual machines end it at the first bfloat16 product.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping

from tests.peers.works import PRECISIONS

_ROWS, _INNER, _COLUMNS = 2048, 768, 3072  # The largest product of BERT-base at 16 x 128.
_SECONDS = 30
_PRODUCTS, _TRIALS = 2, 60  # Short trials, of which the best is unlikely to have been disturbed.


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


def _rates(products: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The best of many trials of each precision, which take turns, so that a disturbance meets all of them."""
    seconds: dict[str, list[float]] = {precision: [] for precision in products}
    for product in products.values():
        product()
    end = time.monotonic() + _SECONDS  # Without instructions for it, bfloat16 can be thirty times as slow as float32.
    for trial in range(_TRIALS):
        if trial and time.monotonic() > end:
            break
        for precision, product in products.items():
            started = time.perf_counter()
            for _ in range(_PRODUCTS):
                product()
            seconds[precision].append(time.perf_counter() - started)
    operations = 2 * _ROWS * _INNER * _COLUMNS * _PRODUCTS
    return {precision: round(operations / min(values) / 1e9) for precision, values in seconds.items()}


if __name__ == "__main__":
    libraries = {"torch": _torch, "tensorflow": _tensorflow}
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=libraries)
    parser.add_argument("precision", choices=PRECISIONS, nargs="+")
    arguments = parser.parse_args()
    print(json.dumps(_rates({each: libraries[arguments.library](each) for each in arguments.precision})))
