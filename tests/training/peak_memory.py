"""Prints the peak of the resident memory in MiB after each of some training steps, which must grow in size.

python -m tests.training.peak_memory ROWS:ACCUMULATION_STEPS...
"""

import sys

import numpy as np
import tensorflow as tf

from bert_tf.benchmark.machine import peak_host_bytes
from bert_tf.config.encoder import EncoderConfig
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.training.optimizer import Adam
from bert_tf.training.precision import LossScale
from bert_tf.training.step import TrainStep

ENCODER = EncoderConfig(
    vocab_size=500, hidden_size=192, num_hidden_layers=5, num_attention_heads=3, intermediate_size=768
)
LENGTH = 128


def _batch(rows: int) -> dict[str, tf.Tensor]:
    ids = np.random.default_rng(1).integers(1, 500, (rows, LENGTH)).astype(np.int32)
    return {
        "input_ids": tf.constant(ids),
        "input_mask": tf.ones_like(ids),
        "segment_ids": tf.zeros_like(ids),
        "label_ids": tf.zeros([rows], tf.int32),
        "is_real_example": tf.ones([rows]),
    }


def _main(*cases: str) -> None:
    strategy = tf.distribute.OneDeviceStrategy("cpu:0")
    with strategy.scope():
        model = build_model(DEMO, ENCODER, "float32")
        optimizer = Adam(model.trainable_variables, weight_decay=0.01, correct_bias=True)
        loss_scale = LossScale(dynamic=False)
    start_weights(model, None, seed=1, new_head=False)
    for rows, parts in (map(int, case.split(":")) for case in cases):
        step = TrainStep(
            model=model,
            objective=objective_for(DEMO.answers),
            optimizer=optimizer,
            schedule=lambda _: tf.constant(1e-5),
            loss_scale=loss_scale,
            clip_norm=1.0,
            accumulation_steps=parts,
            seed=1,
            compiles_parts=True,
        )
        run = tf.function(lambda batch, step=step: strategy.run(step, args=(batch, tf.constant(0, tf.int64)))["loss"])
        for _ in range(2):
            run(_batch(rows * parts))
        print(peak_host_bytes() // 2**20)


if __name__ == "__main__":
    _main(*sys.argv[1:])
