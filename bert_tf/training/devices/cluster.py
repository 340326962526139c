"""The processes that train together: who they are, and which of them this one is. Nothing here imports TensorFlow.

They come from `--worker_hosts` and `--task_index`, or from the environment variable `TF_CONFIG`, as operators of
Kubernetes and Google's services set it:

    {"cluster": {"worker": ["host-0:2222", "host-1:2222"]}, "task": {"type": "worker", "index": 0}}

A cluster may name one `chief` beside its workers; it is then the first of them.
"""

import dataclasses
import errno
import json
import os
import re
import socket
from collections.abc import Mapping
from typing import Any

from bert_tf.config.run import DeviceConfig
from bert_tf.errors import InputError

TF_CONFIG = "TF_CONFIG"
_CHIEF, _WORKER = "chief", "worker"
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/,\[\]]+):(\d{1,5})")
_EXAMPLE = '{"cluster": {"worker": ["host-0:2222", "host-1:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a run.

    Attributes:
        hosts: The address of each, `host:port`; the first is the chief, which writes what the run leaves behind.
        task_index: Which of them this process is.
    """

    hosts: tuple[str, ...]
    task_index: int

    @property
    def own_port(self) -> int:
        """Where this process listens."""
        return int(self.hosts[self.task_index].rpartition(":")[2])

    def check_port(self) -> None:
        """Makes sure that this process can listen at its address.

        Raises:
            InputError: If another process does.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # What just ended is no obstacle.
            try:
                listener.bind(("", self.own_port))
            except OSError as error:
                what = "in use" if error.errno == errno.EADDRINUSE else error.strerror
                raise InputError(
                    "A worker must be able to listen at its port",
                    received=f"{self.hosts[self.task_index]}, which is {what}",
                    fix="End the process that listens there, or give all workers the same list with another port",
                ) from error


def find_cluster(device: DeviceConfig, environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """Returns the workers that flags or `TF_CONFIG` name; None if the run is that of this process alone.

    Args:
        device: The options.
        environment: Where `TF_CONFIG` may be.

    Raises:
        InputError: If they contradict each other or what they name is no cluster.
    """
    wanted, text = device.distribution, environment.get(TF_CONFIG, "")
    if device.worker_hosts is None and device.task_index is not None:
        raise InputError("--task_index needs --worker_hosts", received=device.task_index)
    if wanted not in ("auto", "multi_worker") or (wanted == "auto" and device.use_tpu):
        if device.worker_hosts is not None:
            received = "--use_tpu" if wanted == "auto" else f"--distribution={wanted}"
            raise InputError("--worker_hosts needs --distribution=multi_worker", received=received)
        return None
    if device.worker_hosts is not None:
        cluster = _from_flags(device.worker_hosts, device.task_index)
        if text and _from_environment(text) != cluster:
            raise InputError("--worker_hosts and TF_CONFIG must not contradict each other", fix="Unset one of them")
        return cluster
    if text:
        return _from_environment(text)
    if wanted == "multi_worker":
        fix = "Give every process --worker_hosts=HOST:PORT,HOST:PORT and its own --task_index, or set TF_CONFIG"
        raise InputError("--distribution=multi_worker needs to know the workers", fix=fix)
    return None


def is_other_worker(device: DeviceConfig, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether another worker writes what the run leaves behind; takes and raises what `find_cluster` does."""
    cluster = find_cluster(device, environment)
    return cluster is not None and cluster.task_index > 0


def _from_flags(hosts: str, task_index: int | None) -> Cluster:
    names = [name.strip() for name in hosts.split(",")]
    _check_hosts("--worker_hosts", names, hosts)
    if task_index is None:
        raise InputError("--worker_hosts needs --task_index, the position of this process among them, from 0")
    if task_index >= len(names):
        raise InputError(f"--task_index must be less than the {len(names)} --worker_hosts", received=task_index)
    return Cluster(tuple(names), task_index)


def _from_environment(text: str) -> Cluster:
    """Parses `TF_CONFIG`.

    Raises:
        InputError: If it is not such an object, or the task of this process is not in it.
    """
    fix = f"Set it to the like of {_EXAMPLE}, or unset it"
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("TF_CONFIG must be JSON", received=f"{_short(text)}: {error}", fix=fix) from error
    jobs = tree.get("cluster") if isinstance(tree, dict) else None
    if not isinstance(jobs, dict) or not jobs:
        raise InputError("TF_CONFIG must name a cluster", received=_short(text), fix=fix)
    strange = sorted(set(jobs) - {_CHIEF, _WORKER})
    if strange:
        raise InputError("The cluster of TF_CONFIG must have workers and at most a chief", received=strange[0], fix=fix)
    for job, names in jobs.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"TF_CONFIG must list the addresses of {job}", received=_short(json.dumps(names)), fix=fix)
    chiefs, workers = jobs.get(_CHIEF, []), jobs.get(_WORKER, [])
    if len(chiefs) > 1:
        raise InputError("TF_CONFIG must not have more than one chief", received=len(chiefs), fix=fix)
    _check_hosts("TF_CONFIG", [*chiefs, *workers], _short(text))
    return Cluster((*chiefs, *workers), _position(tree.get("task"), chiefs, workers, fix))


def _position(task: Any, chiefs: list[str], workers: list[str], fix: str) -> int:
    """Where the task of this process is among the chief and the workers."""
    kind, index = (task.get("type"), task.get("index")) if isinstance(task, dict) else (None, None)
    if isinstance(index, str) and index.isdecimal():  # Some operators quote it.
        index = int(index)
    known = {_CHIEF: chiefs, _WORKER: workers}.get(str(kind), [])
    if type(index) is not int or not 0 <= index < len(known):
        found = "no task" if task is None else json.dumps(task)
        raise InputError("The task of TF_CONFIG must be one of its cluster", received=_short(found), fix=fix)
    return index if kind == _CHIEF else len(chiefs) + index


def _check_hosts(source: str, names: list[str], received: str) -> None:
    fix = "Write host:port, separated by commas, the same list for every worker"
    if not names:
        raise InputError(f"{source} must name the workers", received=received, fix=fix)
    for name in names:
        match = _HOST.fullmatch(name)
        if match is None or not 0 < int(match[2]) < 2**16:
            raise InputError(f"{source} must hold addresses with a port from 1 to 65535", received=name, fix=fix)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{source} must not name a worker twice", received=twice, fix=fix)


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
