"""Batches as tensors, on the replicas of a distribution strategy."""

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batching import Batch
from bert_tf.data.tokens import TokenTable

_PREFETCHED_BATCHES = 8


def distribute_batches(
    table: TokenTable, batches: Iterable[Batch], strategy: tf.distribute.Strategy
) -> tf.distribute.DistributedDataset:
    """Returns the batches as a data set of dictionaries with the features of `features.BATCH`.

    Every batch is a global one: it is divided among the replicas as evenly as its size allows, and all its parts are
    padded to the same length. No Python runs in the data set: an iterator with a Python generator behind it that is
    dropped before its end waits for the interpreter, which waits for it.

    Args:
        table: The rows.
        batches: The batches, in order.
        strategy: Where they go.
    """
    planned = list(batches)

    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        replicas = context.num_replicas_in_sync
        mine = np.array_split(np.arange(replicas), context.num_input_pipelines)[context.input_pipeline_id]
        shares = [np.array_split(batch.indices, replicas)[replica] for batch in planned for replica in mine]
        ends = np.cumsum([len(share) for share in shares])
        starts = ends - [len(share) for share in shares]
        lengths = np.repeat([batch.length for batch in planned], len(mine))
        gather = _gatherer(table, np.concatenate(shares).astype(np.int32))
        return (
            tf.data.Dataset.from_tensor_slices((starts, ends, lengths))
            .map(gather, num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(_PREFETCHED_BATCHES)
        )

    return strategy.distribute_datasets_from_function(dataset)


def _gatherer(table: TokenTable, order: np.ndarray) -> Callable[..., dict[str, tf.Tensor]]:
    """Returns the function from (start, end, length) to the features of the examples `order[start:end]`."""
    row_splits = tf.constant(table.row_splits)
    input_ids = tf.RaggedTensor.from_row_splits(tf.constant(table.input_ids), row_splits)
    segment_ids = tf.RaggedTensor.from_row_splits(tf.constant(table.segment_ids), row_splits)
    label_ids = tf.constant(table.label_ids)
    indices_in_order = tf.constant(order)

    def gather(start: tf.Tensor, end: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        indices = indices_in_order[start:end]
        is_real = tf.greater_equal(indices, 0)
        rows = tf.maximum(indices, 0)
        shape = tf.stack([end - start, length])
        ids = tf.gather(input_ids, rows)
        return {
            features.INPUT_IDS: ids.to_tensor(shape=shape),
            features.INPUT_MASK: tf.ones_like(ids).to_tensor(shape=shape),
            features.SEGMENT_IDS: tf.gather(segment_ids, rows).to_tensor(shape=shape),
            features.LABEL_IDS: tf.gather(label_ids, rows),
            features.IS_REAL_EXAMPLE: tf.cast(is_real, tf.float32),
            features.EXAMPLE_INDEX: indices,
        }

    return gather
