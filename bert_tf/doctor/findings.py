"""What was found, how much it matters and what to do about it; and how that looks on a terminal."""

import contextlib
import dataclasses
import enum
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.host.console import visible
from bert_tf.host.progress import display_width

_WIDTH = 110
_SHOWN_ROWS = 5
_MARK_WIDTH = 10
_BAR_WIDTH = 24
_LONGEST_NAME = 28


class Severity(enum.Enum):
    """How much a finding matters. The value is its mark."""

    OK = "ok"
    WARNING = "WARNING"
    BLOCKER = "BLOCKER"


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that was looked at.

    Attributes:
        severity: A blocker would end the run; a warning would not, but may spoil it.
        what: What was found, in a line without its full stop.
        fix: What to do about it; empty if there is nothing to do.
    """

    severity: Severity
    what: str
    fix: str = ""


@dataclasses.dataclass(frozen=True)
class Section:
    """What was looked at together.

    Attributes:
        title: Of what.
        lines: Tables and facts.
        findings: What follows from them.
    """

    title: str
    lines: Sequence[str] = ()
    findings: Sequence[Finding] = ()


def ok(what: str) -> Finding:
    """What is as it should be."""
    return Finding(Severity.OK, what)


def warning(what: str, fix: str = "") -> Finding:
    """What may spoil the run."""
    return Finding(Severity.WARNING, what, fix)


def blocker(what: str, fix: str = "") -> Finding:
    """What would end the run."""
    return Finding(Severity.BLOCKER, what, fix)


@contextlib.contextmanager
def blocking(findings: list[Finding]) -> Iterator[None]:
    """Turns the complaint with which a run would end into a finding, and continues after the block."""
    try:
        yield
    except InputError as error:
        findings.append(blocker(str(error).rstrip(".")))


def render(section: Section) -> str:
    """Returns a section as lines: its title, its tables, then each finding with its mark; all of it visible."""
    lines = [section.title]
    for line in map(visible, section.lines):
        lines += _wrap("  ", line, _MARK_WIDTH) if len(line) > _WIDTH else [f"  {line}".rstrip()]
    for finding in section.findings:
        lines += _wrap(f"  {finding.severity.value:<{_MARK_WIDTH - 2}}", visible(finding.what))
        if finding.fix:
            lines += _wrap(" " * _MARK_WIDTH + "-> ", visible(finding.fix))
    return "\n".join(lines) + "\n"


def verdict(sections: Sequence[Section]) -> str:
    """Returns the last line."""
    counts = {severity: count(sections, severity) for severity in Severity}
    blockers, warnings = (
        f"{counts[kind]} {kind.name.lower()}{'' if counts[kind] == 1 else 's'}"
        for kind in (Severity.BLOCKER, Severity.WARNING)
    )
    end = "the run would end before it has trained" if counts[Severity.BLOCKER] else "the run can start"
    return f"{blockers}, {warnings}: {end}"


def count(sections: Sequence[Section], severity: Severity) -> int:
    """How many findings matter as much."""
    return sum(finding.severity is severity for section in sections for finding in section.findings)


def told_rows(examples: Examples, rows: np.ndarray) -> str:
    """How many rows, and which are the first, such as `3 of 120 examples (lines 4, 7, 9) have`."""
    places = [examples.place(row).removeprefix("line ") for row in rows[:_SHOWN_ROWS].tolist()]
    noun = "id" if not examples.lines else "line" if all(map(str.isdecimal, places)) else "at"
    plural = "s" if len(rows) > 1 and noun != "at" else ""
    more = ", ..." if len(rows) > _SHOWN_ROWS else ""
    verb = "have" if len(rows) > 1 else "has"
    return f"{len(rows):,} of {len(examples):,} examples ({noun}{plural} {', '.join(places)}{more}) {verb}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns a table as lines: the first column begins at the left, the others end at the right.

    What follows the last column of the first row, such as bars, stands as it is.
    """
    columns = len(rows[0])
    widths = [max(display_width(row[column]) for row in rows) for column in range(columns)]
    lines = []
    for row in rows:
        cells = [row[0] + " " * (widths[0] - display_width(row[0]))]
        cells += [" " * (width - display_width(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=False)]
        lines.append("   ".join([*cells, *row[columns:]]).rstrip())
    return lines


def bar(part: float, most: float) -> str:
    """A bar as long as a number is, beside the greatest one; something is never drawn as nothing."""
    return "#" * (max(round(_BAR_WIDTH * part / most), 1) if part > 0 else 0)


def name(text: str) -> str:
    """A label or the like as a table has room for it; what can't be printed is escaped."""
    shown = text if text and text.isprintable() and visible(text) == text else visible(repr(text))
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 3] + "..."


def percent(part: float, whole: float) -> str:
    """A share; of nothing, none. What is more than nothing is not told as 0.0."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f}%" if share >= 0.05 or not part else "<0.1%"


def _wrap(head: str, text: str, margin: int | None = None) -> list[str]:
    """The lines of a text behind its head, of which those after the first begin at a margin, or below the text."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * (len(head) if margin is None else margin),
        break_long_words=False,
        break_on_hyphens=False,
    )
