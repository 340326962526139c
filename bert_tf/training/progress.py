"""What a person sees of a training run: a bar on a terminal, plain lines in a log."""

import io
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from bert_tf.host import console
from bert_tf.host.progress import SECONDS_BETWEEN_LINES, Meter

_SHARES = ("useful_tokens", "input_wait")
_RATE = "examples_per_second"
_FIRST = ("epoch", "loss", _RATE)  # What is left where there is little room.
_SECONDS_BETWEEN_DRAWINGS = 1.0  # To know the loss, the host has to wait for the device.


class Progress:
    """Reports the steps of a run."""

    def __init__(
        self,
        total_steps: int,
        first_step: int,
        stream: TextIO | None = None,
        *,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
    ):
        """Starts the clock.

        Args:
            total_steps: Steps of the whole run.
            first_step: Steps that were done before, by the run that is resumed.
            stream: Where to write; standard error if not given.
            seconds_between_lines: Where there is no terminal.
        """
        self._total, self._stream = total_steps, stream or sys.stderr or io.StringIO()
        self._meter = Meter(
            "step",
            first=first_step,
            is_lasting=True,
            stream=self._stream,
            seconds_between_lines=seconds_between_lines,
            seconds_between_drawings=_SECONDS_BETWEEN_DRAWINGS,
        )

    def update(self, step: int, values: Callable[[], Mapping[str, float]]) -> None:
        """Reports that `step` steps are done.

        Args:
            step: Updates done.
            values: Gives what was measured; only called if it is shown.
        """

        def shown() -> dict[str, str]:
            measured = values()
            names = [*(name for name in _FIRST if name in measured), *(name for name in measured if name not in _FIRST)]
            return {name: _format(name, measured[name]) for name in names}

        self._meter.update(step, self._total, shown)

    def line(self, text: str) -> None:
        """Writes a line of its own, above the bar if there is one."""
        if not console.is_quiet():
            self.warn(text)

    def warn(self, text: str) -> None:
        """Writes a line that is not to be missed, however little is wanted."""
        console.write(console.marked(text), self._stream)

    def close(self) -> None:
        """Leaves the last state as a line."""
        self._meter.close()


def _format(name: str, value: float) -> str:
    if name == _RATE:
        return f"{_number(value)} examples/s"
    title = name.replace("_", " ")
    if name in _SHARES:
        return f"{title} {value:.1%}"
    return f"{title} {_number(value)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
