"""Real signals to real processes; none of them needs TensorFlow, so they start at once."""

import functools
import signal
import subprocess
import sys

import pytest

from bert_tf.host import process as host_process
from bert_tf.training.watch.interruption import (
    SignalledError,
    StopRequest,
    ending_on_signals,
    ending_what_is_repeated,
    stopping_on_signals,
)
from tests.conftest import ROOT

# Something long that no handler of Python interrupts, as a step or a wait for input would be.
BLOCKED = "hashlib.pbkdf2_hmac('sha256', b'x', b'y', 2**31 - 1)"
STOPPING = """
import hashlib, sys, time
from bert_tf.host import process
from bert_tf.training.watch.interruption import StopRequest, stopping_on_signals
request = StopRequest()
with process.owned(), stopping_on_signals(request):
    print("ready", flush=True)
    {work}
print(request.reason, flush=True)
"""
ENDING = """
import sys, time
from bert_tf.host import process
from bert_tf.training.watch.interruption import SignalledError, ending_on_signals
try:
    with process.owned(), ending_on_signals():
        try:
            print("ready", flush=True)
            time.sleep(60)
        finally:
            print("tidied", flush=True)
except SignalledError as error:
    print(error)
    sys.exit(error.exit_status)
"""


def start(program):
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_a_request_and_the_work_goes_on(number):
    process = start(STOPPING.format(work="while not request: time.sleep(0.01)"))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, f"{number.name}\n")
    assert err == f"{number.name}: saving after this step, then stopping; a second signal ends at once\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_even_what_can_not_be_interrupted(number):
    process = start(STOPPING.format(work=BLOCKED))
    process.send_signal(signal.SIGTERM)
    assert process.stderr.readline().startswith("SIGTERM: saving after this step")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "")
    assert err == f"{number.name} again: ended at once; what was saved stays valid\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_elsewhere_one_signal_ends_and_lets_tidy_up(number):
    process = start(ENDING)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (128 + number, "")
    assert out == f"tidied\nEnded by {number.name}; what was saved before stays valid.\n"


def test_signals_are_heeded_within_the_block_only_and_inner_blocks_come_first():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    request = StopRequest()

    def outer():
        with ending_on_signals():
            with stopping_on_signals(request):
                signal.raise_signal(signal.SIGTERM)
            assert signal.getsignal(signal.SIGTERM) is not before[0]
            signal.raise_signal(signal.SIGINT)

    with host_process.owned(), pytest.raises(SignalledError, match="Ended by SIGINT"):
        outer()
    assert request.reason == "SIGTERM"
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_in_the_process_of_another_program_signals_stay_its_business(request):
    # A shell starts what it leaves in the background with this signal ignored, the tests too.
    request.addfinalizer(functools.partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with ending_on_signals(), stopping_on_signals(StopRequest()), ending_what_is_repeated(True):
        assert {number: signal.getsignal(number) for number in signal.valid_signals()} == before
        assert signal.set_wakeup_fd(-1) == -1
        with pytest.raises(KeyboardInterrupt) as raised:
            signal.raise_signal(signal.SIGINT)
    assert type(raised.value) is KeyboardInterrupt


def test_the_first_reason_counts():
    request = StopRequest()
    assert not request
    request.make("SIGTERM")
    request.make("SIGINT")
    assert request.reason == "SIGTERM"
