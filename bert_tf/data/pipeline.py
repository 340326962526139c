"""Batches as tensors, on the replicas of a distribution strategy."""

import dataclasses
import os
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batching import Batch
from bert_tf.data.tokens import TokenTable

_PREFETCHED_BATCHES = 8


def distribute_batches(
    table: TokenTable,
    batches: Iterable[Batch],
    strategy: tf.distribute.Strategy,
    *,
    is_timed: bool = False,
    is_endless: bool = False,
) -> tf.distribute.DistributedDataset | tf.data.Dataset:
    """Returns the batches as a data set of dictionaries with the features of `features.BATCH`.

    Every replica gets the same number of the parts of a batch. Batches of packed rows bring the features of
    `features.PACKED` along. No Python runs in the data set: an iterator with a Python generator behind it that is
    dropped before its end waits for the interpreter, which waits for it.

    Args:
        table: The rows.
        batches: The batches, in order. The number of replicas divides that of their parts.
        strategy: Where they go.
        is_timed: Whether each batch brings the features of `features.TIMING` along.
        is_endless: Whether the batches begin again after the last one.
    """
    planned = list(batches)

    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        replicas = context.num_replicas_in_sync
        mine = np.array_split(np.arange(replicas), context.num_input_pipelines)[context.input_pipeline_id]
        shares = [
            dataclasses.replace(batch, indices=indices, starts=starts)
            for batch in planned
            for indices, starts in (_share(batch, replica, replicas) for replica in mine)
        ]
        gatherer = _Gatherer(table, shares)
        gathered = tf.data.Dataset.from_tensor_slices(gatherer.slices).map(
            gatherer, num_parallel_calls=os.cpu_count() or 1
        )
        timed = gathered.map(note_ready_time) if is_timed else gathered
        repeated = timed.repeat() if is_endless else timed
        return repeated.prefetch(_PREFETCHED_BATCHES).with_options(_fixed_parallelism())

    if is_one_cpu(strategy):
        return dataset(tf.distribute.InputContext())
    return strategy.distribute_datasets_from_function(dataset, _input_options())


def is_one_cpu(strategy: tf.distribute.Strategy) -> bool:
    """Whether a strategy computes on one device, which is a CPU. It needs no copies of batches to a device.

    To go without them is more than a saving: the iterator that makes them has a thread for tuning, with which nobody
    can do away, and which looks up in intervals of up to a minute. To drop the iterator can take as long.
    """
    return isinstance(strategy, tf.distribute.OneDeviceStrategy) and "CPU" in strategy.extended.worker_devices[0]


def _input_options() -> tf.distribute.InputOptions:
    """Batches go to accelerators ahead of time; CPUs need no copy of them, nor the threads that make it."""
    has_accelerators = any(tf.config.list_logical_devices(kind) for kind in ("GPU", "TPU"))
    return tf.distribute.InputOptions(experimental_fetch_to_device=has_accelerators)


def _fixed_parallelism() -> tf.data.Options:
    """Without tuning: an iterator of this data set that is dropped before its end would wait for the thread for it."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def note_ready_time(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns a batch with the time at which all of it is there."""
    with tf.control_dependencies(list(batch.values())):
        return {**batch, features.READY_TIME: tf.timestamp()}


def _share(batch: Batch, replica: int, replicas: int) -> tuple[np.ndarray, np.ndarray]:
    """A replica's parts of a batch: indices and starts."""
    parts = len(batch.indices) // replicas
    mine = slice(replica * parts, (replica + 1) * parts)
    return batch.indices[mine], batch.starts[mine]


class _Gatherer:
    """Takes the pieces of the examples of a batch out of the table and lays them in its rows. P parts, S slots each.

    Attributes:
        slices: One row a batch: where its slots begin and end among those of all batches, and the number of its parts,
            rows of a part and pieces of a row.
    """

    def __init__(self, table: TokenTable, batches: Sequence[Batch]):
        sizes = np.array([batch.indices.size for batch in batches])
        shapes = np.array([(len(batch.indices), batch.rows, batch.length) for batch in batches])
        ends = np.cumsum(sizes)
        self.slices = (ends - sizes, ends, shapes)
        # A TPU, and whatever else compiles for fixed shapes, has to be told that they are.
        is_fixed = len(np.unique(np.column_stack([sizes, shapes]), axis=0)) == 1
        self._fixed = (int(sizes[0]), [int(n) for n in shapes[0]]) if is_fixed else None
        self._is_packed = batches[0].is_packed
        self._indices = tf.constant(np.concatenate([batch.indices.ravel() for batch in batches]))
        self._starts = tf.constant(np.concatenate([batch.starts.ravel() for batch in batches]))
        # An empty row at the end is what the slots without an example, whose index is -1, take.
        row_splits = tf.constant(np.append(table.row_splits, table.row_splits[-1]))
        self._input_ids = tf.RaggedTensor.from_row_splits(tf.constant(table.input_ids), row_splits)
        self._segment_ids = tf.RaggedTensor.from_row_splits(tf.constant(table.segment_ids), row_splits)
        self._targets = tf.constant(np.concatenate([table.targets, np.zeros_like(table.targets[:1])]))
        self._empty = len(table)

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def __call__(self, start: tf.Tensor, end: tf.Tensor, shape: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the features of one batch."""
        size = end - start
        if self._fixed is not None:
            size, shape = self._fixed
        indices = tf.reshape(self._indices[start:end], [size])
        starts = tf.reshape(self._starts[start:end], [size])
        parts, rows, length = shape[0], shape[1], shape[2]
        examples = tf.where(indices >= 0, indices, self._empty)
        ids = tf.gather(self._input_ids, examples)
        lengths = tf.cast(ids.row_lengths(), tf.int32)
        part = tf.range(size, dtype=tf.int32) // tf.cast(size // parts, tf.int32)
        starts_in_batch = starts + part * tf.cast(rows * length, tf.int32)
        positions = tf.ragged.range(lengths).values
        places = (tf.repeat(starts_in_batch, lengths) + positions)[:, tf.newaxis]

        def lay(values: tf.Tensor) -> tf.Tensor:
            flat = tf.scatter_nd(places, values, tf.cast([parts * rows * length], tf.int32))
            return tf.reshape(flat, [parts * rows, length])

        slots = tf.range(size, dtype=tf.int32) % tf.cast(size // parts, tf.int32)
        batch = {
            features.INPUT_IDS: lay(ids.values),
            features.INPUT_MASK: lay(tf.repeat(slots + 1, lengths) if self._is_packed else tf.ones_like(ids.values)),
            features.SEGMENT_IDS: lay(tf.gather(self._segment_ids, examples).values),
            features.LABEL_IDS: tf.gather(self._targets, examples),
            features.IS_REAL_EXAMPLE: tf.cast(indices >= 0, tf.float32),
            features.EXAMPLE_INDEX: indices,
        }
        if self._is_packed:
            batch |= {features.POSITION_IDS: lay(positions), features.FIRST_POSITIONS: starts}
        return batch
