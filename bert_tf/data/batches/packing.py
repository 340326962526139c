"""Several examples in one row: which goes where, so that little of a row is left empty."""

import bisect
import dataclasses
from collections.abc import Sequence

import numpy as np

_FITTING_SHARE = 0.99
_SAMPLED_EXAMPLES = 16384
_CANDIDATES = 16
# What an additional position costs: the products with other positions of its row come to its own work, which is about
# that of this many of them.
_LENGTH_OF_DOUBLE_COST = 512
# In lengths of an example: where few examples of a batch are long, three rows of 140 can be less than four of 128.
_LONGEST_ROW = 2


@dataclasses.dataclass(frozen=True)
class RowShape:
    """Room for examples.

    Attributes:
        rows: Number of rows.
        length: Pieces of a row.
    """

    rows: int
    length: int


def pack(lengths: np.ndarray, shape: RowShape) -> tuple[np.ndarray, int]:
    """Places examples in rows: the longest first, each in the fullest row that has room for it (best fit decreasing).

    Args:
        lengths: int [N], none larger than `shape.length`.
        shape: The rows; if they don't suffice, there are more of them.

    Returns:
        int32 [N], where each example begins when the rows are laid end to end; and the number of rows.
    """
    room = [(shape.length, row) for row in range(shape.rows)]  # Room left and number of each row, in this order.
    starts = np.empty(len(lengths), np.int32)
    rows = shape.rows
    for index in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[index])
        place = bisect.bisect_left(room, (length, -1))
        if place == len(room):
            room.append((shape.length, rows))
            rows += 1
        left, row = room.pop(place)
        starts[index] = row * shape.length + shape.length - left
        bisect.insort(room, (left - length, row))
    return starts, rows


def deal(examples: np.ndarray, pieces: np.ndarray, count: int) -> list[np.ndarray]:
    """Deals examples into groups of one size, or of two that differ by one, with about the same number of pieces each.

    They are dealt in rounds, the longest first: of each round the longest goes to the group that has least so far.

    Args:
        examples: int32 [M].
        pieces: int64 [N], of each example of the set.
        count: How many groups.
    """
    examples = examples[np.argsort(-pieces[examples], kind="stable")]
    totals, taker = np.zeros(count, np.int64), np.empty(len(examples), np.int64)
    for start in range(0, len(examples), count):
        dealt = examples[start : start + count]
        takers = np.argsort(totals, kind="stable")[: len(dealt)]
        taker[start : start + count] = takers
        totals[takers] += pieces[dealt]
    return [examples[taker == group] for group in range(count)] if count else []


def choose_rows(parts: Sequence[np.ndarray], max_length: int) -> RowShape:
    """Returns the cheapest rows into which almost all of the parts fit.

    Args:
        parts: The lengths of the examples of each part; a sample of them is looked at.
        max_length: Longest example; rows may have as many pieces twice.
    """
    longest = max(int(part.max()) for part in parts)
    sample = parts[:: -(-len(parts) * len(parts[0]) // _SAMPLED_EXAMPLES)]
    pieces = int(np.quantile([part.sum() for part in sample], _FITTING_SHARE, method="higher"))
    longest_row = _LONGEST_ROW * max_length
    fewest, most = -(-pieces // longest_row), 1.25 * pieces / longest + 2
    counts = sorted({len(parts[0]), *(round(count) for count in np.geomspace(fewest, max(most, fewest), _CANDIDATES))})
    shapes = [_shortest(sample, rows, max(longest, -(-pieces // rows)), longest_row) for rows in counts]
    return min((shape for shape in shapes if shape), key=_cost, default=RowShape(len(parts[0]), longest))


def _shortest(parts: Sequence[np.ndarray], rows: int, length: int, max_length: int) -> RowShape | None:
    """The shortest of so many rows into which almost all parts fit, at least of the given length."""
    while length <= max_length:
        shape = RowShape(rows, length)
        if _holds(parts, shape):
            return shape
        length += max(length // 100, 1)
    return None


def _holds(parts: Sequence[np.ndarray], shape: RowShape) -> bool:
    """Whether almost all parts fit."""
    misfits = 0
    for part in parts:
        misfits += pack(part, shape)[1] > shape.rows
        if misfits > (1 - _FITTING_SHARE) * len(parts):
            return False
    return True


def _cost(shape: RowShape) -> float:
    return shape.rows * shape.length * (1 + shape.length / _LENGTH_OF_DOUBLE_COST)
