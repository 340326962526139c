import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from bert_tf.models import fused

RNG = np.random.default_rng(7)
X = np.linspace(-4, 4, 81).astype(np.float32)
KEY = fused.stream_keys(tf.constant([5, 6], tf.int64), 4)[3]


def normal(*shape):
    return tf.constant(RNG.normal(size=shape).astype(np.float32))


def mask(shape, rate):
    """What dropout leaves of ones: 0 or the factor."""
    return fused.dropout(tf.ones(shape), rate, KEY)


# The same formulas, from the operations of TensorFlow and Keras and their gradients.


def plain_norm(x, bias, residual, gamma, beta, rate, key):
    total = (x + bias) * (mask(x.shape, rate) if key is not None else 1.0) + residual
    return keras.ops.layer_normalization(total, gamma=gamma, beta=beta, epsilon=fused.LAYER_NORM_EPSILON)


def plain_activation(x, bias, name):
    return tf.nn.gelu(x + bias, approximate=True) if name == "gelu" else tf.nn.gelu(x + bias, approximate=False)


CASES = {
    "norm": (fused.residual_norm, plain_norm, [(7, 6), (6,), (7, 6), (6,), (6,)], (0.3, KEY)),
    "norm without dropout": (fused.residual_norm, plain_norm, [(7, 6), (6,), (7, 6), (6,), (6,)], (0.3, None)),
    "gelu": (functools.partial(fused.bias_activation, trains=True), plain_activation, [(7, 6), (6,)], ("gelu",)),
    "gelu_erf": (
        functools.partial(fused.bias_activation, trains=True),
        plain_activation,
        [(7, 6), (6,)],
        ("gelu_erf",),
    ),
}


def value_and_gradients(function, inputs, rest, weights):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = function(*inputs, *rest)
        total = tf.reduce_sum(output * weights)
    return [output, *tape.gradient(total, inputs)]


@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_part_and_its_gradient_equal_the_plain_operations(case, compiles):
    part, plain, shapes, rest = CASES[case]
    inputs = [normal(*shape) for shape in shapes]
    weights = normal(*shapes[0])
    with fused.compiling(compiles):
        found = value_and_gradients(part, inputs, rest, weights)
    for ours, theirs in zip(found, value_and_gradients(plain, inputs, rest, weights), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=3e-6, rtol=1e-5)


@pytest.mark.parametrize("name", fused.ACTIVATIONS)
def test_prediction_activates_as_training_does(name):
    x, kernel, bias = normal(7, 6), normal(6, 8), normal(8)

    @tf.function  # Where TensorFlow makes bias and activation a part of the product.
    def activate(trains):
        return fused.bias_activation(tf.matmul(x, kernel), bias, name, trains=trains)

    np.testing.assert_allclose(activate(trains=False), activate(trains=True), atol=3e-6, rtol=1e-5)


@pytest.mark.parametrize("name", fused.ACTIVATIONS)
def test_slopes_are_the_derivatives(name):
    function, slope = fused.ACTIVATIONS[name]
    x = tf.constant(X + 0.01)  # The kink of relu is at 0.
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    np.testing.assert_allclose(slope(x), tape.gradient(y, x), atol=1e-5)


def test_gelu_is_the_tanh_form_and_gelu_erf_the_exact_one():
    inner = np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)
    np.testing.assert_allclose(fused.gelu(tf.constant(X)), 0.5 * X * (1 + np.tanh(inner)), atol=1e-6)
    exact = X * 0.5 * (1 + tf.math.erf(X / np.sqrt(2)).numpy())
    np.testing.assert_allclose(fused.gelu_erf(tf.constant(X)), exact, atol=1e-6)


def test_narrow_numbers_are_computed_with_in_float32():
    x = tf.cast(normal(13, 64) * 0.5 + 100, tf.bfloat16)
    y = fused.residual_norm(x, tf.zeros(64), tf.zeros_like(x), tf.ones(64), tf.zeros(64), 0.0, None)
    wide = tf.cast(x, tf.float32).numpy()
    expected = (wide - wide.mean(-1, keepdims=True)) / wide.std(-1, keepdims=True)
    assert y.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(y, tf.float32), expected, atol=0.02)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_meets_its_rate_and_keeps_the_mean(rate):
    y = fused.dropout(tf.ones([400, 501]), rate, KEY).numpy()
    deviation = 4 * np.sqrt(rate * (1 - rate) / y.size)
    assert abs((y == 0).mean() - rate) < deviation
    assert abs(y.mean() - 1) < deviation / (1 - rate)
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / (1 - rate)], rtol=1e-6)


def key(*numbers, site=0):
    return fused.stream_keys(tf.constant(numbers, tf.int64), site + 1)[site]


@pytest.mark.parametrize("other", [key(2, 2), key(1, 3), key(1, 2, site=1), key(1 + 2**32, 2), key(1, 2 + 2**40)])
def test_masks_of_other_seeds_steps_and_places_are_independent(other):
    first, second = (fused.dropout(tf.ones([100000]), 0.5, k).numpy() > 0 for k in (key(1, 2), other))
    np.testing.assert_array_equal(first, fused.dropout(tf.ones([100000]), 0.5, key(1, 2)).numpy() > 0)
    assert abs((first == second).mean() - 0.5) < 4 * 0.5 / np.sqrt(first.size)


@pytest.mark.parametrize("distance", [1, 2, 3, 64, 384, 1024])
def test_values_of_one_mask_are_independent(distance):
    kept = fused.dropout(tf.ones([200000]), 0.5, key(9, 9)).numpy() > 0
    agreeing = (kept[:-distance] == kept[distance:]).mean()
    assert abs(agreeing - 0.5) < 4 * 0.5 / np.sqrt(kept.size)


@pytest.mark.parametrize(("rate", "with_key"), [(0.0, True), (0.5, False)])
def test_without_rate_or_key_nothing_is_dropped(rate, with_key):
    x = tf.constant(X)
    assert fused.dropout(x, rate, KEY if with_key else None) is x
