"""Several examples in one row: which goes where, so that little of a row is left empty."""

import bisect
import dataclasses
import math
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
_LIMITS = (0.5, 0.6, 0.7, 0.8, 0.9)  # Shares of the parts that the first of two shapes may be made for.
_GAIN_OF_SECOND_SHAPE = 0.95  # What has to be left of the cost for a second one.


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


def place(shares: Sequence[np.ndarray], shapes: Sequence[RowShape]) -> tuple[RowShape, list[np.ndarray]]:
    """Places the parts of a batch in the first rows into which all of them fit.

    Args:
        shares: The lengths of the examples of each part.
        shapes: What to try; into the last one all fit, as it gets more rows if need be.

    Returns:
        The rows, and where the examples of each part begin when those are laid end to end, int32.
    """
    for shape in shapes:
        if all(share.max(initial=0) <= shape.length for share in shares):
            packed = [pack(share, shape) for share in shares]
            rows = max(used for _, used in packed)
            if rows <= shape.rows or shape is shapes[-1]:
                return RowShape(max(rows, shape.rows), shape.length), [starts for starts, _ in packed]
    raise AssertionError(f"The last of {shapes} must have room for the longest example")


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


def choose_rows(parts: Sequence[np.ndarray], max_length: int) -> tuple[RowShape, ...]:
    """Returns the cheapest rows into which almost all of the parts fit.

    Where few parts hold a long example, those of the others can be shorter: then there are two, of which a part takes
    the first that it fits into. Every shape has to be compiled for, so that it must be worth it.

    Args:
        parts: The lengths of the examples of each part; a sample of them is looked at.
        max_length: Longest example; rows may have as many pieces twice.
    """
    sample = parts[:: -(-len(parts) * len(parts[0]) // _SAMPLED_EXAMPLES)]
    longest = np.array([part.max() for part in sample])
    longest_of_all = max(int(part.max()) for part in parts)
    alone = _cheapest(sample, longest_of_all, max_length, _FITTING_SHARE)
    choices: list[tuple[float, tuple[RowShape, ...]]] = [(_cost(alone), (alone,))]
    for_rest = _cheapest(sample, longest_of_all, max_length, 1.0)  # A third shape would come with those that don't fit.
    for limit in np.unique(np.quantile(longest, _LIMITS, method="lower")).tolist():
        share = float(np.mean(longest <= limit))
        for_most = _cheapest([part for part in sample if part.max() <= limit], limit, max_length, _FITTING_SHARE)
        cost = share * _cost(for_most) + (1 - share) * _cost(for_rest)
        choices.append((cost / _GAIN_OF_SECOND_SHAPE, (for_most, for_rest)))
    return min(choices, key=lambda choice: choice[0])[1]


def _cheapest(parts: Sequence[np.ndarray], longest: int, max_length: int, fitting_share: float) -> RowShape:
    """The cheapest rows that have room for the longest example, and for such a share of the parts."""
    pieces = int(np.quantile([part.sum() for part in parts], fitting_share, method="higher"))
    longest_row = _LONGEST_ROW * max_length
    fewest, most = -(-pieces // longest_row), 1.25 * pieces / longest + 2
    counts = sorted({len(parts[0]), *(round(count) for count in np.geomspace(fewest, max(most, fewest), _CANDIDATES))})
    fullest = sorted(parts, key=lambda part: -part.sum())  # What does not hold these need not be tried with all.
    best, least = RowShape(len(parts[0]), longest), math.inf
    for shape in sorted((RowShape(rows, max(longest, -(-pieces // rows))) for rows in counts), key=_cost):
        found = _shortest(fullest, shape, longest_row, fitting_share, least)
        if found is not None:
            best, least = found, _cost(found)
    return best


def _shortest(
    parts: Sequence[np.ndarray], shape: RowShape, longest_row: int, fitting_share: float, less_than: float
) -> RowShape | None:
    """The shortest of so many rows into which such a share of the parts fits, at least of the given length.

    None if rows would have to be longer than may be, or cost as much as those that were found before.
    """
    while shape.length <= longest_row and _cost(shape) < less_than:
        if _holds(parts, shape, fitting_share):
            return shape
        shape = RowShape(shape.rows, shape.length + max(shape.length // 100, 1))
    return None


def _holds(parts: Sequence[np.ndarray], shape: RowShape, fitting_share: float) -> bool:
    """Whether such a share of the parts fits."""
    misfits = 0
    for part in parts:
        misfits += pack(part, shape)[1] > shape.rows
        if misfits > (1 - fitting_share) * len(parts):
            return False
    return True


def _cost(shape: RowShape) -> float:
    return shape.rows * shape.length * (1 + shape.length / _LENGTH_OF_DOUBLE_COST)
