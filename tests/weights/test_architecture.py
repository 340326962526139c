"""Sizes of a config against the shapes of a checkpoint and against memory, before anything is built."""

import dataclasses
import time

import keras
import pytest

from bert_tf.config.encoder import EncoderConfig, parse_encoder_config
from bert_tf.errors import InputError
from bert_tf.models.encoder import Encoder
from bert_tf.weights.architecture import check_architecture, check_buildable, encoder_shapes
from bert_tf.weights.google import list_tensors
from tests.conftest import DEMO_CHECKPOINT

DEMO = parse_encoder_config((DEMO_CHECKPOINT / "bert_config.json").read_text(), "demo")
SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)


@pytest.fixture(scope="module")
def checkpoint():
    return list_tensors(str(DEMO_CHECKPOINT / "bert_model.ckpt"))


@pytest.mark.parametrize("change", [-1, 1, 10**9, 10**30], ids=str)
@pytest.mark.parametrize("name", SIZES)
def test_a_size_that_the_checkpoint_contradicts_is_named_at_once(checkpoint, name, change):
    right = getattr(DEMO, name)
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        check_architecture(dataclasses.replace(DEMO, **{name: right + change}, num_attention_heads=1), checkpoint)
    assert time.monotonic() - started < 1
    assert name in str(caught.value)
    if change < 2 or (name != "num_hidden_layers" and change < 10**30):  # Others are too many for any model.
        assert f"by the config, {right:,} in {checkpoint.prefix}" in str(caught.value)


def test_the_right_sizes_are_good(checkpoint):
    check_architecture(DEMO, checkpoint)
    check_architecture(DEMO, None)


@pytest.mark.parametrize("size", [10**9, 10**12, 10**30], ids=str)
@pytest.mark.parametrize("name", SIZES)
def test_without_a_checkpoint_memory_decides(name, size):
    started = time.monotonic()
    with pytest.raises(
        InputError, match=r"The weights of the model must fit in memory|must be at most 1,000|must be at most 2,147"
    ):
        check_buildable(dataclasses.replace(DEMO, **{name: size, "num_attention_heads": 1}))
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("inner", [12, 40])
def test_the_number_of_weights_is_that_of_the_encoder(layers, inner):
    config = EncoderConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=inner
    )
    assert config.weights == Encoder(config, dtype=keras.DTypePolicy("float32")).count_params()


@pytest.mark.parametrize("layers", [1, 3])
def test_the_shapes_of_an_encoder_are_those_of_one_that_was_built(layers):
    config = EncoderConfig(
        vocab_size=7,
        hidden_size=6,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=10,
        max_position_embeddings=5,
        type_vocab_size=3,
    )
    built = {variable.path: tuple(variable.shape) for variable in Encoder(config).variables}
    assert encoder_shapes(config) == built
