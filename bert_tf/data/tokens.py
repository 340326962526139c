"""Examples as word pieces: the whole data set in memory, as flat arrays."""

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bert_tf.data.examples import Examples
from bert_tf.data.table import TokenTable, table_of
from bert_tf.host.progress import Report, untold

_TEXTS_AT_A_TIME = 2048


def tokenize(examples: Examples, targets: np.ndarray, rows: Callable, report: Report = untold) -> TokenTable:
    """Runs the text step over all examples, on all cores.

    Args:
        examples: The examples.
        targets: What the loss takes of each example, [M] or [M, C].
        rows: The text step: one or two string tensors [B] to an object with `input_ids` and `segment_ids`, ragged
            int32 [R, (pieces)], `text_index`, int64 [R], and `is_long`, bool [B].
        report: Is told now and then how many texts are done, of how many.
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
    parts = []
    for part in dataset.as_numpy_iterator():
        parts.append(part)
        report(min(len(parts) * _TEXTS_AT_A_TIME, len(examples)), len(examples))
    input_ids, segment_ids, lengths, text_index, is_long = zip(*parts, strict=True)
    example_index = np.concatenate([index + n * _TEXTS_AT_A_TIME for n, index in enumerate(text_index)])
    return table_of(
        np.concatenate(input_ids),
        np.concatenate(segment_ids),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        targets,
        example_index=example_index,
        long_examples=int(np.concatenate(is_long).sum()),
    )
