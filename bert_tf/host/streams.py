"""Standard streams that are closed, or whose reader has gone."""

import os
import sys
from typing import Final

_STANDARD: Final = (0, 1, 2)


def open_closed_streams() -> None:
    """Opens the null device in place of standard streams that the process began without, as after `>&-`.

    Otherwise the next files to be opened would get their numbers, and what a library writes to standard error would
    end up in a checkpoint.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # Gets the lowest number that is free.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  # Stays open, as the process does.
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def flush_output() -> None:
    """Hands on what was printed.

    Raises:
        OSError: If that can't be done: the reader has gone, or the disk is full. Nothing is left to be written then.
    """
    try:
        sys.stdout.flush()
    except OSError:
        discard(1)
        raise


def discard(*numbers: int) -> None:
    """Leads standard streams to the null device, so that what is left in them does not fail again at the end.

    Args:
        numbers: 1 for standard output, 2 for standard error.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for number in numbers:
        os.dup2(null, number)
    os.close(null)
