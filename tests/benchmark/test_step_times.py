import numpy as np
import pytest

from bert_tf.benchmark.step_times import (
    TRACED_STEPS,
    MeasuredBatches,
    PartTime,
    PartTimer,
    StepTime,
    StepTimer,
    choose_batches,
    mean_parts,
)
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.training.loop import Training, TrainingRun
from tests.training.runs import make_job, weights_of


def plan(batching=Batching.BUCKETED, length=None):
    lengths = np.random.default_rng(1).integers(3, 17, 90) if length is None else np.full(90, length)
    return TrainingPlan(lengths, batch_size=8, max_length=16, batching=batching, seed=3)


def shape(batch):
    return batch.rows, batch.length


def test_the_first_steps_of_the_run_are_measured():
    batches = choose_batches(plan(), 2, 5, compiles=False)
    expected = list(plan().batches(0, 7))
    assert (len(batches.untimed), len(batches.timed)) == (2, 5)
    for batch, other in zip(batches.all, expected, strict=False):
        np.testing.assert_array_equal(batch.indices, other.indices)
    for batch, other in zip(batches.traced, batches.timed, strict=False):
        np.testing.assert_array_equal(batch.indices, other.indices)


def test_a_single_step_is_traced_as_often_as_others():
    assert len(choose_batches(plan(), 1, 1, compiles=False).traced) == TRACED_STEPS


def test_what_is_compiled_for_is_compiled_before_it_is_timed():
    batches = choose_batches(plan(), 1, 8, compiles=True)
    shapes = {shape(batch) for batch in batches.timed}
    assert len(shapes) > 2
    assert shapes <= {shape(batch) for batch in batches.untimed}
    assert len(batches.untimed) == len({shape(batch) for batch in [*batches.untimed, *batches.timed]})
    assert len(choose_batches(plan(length=9), 2, 8, compiles=True).untimed) == 2


def test_parts_add_up_to_the_step_in_the_proportion_of_their_functions():
    steps = [StepTime(waiting=0.01, update=0.4), StepTime(waiting=0.03, update=0.8)]
    # The machine was half as fast meanwhile.
    times = [PartTime(forward=0.2, gradients=0.6, update=1.0), PartTime(forward=0.2, gradients=0.6, update=1.4)]
    parts = mean_parts(steps, times)
    expected = {"waiting": 0.02, "forward": 0.1, "backward": 0.2, "optimizer": 0.3}
    assert {name: getattr(parts, name) for name in expected} == pytest.approx(expected)
    assert sum(expected.values()) == pytest.approx((steps[0].whole + steps[1].whole) / 2)


@pytest.fixture(scope="module")
def measured():
    """A training run of whose steps four were timed, with accumulation and dropout."""
    options = {"gradient_accumulation_steps": 2, "dropout": 0.1}
    job = make_job(**options)
    training = Training(job)
    batches = MeasuredBatches(list(job.plan.batches(0, 2)), list(job.plan.batches(2, 4)), [])
    trainer = training.trainer(batches.all)
    timer = StepTimer(trainer)
    times = [timer.run() for _ in batches.all]
    training.write_back()
    weights = weights_of(job)
    parts = PartTimer(trainer, training.train_step, timer.update, job.strategy)
    return options, training, times, weights, parts


def test_the_timed_steps_are_those_of_a_run(measured, tmp_path):
    options, training, times, weights, _ = measured
    assert training.step >= 4
    assert all(time.waiting > 0 and time.update > 0 for time in times)
    job = make_job(**options)
    run = TrainingRun(job, str(tmp_path))
    for _ in range(4):
        run._trainer.train(np.int32(1))
    run.write_back()
    for name, value in weights_of(job).items():
        np.testing.assert_array_equal(value, weights[name], err_msg=name)


def test_the_parts_are_those_of_the_step(measured):
    _, training, _, _, parts = measured
    batch = next(parts._iterator)
    loss, (same_loss, gradients) = parts._forward(batch), parts._gradients(batch)
    assert float(loss) == pytest.approx(float(same_loss), rel=1e-6)
    names = {variable.path for variable in training._job.model.trainable_variables}
    assert training.train_step.optimizer.by_name(gradients).keys() == names
    before = training.step
    time = parts.run()
    assert training.step == before + 1
    assert min(time.forward, time.gradients, time.update) > 0
