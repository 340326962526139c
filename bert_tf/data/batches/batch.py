"""One batch: which rows are in it, and where each stands."""

import dataclasses
import enum

import numpy as np

from bert_tf.data.batches.packing import RowShape, pack


class Batching(enum.Enum):
    """How rows form batches."""

    PADDED = "padded"
    BUCKETED = "bucketed"
    PACKED = "packed"


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch, by the numbers of its examples. It has P parts of equal size, one a replica and accumulation step.

    Attributes:
        indices: int32 [P, S], positions in the data set; -1 for a slot that only fills the part up.
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
    shape: RowShape | None,
    slots: int = 0,
) -> Batch:
    """Divides the examples of a batch into parts and gives each its place.

    Args:
        group: int32 [B], positions in the data set.
        lengths: int64 [N], pieces of each example of the set.
        max_length: Length of every batch if padded.
        batching: How rows form batches.
        parts: Parts of the batch.
        shape: The rows of a part if packed; a batch that doesn't fit gets more of them.
        slots: Room for examples in a part; 0 for as many as the largest part has.
    """
    shares = split(longest_first(group, lengths) if shape else group, parts)
    slots = max(slots, *(len(share) for share in shares))
    indices = np.full((parts, slots), -1, np.int32)
    for part, share in enumerate(shares):
        indices[part, : len(share)] = share
    if shape is None:
        length = max_length if batching is Batching.PADDED else int(lengths[group].max())
        starts = np.tile(np.arange(slots, dtype=np.int32) * length, (parts, 1))
        return Batch(indices, starts, slots, length, is_packed=False)
    starts = np.zeros((parts, slots), np.int32)
    rows = shape.rows
    for part, share in enumerate(shares):
        starts[part, : len(share)], used = pack(lengths[share], shape)
        rows = max(rows, used)
    return Batch(indices, starts, rows, shape.length, is_packed=True)


def longest_first(group: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Returns the rows of a group in order of length, the longest first; equal ones keep their order."""
    return group[np.argsort(-lengths[group], kind="stable")]


def split(group: np.ndarray, parts: int) -> list[np.ndarray]:
    """Divides examples into parts that differ in size by one at most; what is in order of length stays evenly mixed."""
    return [group[part::parts] for part in range(parts)]
