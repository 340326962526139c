import io
import os
import re
import shlex

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.errors import InputError, TrainingError
from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from tests.training.runs import STEPS, add_to_losses, make_job, make_table, weights_of


def train(job, folder):
    stream = io.StringIO()
    run = TrainingRun(job, str(folder))
    run.train(Progress(run.total_steps, run.step, stream, seconds_between_lines=0.0))
    return run, stream.getvalue()


def assert_equal(first, second):
    assert set(first) == set(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    job = make_job(dropout=0.1)
    train(job, tmp_path_factory.mktemp("uninterrupted"))
    return weights_of(job)


def test_the_loss_falls(tmp_path):
    _, log = train(make_job(dropout=0.1, num_train_epochs=20.0), tmp_path)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", log)]
    assert len(losses) == 225  # A line a step, since no time has to pass between them.
    assert np.mean(losses[-25:]) < 0.5 * np.mean(losses[:25])


def test_two_runs_of_one_seed_are_bit_identical(uninterrupted, tmp_path):
    job = make_job(dropout=0.1)
    train(job, tmp_path)
    assert_equal(weights_of(job), uninterrupted)


def test_another_seed_gives_other_weights(uninterrupted, tmp_path):
    job = make_job(dropout=0.1, seed=4)
    train(job, tmp_path)
    assert np.abs(weights_of(job)["output_weights"] - uninterrupted["output_weights"]).max() > 1e-3


@pytest.mark.parametrize("interval", [1, 7])
def test_a_run_that_stopped_anywhere_goes_on_to_the_same_weights(uninterrupted, tmp_path, monkeypatch, interval):
    class StoppedError(Exception):
        pass

    job = make_job(dropout=0.1, save_checkpoints_steps=interval)
    run = TrainingRun(job, str(tmp_path))
    save, saves = run._save, []

    def save_and_stop_at_the_second():
        save()
        saves.append(run.step)
        if len(saves) == 2:
            raise StoppedError

    monkeypatch.setattr(run, "_save", save_and_stop_at_the_second)
    with pytest.raises(StoppedError):
        run.train(Progress(STEPS, 0, io.StringIO()))
    again = make_job(dropout=0.1, save_checkpoints_steps=interval)
    resumed, _ = train(again, tmp_path)
    assert resumed.resumed_from == 2 * interval
    assert_equal(weights_of(again), uninterrupted)


@pytest.mark.parametrize("options", [{"log_every": 1}, {"log_every": 50}, {"save_checkpoints_steps": 3}])
def test_how_often_it_reports_and_saves_does_not_matter(uninterrupted, tmp_path, options):
    job = make_job(dropout=0.1, **options)
    train(job, tmp_path)
    assert_equal(weights_of(job), uninterrupted)


def test_a_finished_run_has_nothing_left_to_train(tmp_path):
    job = make_job()
    train(job, tmp_path)
    before = sorted(os.listdir(tmp_path))
    run = TrainingRun(make_job(), str(tmp_path))
    assert run.is_finished
    assert run.resumed_from == STEPS
    assert sorted(os.listdir(tmp_path)) == before


def test_other_examples_are_no_resumption(tmp_path):
    train(make_job(), tmp_path)
    table = make_table()
    table.targets[0] = 1 - table.targets[0]
    with pytest.raises(
        InputError, match="only be resumed with the examples, the batches and the number of steps that it began with"
    ):
        TrainingRun(make_job(table=table), str(tmp_path))


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("options", "fix"),
    [
        ({}, "--remat` continues at the last checkpoint."),
        pytest.param(
            {"remat": True, "gradient_accumulation_steps": 2},
            "--remat --gradient_accumulation_steps=4 --overwrite_output_dir` starts anew, in smaller parts.",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_where_memory_does_not_suffice_the_flag_that_helps_is_named(tmp_path, options, fix):
    options = {"layers": 2, **options}  # With one alone, nothing is gained by computing it again.
    job = make_job(save_checkpoints_steps=4, **options)
    run = TrainingRun(job, str(tmp_path))

    def added(logits):  # A tensor that no machine has room for.
        count = tf.where(run._global_step >= 7, tf.constant(2**44, tf.int64), 1)
        return tf.reduce_sum(tf.random.uniform([count]))

    add_to_losses(run._trainer._step, added)
    with pytest.raises(TrainingError, match=r"must suffice for .* of 1\d pieces\. .*OOM when allocating") as caught:
        run.train(Progress(STEPS, 0, io.StringIO()))
    assert str(caught.value).endswith(fix)
    (command,) = re.findall("`(.*)`", str(caught.value))
    program, name, *words = shlex.split(command)
    typed = parse(words, COMMANDS[name].options)
    assert (program, typed.config_file) == ("bert-tf", f"{tmp_path}/config.json")
    assert TrainingRun(make_job(**options), str(tmp_path)).resumed_from == 4


def test_a_loss_that_is_no_number_names_step_and_examples(tmp_path):
    job = make_job(save_checkpoints_steps=4, log_every=2)
    run = TrainingRun(job, str(tmp_path))
    add_to_losses(run._trainer._step, lambda logits: tf.where(run._global_step >= 7, np.nan, 0.0))
    with pytest.raises(
        TrainingError, match=r"finite number, and is not after step 7. Received: 'batch with examples row-"
    ):
        run.train(Progress(STEPS, 0, io.StringIO()))
    batch = [f"row-{index}" for index in job.plan.batch(7).examples]
    with pytest.raises(TrainingError, match=", ".join(batch)):
        run._report({}, Progress(STEPS, 0, io.StringIO()))
    assert TrainingRun(make_job(), str(tmp_path)).resumed_from == 4


def test_overflow_of_float16_leaves_a_step_out_and_halves_the_scale(tmp_path):
    job = make_job(precision="mixed_float16")
    run = TrainingRun(job, str(tmp_path))
    run._loss_scale._scale.assign(2.0**40)
    before = weights_of(job)
    run._trainer.train(tf.constant(1))
    run.write_back()
    assert_equal(weights_of(job), before)
    assert float(run._loss_scale.value) == 2.0**39
    assert int(run._trainer.failed_step) == -1
    run._loss_scale._scale.assign(2.0**8)
    run._trainer.train(tf.constant(3))
    assert np.abs(weights_of(job)["output_weights"] - before["output_weights"]).max() > 0
    run._loss_scale._scale.assign(float("inf"))  # Then the loss itself overflows, which no smaller scale mends.
    run._trainer.train(tf.constant(1))
    assert int(run._trainer.failed_step) == 4


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_narrow_numbers_train_nearly_alike(uninterrupted, tmp_path, precision):
    job = make_job(dropout=0.1, precision=precision)
    train(job, tmp_path)
    difference = np.abs(weights_of(job)["output_weights"] - uninterrupted["output_weights"]).mean()
    assert difference < 0.5 * np.abs(uninterrupted["output_weights"]).mean()


def test_the_best_checkpoint_is_kept_and_patience_ends_the_run(tmp_path):
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.1])
    job = make_job(
        eval_every=3,
        early_stopping_patience=2,
        keep_checkpoints=1,
        evaluate=lambda: {"accuracy": next(scores), "loss": 1.0},
    )
    run, log = train(job, tmp_path)
    assert run.step == 12
    assert run.is_finished
    assert "evaluation at step 6: accuracy 0.5000  loss 1.0000 (best so far)" in log
    assert "stopped early: 2 evaluations without a better accuracy" in log
    assert {name for name in os.listdir(tmp_path) if name.endswith(".index")} == {
        "model.ckpt-6.index",
        "model.ckpt-12.index",
        "optimizer.ckpt-12.index",
    }
    assert TrainingRun(make_job(), str(tmp_path)).is_finished


def test_tensorboard_gets_the_scalars(tmp_path):
    train(make_job(eval_every=10, evaluate=lambda: {"accuracy": 0.5, "loss": 1.0}), tmp_path)

    def tags(folder):
        (path,) = (tmp_path / folder).iterdir()
        events = tf.compat.v1.train.summary_iterator(str(path))
        return {(value.tag, event.step) for event in events for value in event.summary.value}

    names = {"loss", "gradient_norm", "learning_rate", "examples_per_second", "useful_tokens", "input_wait"}
    assert {(name, step) for name in names for step in (5, 10, 15, 20)} <= tags("train")
    assert {("accuracy", 10), ("loss", 20)} <= tags("eval")
