import json

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig, parse_encoder_config
from bert_tf.models.encoder import Encoder
from bert_tf.models.heads import ClassificationHead
from bert_tf.models.model import BertModel, initial_value

ONE_PART_IN_100000 = 1e-5
TINY = EncoderConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)


class Golden:
    """The reference numbers, with a model that has the weights they were computed from."""

    def __init__(self, folder, name, checkpoint):
        config_path = folder / name / "bert_config.json"
        self.config = parse_encoder_config(config_path.read_text(), str(config_path))
        self.model = BertModel(Encoder(self.config), ClassificationHead(self.config, 3))
        self.values = np.load(folder / "numerics.npz")
        reader = tf.train.load_checkpoint(str(folder / name / checkpoint))
        for variable in self.model.variables:
            if reader.has_tensor(variable.path):
                variable.assign(reader.get_tensor(variable.path))
        self.inputs = {key: tf.constant(self.values[key]) for key in ("input_ids", "input_mask", "segment_ids")}


@pytest.fixture(scope="module")
def pretrained(golden):
    return Golden(golden, "tiny_google_ckpt", "bert_model.ckpt")


@pytest.fixture(scope="module")
def finetuned(golden):
    return Golden(golden, "tiny_google_ckpt_finetuned", "model.ckpt-123")


def test_hidden_states_and_pooled_output_equal_the_reference(pretrained):
    encoded = pretrained.model.encoder(pretrained.inputs)
    np.testing.assert_allclose(encoded["hidden_states"], pretrained.values["hidden_states"], atol=ONE_PART_IN_100000)
    np.testing.assert_allclose(
        encoded["sequence_output"], pretrained.values["sequence_output"], atol=ONE_PART_IN_100000
    )
    np.testing.assert_allclose(encoded["pooled_output"], pretrained.values["pooled_output"], atol=ONE_PART_IN_100000)


def test_attention_equals_the_reference(pretrained):
    encoder = pretrained.model.encoder
    hidden = [tf.reshape(x, [-1, 48]) for x in encoder(pretrained.inputs)["hidden_states"]]
    bias = -10000.0 * (1.0 - tf.cast(pretrained.inputs["input_mask"], tf.float32))[:, None, None, :]
    for layer, x, expected in zip(encoder.stack.layers, hidden, pretrained.values["attention_probs"], strict=False):
        probabilities = layer.attention.self_attention.probabilities(x, bias)
        np.testing.assert_allclose(probabilities, expected, atol=ONE_PART_IN_100000)


def test_a_row_of_padding_gives_finite_numbers(pretrained):
    inputs = {key: value[:1] for key, value in pretrained.inputs.items()}
    inputs["input_mask"] = tf.zeros_like(inputs["input_mask"])
    assert np.isfinite(pretrained.model.encoder(inputs)["sequence_output"]).all()


def test_logits_loss_and_gradients_equal_the_reference(finetuned):
    values, model = finetuned.values, finetuned.model
    with tf.GradientTape() as tape:
        logits = model(finetuned.inputs)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(values["labels"], logits)
        loss = tf.reduce_mean(losses)
    np.testing.assert_allclose(logits, values["ft_logits"], atol=ONE_PART_IN_100000)
    np.testing.assert_allclose(losses, values["ft_per_example_loss"], atol=ONE_PART_IN_100000)
    np.testing.assert_allclose(loss, values["ft_loss"], atol=ONE_PART_IN_100000)
    variables = model.trainable_variables
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in variables])]
    checked = 0
    for variable, gradient in zip(variables, gradients, strict=True):
        if f"ft_grad/{variable.path}" in values:
            np.testing.assert_allclose(gradient, values[f"ft_grad/{variable.path}"], atol=ONE_PART_IN_100000)
            checked += 1
    assert checked == 10
    np.testing.assert_allclose(tf.linalg.global_norm(gradients), values["ft_grad_global_norm"], rtol=1e-5)


