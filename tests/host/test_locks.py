import os
import re
import signal
import subprocess
import sys

import pytest

from bert_tf.errors import InputError
from bert_tf.host import locks
from tests.conftest import ROOT, run_python

HOLD = "import sys, time; from bert_tf.host import locks\nwith locks.holding(sys.argv[1]): print('held', flush=True); "


def hold(folder):
    """A process that holds the lock of a folder until it is killed."""
    command = [sys.executable, "-c", HOLD + "time.sleep(60)", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_who_is_at_work(tmp_path):
    with hold(tmp_path) as process:
        done = run_python("-m", "bert_tf", "classifier", "--task=demo", "--do_train", f"--output_dir={tmp_path}")
        process.kill()
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert re.search(
        rf"Only one process at a time may write .*{tmp_path}, in which process {process.pid} on \S+ is", line
    )


def test_the_lock_of_a_killed_process_locks_nobody_out(tmp_path):
    with hold(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    assert os.listdir(tmp_path) == [locks.LOCK_FILE]
    with locks.holding(str(tmp_path)):
        assert str(os.getpid()) in (tmp_path / locks.LOCK_FILE).read_text()
    assert os.listdir(tmp_path) == []


def test_it_can_be_taken_again_when_the_block_has_ended_well_or_badly(tmp_path):
    folder = str(tmp_path / "a" / "b")
    with pytest.raises(KeyError), locks.holding(folder):
        raise KeyError
    with locks.holding(folder), pytest.raises(InputError, match="Only one process"), locks.holding(folder):
        pass
    with locks.holding(folder):
        pass


def test_a_folder_that_was_made_for_the_lock_alone_goes_with_it(tmp_path):
    with locks.holding(str(tmp_path / "a" / "b")):
        assert (tmp_path / "a" / "b").is_dir()
    assert os.listdir(tmp_path) == []
    with locks.holding(str(tmp_path / "a" / "b")):
        (tmp_path / "a" / "result").write_text("mine")
    assert os.listdir(tmp_path / "a") == ["result"]


def test_a_remote_folder_is_not_locked_and_that_is_said(capsys):
    with locks.holding("gs://bucket/run"):
        assert capsys.readouterr().err == "gs://bucket/run can't be locked; let no other process write there\n"
