"""Training all vectors of an encoder as one variable, against training each in its own."""

import io

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.models import reading
from bert_tf.training.loop import Training, TrainingRun
from bert_tf.training.progress import Progress
from tests.training.runs import ENCODER, STEPS, make_job, weights_of

WIDTH, WIDER = ENCODER.hidden_size, ENCODER.intermediate_size
# Of the embeddings a normalisation; of a layer five biases of the width and one of the wider one, two normalisations;
# of the pooler a bias.
NUMBERS = 2 * WIDTH + ENCODER.num_hidden_layers * (5 * WIDTH + WIDER + 4 * WIDTH) + WIDTH


def test_the_optimizer_has_one_tensor_for_all_of_them_and_no_weight_twice():
    job = make_job()
    training = Training(job)
    shapes = [tuple(weight.value.shape) for weight in training._optimizer.weights]
    assert (NUMBERS,) in shapes
    values = [weight.value for weight in training._optimizer.weights]
    names = [variable.path for variable in job.model.trainable_variables]
    assert sorted(training._optimizer.by_name(values)) == sorted(names)


def test_layers_read_what_stands_for_each_of_their_vectors():
    job = make_job()
    ids = tf.constant(job.table.columns["input_ids"].values[:6])[tf.newaxis]
    inputs = {"input_ids": ids, "input_mask": tf.ones_like(ids), "segment_ids": tf.zeros_like(ids)}
    plain = job.model(inputs).numpy()
    vectors = job.model.encoder.vectors
    assert sum(int(vector.shape[0]) for vector in vectors) == NUMBERS
    for vector in vectors:
        drawn = tf.random.stateless_normal(vector.shape, [3, 4])
        with reading.using({vector.path: drawn}):
            read = job.model(inputs).numpy()
        before = vector.numpy()
        vector.assign(drawn)
        np.testing.assert_allclose(read, job.model(inputs).numpy(), atol=1e-6, err_msg=vector.path)
        if not vector.path.endswith("key/bias"):  # The same for all scores of a row, which softmax undoes.
            assert np.abs(read - plain).max() > 1e-4, vector.path
        vector.assign(before)


@pytest.mark.parametrize("options", [{}, {"remat": True}, {"gradient_accumulation_steps": 2, "remat": True}])
def test_gradients_are_those_of_the_variables(options):
    """Also where layers are computed again, which hands on no gradient of what is only used in them."""
    job = make_job(batching="packed", dropout=0.1, **options)
    training = Training(job)
    step = training.train_step
    batch = next(iter(training.trainer(job.plan.batches(0, 1)).train_dataset))
    batch = {name: value for name, value in batch.items() if name != "ready_time"}
    scales = {name: tf.constant(1.0) for name in step.objective.weights(batch)}
    _, gradients = tf.function(step.loss_and_gradients)(batch, tf.constant(0, tf.int64), scales)
    found = step.optimizer.by_name(gradients)
    with tf.GradientTape() as tape:  # The model's own variables, all kept in one pass without any of this.
        plain = make_job(batching="packed", dropout=0.1, **{**options, "remat": False})
        other = Training(plain)
        again = other.train_step
        object.__setattr__(again, "stand_ins", dict)
        loss = again.loss(batch, tf.constant(0, tf.int64), scales)
    vectors = plain.model.encoder.vectors
    for vector, expected in zip(vectors, tape.gradient(loss, [vector.value for vector in vectors]), strict=True):
        np.testing.assert_allclose(found[vector.path], expected, atol=2e-6, err_msg=vector.path)
        if not vector.path.endswith("key/bias"):
            assert np.abs(expected).max() > 1e-5, vector.path


def test_a_checkpoint_has_each_vector_and_its_moments_by_name(tmp_path):
    job = make_job(dropout=0.1, learning_rate=1e-3)
    run = TrainingRun(job, str(tmp_path))
    run.train(Progress(STEPS, 0, io.StringIO()))
    state, weights = run._state.checkpoints.restore(STEPS), weights_of(job)
    vector = run._optimizer.weights[1].value.numpy()
    start = 0
    for variable in job.model.encoder.vectors:
        size = int(variable.shape[0])
        np.testing.assert_array_equal(state[variable.path], vector[start : start + size])
        np.testing.assert_array_equal(weights[variable.path], vector[start : start + size])
        for ending in ("adam_m", "adam_v"):
            assert state[f"{variable.path}/{ending}"].shape == (size,)
            assert state[f"{variable.path}/{ending}"].any() or variable.path.endswith("key/bias")
        start += size
    again = TrainingRun(make_job(dropout=0.1, learning_rate=1e-3), str(tmp_path))
    np.testing.assert_array_equal(again._optimizer.weights[1].value.numpy(), vector)
    for name, part in again._optimizer.state.items():
        np.testing.assert_array_equal(part.read(), state[name], err_msg=name)
