"""Signals that ask a process to end: what a cloud sends before it takes a machine away, and Ctrl-C.

Training finishes its step, saves and ends with `STOPPED_STATUS`, which says "run me again". Everything else ends where
it is; files are written all or nothing, so that nothing is left by halves. A second signal ends the process at once.

Python runs the handler of a signal between two of its own instructions, and so not while a step, a save or a wait for
input lasts. What has to happen at once is therefore done by a thread, which the interpreter tells of each signal
through a pipe as soon as it comes.

Nothing here imports TensorFlow: signals are heeded before it is loaded. In the process of a program that called the
package from Python they stay that program's business.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from bert_tf.errors import BertTfError
from bert_tf.host import console, process

STOPPED_STATUS = 75  # EX_TEMPFAIL of sysexits.h: a temporary failure, to be tried again.
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_STATUS_OF_SIGNALS = 128  # What a shell adds to the number of the signal that ended a process.
_NO_SIGNAL = 0


class SignalledError(KeyboardInterrupt):
    """A signal ends what the main thread is doing. Like Ctrl-C, it passes by whoever handles failures."""

    def __init__(self, number: int):
        """Tells which signal it was.

        Args:
            number: Of the signal.
        """
        self.exit_status = _STATUS_OF_SIGNALS + number
        super().__init__(f"Ended by {name_of(number)}; what was saved before stays valid.")


class StoppedError(BertTfError):
    """Training stopped because it was asked to. All is saved, and the same command continues."""

    exit_status = STOPPED_STATUS


class StopRequest:
    """Whether somebody has asked for an end, and who. Set by other threads than the one that looks."""

    def __init__(self) -> None:
        self.reason = ""

    def __bool__(self) -> bool:
        return bool(self.reason)

    def make(self, reason: str) -> None:
        """Asks for an end; the first reason counts.

        Args:
            reason: Who asks, such as SIGTERM.
        """
        self.reason = self.reason or reason


def alone(step: int, wanted: bool, is_over: bool) -> bool:
    """Whether to stop at a step where no other worker has to agree: if it is wanted.

    Args:
        step: Updates done.
        wanted: Whether this worker was asked to stop.
        is_over: Whether training ends at this step anyway.
    """
    return wanted


def name_of(number: int) -> str:
    """Name of a signal, such as SIGTERM."""
    return signal.Signals(number).name


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """In the block, the first signal raises `SignalledError` in the main thread; the second ends the process."""

    def raise_once(number: int, frame: FrameType | None) -> None:
        _set_handlers(_leave_to_thread)  # The next one is the thread's business alone.
        raise SignalledError(number)

    with _listening(raise_once, lambda number: None):
        yield


@contextlib.contextmanager
def stopping_on_signals(request: StopRequest) -> Iterator[None]:
    """In the block, the first signal makes a request to stop; the second ends the process at once."""

    def ask(number: int) -> None:
        request.make(name_of(number))
        console.warn(f"{name_of(number)}: saving after this step, then stopping; a second signal ends at once")

    with _listening(_leave_to_thread, ask):
        yield


@contextlib.contextmanager
def ending_what_is_repeated(wanted: bool) -> Iterator[None]:
    """Within `stopping_on_signals`: in the block, the first signal also raises `SignalledError` in the main thread.

    For what takes long and is done anew after a restart, such as an evaluation.

    Args:
        wanted: Whether to do so.
    """
    if not wanted or not _may_heed():
        yield
        return

    def raise_once(number: int, frame: FrameType | None) -> None:
        _set_handlers(_leave_to_thread)
        raise SignalledError(number)

    _set_handlers(raise_once)
    try:
        yield
    finally:
        _set_handlers(_leave_to_thread)


@contextlib.contextmanager
def _listening(handler: Callable[[int, FrameType | None], None], at_once: Callable[[int], None]) -> Iterator[None]:
    """Heeds signals in the block, if this is the main thread of a command; others are not told of any.

    Args:
        handler: Called with the first signal in the main thread, as soon as it runs Python again.
        at_once: Called with the first signal in a thread of its own.
    """
    if not _may_heed():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    thread = threading.Thread(target=_heed, args=(reader, at_once), name="signals", daemon=True)
    former_handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    former_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    _set_handlers(handler)
    thread.start()
    try:
        yield
    finally:
        for number, former in former_handlers.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(former_writer)
        os.write(writer, bytes([_NO_SIGNAL]))
        thread.join()
        os.close(reader)
        os.close(writer)


def _heed(reader: int, at_once: Callable[[int], None]) -> None:
    """Waits for signals until the block ends."""
    count = 0
    while (number := os.read(reader, 1)[0]) != _NO_SIGNAL:
        if number not in _SIGNALS:
            continue
        count += 1
        if count > 1:
            console.warn(f"{name_of(number)} again: ended at once; what was saved stays valid")
            os._exit(_STATUS_OF_SIGNALS + number)
        at_once(number)


def _set_handlers(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)


def _leave_to_thread(number: int, frame: FrameType | None) -> None:
    """A handler that does nothing: its being there keeps the signal from ending the process."""


def _may_heed() -> bool:
    """Whether the handlers of signals are ours to set."""
    return process.is_ours() and threading.current_thread() is threading.main_thread()
