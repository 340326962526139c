"""The elementwise parts of a transformer layer, each as one pass over its tensors, with its own gradient.

Between two matrix products a layer adds, drops, normalises. Done operation by operation, every step reads and writes a
whole tensor; memory, not arithmetic, is what that costs. Here each part is a pair of functions, forward and gradient,
that XLA can compile into one loop. The gradient computes again what it needs from the inputs instead of having the
forward pass store it, dropout masks included: they are a function of the place in the tensor.

Compiling pays where shapes are few, as every new one is compiled anew. `compiling` decides, for what is traced in it.
Both ways give the same numbers, up to rounding.
"""

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

LAYER_NORM_EPSILON = 1e-12
_TANH_FACTOR = math.sqrt(2 / math.pi)
_CUBIC = 0.044715

# --- Compilation -----------------------------------------------------------------------------------------------------


class _Mode(threading.local):
    """Whether to compile. Each replica of a strategy is traced in a thread of its own."""

    compiles = False


_MODE = _Mode()


@contextlib.contextmanager
def compiling(wanted: bool) -> Iterator[None]:
    """Lets the parts that are traced in the block be compiled by XLA, or not."""
    before, _MODE.compiles = _MODE.compiles, wanted
    try:
        yield
    finally:
        _MODE.compiles = before


def part(function: Callable) -> Callable:
    """Makes a function one that is compiled where `compiling` says so."""
    compiled = tf.function(function, jit_compile=True, autograph=False)

    def call(*arguments: object) -> Any:
        return (compiled if _MODE.compiles else function)(*arguments)

    return call


# --- Dropout ---------------------------------------------------------------------------------------------------------


def stream_keys(seed: tf.Tensor, sites: int) -> list[tf.Tensor]:
    """Returns the keys of the random bits of all places of dropout in one step: uint32 [] each.

    Args:
        seed: int64 [2].
        sites: How many places there are; each draws another mask.
    """
    halves = tf.bitcast(seed, tf.uint32)  # [2, 2]: lower and upper half of each.
    key = _scramble(halves[0, 0] ^ _scramble(halves[0, 1]))
    keys = _scramble(key ^ (halves[1, 0] + tf.constant(np.arange(sites, dtype=np.uint32))))
    return tf.unstack(_scramble(keys ^ halves[1, 1]))


def _scramble(x: tf.Tensor) -> tf.Tensor:
    """A bijection of 32 bits in which every bit of the input changes each bit of the output half of the time.

    The constants are those of `lowbias32` (Wellons 2018, "Prospecting for hash functions").
    """
    x = (x ^ tf.bitwise.right_shift(x, tf.constant(16, tf.uint32))) * tf.constant(0x7FEB352D, tf.uint32)
    x = (x ^ tf.bitwise.right_shift(x, tf.constant(15, tf.uint32))) * tf.constant(0x846CA68B, tf.uint32)
    return x ^ tf.bitwise.right_shift(x, tf.constant(16, tf.uint32))


def drop(x: tf.Tensor, rate: float, key: tf.Tensor | None) -> tf.Tensor:
    """Sets a share of the values to 0 and scales the others up; the same for the same key."""
    if key is None or rate == 0.0:
        return x
    index = tf.cast(tf.range(tf.size(x, out_type=tf.int64)), tf.uint32)  # A GPU has no kernel for a range of int32.
    bits = _scramble(index * tf.constant(0x9E3779B1, tf.uint32) ^ key)
    kept = tf.reshape(bits >= tf.constant(round(rate * 2**32), tf.uint32), tf.shape(x))
    return tf.where(kept, x * (1 / (1 - rate)), tf.zeros([], x.dtype))


def dropout(x: tf.Tensor, rate: float, key: tf.Tensor | None) -> tf.Tensor:
    """Sets a share of the values to 0 and scales the others up, so that the expectation stays (Srivastava et al. 2014).

    Args:
        x: Any shape, of less than 2^31 values.
        rate: Share of values that become 0.
        key: uint32 [], or None for no dropout.
    """
    if key is None or rate == 0.0:
        return x

    @tf.custom_gradient
    def apply(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        return _dropout(x, rate, key), lambda upstream: _dropout(upstream, rate, key)

    return apply(x)


_dropout = part(drop)

# --- Bias and activation ---------------------------------------------------------------------------------------------


def gelu(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016), as in google-research/bert."""
    return 0.5 * x * (1.0 + tf.tanh(_TANH_FACTOR * x * (1.0 + _CUBIC * x * x)))


def gelu_slope(x: tf.Tensor) -> tf.Tensor:
    """The derivative of `gelu`."""
    tanh = tf.tanh(_TANH_FACTOR * x * (1.0 + _CUBIC * x * x))
    return 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * _TANH_FACTOR * (1.0 + 3.0 * _CUBIC * x * x)


def gelu_erf(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit in its exact form, x * Phi(x)."""
    return 0.5 * x * (1.0 + tf.math.erf(x * math.sqrt(0.5)))


def gelu_erf_slope(x: tf.Tensor) -> tf.Tensor:
    """The derivative of `gelu_erf`."""
    density = tf.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return 0.5 * (1.0 + tf.math.erf(x * math.sqrt(0.5))) + x * density


# Each activation with its derivative.
ACTIVATIONS: dict[str, tuple[Callable[[tf.Tensor], tf.Tensor], Callable[[tf.Tensor], tf.Tensor]]] = {
    "gelu": (gelu, gelu_slope),
    "gelu_new": (gelu, gelu_slope),
    "gelu_pytorch_tanh": (gelu, gelu_slope),
    "gelu_erf": (gelu_erf, gelu_erf_slope),
    "relu": (tf.nn.relu, lambda x: tf.cast(x > 0, x.dtype)),
    "tanh": (tf.tanh, lambda x: 1.0 - tf.tanh(x) ** 2),
    "linear": (tf.identity, tf.ones_like),
}


# The same as operations that TensorFlow knows to be parts of a product.
_OF_PRODUCTS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    **dict.fromkeys(("gelu", "gelu_new", "gelu_pytorch_tanh"), lambda x: tf.nn.gelu(x, approximate=True)),
    "gelu_erf": lambda x: tf.nn.gelu(x, approximate=False),
    "relu": tf.nn.relu,
    "linear": tf.identity,
}


