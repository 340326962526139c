"""What a batch takes as a whole: a row, or all rows of an example whose answer lies between them."""

import dataclasses
import functools

import numpy as np


@dataclasses.dataclass(frozen=True)
class Units:
    """The units of a data set. N rows, M units; M is N where each row is taken alone.

    Attributes:
        lengths: int64 [N], pieces of each row.
        splits: int64 [M + 1], unit i has the rows [splits[i], splits[i + 1]), at least one; None if each is a row.
    """

    lengths: np.ndarray
    splits: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.lengths) if self.splits is None else len(self.splits) - 1

    @functools.cached_property
    def pieces(self) -> np.ndarray:
        """Pieces of all rows of each unit, int64 [M]."""
        return self.lengths if self.splits is None else np.add.reduceat(self.lengths, self.splits[:-1])

    @functools.cached_property
    def longest(self) -> np.ndarray:
        """Pieces of the longest row of each unit, int64 [M]."""
        return self.lengths if self.splits is None else np.maximum.reduceat(self.lengths, self.splits[:-1])

    @functools.cached_property
    def most_rows(self) -> int:
        """Rows of the unit that has most."""
        return 1 if self.splits is None or not len(self) else int(np.diff(self.splits).max())

    def rows(self, units: np.ndarray) -> np.ndarray:
        """Returns the rows of some units, those of one behind one another: int32, positions in the data set."""
        if self.splits is None:
            return units
        begins, counts = self.splits[units], np.diff(self.splits)[units]
        ends = np.cumsum(counts)
        return (np.repeat(begins - ends + counts, counts) + np.arange(counts.sum())).astype(np.int32)
