import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.evaluation import evaluation_batches
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.evaluation.evaluate import Evaluator, evaluate, is_constant
from bert_tf.tasks.answers.space import PLACE
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS, Outputs
from bert_tf.text.excerpts import LongText
from tests.training.runs import make_job, make_table
from tests.training.test_step import operations

OBJECTIVE = objective_for(DEMO.answers)


def with_targets(table, targets, **changes):
    """The table with other targets."""
    column = dataclasses.replace(table.columns[features.LABEL_IDS], values=targets)
    return dataclasses.replace(table, columns={**table.columns, features.LABEL_IDS: column}, **changes)


@pytest.fixture(scope="module")
def job():
    return make_job()


def one_by_one(job):
    """The logits of each row alone, without padding."""
    table, logits = job.table, []
    for start, end in zip(table.row_splits[:-1], table.row_splits[1:], strict=True):
        ids = tf.constant(table.columns[features.INPUT_IDS].values[start:end])[tf.newaxis]
        logits.append(
            job.model({"input_ids": ids, "input_mask": tf.ones_like(ids), "segment_ids": tf.zeros_like(ids)})[0]
        )
    return np.stack(logits)


@pytest.fixture(scope="module")
def alone(job):
    """The logits of each row of the job alone, which takes seconds; what changes the weights changes them back."""
    return one_by_one(job)


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("batch_size", [7, 90, 1000])
def test_batches_change_neither_the_order_nor_the_numbers(job, alone, batching, batch_size):
    evaluator = Evaluator(
        job.model, OBJECTIVE, job.table, job.strategy, batch_size=batch_size, max_length=16, batching=batching
    )
    for outputs in (evaluator.run(), evaluator.run()):
        np.testing.assert_allclose(outputs.columns[LOGITS], alone, atol=2e-6)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(job.table.targets, alone)
        np.testing.assert_allclose(outputs.losses, losses, atol=2e-6)


@pytest.mark.parametrize(("way", "pooled"), [(LongText.WINDOW_MEAN, np.mean), (LongText.WINDOW_MAX, np.max)])
def test_windows_of_an_example_make_one_answer(job, alone, way, pooled):
    windows, labels = np.arange(90) // 3, np.arange(30, dtype=np.int32) % 2
    table = with_targets(job.table, labels, example_index=windows)
    evaluator = Evaluator(
        job.model, OBJECTIVE, table, job.strategy, batch_size=7, max_length=16, batching=Batching.PACKED, long_text=way
    )
    outputs, expected = evaluator.run(), pooled(alone.reshape(30, 3, 2), axis=1)
    np.testing.assert_allclose(outputs.columns[LOGITS], expected, atol=2e-6)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(np.arange(30) % 2, expected)
    np.testing.assert_allclose(outputs.losses, losses, atol=2e-6)
    accuracy = (expected.argmax(axis=1) == np.arange(30) % 2).mean()
    assert evaluate(outputs, table, DEMO)["accuracy"] == pytest.approx(accuracy)


def test_the_present_weights_count(job):
    evaluator = Evaluator(
        job.model, OBJECTIVE, job.table, job.strategy, batch_size=32, max_length=16, batching=Batching.BUCKETED
    )
    before, bias = evaluator.run().columns[LOGITS], job.model.head.output_bias.numpy()
    shift = np.array([1.0, 2.0], np.float32)
    job.model.head.output_bias.assign(bias + shift)
    np.testing.assert_allclose(evaluator.run().columns[LOGITS], before + shift, atol=1e-5)
    job.model.head.output_bias.assign(bias)


def test_a_pass_that_was_broken_off_changes_nothing_of_the_next(job):
    evaluator = Evaluator(
        job.model, OBJECTIVE, job.table, job.strategy, batch_size=7, max_length=16, batching=Batching.PADDED
    )
    whole, plain, taken = evaluator.run().columns[LOGITS], evaluator._step, []

    class BrokenOffError(Exception):
        pass

    def breaks_off(*arguments):
        taken.append(plain(*arguments))
        if len(taken) > 4:
            raise BrokenOffError
        return taken[-1]

    evaluator._step = breaks_off
    with pytest.raises(BrokenOffError):
        evaluator.run()
    evaluator._step = plain
    np.testing.assert_allclose(evaluator.run().columns[LOGITS], whole, atol=2e-6)


def test_each_pass_in_narrow_numbers_has_the_kernels_of_its_time():
    job = make_job(precision="mixed_bfloat16")
    evaluator = Evaluator(
        job.model, OBJECTIVE, job.table, job.strategy, batch_size=32, max_length=16, batching=Batching.PACKED
    )
    kernels = [variable for variable in job.model.variables if variable.path.endswith("/kernel")]
    passes = []
    for factor in (1.0, -2.0):
        for kernel in kernels:
            kernel.assign(factor * kernel)
        passes.append(evaluator.run().columns[LOGITS])
        np.testing.assert_allclose(passes[-1], one_by_one(job), atol=0.02)
    assert np.abs(passes[1] - passes[0]).max() > 0.2


@pytest.mark.parametrize("batching", [Batching.PADDED, Batching.PACKED])
def test_the_step_compiles_for_fixed_shapes_with_no_string_in_it(job, batching):
    batches = list(evaluation_batches(job.table.lengths, 13, 16, batching, 1, fixed_size=True))
    assert len({(batch.indices.shape, batch.rows, batch.length) for batch in batches}) == 1
    dataset = distribute_batches(job.table, batches, job.strategy)
    assert all(spec.shape.is_fully_defined() for spec in dataset.element_spec.values())
    evaluator = Evaluator(
        job.model, OBJECTIVE, job.table, job.strategy, batch_size=13, max_length=16, batching=batching
    )
    compiled = tf.function(evaluator.replica_step, jit_compile=True)
    last = list(dataset)[-1]  # With places that no example takes.
    for plain, value in zip(evaluator.replica_step(last, {}), compiled(last, {}), strict=True):
        np.testing.assert_allclose(value, plain, atol=1e-5)
    for operation in operations(compiled.get_concrete_function(last, {})):
        for tensor in operation.outputs:
            assert tensor.dtype != tf.string, operation
            assert tensor.dtype in (tf.resource, tf.variant) or tensor.shape.is_fully_defined(), operation


def test_scores_have_the_metrics_of_the_task_and_the_loss(job):
    places = job.table.targets.copy()
    places[:9] = 1 - places[:9]
    scores = evaluate(Outputs({PLACE: places}, np.full(90, 0.5, np.float32)), job.table, DEMO)
    assert set(scores) == {*DEMO.metrics, "loss"}
    assert scores["accuracy"] == pytest.approx(0.9)
    assert scores["loss"] == 0.5


@pytest.mark.parametrize(
    ("answers", "labels", "expected"),
    [([1, 1, 1], [0, 1, 1], True), ([1, 0, 1], [0, 1, 1], False), ([1, 1, 1], [1, 1, 1], False)],
)
def test_a_model_that_always_says_the_same_is_noticed(answers, labels, expected):
    table = with_targets(make_table(3), np.array(labels, np.int32))
    columns = {LOGITS: np.eye(2, dtype=np.float32)[answers], PLACE: np.array(answers)}
    assert is_constant(Outputs(columns, np.zeros(3, np.float32)), table, DEMO) is expected
