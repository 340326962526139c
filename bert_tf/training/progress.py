"""What a person sees of a training run: a bar on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Mapping
from typing import TextIO

from bert_tf.host import console

_BAR_WIDTH = 24
_SHARES = ("useful_tokens", "input_wait")


class Progress:
    """Reports the steps of a run."""

    def __init__(self, total_steps: int, first_step: int, stream: TextIO | None = None):
        """Starts the clock.

        Args:
            total_steps: Steps of the whole run.
            first_step: Steps that were done before, by the run that is resumed.
            stream: Where to write; standard error if not given.
        """
        self._total, self._first = total_steps, first_step
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._started = time.monotonic()

    def update(self, step: int, values: Mapping[str, float]) -> None:
        """Reports that `step` steps are done."""
        if console.is_quiet():
            return
        elapsed = time.monotonic() - self._started
        remaining = elapsed / max(step - self._first, 1) * (self._total - step)
        text = f"step {step}/{self._total}  " + "  ".join(_format(name, value) for name, value in values.items())
        text += f"  {_clock(elapsed)} < {_clock(remaining)}"
        if self._is_terminal:
            filled = _BAR_WIDTH * step // self._total
            bar = "#" * filled + "." * (_BAR_WIDTH - filled)
            self._stream.write("\r\x1b[K" + console.marked(f"[{bar}] {text}"))
        else:
            self._stream.write(console.marked(text) + "\n")
        self._stream.flush()

    def line(self, text: str) -> None:
        """Writes a line of its own, above the bar if there is one."""
        if not console.is_quiet():
            self.warn(text)

    def warn(self, text: str) -> None:
        """Writes a line that is not to be missed, however little is wanted."""
        self._stream.write(("\r\x1b[K" if self._is_terminal else "") + console.marked(text) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leaves the bar."""
        if self._is_terminal and not console.is_quiet():
            self._stream.write("\n")
            self._stream.flush()


def _format(name: str, value: float) -> str:
    title = name.replace("_", " ")
    if name in _SHARES:
        return f"{title} {value:.1%}"
    return f"{title} {value:,.0f}" if value >= 100 else f"{title} {value:.3g}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
