import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.pipeline import distribute_batches, note_ready_time
from bert_tf.training.loop import TrainingRun
from tests.training.runs import make_job

STEPS = 12


def make_run(folder):
    """A run of steps long enough to make a batch in, even on a machine with other work."""
    job = make_job(train_batch_size=64, batching="padded", num_train_epochs=40.0)
    run = TrainingRun(job, str(folder))
    run._trainer.train(tf.constant(1))  # Tracing takes much longer than a step.
    return job, run


def wait_of_steps(run, count=STEPS):
    return run._trainer.train(tf.constant(count))["input_wait"]


def slow_dataset(job, seconds):
    """The first batch over and over, each time after a pause."""
    batch = next(iter(distribute_batches(job.table, job.plan.batches(0, 1), job.strategy)))
    dataset = tf.data.Dataset.from_tensors(batch).repeat()
    paused = tf.raw_ops.SleepDataset(
        input_dataset=dataset._variant_tensor,
        sleep_microseconds=int(seconds * 1e6),
        output_types=[spec.dtype for spec in tf.nest.flatten(dataset.element_spec)],
        output_shapes=[spec.shape for spec in tf.nest.flatten(dataset.element_spec)],
    )
    dataset = tf.data.experimental.from_variant(paused, dataset.element_spec)
    return dataset.map(note_ready_time).prefetch(2)


def test_steps_wait_for_a_slow_input_and_hardly_for_the_usual_one(tmp_path):
    job, run = make_run(tmp_path)
    usual = wait_of_steps(run)
    run._trainer.train_dataset = slow_dataset(job, seconds=0.2)
    slow = wait_of_steps(run, count=5)
    assert 0.0 <= usual < 0.3 < 0.5 < slow <= 1.0
    assert 0.0 < run.input_wait < slow  # Of all steps together.


def test_where_batches_do_not_tell_when_they_were_ready_nothing_is_said(tmp_path):
    job = make_job()
    run = TrainingRun(job, str(tmp_path))
    untimed = distribute_batches(job.table, job.plan.batches(0, 3), job.strategy)
    trainer = type(run._trainer)(untimed, run._trainer._step, run._global_step, job.strategy, loop_on_device=False)
    assert "input_wait" not in trainer.train(tf.constant(2))
    assert trainer.input_wait is None
    step = tf.function(trainer.train_step).get_concrete_function(iter(untimed))
    assert "Timestamp" not in {operation.type for operation in step.graph.get_operations()}


def test_the_wait_is_the_time_from_the_beginning_of_a_step_to_its_last_batch(tmp_path):
    trainer = TrainingRun(make_job(), str(tmp_path))._trainer
    assert float(trainer._wait(tf.constant(12.5, tf.float64), tf.constant(10.0, tf.float64))) == 2.5
    assert float(trainer._wait(tf.constant(9.0, tf.float64), tf.constant(10.0, tf.float64))) == 0.0


def test_a_ready_time_is_noted_when_the_batch_is_made():
    before = float(tf.timestamp())
    dataset = tf.data.Dataset.range(3).map(lambda number: note_ready_time({"number": number}))
    times = [float(batch[features.READY_TIME]) for batch in dataset]
    assert before <= times[0] <= times[1] <= times[2] <= float(tf.timestamp())
