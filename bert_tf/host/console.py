"""What a person is told while a command runs, on standard error; standard output is for results.

There is one terminal, so how much is said, and the mark before each line where several workers share it, are settings
of the process.
"""

import dataclasses
import enum
import sys
import threading
from typing import Final, TextIO

_ERASE: Final = "\r\x1b[K"


class Verbosity(enum.Enum):
    """How much is said. Results, warnings and errors always are."""

    QUIET = "quiet"
    NORMAL = "normal"
    DEBUG = "debug"


@dataclasses.dataclass
class _Settings:
    verbosity: Verbosity = Verbosity.NORMAL
    prefix: str = ""
    drawn: str = ""
    drawn_on: TextIO | None = None


_SETTINGS = _Settings()
_ONE_AT_A_TIME = threading.RLock()  # Warnings also come from threads that watch.


def set_verbosity(verbosity: Verbosity) -> None:
    """Sets how much is said from now on."""
    _SETTINGS.verbosity = verbosity


def set_worker(index: int, count: int) -> None:
    """Puts a mark such as `[1/2] ` before each line from now on, if there is more than one worker.

    Args:
        index: Which worker this is, counted from 0.
        count: How many there are.
    """
    _SETTINGS.prefix = f"[{index + 1}/{count}] " if count > 1 else ""


def is_quiet() -> bool:
    """Whether only results, warnings and errors are wanted."""
    return _SETTINGS.verbosity is Verbosity.QUIET


def is_debugging() -> bool:
    """Whether everything is wanted."""
    return _SETTINGS.verbosity is Verbosity.DEBUG


def marked(text: str) -> str:
    """Returns a text with the mark of this worker before each of its lines."""
    return "\n".join(_SETTINGS.prefix + line for line in text.split("\n")) if _SETTINGS.prefix else text


def say(text: str) -> None:
    """Tells how things go."""
    if not is_quiet():
        _write(text)


def warn(text: str) -> None:
    """Tells what went wrong, or may."""
    _write(text)


def debug(text: str) -> None:
    """Tells what helps to find a mistake."""
    if is_debugging():
        _write(text)


def draw(text: str, stream: TextIO) -> None:
    """Puts a line at the end of a terminal, in place of the one that was drawn before; what is told comes above it.

    Args:
        text: The line, no longer than the terminal is wide; nothing to remove it.
        stream: The terminal.
    """
    with _ONE_AT_A_TIME:
        if text or _SETTINGS.drawn_on is stream:
            stream.write(_ERASE + text)
            stream.flush()
        _SETTINGS.drawn, _SETTINGS.drawn_on = text, stream if text else None


def write(text: str, stream: TextIO) -> None:
    """Writes a line as it is, above the one that is drawn, if there is one.

    Args:
        text: The line, with its mark.
        stream: Where to write.
    """
    with _ONE_AT_A_TIME:
        has_drawn = _SETTINGS.drawn_on is stream
        stream.write(f"{_ERASE}{text}\n{_SETTINGS.drawn}" if has_drawn else f"{text}\n")
        stream.flush()


def _write(text: str) -> None:
    if sys.stderr is not None:  # As where a program has no terminal at all.
        write(marked(text), sys.stderr)
