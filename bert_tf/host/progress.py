"""How far something is: a bar that fits the terminal, or plain lines by time where there is none."""

import contextlib
import io
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TextIO

from bert_tf.host import console

Report = Callable[[int, int], None]
Values = Callable[[], Mapping[str, str]]

SECONDS_BETWEEN_LINES: Final = 30.0
_SECONDS_BETWEEN_DRAWINGS: Final = 0.1
_SHORTEST_BAR, _LONGEST_BAR = 8, 24
_WORTH_MORE_THAN_BAR = 3  # So many of the values.
_GAP = "  "


def untold(done: int, total: int) -> None:
    """A `Report` that tells nobody."""


@contextlib.contextmanager
def telling(label: str, unit: str = "", *, is_shown: bool = True) -> Iterator[Report]:
    """Gives a function that is told how much is done, of how much, and shows it until the block ends.

    Args:
        label: What is under way, such as "evaluation".
        unit: What is counted, in the plural; nothing if it is not worth a rate.
        is_shown: Whether to show anything; of several workers, one does.
    """
    meter = Meter(label, unit)
    try:
        yield (lambda done, total: meter.update(done, total)) if is_shown else untold
    finally:
        meter.close()


class Meter:
    """Shows how much of something is done.

    On a terminal it is one line, drawn over and over and removed at the end. Elsewhere lines are written, one in
    `seconds_between_lines`, without any character that moves the cursor.
    """

    def __init__(
        self,
        label: str,
        unit: str = "",
        *,
        first: int = 0,
        is_lasting: bool = False,
        stream: TextIO | None = None,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
        seconds_between_drawings: float = _SECONDS_BETWEEN_DRAWINGS,
        clock: Callable[[], float] = time.monotonic,
    ):
        """Starts the clock, and shows nothing yet.

        Args:
            label: What is under way.
            unit: What is counted, in the plural, if its rate is to be shown.
            first: How much was done before.
            is_lasting: Whether its first and its last state are told as lines, however soon they come.
            stream: Where to write; standard error if not given.
            seconds_between_lines: Where there is no terminal.
            seconds_between_drawings: On a terminal.
            clock: Seconds.
        """
        self._label, self._unit, self._is_lasting = label, unit, is_lasting
        self._stream = stream or sys.stderr or io.StringIO()  # There is none where a program has no terminal at all.
        self._is_terminal = _is_terminal(self._stream)
        self._interval = seconds_between_drawings if self._is_terminal else seconds_between_lines
        self._clock, self._started = clock, clock()
        self._first, self._shown = first, -1
        self._shown_at = None if self._is_terminal or is_lasting else self._started
        self._begun: tuple[int, float] | None = None
        self._last: tuple[int, int, Mapping[str, str]] | None = None

    def update(self, done: int, total: int, values: Values = dict) -> None:
        """So much is done; shown if it is time for that.

        Args:
            done: How much.
            total: Of how much.
            values: Gives what else to show, the most important first; only called if it is shown.
        """
        if self._begun is None and done > self._first:
            self._begun = done, self._clock()  # What comes first compiles, and says little of how long the rest takes.
        if console.is_quiet() or done == self._shown or not self._is_due(done >= total):
            return
        self._last = done, total, values()
        if self._is_terminal:
            console.draw(self._fitting(*self._last), self._stream)
        else:
            console.write(console.marked(self._text(*self._last)), self._stream)
        self._shown, self._shown_at = done, self._clock()

    def close(self) -> None:
        """Removes the bar; where the last state is to last, it becomes a line."""
        if self._last is None or console.is_quiet():
            return
        if self._is_terminal:
            console.draw("", self._stream)
            if self._is_lasting:
                console.write(self._fitting(*self._last, has_bar=False), self._stream)
        self._last = None

    def _is_due(self, is_end: bool) -> bool:
        if self._shown_at is None:
            return True
        if is_end and (self._is_terminal or self._is_lasting or self._last is not None):
            return True
        return self._clock() - self._shown_at >= self._interval

    def _fitting(self, done: int, total: int, values: Mapping[str, str], *, has_bar: bool = True) -> str:
        """The line with as much as fits: fewer values, at last without a bar. The last column stays free."""
        columns = _columns(self._stream) - 1
        room = columns - display_width(console.marked(""))
        parts = [self._count(done, total), *self._all_values(done, values)]
        time_left = self._time_left(done, total)
        if has_bar:
            for count in range(len(parts), min(_WORTH_MORE_THAN_BAR, len(parts) - 1), -1):
                text = _GAP.join([*parts[:count], time_left])
                length = min(room - display_width(text) - len(_GAP) - 2, _LONGEST_BAR)
                if length >= _SHORTEST_BAR:
                    return console.marked(f"[{_bar(done, total, length)}]{_GAP}{text}")
        for count in range(len(parts), 0, -1):
            for end in ([time_left], []):
                text = _GAP.join([*parts[:count], *end])
                if display_width(text) <= room:
                    return console.marked(text)
        return cut(console.marked(parts[0]), columns)

    def _text(self, done: int, total: int, values: Mapping[str, str]) -> str:
        elapsed = clock_time(self._clock() - self._started)
        parts = [self._count(done, total), *self._all_values(done, values)]
        return _GAP.join([*parts, f"{elapsed} gone", self._time_left(done, total)])

    def _count(self, done: int, total: int) -> str:
        return f"{self._label} {done:,}/{total:,}" if self._unit else f"{self._label} {done}/{total}"

    def _all_values(self, done: int, values: Mapping[str, str]) -> list[str]:
        seconds = self._clock() - self._started
        rate = [f"{(done - self._first) / seconds:,.0f} {self._unit}/s"] if self._unit and seconds > 0 else []
        return [*rate, *values.values()]

    def _time_left(self, done: int, total: int) -> str:
        if done >= total:
            return f"{clock_time(0)} left"
        if self._begun is None or done <= self._begun[0]:
            return "-:-- left"
        since, began = self._begun
        return f"{clock_time((self._clock() - began) / (done - since) * (total - done))} left"


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for one that joins another."""
    return sum(_width(character) for character in text)


def cut(text: str, columns: int) -> str:
    """Returns as much of the beginning of a text as so many columns hold.

    Args:
        text: The text.
        columns: Of a terminal.
    """
    while display_width(text) > max(columns, 0):
        text = text[:-1]
    return text


def clock_time(seconds: float) -> str:
    """Seconds as people read them: 4:05, or 1:00:00."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _bar(done: int, total: int, length: int) -> str:
    filled = length * min(done, total) // max(total, 1)
    return "#" * filled + "." * (length - filled)


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _columns(stream: TextIO) -> int:
    """Columns of the terminal at this moment, since it may be made wider or narrower while something runs."""
    with contextlib.suppress(OSError, ValueError):
        columns = os.get_terminal_size(stream.fileno()).columns
        if columns:
            return columns
    return shutil.get_terminal_size().columns
