"""Real faults: weights that are no numbers, a rate that makes them so, a stop in the middle."""

import dataclasses
import io
import json
import os
import signal

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import TrainingError
from bert_tf.host import process
from bert_tf.training.journal import Journal
from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from bert_tf.training.watch.inquest import NotFiniteError
from bert_tf.training.watch.interruption import StoppedError
from bert_tf.training.watch.not_finite import MOST_ROLLBACKS, MOST_SKIPS_IN_A_ROW
from tests.training.runs import STEPS, add_to_losses, make_job, make_job_with_a_rare_word, weights_of
from tests.training.test_loop import assert_equal


def make_run(job, folder):
    return TrainingRun(job, str(folder), Journal(str(folder / "events.jsonl")))


def train(run):
    stream = io.StringIO()
    run.train(Progress(run.total_steps, run.step, stream))
    return stream.getvalue()


def events(folder, kind):
    entries = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [entry for entry in entries if entry["event"] == kind]


def steps_with_the_rare_word(job):
    return [step for step in range(STEPS) if 88 in job.plan.batch(step).examples]


# --- Numbers that are not finite --------------------------------------------------------------------------------------


def test_a_weight_that_is_no_number_is_named_with_the_batch_that_met_it(tmp_path):
    job = make_job_with_a_rare_word()
    run = make_run(job, tmp_path)
    (step, *_) = steps_with_the_rare_word(job)
    with pytest.raises(NotFiniteError) as caught:
        train(run)
    assert f"is not after step {step}. Received: 'batch with examples row-" in str(caught.value)
    assert "row-88" in str(caught.value) or "more)" in str(caught.value)
    assert "first not finite: the weight bert/embeddings/word_embeddings (16 NaN of 800 numbers)" in str(caught.value)
    (warning,) = events(tmp_path, "warn")
    assert (warning["kind"], warning["at_step"]) == ("not_finite", step)
    assert warning["examples"] == job.plan.batch(step).examples.tolist()


def test_a_rate_beyond_all_bounds_is_told_with_the_first_tensor_that_overflows(tmp_path):
    run = make_run(make_job(learning_rate=1e30, clip_norm=0.0, log_every=50), tmp_path)
    with pytest.raises(NotFiniteError, match=r"first not finite: the (output of bert/|gradient of|norm of)"):
        train(run)
    run.write_back()
    for name, value in weights_of(run._job).items():  # As they were before the step that failed.
        assert np.isfinite(value).all(), name


def test_where_every_batch_fails_skipping_gives_up(tmp_path):
    run = make_run(make_job(learning_rate=1e30, clip_norm=0.0, on_nan="skip", log_every=1), tmp_path)
    with pytest.raises(TrainingError, match=f"the last of {MOST_SKIPS_IN_A_ROW} such in a row"):
        train(run)


def test_where_every_batch_fails_rolling_back_gives_up(tmp_path):
    job = make_job(learning_rate=1e30, clip_norm=0.0, on_nan="rollback", log_every=1, save_checkpoints_steps=50)
    run = make_run(job, tmp_path)
    with pytest.raises(NotFiniteError):
        train(run)
    assert len(events(tmp_path, "rollback")) == MOST_ROLLBACKS


@pytest.fixture(scope="module")
def skipped(tmp_path_factory):
    """The weights of a run that skipped batches, and its folder."""
    folder = tmp_path_factory.mktemp("skipped")
    job = make_job_with_a_rare_word(on_nan="skip", log_every=5)
    log = train(make_run(job, folder))
    return weights_of(job), folder, log


def test_a_skipped_batch_is_counted_and_told(skipped):
    weights, folder, log = skipped
    steps = steps_with_the_rare_word(make_job_with_a_rare_word())
    assert 1 <= len(steps) < 5
    assert [entry["at_step"] for entry in events(folder, "warn")] == steps
    assert f"warning: left out 1 updates that were not finite, {len(steps)} in all" in log
    assert "loss nan" not in log
    assert [name for name, value in weights.items() if not np.isfinite(value).all()] == [
        "bert/embeddings/word_embeddings"
    ]


