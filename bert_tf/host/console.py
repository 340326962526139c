"""What a person is told: on standard error while a command runs, on standard output the results.

There is one terminal, so how much is said, in which words, and the mark before each line where several workers share it
are settings of the process. What a command prints as its result is told like everything else where somebody called it
from Python, and gets it returned. A terminal obeys some of the characters that it is sent, and shows others nowhere or
in another order. Names of files, labels and texts come from strangers: whatever is told goes through `visible`.
"""

import codecs
import contextlib
import dataclasses
import enum
import io
import json
import re
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from bert_tf.host import process

_ERASE: Final = "\r\x1b[K"


class Verbosity(enum.Enum):
    """How much is said. Results, warnings and errors always are."""

    QUIET = "quiet"
    NORMAL = "normal"
    DEBUG = "debug"


_AS_JSON = "bert_tf.json"
# Marks, fillers and joiners that have no form, though they count as letters or accents.
_FORMLESS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]")
_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


@dataclasses.dataclass
class _Settings:
    verbosity: Verbosity = Verbosity.NORMAL
    prefix: str = ""
    words: Callable[[str], str] = str
    drawn: str = ""
    drawn_on: TextIO | None = None


_SETTINGS = _Settings()
_ONE_AT_A_TIME = threading.RLock()  # Warnings also come from threads that watch.


def set_verbosity(verbosity: Verbosity) -> None:
    """Sets how much is said from now on."""
    _SETTINGS.verbosity = verbosity


@contextlib.contextmanager
def speaking(verbosity: Verbosity, words: Callable[[str], str]) -> Iterator[None]:
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
    """Returns a text as a terminal is sent it: each line visible, with the mark of this worker before it."""
    return "\n".join(_SETTINGS.prefix + visible(line) for line in text.split("\n"))


def _escape_as_python(char: str) -> str:
    return char.encode("unicode_escape").decode()


def visible(text: str, escape: Callable[[str], str] = _escape_as_python) -> str:
    r"""Returns a text in which nothing is hidden, obeyed by a terminal, or changes the direction of what follows.

    Control characters, line and paragraph separators, marks of direction, surrogates and what else has no form are
    written as Python does, such as `\n`, `\x1b` or `\u202e`. Letters, accents and signs of all scripts stay.

    Args:
        text: A name, label, text or line of a message; line feeds in it are escaped, too.
        escape: Gives what stands for such a character.
    """
    if text.isprintable() and not _FORMLESS.search(text):
        return text
    return "".join(escape(char) if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or _FORMLESS.match(char) is not None


def show(text: str) -> None:
    """Gives a result, each line visible: on standard output if the process is a command's."""
    if process.is_ours():
        print("\n".join(map(visible, text.split("\n"))), flush=True)
    else:
        say(text)


def counted(count: int, noun: str) -> str:
    """Returns how many there are of something, such as `1 example` or `2,000 examples`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


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
        write(marked(_SETTINGS.words(text)), sys.stderr)
