"""How layers read their weights: from their variables, or from tensors that stand for these.

A pass over a data set casts each kernel once for all its batches. A training keeps the many vectors, biases and the
weights of normalisations, in one variable.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping

import keras
import tensorflow as tf


class _Given(threading.local):
    """What stands for weights, by their paths; a replica is traced in a thread of its own."""

    tensors: Mapping[str, tf.Tensor | tf.Variable] = {}


_GIVEN = _Given()


@contextlib.contextmanager
def using(tensors: Mapping[str, tf.Tensor | tf.Variable]) -> Iterator[None]:
    """Lets the layers that are called in the block read these tensors, where they have the type that is needed.

    Args:
        tensors: By the paths of the weights that they stand for; the others are read from their variables as ever.
    """
    before, _GIVEN.tensors = _GIVEN.tensors, tensors
    try:
        yield
    finally:
        _GIVEN.tensors = before


def given_to(layer: keras.layers.Layer) -> dict[str, tf.Tensor]:
    """Returns the tensors of the present block that stand for weights of a layer, by their paths."""
    tensors = _GIVEN.tensors
    paths = [weight.path for weight in layer.variables]
    return {path: tf.convert_to_tensor(tensors[path]) for path in paths if path in tensors}


def cast_once(variables: Iterable[keras.Variable], dtype: tf.DType) -> dict[str, tf.Tensor]:
    """Returns the kernels among some weights in another type, by their paths, with the values that they have now.

    In a pass through BERT-base with a batch of 32 short texts, the casts would take a tenth of the time.

    Args:
        variables: The weights of a model.
        dtype: The type in which its layers multiply; nothing is returned if it is that of the weights.
    """
    kernels = (variable for variable in variables if variable.path.endswith("/kernel"))
    return {kernel.path: tf.cast(kernel.value, dtype) for kernel in kernels if kernel.dtype != dtype.name}


def kernel_of(dense: keras.layers.Dense, dtype: tf.DType) -> tf.Tensor:
    """Returns the kernel of a layer in the type in which it multiplies."""
    given = _GIVEN.tensors.get(dense.kernel.path)
    return tf.cast(dense.kernel, dtype) if given is None or given.dtype != dtype else tf.convert_to_tensor(given)


def vector_of(weight: keras.Variable) -> tf.Tensor:
    """Returns a bias or a weight of a normalisation, float32 [D]."""
    given = _GIVEN.tensors.get(weight.path)
    return tf.convert_to_tensor(weight if given is None or given.dtype != tf.float32 else given)
