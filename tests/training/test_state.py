import io
import json
import os

import numpy as np
import pytest

from bert_tf.errors import InputError
from bert_tf.training.loop import TrainingRun
from bert_tf.training.plan import count_steps, make_plan
from bert_tf.training.progress import Progress
from bert_tf.training.state import RunIdentity
from tests.conftest import run_python
from tests.training.runs import LEARNING_RATE, STEPS, make_job, make_table


def identity(replicas, **options):
    job = make_job(**options)
    plan = make_plan(job.table.lengths, job.config, replicas)
    return RunIdentity(job.table, plan, count_steps(plan, job.config)[0], replicas)


@pytest.mark.parametrize("batching", ["padded", "bucketed", "packed"])
def test_another_number_of_devices_is_allowed_and_told(batching):
    state = identity(1, batching=batching).to_state()
    assert identity(1, batching=batching).check(state, "step 3") == ""
    note = identity(2, batching=batching).check(state, "step 3")
    assert note.startswith("1 device before, 2 devices now: the batches stay the same")


@pytest.mark.parametrize("batching", ["padded", "bucketed", "packed"])
def test_it_is_refused_where_the_batches_depend_on_it(batching):
    options = {"batching": batching, "tokens_per_batch": 96, "num_train_epochs": 1.0}
    state = identity(2, **options).to_state()
    assert identity(2, **options).check(state, "step 3") == ""
    with pytest.raises(
        InputError, match=r"must continue with as many .* '2 devices for step 3, 1 device now'\. Use 2 dev"
    ):
        identity(1, **options).check(state, "step 3")


def test_a_state_that_does_not_tell_its_devices_is_taken_for_one_of_as_many():
    state = identity(1).to_state()
    del state["replicas"]
    assert identity(2).check(state, "step 3") == ""


def test_other_data_and_other_steps_are_another_run():
    state = identity(1).to_state()
    table = make_table()
    table.targets[0] = 1 - table.targets[0]
    for other in ({"table": table}, {"num_train_epochs": 3.0}):
        with pytest.raises(
            InputError, match="with the examples, the batches and the number of steps that it began with"
        ):
            identity(1, **other).check(state, "step 3")


def test_other_batches_of_the_same_examples_are_another_run():
    """As those of a version that deals the examples in another way: here it does so from another seed."""
    job, others = make_job(), make_job(seed=7)
    plans = [make_plan(job.table.lengths, which.config, 1) for which in (job, others)]
    assert set(plans[0].batch(0).examples.tolist()) != set(plans[1].batch(0).examples.tolist())
    steps = count_steps(plans[0], job.config)[0]
    state = RunIdentity(job.table, plans[0], steps, 1).to_state()
    with pytest.raises(InputError, match="other training examples, tokens, batches or steps than those of step 3"):
        RunIdentity(job.table, plans[1], steps, 1).check(state, "step 3")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_goes_on_on_two_devices_to_nearly_the_same_weights(tmp_path):
    job = make_job(train_batch_size=5, learning_rate=LEARNING_RATE)
    whole = TrainingRun(job, str(tmp_path / "whole"))
    whole.train(Progress(STEPS, 0, io.StringIO()))
    options = {"train_batch_size": 5, "learning_rate": LEARNING_RATE, "save_checkpoints_steps": 10}
    half = TrainingRun(make_job(**options), str(tmp_path / "half"))
    half._trainer.train(10)
    half._save()
    half._state.wait()
    done = run_python("-m", "tests.training.runs", 2, tmp_path / "end.npz", f"uneven={tmp_path}/half")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "1 device before, 2 devices now" in done.stderr
    found = np.load(tmp_path / "end.npz")
    for variable in job.model.variables:
        tolerance = 1e-5 if variable.path.endswith("key/bias") else 1e-6
        np.testing.assert_allclose(found[f"uneven:{variable.path}"], variable.numpy(), atol=tolerance)


def test_a_checkpoint_that_cannot_be_written_is_told_when_training_waits_for_it(tmp_path):
    run = TrainingRun(make_job(save_checkpoints_steps=4), str(tmp_path))
    save = run._state.checkpoints.save

    def save_until_the_disk_is_full(step, *tensors):
        if step == 8:
            raise InputError("It must be possible to write", received="no room")
        save(step, *tensors)

    object.__setattr__(run._state.checkpoints, "save", save_until_the_disk_is_full)
    with pytest.raises(InputError, match=r"possible to write\. Received: 'no room'"):
        run.train(Progress(STEPS, 0, io.StringIO()))
    assert run.step == 12  # The step at which it would have saved again.
    assert TrainingRun(make_job(), str(tmp_path)).resumed_from == 4


def test_what_is_saved_is_what_was_there_when_saving_began(tmp_path):
    job = make_job()
    run = TrainingRun(job, str(tmp_path))
    run._trainer.train(3)
    run.write_back()
    before = {variable.path: variable.numpy() for variable in job.model.variables}
    run._save()
    run._trainer.train(3)
    run._state.wait()
    tensors = run._state.checkpoints.restore(3)
    for name, value in before.items():
        np.testing.assert_array_equal(tensors[name], value)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".tmp")]


def test_a_step_that_is_evaluated_after_it_was_saved_is_noted_without_touching_its_files(tmp_path):
    run = TrainingRun(make_job(keep_checkpoints=1), str(tmp_path))
    run._trainer.train(3)
    run._save()
    run._state.wait()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ckpt-*")}
    run._standing = run._standing.after(3, 0.5, patience=0, is_best=True)
    run._save()
    run._state.wait()
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ckpt-*")}
    again = TrainingRun(make_job(keep_checkpoints=1), str(tmp_path))
    assert again._standing == run._standing
    assert json.loads((tmp_path / "best_checkpoint.json").read_text())["checkpoint"] == "model.ckpt-3"
    again._save()
    again._state.wait()
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.ckpt-*")}
