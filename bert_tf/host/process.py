"""Whose process this is: that of a command, or that of a program which called the package from Python.

A command may heed signals, write results to standard output and end its process. In somebody else's process the package
is a guest: it returns results, raises exceptions, and leaves everything as it found it.
"""

import contextlib
import dataclasses
from collections.abc import Iterator


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
