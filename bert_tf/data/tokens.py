"""Examples as word pieces: the whole data set in memory, as flat arrays."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.examples import Examples
from bert_tf.data.table import Column, Rows, TokenTable, target_of_examples
from bert_tf.host.progress import Report, untold

Place = Callable[[np.ndarray, Rows], Mapping[str, Column]]
_TEXTS_AT_A_TIME = 2048


def tokenize(
    examples: Examples,
    targets: np.ndarray,
    rows: Callable,
    report: Report = untold,
    columns: Place = target_of_examples,
) -> TokenTable:
    """Runs the text step over all examples, on all cores.

    Args:
        examples: The examples.
        targets: What is right of each example, [M] or [M, C]; of each word where words have answers, int32 [W].
        rows: The text step: tensors as `_tensors` makes them, each of B examples, to `text.rows.PackedRows`.
        report: Is told now and then how many texts are done, of how many.
        columns: Makes of targets and rows the columns that the loss takes.
    """
    texts = _tensors(examples)

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def step(start: tf.Tensor) -> tuple[Any, ...]:
        # Slices of a whole column: to hand texts over one by one and put them together again takes as long as the rest.
        packed = rows(*(column[start : start + _TEXTS_AT_A_TIME] for column in texts))
        lengths = packed.input_ids.row_lengths()
        anchors = {name: values.values for name, values in packed.anchors.items()}
        pieces = packed.input_ids.values, packed.segment_ids.values, lengths, packed.text_index, packed.is_long
        return *pieces, anchors, dict(packed.text_anchors)

    starts = tf.data.Dataset.range(0, len(examples), _TEXTS_AT_A_TIME)
    dataset = starts.map(step, num_parallel_calls=os.cpu_count() or 1).prefetch(2)
    parts = []
    for part in dataset.as_numpy_iterator():
        parts.append(part)
        report(min(len(parts) * _TEXTS_AT_A_TIME, len(examples)), len(examples))
    input_ids, segment_ids, lengths, text_index, is_long, anchors, text_anchors = zip(*parts, strict=True)
    found = Rows(
        np.concatenate(input_ids),
        np.concatenate(segment_ids),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        np.concatenate([index + n * _TEXTS_AT_A_TIME for n, index in enumerate(text_index)]),
        int(np.concatenate(is_long).sum()),
        _whole(anchors),
        {name: np.concatenate([part[name] for part in text_anchors]) for name in text_anchors[0]},
    )
    return found.table(columns(targets, found))


def _tensors(examples: Examples) -> list[tf.Tensor | tf.RaggedTensor]:
    """The texts as the text step takes them: string [M] each; ragged [M, (words)] where words have answers, and the
    same twice for the words around them if these are known; where there are choices, questions and ragged
    [M, (choices)].
    """
    if examples.contexts is not None:
        befores, afters = zip(*examples.contexts, strict=True)
        return list(map(_ragged, (examples.words or (), befores, afters)))
    if examples.words is not None:
        return [_ragged(examples.words)]
    if examples.choices is not None:
        return [tf.constant(examples.first), _ragged(examples.continuations())]
    columns = [examples.first] if examples.second is None else [examples.first, examples.second]
    return [*map(tf.constant, columns)]


def _ragged(lists: Sequence[Sequence[str]]) -> tf.RaggedTensor:
    flat = [text for texts in lists for text in texts]
    return tf.RaggedTensor.from_row_lengths(tf.constant(flat, tf.string), list(map(len, lists)))


def _whole(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The anchors of all parts, in which words are counted on from part to part."""
    anchors = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if features.WORD_INDEX in anchors:
        counts = [int(part[features.IS_ANSWER].sum()) for part in parts]
        before = np.repeat(np.cumsum([0, *counts[:-1]]), [len(part[features.WORD_INDEX]) for part in parts])
        words = anchors[features.WORD_INDEX]
        anchors[features.WORD_INDEX] = np.where(words < 0, words, words + before).astype(np.int32)
    return anchors
