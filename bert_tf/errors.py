"""What the program says when the input is at fault.

An error is part of the interface: it states the rule that was broken, what was received instead, and the
nearest known name or the fix, on one line. The command line prints it and exits without a traceback.
"""

import difflib
from collections.abc import Iterable

from bert_tf.host.console import visible


class BertTfError(Exception):
    """An expected failure that is told in one line. `exit_status` is what the process returns.

    Attributes:
        details: Lines for a person who wants to see more than the first of many faults; the command line shows them
            before the line.
    """

    exit_status = 1

    def __init__(self, rule: str, *, received: object = None, fix: str = "", details: tuple[str, ...] = ()):
        """Joins the three parts into one line.

        Args:
            rule: What must hold, as a sentence without its full stop.
            received: What was found instead; strings are quoted. Left out if None.
            fix: What to do about it, as a sentence without its full stop.
            details: Lines that tell more.
        """
        self.details = tuple(map(visible, details))
        shown = None if received is None else f"Received: {received!r}"
        parts = [part.strip().rstrip(".") for part in (rule, shown, fix) if part]
        line = visible(" ".join(". ".join(parts).split()))
        super().__init__(line if line.endswith("?") else line + ".")

    def rename(self, path: str, name: str) -> None:
        """Calls by its name what the lines call by a path, such as that of a temporary folder."""
        self.args = tuple(str(part).replace(path, name) for part in self.args)
        self.details = tuple(line.replace(path, name) for line in self.details)


class InputError(BertTfError, ValueError):
    """The user's flags, files, data or disk break a rule. What was written before is whole and stays valid."""

    exit_status = 2


class TrainingError(BertTfError, RuntimeError):
    """Training cannot continue, for example because the loss is not a number. What was saved stays valid."""

    exit_status = 1


class WorkerError(BertTfError, RuntimeError):
    """Another worker of the run is not there, or is no longer. What was saved stays valid."""

    exit_status = 1


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Returns a hint such as `Did you mean 'cola'?`, or else the list of known names, if there are any."""
    names = sorted(known)
    close = difflib.get_close_matches(name.lower(), names, n=count, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(repr(match) for match in close) + "?"
    return "Known: " + ", ".join(names) if names else ""
