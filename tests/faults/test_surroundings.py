"""A disk that is full or read-only, data that vanish, a clock that jumps: one clear line, and the state intact."""

import io
import itertools
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from tests.conftest import DEMO_CHECKPOINT, ROOT, bert_tf
from tests.training.runs import STEPS, make_job, weights_of

# 31 steps; a checkpoint with all state has 15 MB.
FLAGS = ["--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--num_train_epochs=0.25"]
FLAGS += ["--precision=float32", "--log_every=1", "--save_checkpoints_steps=5", "--do_train"]


def on_small_disk(folder, size, script):
    """Runs a shell script in which `$disk` is an empty disk of some size, that of nobody else, and `$run` a command."""
    folder.mkdir()
    command = f"{sys.executable} -m bert_tf classifier {' '.join(FLAGS)} --output_dir={folder}/run"
    mount = f"mount -t tmpfs -o size={size} tmpfs {folder}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here: that needs user namespaces")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "disk": str(folder), "run": command}
    shell = ["unshare", "-rm", "sh", "-c", f"{mount} && {script}"]
    return subprocess.run(shell, capture_output=True, text=True, env=environment, timeout=300)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_disk_that_fills_up_in_training_ends_it_in_one_line_and_room_lets_it_go_on(tmp_path):
    script = """
        $run 2> $saved/full & process=$!
        while ! test -e $disk/run/manifest-5.json; do sleep 0.01; done
        head -c 100M /dev/zero > $disk/fill
        wait $process; echo $?
        ls -A $disk/run > $saved/names
        rm $disk/fill
        $run 2> $saved/again; echo $?
        cp $disk/run/model.ckpt-31.* $saved
    """
    saved = tmp_path / "saved"
    saved.mkdir()
    done = on_small_disk(tmp_path / "disk", "60m", f"saved={saved}; {script}")
    assert done.stdout.split() == ["2", "0"], done.stderr
    line = (saved / "full").read_text().splitlines()[-1]
    # Whichever comes first: the look for room, a checkpoint that had begun, or a line for TensorBoard.
    anywhere = f"{tmp_path}/disk/run"
    rules = (
        "There must be room for the checkpoint of step",
        f"It must be possible to write {anywhere}/",
        f"It must be possible to write in {anywhere}.",
    )
    assert line.startswith(tuple(f"bert-tf: {rule}" for rule in rules)), line
    assert line.endswith("Free some space or choose another --output_dir; what was saved before stays valid.")
    assert not [name for name in (saved / "names").read_text().split() if name.startswith(".")]
    assert "resuming the run in" in (saved / "again").read_text()
    whole = bert_tf("classifier", *FLAGS, f"--output_dir={tmp_path}/whole")
    assert whole.returncode == 0, whole.stderr[-2000:]
    found, expected = (tf.train.load_checkpoint(f"{folder}/model.ckpt-31") for folder in (saved, tmp_path / "whole"))
    for name in expected.get_variable_to_shape_map():
        np.testing.assert_array_equal(found.get_tensor(name), expected.get_tensor(name), err_msg=name)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_disk_that_is_too_small_is_told_before_anything_is_written(tmp_path):
    done = on_small_disk(tmp_path / "disk", "40m", "$run; echo $?; ls -A $disk")
    assert done.stdout.split() == ["2"]
    assert (
        "bert-tf: There must be room for 3 checkpoints and the best model, 52 MiB. Received: '39 MiB free"
        in done.stderr
    )
    assert "lower --keep_checkpoints or choose another --output_dir" in done.stderr.splitlines()[-1]


def test_a_disk_that_is_read_only_is_told_in_one_line(tmp_path):
    done = on_small_disk(tmp_path / "disk", "1m", "mount -o remount,ro $disk && $run; echo $?")
    assert done.stdout.split() == ["2"]
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"bert-tf: The output folder must be writable. Received: '{tmp_path}/disk, which is read-only'"
    )


@pytest.mark.slow
@pytest.mark.exhaustive
def test_data_that_vanish_in_training_are_missed_when_it_is_resumed_and_not_before(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"x\t{number % 2}\t\tthe cat number {number} sleeps near the river" for number in range(160)]
    (data / "train.tsv").write_text("\n".join(rows))
    flags = ["--task=cola", f"--data_dir={data}", f"--init_checkpoint={DEMO_CHECKPOINT}", "--train_batch_size=8"]
    flags += ["--max_seq_length=16", "--log_every=1", "--save_checkpoints_steps=20", "--do_train"]
    command = [sys.executable, "-m", "bert_tf", "classifier", *flags, f"--output_dir={tmp_path}/run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        next(line for line in process.stderr if line.startswith("step 1/60"))
        (data / "train.tsv").unlink()
        said = process.stderr.read()
    assert process.returncode == 0, said[-2000:]
    assert "train.tsv" not in said
    assert "trained 60 steps" in said
    done = bert_tf("classifier", *flags, f"--output_dir={tmp_path}/run")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{data}/train.tsv" in line


def test_a_clock_that_jumps_changes_nothing(tmp_path, monkeypatch):
    options = {"dropout": 0.1, "save_checkpoints_steps": 3, "eval_every": 6}
    steady, jumping = (make_job(evaluate=lambda: {"accuracy": 0.5, "loss": 1.0}, **options) for _ in range(2))
    TrainingRun(steady, str(tmp_path / "steady")).train(Progress(STEPS, 0, io.StringIO()))
    jumps, real = itertools.cycle([0.0, 0.0, -1e8, 1e8, 3600.0, -3600.0]), time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    run = TrainingRun(jumping, str(tmp_path / "jumping"))
    run.train(Progress(STEPS, 0, io.StringIO()))
    for name, value in weights_of(steady).items():
        np.testing.assert_array_equal(weights_of(jumping)[name], value, err_msg=name)
    assert TrainingRun(make_job(**options), str(tmp_path / "jumping")).resumed_from == STEPS