def add_bias(x: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Returns x + bias in the type of x, as an operation that TensorFlow makes a part of the product x comes from.

    Args:
        x: [rows, width], a product of matrices.
        bias: float32 [width].
    """
    return tf.nn.bias_add(x, tf.cast(bias, x.dtype))


def bias_activation(x: tf.Tensor, bias: tf.Tensor, name: str, *, trains: bool) -> tf.Tensor:
    """Returns activation(x + bias) in the type of x, computed in float32.

    Args:
        x: [rows, width], a product of matrices.
        bias: float32 [width].
        name: A key of `ACTIVATIONS`.
        trains: Whether this is for training. If not, it is written so that TensorFlow makes it a part of the product,
            which then has its bias added before it is rounded to the type of x.
    """
    if not trains and name in _OF_PRODUCTS:
        return _OF_PRODUCTS[name](add_bias(x, bias))

    @tf.custom_gradient
    def apply(x: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        return _bias_activation(x, bias, name), lambda upstream: _bias_activation_gradient(x, bias, name, upstream)

    return apply(x, bias)


@part
def _bias_activation(x: tf.Tensor, bias: tf.Tensor, name: str) -> tf.Tensor:
    return tf.cast(ACTIVATIONS[name][0](tf.cast(x, tf.float32) + bias), x.dtype)


@part
def _bias_activation_gradient(
    x: tf.Tensor, bias: tf.Tensor, name: str, upstream: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    slope = ACTIVATIONS[name][1](tf.cast(x, tf.float32) + bias) * tf.cast(upstream, tf.float32)
    return tf.cast(slope, x.dtype), tf.reduce_sum(slope, axis=0)


# --- Bias, dropout, residual connection and layer normalisation ------------------------------------------------------


def residual_norm(
    x: tf.Tensor,
    bias: tf.Tensor,
    residual: tf.Tensor,
    gamma: tf.Tensor,
    beta: tf.Tensor,
    rate: float,
    key: tf.Tensor | None,
) -> tf.Tensor:
    """Returns layer_norm(dropout(x + bias) + residual) in the type of x, computed in float32.

    Args:
        x: [rows, D].
        bias: float32 [D].
        residual: [rows, D], of the type of x.
        gamma: float32 [D].
        beta: float32 [D].
        rate: Share of values that dropout sets to 0.
        key: uint32 [], or None for no dropout.
    """

    @tf.custom_gradient
    def apply(*inputs: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        return _residual_norm(*inputs, rate, key), lambda upstream: _residual_norm_gradient(
            *inputs, rate, key, upstream
        )

    return apply(x, bias, residual, gamma, beta)


@part
def _residual_norm(
    x: tf.Tensor,
    bias: tf.Tensor,
    residual: tf.Tensor,
    gamma: tf.Tensor,
    beta: tf.Tensor,
    rate: float,
    key: tf.Tensor | None,
) -> tf.Tensor:
    total = drop(tf.cast(x, tf.float32) + bias, rate, key) + tf.cast(residual, tf.float32)
    normal, _ = _normalize(total)
    return tf.cast(normal * gamma + beta, x.dtype)


@part
def _residual_norm_gradient(
    x: tf.Tensor,
    bias: tf.Tensor,
    residual: tf.Tensor,
    gamma: tf.Tensor,
    beta: tf.Tensor,
    rate: float,
    key: tf.Tensor | None,
    upstream: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    del beta
    upstream = tf.cast(upstream, tf.float32)
    normal, scale = _normalize(drop(tf.cast(x, tf.float32) + bias, rate, key) + tf.cast(residual, tf.float32))
    of_normal = upstream * gamma
    of_total = scale * (
        of_normal
        - tf.reduce_mean(of_normal, axis=-1, keepdims=True)
        - normal * tf.reduce_mean(of_normal * normal, axis=-1, keepdims=True)
    )
    of_x = drop(of_total, rate, key)
    return (
        tf.cast(of_x, x.dtype),
        tf.reduce_sum(of_x, axis=0),
        tf.cast(of_total, residual.dtype),
        tf.reduce_sum(upstream * normal, axis=0),
        tf.reduce_sum(upstream, axis=0),
    )


def _normalize(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Each row with mean 0 and variance 1, and the factor that this took, [rows, 1]."""
    centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    scale = tf.math.rsqrt(tf.reduce_mean(centred * centred, axis=-1, keepdims=True) + LAYER_NORM_EPSILON)
    return centred * scale, scale


# --- Rows ------------------------------------------------------------------------------------------------------------


def take_rows(x: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """Returns some rows of a matrix. Its gradient is dense, which the gradients of the other parts must be given.

    Args:
        x: [rows, D].
        positions: int32 [B].

    Returns:
        [B, D].
    """

    @tf.custom_gradient
    def apply(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        rows = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        return tf.gather(x, positions), lambda upstream: tf.math.unsorted_segment_sum(upstream, positions, rows)

    return apply(x)
