"""A watch over the steps: it tells when none has been finished for long, and ends a command that hangs.

A thread of its own looks at the clock, since the one that trains may be waiting inside of TensorFlow, where nothing
reaches it. It ends no process but a command's: a program that called the package from Python is only warned.
"""

import contextlib
import enum
import os
import threading
import time
from collections.abc import Callable, Iterator

from bert_tf.errors import BertTfError
from bert_tf.host import console, process

STALLED_STATUS = 70  # EX_SOFTWARE of sysexits.h.
_LIMIT = 4  # Times `stall_seconds`.
_SECONDS_FOR_LAST_WORDS = 10.0


class Awaited(enum.Enum):
    """What a step that is not finished waits for."""

    INPUT = "input: no batch has come"
    DEVICE = "the device: its batch has come, and the step is not finished"


class Watchdog:
    """Notices that no step is finished, while it is told of those that are."""

    def __init__(
        self,
        stall_seconds: float,
        awaited: Callable[[], Awaited],
        warn: Callable[[str], None],
        end: Callable[[int], None],
    ):
        """Watches nothing yet.

        Args:
            stall_seconds: Time without a finished step after which to warn; 0 for never.
            awaited: What the present step waits for. Called in a thread.
            warn: Called in a thread with the warning.
            end: Called in a thread with the exit status, right before the process ends.
        """
        self._stall_seconds = stall_seconds
        self._awaited, self._warn, self._end = awaited, warn, end
        self._last = time.monotonic()
        self._has_step = False

    def beat(self) -> None:
        """A step is finished."""
        self._last = time.monotonic()

    @contextlib.contextmanager
    def expecting_steps(self) -> Iterator[None]:
        """In the block steps are to be finished, one after the other; outside of it nothing is awaited."""
        self.beat()
        self._has_step = True
        try:
            yield
        finally:
            self._has_step = False

    @contextlib.contextmanager
    def on_duty(self) -> Iterator[None]:
        """Watches in the block."""
        if not self._stall_seconds:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        warned_of = None
        while not ended.wait(min(self._stall_seconds / 4, 1.0)):
            last = self._last
            stalled = time.monotonic() - last if self._has_step else 0.0
            if stalled >= _LIMIT * self._stall_seconds and process.is_ours():
                self._give_up(stalled)
            if stalled >= self._stall_seconds and warned_of != last:
                warned_of = last
                text = f"no step was finished for {stalled:.0f} s; waiting for {self._awaited().value}"
                if process.is_ours():
                    text += f"; the run ends after {_LIMIT * self._stall_seconds:g} s of this (--stall_seconds)"
                with contextlib.suppress(BertTfError):  # A full disk must not end the watch.
                    self._warn(text)

    def _give_up(self, stalled: float) -> None:
        """Ends the process from this thread, as the one that trains can't be reached."""
        console.warn(
            f"bert-tf: A step must be finished within {stalled:.0f} s, and waits for {self._awaited().value}. What was "
            "saved stays valid; the same command continues from there, and --stall_seconds sets the limit."
        )
        # It may be the disk that hangs, and the process has to end all the same.
        last_words = threading.Thread(target=self._end, args=(STALLED_STATUS,), daemon=True)
        last_words.start()
        last_words.join(_SECONDS_FOR_LAST_WORDS)
        os._exit(STALLED_STATUS)
