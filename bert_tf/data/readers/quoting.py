"""Quotation marks of CSV that are not where RFC 4180 has them: what to tell a person who has to find them."""

import re
from collections.abc import Sequence

from bert_tf.data.readers.faults import FaultKind

MALFORMED = FaultKind("A row must be well-formed CSV", 'Double a quotation mark inside a quoted field: ""')
SPACED = FaultKind("A quotation mark must follow the delimiter at once", "Remove the space before it")
_SPACE_AND_QUOTED = re.compile(r' +"(?:[^"]|"")*" *')


def spaced_quotation(delimiter: str) -> re.Pattern[str]:
    """Returns what lines match in which a space may stand before a quotation mark; many of them are sound."""
    return re.compile(rf'(?:^|{re.escape(delimiter)}) +"')


def looks_spaced(field: str, *, is_ragged: bool) -> bool:
    """Whether a field may be meant as quoted and isn't, as a space stands before its quotation mark.

    Args:
        field: What was read of it, which holds the space and the quotation marks.
        is_ragged: Whether its row has another number of fields than it should: then the quotes need not fit.
    """
    if not field.startswith(" "):
        return False
    return field.lstrip(" ").startswith('"') if is_ragged else bool(_SPACE_AND_QUOTED.fullmatch(field))


def fields_as_written(row: str, delimiter: str) -> list[str]:
    """Returns the fields of a row with their quotation marks."""
    mark = re.escape(delimiter)
    pattern = rf'(?:\A|{mark})("(?:[^"]|"")*"|[^{mark}]*)'
    return re.findall(pattern, row.rstrip("\r\n"))


def fault_of_quotes(lines: Sequence[str], delimiter: str) -> tuple[int, str]:
    """Finds the quotation mark at which a row that can't be parsed went wrong.

    Args:
        lines: The lines of the row, as far as they were parsed.
        delimiter: What stands between fields.

    Returns:
        Which of the lines it is opened on, from 0, and what is wrong with it; 0 and nothing if it is something else.
    """
    opened, is_at_start = -1, True  # The line of the open quotation mark; none is open below 0.
    for number, line in enumerate(lines):
        place = 0
        while place < len(line):
            if opened >= 0:
                close = _close(line, place)
                if close < 0:
                    break  # The field continues in the next line.
                if line[close + 1 : close + 2] not in ("", "\r", "\n", delimiter):
                    where = "here" if number == opened else f"{number - opened} lines below"
                    return opened, f"a quotation mark opened here, and closed {where} before other text"
                opened, place, is_at_start = -1, close + 1, False
            else:
                opened = number if is_at_start and line[place] == '"' else -1
                is_at_start = line[place] == delimiter
                place += 1
    return (opened, "a quotation mark opened here, which is never closed") if opened >= 0 else (0, "")


def _close(line: str, start: int) -> int:
    """The place of the quotation mark that closes a field; below 0 if none does."""
    while (place := line.find('"', start)) >= 0 and line[place + 1 : place + 2] == '"':
        start = place + 2
    return place
