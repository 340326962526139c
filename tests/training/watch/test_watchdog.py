import json
import threading
import time

import pytest

from bert_tf.host import process
from bert_tf.training.watch.watchdog import Awaited, Watchdog
from tests.conftest import run_python


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def make_watchdog(seconds, told):
    return Watchdog(seconds, lambda: Awaited.DEVICE, told.append, lambda status: told.append(status))


def test_a_stall_is_told_once_and_what_is_awaited():
    told = []
    watchdog = make_watchdog(0.05, told)
    watchdog._give_up = lambda stalled: None  # It would end the process of the tests.
    with process.owned(), watchdog.on_duty(), watchdog.expecting_steps():
        wait_for(lambda: told)
        time.sleep(0.05)
        (line,) = told
        watchdog.beat()
        wait_for(lambda: len(told) == 2)
    assert "waiting for the device: its batch has come, and the step is not finished" in line
    assert "the run ends after 0.2 s" in line


def test_a_program_that_called_the_package_is_warned_and_not_ended():
    told = []
    watchdog = make_watchdog(0.02, told)  # The process of the tests would be gone after four times as long.
    with watchdog.on_duty(), watchdog.expecting_steps():
        time.sleep(0.3)
    (line,) = told
    assert line.endswith("waiting for the device: its batch has come, and the step is not finished")


@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_nothing_is_told_where_no_step_is_expected_or_nobody_watches(seconds):
    told, threads = [], threading.active_count()
    watchdog = make_watchdog(seconds, told)
    with watchdog.on_duty():
        assert threading.active_count() == threads + bool(seconds)
        if not seconds:
            with watchdog.expecting_steps():
                time.sleep(0.1)
        time.sleep(0.1)
    assert told == []
    assert threading.active_count() == threads


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_whose_input_never_comes_is_ended_and_says_so(tmp_path):
    done = run_python("-m", "tests.training.stalled", tmp_path, timeout=300)
    assert done.returncode == 70, done.stderr[-3000:]
    warning, end = done.stderr.splitlines()[-2:]
    assert warning.startswith("warning: no step was finished for ")
    assert "waiting for input: no batch has come; the run ends after 2 s" in warning
    assert end.startswith("bert-tf: A step must be finished within ")
    assert "waits for input: no batch has come. What was saved stays valid; the same command continues" in end
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(entry["event"], entry.get("kind"), entry.get("status")) for entry in events] == [
        ("save", None, None),
        ("warn", "stall", None),
        ("end", None, 70),
    ]
    assert "model.ckpt-1" in (tmp_path / "checkpoint").read_text()