def test_rolling_back_ends_with_the_weights_of_skipping(skipped, tmp_path):
    job = make_job_with_a_rare_word(on_nan="rollback", save_checkpoints_steps=3)
    log = train(make_run(job, tmp_path))
    steps = steps_with_the_rare_word(job)
    assert_equal(weights_of(job), skipped[0])
    assert [entry["left_out"][-1] for entry in events(tmp_path, "rollback")] == steps
    assert f"the batch of step {steps[0]} is left out from now on" in log


def test_what_was_left_out_stays_so_when_the_run_is_resumed(skipped, tmp_path):
    job = make_job_with_a_rare_word(on_nan="rollback", save_checkpoints_steps=3)
    first = steps_with_the_rare_word(job)[0]
    job = dataclasses.replace(job, agree_to_stop=lambda step, wanted, is_over: step == first + 1)
    with pytest.raises(StoppedError):
        train(make_run(job, tmp_path))
    again = make_job_with_a_rare_word(on_nan="stop" if len(steps_with_the_rare_word(job)) == 1 else "rollback")
    run = make_run(again, tmp_path)
    assert run.resumed_from == first + 1
    train(run)
    assert_equal(weights_of(again), skipped[0])


def test_a_gradient_that_is_no_number_is_named_though_the_loss_is_one(tmp_path):
    job = make_job(log_every=1)
    run = make_run(job, tmp_path)
    # The root of 0 is 0, and has no slope.
    add_to_losses(run.train_step, lambda logits: tf.sqrt(tf.abs(logits[:, 0] * 0.0)))
    with pytest.raises(NotFiniteError, match=r"step 0.*first not finite: the gradient of output_"):
        train(run)


def test_float16_whose_gradients_overflow_all_the_time_is_told(tmp_path):
    job = make_job(precision="mixed_float16", log_every=50, num_train_epochs=200 * 8 / 90)
    run = make_run(job, tmp_path)
    run._loss_scale._scale.assign(2.0**100)
    log = train(run)
    assert "warning: 50 of the last 50 updates were left out, as their gradients overflow in float16" in log
    assert [entry["kind"] for entry in events(tmp_path, "warn")] == ["loss_scale"]


# --- Stops ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    job = make_job(dropout=0.1)
    train(make_run(job, tmp_path_factory.mktemp("uninterrupted")))
    return weights_of(job)


@pytest.mark.parametrize("stop", [9, STEPS])
def test_a_stop_at_any_step_is_saved_and_goes_on_to_the_same_weights(uninterrupted, tmp_path, stop):
    job = dataclasses.replace(make_job(dropout=0.1), agree_to_stop=lambda step, wanted, is_over: step == stop)
    with pytest.raises(StoppedError, match=f"at step {stop} of {STEPS}. That step is saved; run the same command"):
        train(make_run(job, tmp_path))
    again = make_job(dropout=0.1)
    run = make_run(again, tmp_path)
    assert (run.resumed_from, run.is_finished) == (stop, stop == STEPS)
    if stop < STEPS:
        train(run)
        assert events(tmp_path, "resume")[0]["step"] == stop
    assert_equal(weights_of(again), uninterrupted)


def test_a_signal_during_an_evaluation_puts_it_off_to_the_next_start(uninterrupted, tmp_path):
    scores = iter([0.1, 0.2, 0.3, 0.4])

    def interrupted():
        if run.step == STEPS and not events(tmp_path, "stop_signal"):
            os.kill(os.getpid(), signal.SIGTERM)
        return {"accuracy": next(scores)}

    run = make_run(make_job(dropout=0.1, eval_every=8, evaluate=interrupted), tmp_path)
    with process.owned(), pytest.raises(StoppedError, match=f"stopped by SIGTERM at step {STEPS}"):
        train(run)
    job = make_job(dropout=0.1, eval_every=8, evaluate=lambda: {"accuracy": 0.9})
    run = make_run(job, tmp_path)
    assert not run.is_finished
    train(run)
    assert run.is_finished
    assert [(entry["step"], entry["scores"]["accuracy"]) for entry in events(tmp_path, "evaluate")] == [
        (8, 0.1),
        (16, 0.2),
        (STEPS, 0.9),
    ]
    assert_equal(weights_of(job), uninterrupted)
