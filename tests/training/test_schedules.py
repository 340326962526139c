import json

import pytest
import tensorflow as tf

from bert_tf.training.schedules import WarmupLinearDecay


def test_every_rate_equals_the_original(golden):
    reference = json.loads((golden / "optimizer.json").read_text())
    numbers = reference["hyperparameters"]
    schedule = WarmupLinearDecay(numbers["init_learning_rate"], numbers["num_train_steps"], numbers["num_warmup_steps"])
    rates = [float(schedule(tf.constant(step, tf.int64))) for step in range(len(reference["schedule"]))]
    assert rates == pytest.approx(reference["schedule"], abs=1e-7)


def test_without_warm_up_it_starts_at_the_peak():
    assert float(WarmupLinearDecay(1.0, 10, 0)(tf.constant(0, tf.int64))) == 1.0
