"""Batches as tensors, on the replicas of a distribution strategy."""

import dataclasses
import os
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batch
from bert_tf.data.batches.gather import Gatherer, share_of
from bert_tf.data.table import TokenTable

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
            for indices, starts in (share_of(batch, replica, replicas) for replica in mine)
        ]
        gatherer = Gatherer(table, shares)
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
