"""What the workers of a run tell one another. Alone, a process agrees with itself and waits for nobody."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from bert_tf.errors import InputError

_DIGITS = 4  # 32-bit numbers of a checksum: enough that two different things never look alike.


def count_workers(strategy: tf.distribute.Strategy) -> int:
    """How many processes train together."""
    return int(strategy.num_replicas_in_sync) // len(strategy.extended.worker_devices)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes what a run leaves behind."""
    return bool(strategy.extended.should_checkpoint)


def worker_index(strategy: tf.distribute.Strategy) -> int:
    """Which of the workers this process is; 0 is the chief."""
    return int(strategy.cluster_resolver.task_id) if count_workers(strategy) > 1 else 0


def sum_over_workers(strategy: tf.distribute.Strategy, values: np.ndarray) -> np.ndarray:
    """Returns the sum of the arrays that all workers give, which they must do in the same order.

    Args:
        strategy: Knows the workers.
        values: float32 or int32, of the same shape on every worker.
    """
    if count_workers(strategy) == 1:
        return values
    return np.asarray(strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant(values), axis=None))


def wait_for_workers(strategy: tf.distribute.Strategy) -> None:
    """Returns when every worker has called this: what one wrote before, the others can read."""
    sum_over_workers(strategy, np.ones([1], np.int32))


def check_agreement(strategy: tf.distribute.Strategy, parts: Mapping[str, bytes | int | None]) -> None:
    """Makes sure that all workers are about to do the same; called by all of them.

    Args:
        strategy: Knows the workers.
        parts: What must be the same everywhere, by what it is called in the message.

    Raises:
        InputError: On every worker, if one of them has something else than the chief.
    """
    count = count_workers(strategy)
    if count == 1:
        return
    checksums = np.zeros([count, len(parts), _DIGITS], np.int32)
    checksums[worker_index(strategy)] = [_checksum(value) for value in parts.values()]
    checksums = sum_over_workers(strategy, checksums)
    differs = (checksums != checksums[0]).any(axis=2)
    names = [name for name, is_other in zip(parts, differs.any(axis=0), strict=True) if is_other]
    if names:
        workers = ", ".join(map(str, np.flatnonzero(differs.any(axis=1))))
        own = "; ".join(f"{name} {parts[name]!r}" for name in names if not isinstance(parts[name], bytes))
        raise InputError(
            "All workers must begin with the same " + " and ".join(names),
            received=f"others on worker {workers} than on the chief" + (f" (here: {own})" if own else ""),
            fix="Give all of them the same flags, and data and output folders that they share",
        )


def checksum(arrays: Iterable[np.ndarray]) -> bytes:
    """A checksum of arrays, in their order, to compare what workers hold without sending it."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _checksum(value: bytes | int | None) -> np.ndarray:
    data = value if isinstance(value, bytes) else repr(value).encode()
    return np.frombuffer(hashlib.sha256(data).digest(), np.int32)[:_DIGITS]
