"""The step on its own: packed rows against padded ones, and compiled as a whole for fixed shapes."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batching, lay_out
from bert_tf.data.batches.packing import RowShape
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.models import fused
from bert_tf.tasks.objectives.objective import LOSS
from bert_tf.training.loop import TrainingRun
from tests.training.runs import make_job, make_table, weights_of

TABLE = make_table()
GROUP = np.arange(13, dtype=np.int32)
# On purpose with room to spare, so that some of it stays empty.
SHAPES = {Batching.PADDED: (), Batching.BUCKETED: (), Batching.PACKED: (RowShape(10, 16),)}


def batch_of(batching, slots=0):
    batch = lay_out(GROUP, TABLE.lengths, 16, batching, 1, SHAPES[batching], slots)
    return next(iter(distribute_batches(TABLE, [batch], tf.distribute.get_strategy())))


@pytest.fixture(scope="module")
def job():
    return make_job(table=TABLE)


@pytest.fixture(scope="module")
def step(job, tmp_path_factory):
    return TrainingRun(job, str(tmp_path_factory.mktemp("run")))._trainer._step


@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("slots", [13, 17])
def test_packed_rows_give_the_logits_and_gradients_of_padded_ones(job, step, compiles, slots):
    plain, step = step, dataclasses.replace(step, compiles_parts=compiles)
    padded, packed = batch_of(Batching.PADDED), batch_of(Batching.PACKED, slots)
    assert packed[features.INPUT_IDS].shape[0] < 13
    with fused.compiling(compiles):
        logits = job.model(features.model_inputs(packed))
    order = packed[features.EXAMPLE_INDEX].numpy()
    expected_logits = job.model(features.model_inputs(padded)).numpy()
    np.testing.assert_allclose(logits[:13], expected_logits[order[:13]], atol=1e-5)
    no_dropout = tf.constant([0, 0], tf.int64)
    loss, gradients = step._part(packed, no_dropout, {LOSS: tf.constant(1 / 13)})
    expected_loss, expected = plain._part(padded, no_dropout, {LOSS: tf.constant(1 / 13)})
    assert float(loss) == pytest.approx(float(expected_loss), abs=1e-6)
    expected = step.optimizer.by_name(expected)
    for name, gradient in step.optimizer.by_name(gradients).items():
        np.testing.assert_allclose(gradient, expected[name], atol=1e-5, err_msg=name)


def operations(function):
    """All operations of a traced function and of those that it calls."""
    graph = function.graph
    inner = [graph._get_function(name).graph for name in graph._functions] if hasattr(graph, "_functions") else []
    return [operation for each in (graph, *inner) for operation in each.get_operations()]


@pytest.mark.parametrize("batching", [Batching.PADDED, pytest.param(Batching.PACKED, marks=pytest.mark.exhaustive)])
def test_the_whole_step_compiles_for_fixed_shapes(batching, tmp_path):
    batch = {name: value for name, value in batch_of(batching).items() if name != features.EXAMPLE_INDEX}
    results = []
    for compiled in (False, True):
        job = make_job(table=TABLE, dropout=0.1, batching=batching.value)
        run = TrainingRun(job, str(tmp_path / str(compiled)))
        step = dataclasses.replace(run._trainer._step, compiles_parts=compiled)
        function = tf.function(step, jit_compile=True) if compiled else step
        outputs = function(batch, tf.constant(0, tf.int64))
        run.write_back()
        results.append((outputs, weights_of(job)))
    (plain, plain_weights), (compiled_outputs, weights) = results
    assert float(compiled_outputs["loss"]) == pytest.approx(float(plain["loss"]), abs=1e-5)
    assert float(compiled_outputs["gradient_norm"]) == pytest.approx(float(plain["gradient_norm"]), rel=1e-4)
    # In its first step Adam moves every weight by the learning rate, up or down, where rounding decides for none.
    for name, value in weights.items():
        if not name.endswith("key/bias"):
            assert np.mean(np.abs(value - plain_weights[name]) < 1e-4) > 0.99, name

    for operation in operations(function.get_concrete_function(batch, tf.constant(0, tf.int64))):
        for tensor in operation.outputs:
            assert tensor.dtype != tf.string, operation
            assert tensor.dtype in (tf.resource, tf.variant) or tensor.shape.is_fully_defined(), operation


@pytest.mark.parametrize("batching", [pytest.param(Batching.PADDED, marks=pytest.mark.exhaustive), Batching.PACKED])
def test_computing_layers_again_changes_no_bit_of_the_gradients(batching, tmp_path):
    batch, seed = batch_of(batching), tf.constant([3, 4], tf.int64)
    results = []
    for remat in (False, True):
        job = make_job(table=TABLE, dropout=0.3, remat=remat)
        step = TrainingRun(job, str(tmp_path / str(remat)))._trainer._step
        results.append(tf.function(step._part)(batch, seed, {LOSS: tf.constant(1.0)}))
    (loss, gradients), (same_loss, same_gradients) = results
    assert float(loss) == float(same_loss)
    assert max(float(tf.reduce_max(tf.abs(gradient))) for gradient in gradients) > 0.1
    for gradient, same in zip(gradients, same_gradients, strict=True):
        np.testing.assert_array_equal(gradient, same)
