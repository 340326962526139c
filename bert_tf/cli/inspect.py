"""`bert-tf inspect`: the tensors of a checkpoint."""

import math

from bert_tf.host.console import show
from bert_tf.weights.google import open_checkpoint


def run(path: str) -> int:
    """Prints name, shape and type of each tensor, then the sums. Needs the index file only, not the data."""
    with open_checkpoint(path) as checkpoint:
        width = max((len(name) for name in checkpoint.shapes), default=0)
        for name in sorted(checkpoint.shapes):
            show(f"{name:<{width}}  {checkpoint.dtypes[name]:<8} {list(checkpoint.shapes[name])}")
        weights = checkpoint.weights
        numbers = sum(math.prod(checkpoint.shapes[name]) for name in weights)
        show(f"{len(checkpoint.shapes)} tensors, {len(weights)} of them weights with {numbers:,} numbers")
    return 0
