"""One batch: which rows are in it, and where each stands."""

import dataclasses
import enum

import numpy as np

from bert_tf.data.batches.packing import RowShape, deal, place
from bert_tf.data.batches.units import Units


class Batching(enum.Enum):
    """How rows form batches."""

    PADDED = "padded"
    BUCKETED = "bucketed"
    PACKED = "packed"


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch, by the numbers of its rows. It has P parts of equal size, one a replica and accumulation step.

    Rows that are taken as a whole are in the same part, behind one another.

    Attributes:
        indices: int32 [P, S], positions in the data set; -1 for a slot that only fills the part up, behind the others.
        starts: int32 [P, S], where the pieces of each example begin in the rows of its part, laid end to end.
        rows: Rows of a part; as many as it has slots unless it is packed.
        length: Pieces of a row.
        is_packed: Whether a row may hold several examples.
    """

    indices: np.ndarray
    starts: np.ndarray
    rows: int
    length: int
    is_packed: bool

    @property
    def examples(self) -> np.ndarray:
        """Positions of the examples in the data set, int32."""
        return self.indices[self.indices >= 0]


def lay_out(
    group: np.ndarray,
    lengths: np.ndarray,
    max_length: int,
    batching: Batching,
    parts: int,
    shapes: tuple[RowShape, ...],
    slots: int = 0,
    units: Units | None = None,
) -> Batch:
    """Divides what a batch takes into parts and gives each row its place.

    Args:
        group: int32 [B], the units of the batch.
        lengths: int64 [N], pieces of each row of the set.
        max_length: Length of every batch if padded.
        batching: How rows form batches.
        parts: Parts of the batch.
        shapes: The rows of a part if packed, of which the first are taken that suffice; a batch that fits into none
            gets more of the last ones.
        slots: Room for rows in a part; 0 for as many as the largest part has.
        units: What is taken as a whole; None for each row alone.
    """
    units = units or Units(lengths)
    shares = [units.rows(share) for share in (deal(group, units.pieces, parts) if shapes else split(group, parts))]
    slots = max(slots, *(len(share) for share in shares))
    indices = np.full((parts, slots), -1, np.int32)
    for part, share in enumerate(shares):
        indices[part, : len(share)] = share
    if not shapes:
        length = max_length if batching is Batching.PADDED else int(units.longest[group].max())
        starts = np.tile(np.arange(slots, dtype=np.int32) * length, (parts, 1))
        return Batch(indices, starts, slots, length, is_packed=False)
    starts = np.zeros((parts, slots), np.int32)
    shape, places = place([lengths[share] for share in shares], shapes)
    for part, of_part in enumerate(places):
        starts[part, : len(of_part)] = of_part
    return Batch(indices, starts, shape.rows, shape.length, is_packed=True)


def split(group: np.ndarray, parts: int) -> list[np.ndarray]:
    """Divides units, in their order, into parts that differ in size by one at most."""
    return [group[part::parts] for part in range(parts)]
