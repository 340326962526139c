"""Examples as word pieces: the whole data set in memory, as flat arrays."""

import dataclasses
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bert_tf.data.examples import Examples

_TEXTS_AT_A_TIME = 2048


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


def tokenize(examples: Examples, targets: np.ndarray, rows: Callable) -> TokenTable:
    """Runs the text step over all examples, on all cores.

    Args:
        examples: The examples.
        targets: What the loss takes of each example, [M] or [M, C].
        rows: The text step: one or two string tensors [B] to an object with `input_ids` and `segment_ids`, ragged
            int32 [R, (pieces)], `text_index`, int64 [R], and `is_long`, bool [B].
    """
    columns = [examples.first] if examples.second is None else [examples.first, examples.second]
    texts = [tf.constant(column) for column in columns]

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def step(start: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # Slices of a whole column: to hand texts over one by one and put them together again takes as long as the rest.
        packed = rows(*(column[start : start + _TEXTS_AT_A_TIME] for column in texts))
        lengths = packed.input_ids.row_lengths()
        return packed.input_ids.values, packed.segment_ids.values, lengths, packed.text_index, packed.is_long

    starts = tf.data.Dataset.range(0, len(examples), _TEXTS_AT_A_TIME)
    dataset = starts.map(step, num_parallel_calls=os.cpu_count() or 1).prefetch(2)
    input_ids, segment_ids, lengths, text_index, is_long = zip(*dataset.as_numpy_iterator(), strict=True)
    example_index = np.concatenate([index + n * _TEXTS_AT_A_TIME for n, index in enumerate(text_index)])
    return TokenTable(
        input_ids=np.concatenate(input_ids),
        segment_ids=np.concatenate(segment_ids),
        row_splits=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        targets=targets[example_index],
        long_examples=int(np.concatenate(is_long).sum()),
        example_index=None if len(example_index) == len(targets) else example_index,
    )
