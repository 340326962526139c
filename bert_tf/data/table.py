"""A data set as word pieces: flat arrays."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class TokenTable:
    """Rows of word pieces of different lengths, with their labels. N rows of M examples, T pieces in all.

    Attributes:
        input_ids: int32 [T].
        segment_ids: int32 [T].
        row_splits: int64 [N + 1]; row i is [row_splits[i], row_splits[i + 1]).
        targets: What the loss takes of the example that each row is of: int32 [N], its label, or what else
            `tasks.targets.targets` gives.
        long_examples: How many examples have more pieces than a row holds.
        example_index: int64 [N], the example that each row is of, in ascending order, where long texts are read in
            windows; None if every row is an example of its own, so that N is M.
    """

    input_ids: np.ndarray
    segment_ids: np.ndarray
    row_splits: np.ndarray
    targets: np.ndarray
    long_examples: int
    example_index: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each row, int64 [N]."""
        return np.diff(self.row_splits)

    @property
    def examples(self) -> np.ndarray:
        """The example that each row is of, int64 [N]."""
        return np.arange(len(self)) if self.example_index is None else self.example_index

    @property
    def example_targets(self) -> np.ndarray:
        """What the loss takes of each example, [M] or [M, C]."""
        return self.targets[np.searchsorted(self.examples, np.arange(self.examples.max(initial=-1) + 1))]
