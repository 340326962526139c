import keras
import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.models import layers

X = np.linspace(-4, 4, 81).astype(np.float32)


def test_gelu_is_the_tanh_form_and_gelu_erf_the_exact_one():
    inner = np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)
    np.testing.assert_allclose(layers.gelu(X), 0.5 * X * (1 + np.tanh(inner)), atol=1e-6)
    np.testing.assert_allclose(layers.gelu_erf(X), X * 0.5 * (1 + tf.math.erf(X / np.sqrt(2)).numpy()), atol=1e-6)
    assert np.abs(layers.gelu(X) - layers.gelu_erf(X)).max() > 1e-4


def test_an_unknown_activation_is_refused():
    with pytest.raises(InputError, match=r"hidden_act must be one of .*gelu.* Received: 'swish'"):
        layers.activation("swish")


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_meets_its_rate_and_keeps_the_mean(rate):
    x = tf.ones([400, 501])
    y = layers.dropout(x, rate, tf.constant([1, 2], tf.int64), site=3).numpy()
    deviation = 4 * np.sqrt(rate * (1 - rate) / y.size)
    assert abs((y == 0).mean() - rate) < deviation
    assert abs(y.mean() - 1) < deviation / (1 - rate)
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / (1 - rate)], rtol=2e-5)


def test_the_mask_is_decided_by_seed_and_place():
    x = tf.ones([7, 13])
    seed, other = tf.constant([1, 2], tf.int64), tf.constant([1, 3 + 4096], tf.int64)
    first = layers.dropout(x, 0.5, seed, site=0).numpy()
    np.testing.assert_array_equal(first, layers.dropout(x, 0.5, seed, site=0).numpy())
    assert (first != layers.dropout(x, 0.5, seed, site=1).numpy()).any()
    assert (first != layers.dropout(x, 0.5, other, site=0).numpy()).any()


@pytest.mark.parametrize(("rate", "seed"), [(0.0, [1, 2]), (0.5, None)])
def test_without_rate_or_seed_nothing_is_dropped(rate, seed):
    x = tf.constant(X)
    seed = None if seed is None else tf.constant(seed, tf.int64)
    assert layers.dropout(x, rate, seed, site=0) is x


def test_layer_norm_equals_keras():
    x = np.random.default_rng(0).normal(3, 2, (13, 7)).astype(np.float32)
    ours, theirs = layers.LayerNorm(), keras.layers.LayerNormalization(epsilon=1e-12)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_layer_norm_computes_in_float32(policy):
    x = np.random.default_rng(0).normal(100, 0.5, (13, 64)).astype(np.float32)
    narrow = tf.cast(x, keras.DTypePolicy(policy).compute_dtype)
    y = layers.LayerNorm(dtype=policy)(narrow)
    wide = tf.cast(narrow, tf.float32).numpy()
    expected = (wide - wide.mean(-1, keepdims=True)) / wide.std(-1, keepdims=True)
    assert y.dtype == narrow.dtype
    np.testing.assert_allclose(tf.cast(y, tf.float32), expected, atol=0.02)


def test_padding_gets_the_bias_of_the_original():
    bias = layers.attention_bias(tf.constant([[1, 1, 0]]))
    assert bias.shape == (1, 1, 1, 3)
    assert bias.numpy().ravel().tolist() == [0.0, 0.0, -10000.0]
