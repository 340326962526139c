"""TF Models: BertEncoderV2, BertClassifier and AdamWeightDecay of tf-models-official, which are made of tf_keras.

python -m tests.peers.tf_models step-16x128 --precision=bfloat16
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import tf_keras
from official.nlp.modeling.models import BertClassifier
from official.nlp.modeling.networks import BertEncoderV2
from official.nlp.optimization import AdamWeightDecay

from tests.peers import contestant
from tests.peers.contestant import Figures, Settings
from tests.peers.works import BFLOAT16, STEP_SHAPES, StepShape


def train_step(work: str, settings: Settings) -> Figures:
    """Forward pass, backward pass, clipping and update."""
    shape = STEP_SHAPES[work]
    tf_keras.utils.set_random_seed(settings.seed)
    tf_keras.mixed_precision.set_global_policy("mixed_bfloat16" if settings.precision == BFLOAT16 else "float32")
    model = _model(settings, shape)
    optimizer = AdamWeightDecay(
        contestant.LEARNING_RATE,
        weight_decay_rate=contestant.WEIGHT_DECAY,
        exclude_from_weight_decay=["LayerNorm", "layer_norm", "bias"],
        gradient_clip_norm=contestant.CLIP_NORM,
    )
    losses = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    inputs, labels = _batch(shape, settings.seed)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = losses(labels, tf.cast(model(inputs, training=True), tf.float32))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    versions = contestant.versions(("tf-models-official", "tf_keras", "tensorflow"))
    return contestant.time_steps(lambda: float(step()), settings, shape.tokens) | {"versions": versions}


def _model(settings: Settings, shape: StepShape) -> tf_keras.Model:
    encoder = BertEncoderV2(
        vocab_size=shape.vocabulary,
        num_layers=settings.layers,
        output_dropout=contestant.DROPOUT,
        attention_dropout=contestant.DROPOUT,
        type_vocab_size=2,
    )
    return BertClassifier(encoder, num_classes=2, dropout_rate=contestant.DROPOUT)


def _batch(shape: StepShape, seed: int) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    generator = np.random.default_rng(seed)
    ids = generator.integers(1, shape.pieces, (shape.rows, shape.length))
    inputs = {"input_word_ids": ids, "input_mask": np.ones_like(ids), "input_type_ids": np.zeros_like(ids)}
    tensors = {name: tf.constant(value, tf.int32) for name, value in inputs.items()}
    return tensors, tf.constant(generator.integers(0, 2, shape.rows), tf.int32)


if __name__ == "__main__":
    contestant.main(dict.fromkeys(STEP_SHAPES, train_step))
