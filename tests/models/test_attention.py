import numpy as np
import pytest
import tensorflow as tf

from bert_tf.models import attention, fused

RNG = np.random.default_rng(11)
KEY = fused.stream_keys(tf.constant([5, 6], tf.int64), 1)[0]
SCALE, RATE = 0.4, 0.3


def normal(*shape):
    return tf.constant(RNG.normal(size=shape).astype(np.float32))


def plain(query, key, value, bias, dropout_key):
    """The same formula, from the operations of TensorFlow, whose gradients it has too."""
    probabilities = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * SCALE + bias)
    dropped = fused.dropout(tf.ones(probabilities.shape), RATE, dropout_key)  # 0 or the factor.
    return tf.matmul(probabilities * dropped, value)


@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("dropout_key", [KEY, None], ids=["dropout", "no dropout"])
@pytest.mark.parametrize("places", [1, 5], ids=["padding", "packed rows"])
def test_attention_and_its_gradient_equal_the_plain_operations(places, dropout_key, compiles):
    inputs, upstream = [normal(3, 2, 5, 4) for _ in range(3)], normal(3, 2, 5, 4)
    bias = tf.constant(RNG.choice([0.0, -10000.0], (3, 1, places, 5)).astype(np.float32))

    def value_and_gradients(function):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = function()
        return [output, *tape.gradient(output, inputs, upstream)]

    with fused.compiling(compiles):
        found = value_and_gradients(lambda: attention.attend(*inputs, bias, SCALE, RATE, dropout_key))
    for ours, theirs in zip(found, value_and_gradients(lambda: plain(*inputs, bias, dropout_key)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=3e-6, rtol=1e-5)


@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("dropout_key", [KEY, None], ids=["dropout", "no dropout"])
def test_narrow_numbers_lose_no_more_than_their_own_digits(dropout_key, compiles):
    narrow, bias = [tf.cast(normal(2, 3, 50, 8), tf.bfloat16) for _ in range(3)], tf.zeros([2, 1, 1, 50])
    wide, upstream = [tf.cast(x, tf.float32) for x in narrow], tf.cast(normal(2, 3, 50, 8), tf.bfloat16)
    with fused.compiling(compiles), tf.GradientTape() as tape:
        tape.watch(narrow)
        output = attention.attend(*narrow, bias, SCALE, RATE, dropout_key)
        found = [output, *tape.gradient(output, narrow, upstream)]
    with tf.GradientTape() as tape:
        tape.watch(wide)
        output = plain(*wide, bias, dropout_key)
    expected = [output, *tape.gradient(output, wide, tf.cast(upstream, tf.float32))]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == tf.bfloat16
        error = np.abs(tf.cast(ours, tf.float32).numpy() - theirs.numpy()).max()
        assert error < 0.015 * np.abs(theirs).max()  # Some roundings of 2^-9, of the largest numbers.
