"""Whose process this is: that of a command, or that of a program which called the package from Python.

A command may heed signals, write results to standard output and end its process. In somebody else's process the package
is a guest: it returns results, raises exceptions, and leaves everything as it found it.
"""

import atexit
import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator
from typing import NoReturn


@dataclasses.dataclass
class _Settings:
    is_ours: bool = False


_SETTINGS = _Settings()


def is_ours() -> bool:
    """Whether the process is that of a command."""
    return _SETTINGS.is_ours


@contextlib.contextmanager
def owned() -> Iterator[None]:
    """In the block, the process is that of a command."""
    before, _SETTINGS.is_ours = _SETTINGS.is_ours, True
    try:
        yield
    finally:
        _SETTINGS.is_ours = before


def end_at_once(status: int) -> NoReturn:
    """Ends the process of a command without taking apart what it has loaded, which takes most of a second.

    What was registered for the end is done, and what was written is flushed. Nothing may be under way in other threads.

    Args:
        status: Its exit status.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # Its reader is gone, which was told where it was written to.
            stream.flush()
    os._exit(status)
