"""Examples as word pieces: the whole data set in memory, as flat arrays."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bert_tf.data.examples import Examples

_TEXTS_AT_A_TIME = 1024


@dataclasses.dataclass(frozen=True)
class TokenTable:
    """Rows of word pieces of different lengths, with their labels. N rows, T pieces in all.

    Attributes:
        input_ids: int32 [T].
        segment_ids: int32 [T].
        row_splits: int64 [N + 1]; row i is [row_splits[i], row_splits[i + 1]).
        label_ids: int32 [N].
        truncated_rows: How many rows lost pieces to the limit on their length.
    """

    input_ids: np.ndarray
    segment_ids: np.ndarray
    row_splits: np.ndarray
    label_ids: np.ndarray
    truncated_rows: int

    def __len__(self) -> int:
        return len(self.label_ids)

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each row, int64 [N]."""
        return np.diff(self.row_splits)


def tokenize(examples: Examples, label_ids: np.ndarray, rows: Callable) -> TokenTable:
    """Runs the text step over all examples, on all cores.

    Args:
        examples: The examples.
        label_ids: int32 [N].
        rows: The text step: one or two string tensors [B] to an object with `input_ids` and `segment_ids`, ragged
            int32 [B, (pieces)], and `is_truncated`, bool [B].
    """
    columns = [examples.first] if examples.second is None else [examples.first, examples.second]

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def step(*texts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        packed = rows(*texts)
        lengths = packed.input_ids.row_lengths()
        return packed.input_ids.values, packed.segment_ids.values, lengths, packed.is_truncated

    dataset = tf.data.Dataset.from_tensor_slices(tuple(tf.constant(column) for column in columns))
    dataset = dataset.batch(_TEXTS_AT_A_TIME).map(step, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
    input_ids, segment_ids, lengths, is_truncated = zip(*dataset.as_numpy_iterator(), strict=True)
    return TokenTable(
        input_ids=np.concatenate(input_ids),
        segment_ids=np.concatenate(segment_ids),
        row_splits=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        label_ids=label_ids,
        truncated_rows=int(np.concatenate(is_truncated).sum()),
    )
