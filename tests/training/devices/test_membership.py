"""Workers in processes of their own: what happens to the others when one of them is not there, or no longer."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training.watch.interruption import STOPPED_STATUS
from tests.conftest import DEMO_CHECKPOINT, ROOT, bert_tf, free_ports

SHORT = ["--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--num_train_epochs=0.5"]
SHORT += ["--learning_rate=3e-4", "--eval_batch_size=63", "--log_every=10", "--save_checkpoints_steps=10"]
SHORT += ["--precision=float32", "--do_train", "--do_eval"]
STEPS = 62
STOPPED = re.compile(
    rf"\[[12]/2\] bert-tf: Training was stopped by (?P<reason>.+) at step (?P<step>\d+) of {STEPS}\. "
    r"That step is saved; run the same command again to continue from there\."
)
LONGEST_WAIT = 600  # Seconds; far more than it takes, so that a busy machine changes nothing.


def start(index, hosts, folder, *more):
    words = [*SHORT, f"--output_dir={folder}", f"--worker_hosts={hosts}", f"--task_index={index}", *more]
    command = [sys.executable, "-m", "bert_tf", "classifier", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def start_both(folder):
    hosts = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    return [start(index, hosts, folder) for index in range(2)]


def wait_for_step(folder, step, processes):
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        latest = tf.train.latest_checkpoint(str(folder))
        if latest and int(latest.rpartition("-")[2]) >= step:
            return
        time.sleep(0.05)
    raise AssertionError([process.communicate()[1][-2000:] for process in processes])


def weights(folder):
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def scores(folder):
    lines = (folder / "eval_results.txt").read_text().splitlines()
    return {key: float(value) for key, value in (line.split(" = ") for line in lines)}


def kill_one(folder, victim, step):
    """Begins or continues a run of two workers, and kills one of them once that step is saved; the other must end."""
    processes = start_both(folder)
    wait_for_step(folder, step, processes)
    processes[victim].send_signal(signal.SIGKILL)
    _, said = processes[1 - victim].communicate(timeout=LONGEST_WAIT)
    assert processes[1 - victim].returncode == 1, said[-2000:]
    processes[victim].communicate(timeout=LONGEST_WAIT)
    assert processes[victim].returncode == -signal.SIGKILL
    lost = f"bert-tf: A worker was lost. Received: 'worker {victim} (127.0.0.1:"
    assert said.splitlines()[-1].startswith(f"[{2 - victim}/2] {lost}")
    assert "Traceback" not in said


def stop_one(folder, step):
    """Continues the run, and tells one worker to stop once that step is saved; returns the step at which both stop."""
    processes = start_both(folder)
    wait_for_step(folder, step, processes)
    processes[1].send_signal(signal.SIGTERM)
    told = [process.communicate(timeout=LONGEST_WAIT)[1] for process in processes]
    assert [process.returncode for process in processes] == [STOPPED_STATUS] * 2, told
    stops = [STOPPED.fullmatch(said.splitlines()[-1]) for said in told]
    assert [stop["reason"] for stop in stops] == ["another worker", "SIGTERM"]
    (stopped,) = {int(stop["step"]) for stop in stops}
    assert (folder / f"manifest-{stopped}.json").exists()
    return stopped, told[0]


@pytest.mark.exhaustive
def test_a_worker_who_is_killed_or_told_to_stop_ends_the_other_and_both_continue(tmp_path):
    folder = tmp_path / "run"
    kill_one(folder, victim=1, step=10)
    stopped, said = stop_one(folder, step=20)
    assert 20 <= stopped < STEPS
    resumed = re.search(rf"resuming the run in {folder} at step (\d+) of {STEPS}", said)
    assert 10 <= int(resumed[1]) <= stopped


@pytest.mark.slow
@pytest.mark.exhaustive
def test_workers_who_were_killed_or_told_to_stop_end_with_what_two_devices_give(tmp_path):
    folder = tmp_path / "run"
    kill_one(folder, victim=1, step=10)
    kill_one(folder, victim=0, step=20)
    stopped, _ = stop_one(folder, step=30)
    processes = start_both(folder)
    (printed, said), (printed_by_other, said_by_other) = [each.communicate(timeout=LONGEST_WAIT) for each in processes]
    assert [process.returncode for process in processes] == [0, 0], said[-2000:] + said_by_other[-2000:]
    assert "distribution: multi_worker (auto), 2 workers with 1 CPU each" in said
    assert "training: global batch 32, per replica 16 (2 replicas)" in said
    assert f"resuming the run in {folder} at step {stopped} of {STEPS}" in said
    assert printed.startswith("demo dev: ")
    assert printed_by_other == ""
    assert '"worker_hosts": null' in (folder / "config.json").read_text()
    assert [name for name in os.listdir(folder) if "tmp" in name] == []

    mirrored = bert_tf("classifier", *SHORT, "--num_cpu_devices=2", f"--output_dir={tmp_path}/mirrored")
    assert "distribution: mirrored (auto), 2 CPUs" in mirrored.stderr
    expected = weights(tmp_path / "mirrored")
    for name, value in weights(folder).items():
        np.testing.assert_allclose(value, expected[name], atol=2e-4, err_msg=name)
    found, expected = scores(folder), scores(tmp_path / "mirrored")
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_worker_does_not_wait_for_ever_for_one_that_never_comes(tmp_path):
    hosts = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    process = start(0, hosts, tmp_path / "run", "--worker_timeout=2")
    _, said = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode == 1
    told = f"waiting for the 2 workers {hosts.replace(',', ', ')}; if one of them is not there within "
    assert told + "--worker_timeout=2 seconds, this process ends" in said.splitlines()
    assert "Traceback" not in said
    assert not (tmp_path / "run" / "config.json").exists()
