"""What a person is told while a command runs, on standard error; standard output is for results.

There is one terminal, so how much is said, in which words, and the mark before each line where several workers share it
are settings of the process. What a command prints as its result is told like everything else where somebody called it
from Python, and gets it returned.
"""

import codecs
import contextlib
import dataclasses
import enum
import io
import json
import sys
from collections.abc import Callable, Iterator

from bert_tf.host import process


class Verbosity(enum.Enum):
    """How much is said. Results, warnings and errors always are."""

    QUIET = "quiet"
    NORMAL = "normal"
    DEBUG = "debug"


_AS_JSON = "bert_tf.json"


@dataclasses.dataclass
class _Settings:
    verbosity: Verbosity = Verbosity.NORMAL
    prefix: str = ""
    words: Callable[[str], str] = str


_SETTINGS = _Settings()


def set_verbosity(verbosity: Verbosity) -> None:
    """Sets how much is said from now on."""
    _SETTINGS.verbosity = verbosity


@contextlib.contextmanager
def telling(verbosity: Verbosity, words: Callable[[str], str]) -> Iterator[None]:
    """In the block, so much is said, in such words.

    Args:
        verbosity: How much.
        words: Puts a line of ours into them.
    """
    before = _SETTINGS.verbosity, _SETTINGS.words
    _SETTINGS.verbosity, _SETTINGS.words = verbosity, words
    try:
        yield
    finally:
        _SETTINGS.verbosity, _SETTINGS.words = before


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


def show(text: str) -> None:
    """Gives a result: on standard output if the process is a command's."""
    if process.is_ours():
        print(text, flush=True)
    else:
        say(text)


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


def escape_what_cannot_be_written() -> None:
    """Lets standard output and error escape what their encoding does not have, as JSON does, in place of ending.

    Where texts and labels are Chinese and the terminal knows ASCII alone, what is printed as JSON stays JSON.
    """
    codecs.register_error(_AS_JSON, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_AS_JSON)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return json.dumps(text)[1:-1], error.end


def _write(text: str) -> None:
    print(marked(_SETTINGS.words(text)), file=sys.stderr, flush=True)