def test_variable_paths_are_googles_names(golden, finetuned):
    reader = tf.train.load_checkpoint(str(golden / "tiny_google_ckpt_finetuned" / "model.ckpt-123"))
    shapes = {
        name: shape
        for name, shape in reader.get_variable_to_shape_map().items()
        if name != "global_step" and "/adam_" not in name
    }
    assert {variable.path: list(variable.shape) for variable in finetuned.model.variables} == shapes


@pytest.mark.parametrize(("policy", "tolerance"), [("mixed_bfloat16", 0.15), ("mixed_float16", 0.03)])
def test_narrow_numbers_stay_close_and_logits_are_float32(finetuned, policy, tolerance):
    model = BertModel(Encoder(finetuned.config, dtype=policy), ClassificationHead(finetuned.config, 3))
    for variable, value in zip(model.variables, finetuned.model.variables, strict=True):
        assert variable.dtype == "float32"
        variable.assign(value)
    logits = model(finetuned.inputs)
    assert logits.dtype == tf.float32
    assert model.encoder(finetuned.inputs)["pooled_output"].dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(logits, finetuned.values["ft_logits"], atol=tolerance)


def test_the_activation_of_the_config_is_used(finetuned):
    logits = {}
    for name in ("gelu", "gelu_erf", "relu"):
        config = parse_encoder_config(json.dumps({**vars(finetuned.config), "hidden_act": name}), "x")
        model = BertModel(Encoder(config), ClassificationHead(config, 3))
        for variable, value in zip(model.variables, finetuned.model.variables, strict=True):
            variable.assign(value)
        logits[name] = model(finetuned.inputs).numpy()
    assert 1e-5 < np.abs(logits["gelu"] - logits["gelu_erf"]).max() < 1e-2
    assert np.abs(logits["gelu"] - logits["relu"]).max() > 1e-2


def test_a_seed_turns_dropout_on_and_repeats_it():
    model = BertModel(Encoder(TINY), ClassificationHead(TINY, 3))
    for variable in model.variables:
        variable.assign(initial_value(variable.path, tuple(variable.shape), TINY, seed=1))
    ids = tf.constant(np.random.default_rng(0).integers(0, 50, (13, 7)), tf.int32)
    inputs = {"input_ids": ids, "input_mask": tf.ones_like(ids), "segment_ids": tf.zeros_like(ids)}
    plain, seeds = model(inputs).numpy(), [tf.constant([5, n], tf.int64) for n in (1, 1, 2 + 4096)]
    first, again, other = (model(inputs, seed=seed).numpy() for seed in seeds)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(plain, model(inputs).numpy())
    assert (first != other).any()
    assert (first != plain).any()


def test_new_weights_have_the_spread_of_the_config_and_depend_on_seed_and_name():
    wide = initial_value("bert/pooler/dense/kernel", (200, 200), TINY, seed=1)
    assert abs(wide.std() - 0.02 * 0.8796) < 2e-4  # A normal distribution cut off at two deviations.
    assert np.abs(wide).max() <= 0.04 + 1e-6
    np.testing.assert_array_equal(wide, initial_value("bert/pooler/dense/kernel", (200, 200), TINY, seed=1))
    assert (wide != initial_value("bert/pooler/dense/kernel", (200, 200), TINY, seed=2)).any()
    assert (wide != initial_value("bert/other/kernel", (200, 200), TINY, seed=1)).any()
    for name, value in {"x/bias": 0, "x/beta": 0, "output_bias": 0, "x/gamma": 1}.items():
        assert (initial_value(name, (3,), TINY, seed=1) == value).all()


def test_projections_can_be_quantised_and_adapted_by_keras():
    model = BertModel(Encoder(TINY), ClassificationHead(TINY, 3))
    dense = model.encoder.stack.layers[0].intermediate.dense
    dense.enable_lora(2)
    assert {variable.name for variable in dense.trainable_variables} >= {"lora_kernel_a", "lora_kernel_b"}
