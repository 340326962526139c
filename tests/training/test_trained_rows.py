"""Training the rows in use alone and all vectors as one, against training each weight of the model."""

import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.errors import InputError
from bert_tf.training.loop import Training, TrainingRun
from bert_tf.training.optimizer import Adam
from bert_tf.training.progress import Progress
from bert_tf.training.stored import Whole
from tests.training.runs import ENCODER, STEPS, make_job, weights_of

TABLE, DECAY = "bert/embeddings/word_embeddings", 0.1
OPTIONS = {"dropout": 0.1, "learning_rate": 1e-3, "weight_decay_rate": DECAY, "batching": "packed"}


def train_whole_table(job):
    """The same steps with an optimizer that has all rows, as a plain loop."""
    training = Training(job)
    step = training.train_step
    plain = Adam(job.model.trainable_variables, weight_decay=DECAY, correct_bias=True)
    step = dataclasses.replace(step, optimizer=plain, stand_ins=dict)
    job.model.encoder.embeddings.rows_in_use = None
    rates = []
    for number, batch in enumerate(distribute_batches(job.table, job.plan.batches(0, STEPS), job.strategy)):
        given = {name: value for name, value in batch.items() if name != features.READY_TIME}
        job.strategy.run(step, args=(given, tf.constant(number, tf.int64)))
        rates.append(float(step.schedule(tf.constant(number, tf.int64))))
    return rates


@pytest.mark.parametrize("accumulation_steps", [1, 2])
def test_weights_are_those_of_training_the_whole_table(tmp_path, accumulation_steps):
    whole, job = (make_job(gradient_accumulation_steps=accumulation_steps, **OPTIONS) for _ in range(2))
    start = weights_of(job)[TABLE]
    rates = train_whole_table(whole)
    run = TrainingRun(job, str(tmp_path))
    run.train(Progress(STEPS, 0, io.StringIO()))
    found = weights_of(job)
    for name, value in weights_of(whole).items():
        np.testing.assert_allclose(found[name], value, atol=1e-5 if name.endswith("key/bias") else 1e-6, err_msg=name)
    assert np.abs(found[TABLE][1:50] - start[1:50]).max() > 1e-3
    assert len(rates) == STEPS
    left = np.prod([1 - rate * DECAY for rate in rates])
    assert left < 0.9999
    np.testing.assert_allclose(found[TABLE][50:], left * start[50:], rtol=2e-7)


def test_moments_and_checkpoints_have_the_rows_in_use_alone(tmp_path):
    job = make_job(**OPTIONS)
    run = TrainingRun(job, str(tmp_path))
    run.train(Progress(STEPS, 0, io.StringIO()))
    state = run._state.checkpoints.restore(STEPS)
    used = len({0, *job.table.columns[features.INPUT_IDS].values.tolist()})
    assert used == 50 < ENCODER.vocab_size
    assert state[f"{TABLE}/adam_m"].shape == state[f"{TABLE}/adam_v"].shape == (used, 16)
    assert state[TABLE].shape == (ENCODER.vocab_size, 16)


def test_a_state_of_another_version_is_told(tmp_path):
    run = TrainingRun(make_job(**OPTIONS), str(tmp_path))
    run._trainer.train(3)
    state = dict(run._state._slots)
    state[f"{TABLE}/adam_m"] = Whole(tf.Variable(tf.zeros([ENCODER.vocab_size, 16])))
    run._state._slots = state
    run._save()
    run._state.wait()
    with pytest.raises(
        InputError, match=r"word_embeddings/adam_m of shape \[50, 16\]\. Received: .* of shape \[60, 16\]"
    ):
        TrainingRun(make_job(**OPTIONS), str(tmp_path))


def test_an_evaluation_sees_the_rows_of_its_step_and_a_resumed_run_begins_with_them(tmp_path):
    seen = []

    def evaluate():
        seen.append(weights_of(job)[TABLE])
        return {"accuracy": 0.5}

    job = make_job(evaluate=evaluate, eval_every=5, keep_checkpoints=9, **OPTIONS)
    run = TrainingRun(job, str(tmp_path))
    run.train(Progress(STEPS, 0, io.StringIO()))
    assert len(seen) == 4
    for step, table in zip(range(5, STEPS + 1, 5), seen, strict=True):
        np.testing.assert_array_equal(table, run._state.checkpoints.restore(step)[TABLE], err_msg=step)
    assert np.abs(seen[1] - seen[0]).max() > 1e-4
    empty = make_job(**OPTIONS)  # As in a process that continues a run, and draws no weights.
    empty.model.encoder.embeddings.word_embeddings.assign(np.zeros([ENCODER.vocab_size, 16]))
    again = TrainingRun(empty, str(tmp_path))
    np.testing.assert_array_equal(again._trained.weights[0].value.numpy(), seen[-1][:50])
    again.write_back()
    np.testing.assert_array_equal(weights_of(empty)[TABLE], seen[-1])
