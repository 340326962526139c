"""KerasHub's BertBackbone with a classification head and Keras's own AdamW, in a step of one traced function.

Variant `xla` compiles the whole step, as Keras's `fit` does by default.

python -m tests.peers.kerashub step-16x128 --precision=bfloat16
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from tests.peers import contestant
from tests.peers.contestant import Figures, Settings
from tests.peers.works import BFLOAT16, STEP_SHAPES, StepShape


def train_step(work: str, settings: Settings) -> Figures:
    """Forward pass, backward pass, clipping and update."""
    shape = STEP_SHAPES[work]
    keras.utils.set_random_seed(settings.seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if settings.precision == BFLOAT16 else "float32")
    model = _model(settings, shape)
    optimizer = keras.optimizers.AdamW(
        contestant.LEARNING_RATE, weight_decay=contestant.WEIGHT_DECAY, global_clipnorm=contestant.CLIP_NORM
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "layer_norm", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    inputs, labels = _batch(shape, settings.seed)

    @tf.function(jit_compile=settings.variant == "xla")
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = losses(labels, model(inputs, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    versions = contestant.versions(("keras-hub", "keras", "tensorflow"))
    return contestant.time_steps(lambda: float(step()), settings, shape.tokens) | {"versions": versions}


def _model(settings: Settings, shape: StepShape) -> keras.Model:
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=shape.vocabulary,
        num_layers=settings.layers,
        num_heads=12,
        hidden_dim=768,
        intermediate_dim=3072,
        dropout=contestant.DROPOUT,
    )
    pooled = keras.layers.Dropout(contestant.DROPOUT)(backbone.output["pooled_output"])
    return keras.Model(backbone.input, keras.layers.Dense(2, dtype="float32")(pooled))


def _batch(shape: StepShape, seed: int) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    generator = np.random.default_rng(seed)
    ids = generator.integers(1, shape.pieces, (shape.rows, shape.length))
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    tensors = {name: tf.constant(value, tf.int32) for name, value in inputs.items()}
    return tensors, tf.constant(generator.integers(0, 2, shape.rows), tf.int32)


if __name__ == "__main__":
    contestant.main(dict.fromkeys(STEP_SHAPES, train_step))
