"""Joining the other workers of a run, and noticing when one of them is lost.

A collective operation waits for all workers, so a worker that dies would let the others wait for ever. Three things end
that wait, each where the one before it does not:

1. a broken connection makes TensorFlow's operation fail at once;
2. the heartbeats of TensorFlow's coordination service find a worker that hangs, or a machine that is gone;
3. a thread of ours knocks at the others' ports, and ends the process if TensorFlow still waits some time after.
"""

import contextlib
import faulthandler
import os
import socket
import sys
import threading
from collections.abc import Iterator

import tensorflow as tf

from bert_tf.errors import InputError, WorkerError
from bert_tf.host import console
from bert_tf.host.workers import count_workers
from bert_tf.training.devices.cluster import Cluster

_JOB = "worker"
_SECONDS_BETWEEN_KNOCKS = 5.0
_SECONDS_TO_ANSWER = 5.0
_MISSED_KNOCKS = 3
_SECONDS_FOR_TENSORFLOW = 10.0  # It tells more, so it may go first.
_FIX = "Look at what that worker said; start all of them again to continue at the last checkpoint"
# What TensorFlow raises, on one worker or another, when a collective operation can't be ended.
_LOSSES = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnknownError,
)


def join(cluster: Cluster, timeout_seconds: int) -> tf.distribute.Strategy:
    """Waits for the other workers, and returns the strategy that computes with them.

    Each computes on all GPUs of its machine, or else on its CPU. Call it before TensorFlow does anything else.

    Args:
        cluster: The workers.
        timeout_seconds: How long to wait for them. After that the process ends with status 1, as was told before.

    Raises:
        InputError: If this process can't listen at its address.
    """
    console.warn(
        f"waiting for the {len(cluster.hosts)} workers {', '.join(cluster.hosts)}; if one of them is not there within "
        f"--worker_timeout={timeout_seconds} seconds, this process ends"
    )
    with _deadline(timeout_seconds):
        try:
            return _strategy(cluster)
        except (tf.errors.OpError, RuntimeError) as failure:
            if isinstance(failure, tf.errors.UnknownError) and "server" in str(failure):
                cluster.check_port()  # Another process may have taken it in the meantime.
            raise InputError(
                "The workers must be able to connect to one another",
                received=_first_line(failure),
                fix="Check that each host name can be reached from every worker",
            ) from failure


def _strategy(cluster: Cluster) -> tf.distribute.Strategy:
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({_JOB: list(cluster.hosts)}),
        task_type=_JOB,
        task_id=cluster.task_index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
    # Every worker has as many batches as the others; to ask before each of them whether there is one more would cost a
    # message, and the shapes.
    strategy.extended.experimental_enable_get_next_as_optional = False
    return strategy


@contextlib.contextmanager
def watching(strategy: tf.distribute.Strategy, cluster: Cluster | None) -> Iterator[None]:
    """Makes sure that the block ends, with one line, if another worker is lost.

    Args:
        strategy: Where it computes.
        cluster: The workers; None for this process alone.

    Raises:
        WorkerError: In place of what TensorFlow raises if it loses the connection.
    """
    if cluster is None or count_workers(strategy) == 1:
        yield
        return
    watch = _Watch(cluster)
    try:
        yield
    except _LOSSES as error:
        raise WorkerError("A worker was lost", received=watch.lost() or _first_line(error), fix=_FIX) from error
    finally:
        watch.stop()


class _Watch:
    """A thread that knocks at the ports of the others: the chief at those of all, the rest at that of the chief."""

    def __init__(self, cluster: Cluster):
        chief, *rest = enumerate(cluster.hosts)
        self._watched = rest if cluster.task_index == 0 else [chief]
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name="watch over workers", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()

    def lost(self) -> str | None:
        """Names the first worker that does not answer, if there is one."""
        return next((f"worker {index} ({host})" for index, host in self._watched if not _answers(host)), None)

    def _run(self) -> None:
        missed = 0
        while not self._stopped.wait(_SECONDS_BETWEEN_KNOCKS):
            missed = missed + 1 if self.lost() else 0
            if missed == _MISSED_KNOCKS and not self._stopped.wait(_SECONDS_FOR_TENSORFLOW):
                _end(WorkerError("A worker was lost", received=self.lost() or "no answer", fix=_FIX))


def _answers(host: str) -> bool:
    """Whether somebody listens at an address."""
    name, _, port = host.rpartition(":")
    try:
        with socket.create_connection((name.strip("[]"), int(port)), timeout=_SECONDS_TO_ANSWER):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Ends the process with status 1 if the block takes too long.

    TensorFlow waits for workers without giving other threads of Python a turn, so none of them could tell anything.
    """
    with open(os.devnull, "w", encoding="ascii") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _end(error: WorkerError) -> None:
    sys.stdout.flush()
    console.warn(f"bert-tf: {error}")
    os._exit(error.exit_status)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).strip().split("\n")[0][:200]
