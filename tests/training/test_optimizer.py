import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training.optimizer import Adam, clip_by_global_norm, is_decayed
from bert_tf.training.schedules import WarmupLinearDecay

ONE_PART_IN_A_MILLION = 1e-6


@pytest.fixture(scope="module")
def reference(golden):
    return json.loads((golden / "optimizer.json").read_text())


def make_variables(values):
    variables = []
    for path, value in values.items():
        scope, name = path.split("/")
        with keras.name_scope(scope):
            variables.append(keras.Variable(np.array(value, np.float32), name=name))
    assert [variable.path for variable in variables] == list(values)
    return variables


@pytest.mark.parametrize(("key", "correct_bias"), [("google_adam_weight_decay", False), ("adamw_bias_corrected", True)])
def test_twenty_steps_equal_the_reference(reference, key, correct_bias):
    problem, numbers = reference["problem"], reference["hyperparameters"]
    names = problem["variable_order"]
    variables = make_variables({name: problem["initial_values"][name] for name in names})
    optimizer = Adam(variables, weight_decay=numbers["weight_decay_rate"], correct_bias=correct_bias)
    schedule = WarmupLinearDecay(numbers["init_learning_rate"], numbers["num_train_steps"], numbers["num_warmup_steps"])

    @tf.function
    def update(step):
        gradients = [
            np.array(problem["curvature"][name], np.float32)
            * (variable.value - np.array(problem["targets"][name], np.float32))
            for name, variable in zip(names, variables, strict=True)
        ]
        clipped, norm = clip_by_global_norm(gradients, numbers["clip_norm"])
        optimizer.apply(clipped, schedule(step), step)
        return norm

    for expected in reference[key]["steps"]:
        norm = update(tf.constant(expected["step"], tf.int64))
        np.testing.assert_allclose(norm, expected["global_norm"], atol=ONE_PART_IN_A_MILLION)
        for name, variable in zip(names, variables, strict=True):
            np.testing.assert_allclose(variable, expected["values_after"][name], atol=ONE_PART_IN_A_MILLION)
            for slot in ("m", "v"):
                moment = optimizer.state[f"{name}/adam_{slot}"].read()
                np.testing.assert_allclose(moment, expected[f"{slot}_after"][name], atol=ONE_PART_IN_A_MILLION)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bert/encoder/layer_0/output/dense/kernel", True),
        ("bert/encoder/layer_0/output/dense/bias", False),
        ("bert/embeddings/LayerNorm/gamma", False),
        ("bert/embeddings/word_embeddings", True),
        ("output_weights", True),
        ("output_bias", False),
    ],
)
def test_layer_norm_and_biases_are_not_decayed(name, expected):
    assert is_decayed(name) is expected


@pytest.mark.parametrize(("limit", "scale"), [(1.0, 0.2), (10.0, 1.0), (0.0, 1.0)])
def test_gradients_are_scaled_down_together(limit, scale):
    clipped, norm = clip_by_global_norm([tf.constant([3.0, 0.0]), tf.constant([[4.0]])], limit)
    assert float(norm) == 5.0
    np.testing.assert_allclose(clipped[0], [3 * scale, 0], rtol=1e-6)
    np.testing.assert_allclose(clipped[1], [[4 * scale]], rtol=1e-6)


@pytest.mark.parametrize("limit", [1.0, 0.0])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_gradients_without_a_finite_norm_become_zero(limit, bad):
    clipped, norm = clip_by_global_norm([tf.constant([3.0, bad]), tf.constant([[4.0]])], limit)
    assert not np.isfinite(norm)
    for gradient in clipped:
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


def test_an_update_that_is_left_out_changes_nothing():
    (variable,) = make_variables({"a/kernel": [1.0, 2.0]})
    optimizer = Adam([variable], weight_decay=0.01, correct_bias=True)
    zero = tf.constant(0, tf.int64)
    tf.function(optimizer.apply)([tf.constant([1.0, -1.0])], tf.constant(0.1), zero)
    before = [variable.numpy(), *(part.read() for part in optimizer.state.values())]
    tf.function(optimizer.apply)([tf.constant([5.0, 5.0])], tf.constant(0.1), zero, is_active=tf.constant(False))
    for old, new in zip(before, [variable.numpy(), *(part.read() for part in optimizer.state.values())], strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_weight_may_have_a_rate_of_its_own_and_the_scores_of_a_chain_do_not_decay():
    values = {"crf/transitions": [1.0, -2.0], "a/kernel": [1.0, -2.0]}
    gradients, factor, rate = [tf.constant([0.5, -3.0])] * 2, 20.0, 1e-3
    variables = make_variables(values)
    optimizer = Adam(
        variables,
        weight_decay=0.5,
        correct_bias=True,
        rate_factor=lambda name: factor if name.startswith("crf/") else 1.0,
    )
    tf.function(optimizer.apply)(gradients, tf.constant(rate), tf.constant(0, tf.int64))
    step = np.sign([0.5, -3.0])  # Of the first update with corrected bias, but for epsilon.
    np.testing.assert_allclose(variables[0].numpy(), np.array([1.0, -2.0]) - factor * rate * step, atol=1e-6)
    np.testing.assert_allclose(variables[1].numpy(), np.array([1.0, -2.0]) * (1 - 0.5 * rate) - rate * step, atol=1e-6)
