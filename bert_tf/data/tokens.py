"""Examples as word pieces: the whole data set in memory, as flat arrays."""

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.examples import Examples
from bert_tf.data.table import TokenTable, table_of
from bert_tf.host.progress import Report, untold

_TEXTS_AT_A_TIME = 2048


def tokenize(examples: Examples, targets: np.ndarray, rows: Callable, report: Report = untold) -> TokenTable:
    """Runs the text step over all examples, on all cores.

    Args:
        examples: The examples.
        targets: What the loss takes of each example, [M] or [M, C]; of each word where words have answers, int32 [W].
        rows: The text step: one or two string tensors [B], or one ragged one [B, (words)], to `text.rows.PackedRows`.
        report: Is told now and then how many texts are done, of how many.
    """
    texts = _tensors(examples)

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def step(start: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # Slices of a whole column: to hand texts over one by one and put them together again takes as long as the rest.
        packed = rows(*(column[start : start + _TEXTS_AT_A_TIME] for column in texts))
        lengths = packed.input_ids.row_lengths()
        anchors = {name: values.values for name, values in packed.anchors.items()}
        return packed.input_ids.values, packed.segment_ids.values, lengths, packed.text_index, packed.is_long, anchors

    starts = tf.data.Dataset.range(0, len(examples), _TEXTS_AT_A_TIME)
    dataset = starts.map(step, num_parallel_calls=os.cpu_count() or 1).prefetch(2)
    parts = []
    for part in dataset.as_numpy_iterator():
        parts.append(part)
        report(min(len(parts) * _TEXTS_AT_A_TIME, len(examples)), len(examples))
    input_ids, segment_ids, lengths, text_index, is_long, anchors = zip(*parts, strict=True)
    example_index = np.concatenate([index + n * _TEXTS_AT_A_TIME for n, index in enumerate(text_index)])
    return table_of(
        np.concatenate(input_ids),
        np.concatenate(segment_ids),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        targets,
        example_index=example_index,
        long_examples=int(np.concatenate(is_long).sum()),
        anchors=_whole(anchors),
    )


def _tensors(examples: Examples) -> list[tf.Tensor | tf.RaggedTensor]:
    """The texts as the text step takes them."""
    if examples.words is None:
        columns = [examples.first] if examples.second is None else [examples.first, examples.second]
        return [tf.constant(column) for column in columns]
    words = [word for words in examples.words for word in words]
    return [tf.RaggedTensor.from_row_lengths(tf.constant(words, tf.string), [len(words) for words in examples.words])]


def _whole(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The anchors of all parts, in which words are counted on from part to part."""
    anchors = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if features.WORD_INDEX in anchors:
        counts = [int(part[features.IS_ANSWER].sum()) for part in parts]
        before = np.repeat(np.cumsum([0, *counts[:-1]]), [len(part[features.WORD_INDEX]) for part in parts])
        words = anchors[features.WORD_INDEX]
        anchors[features.WORD_INDEX] = np.where(words < 0, words, words + before).astype(np.int32)
    return anchors
