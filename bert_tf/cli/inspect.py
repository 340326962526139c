"""`bert-tf inspect`: the tensors of a checkpoint."""

import math

from bert_tf.config.typed import Typed
from bert_tf.errors import InputError
from bert_tf.host.console import tell_result
from bert_tf.weights.google import open_checkpoint


def run(typed: Typed) -> int:
    """Prints name, shape and type of each tensor, then the sums. Needs the index file only, not the data."""
    if len(typed.arguments) != 1:
        raise InputError(
            "inspect takes one checkpoint", received=" ".join(typed.arguments), fix="bert-tf inspect CHECKPOINT"
        )
    with open_checkpoint(typed.arguments[0]) as checkpoint:
        width = max((len(name) for name in checkpoint.shapes), default=0)
        for name in sorted(checkpoint.shapes):
            tell_result(f"{name:<{width}}  {checkpoint.dtypes[name]:<8} {list(checkpoint.shapes[name])}")
        weights = checkpoint.weights
        numbers = sum(math.prod(checkpoint.shapes[name]) for name in weights)
        tell_result(f"{len(checkpoint.shapes)} tensors, {len(weights)} of them weights with {numbers:,} numbers")
    return 0
