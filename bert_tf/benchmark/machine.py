"""The machine: what it is, how fast it multiplies matrices, and how much of its memory was needed."""

import dataclasses
import os
import platform
import re
import resource
import sys
from collections.abc import Callable

import tensorflow as tf

from bert_tf.benchmark.clock import seconds_of
from bert_tf.host.processor import read_processor

_SIZES = (512, 1024, 2048, 4096, 8192)
_LONG_ENOUGH_SECONDS = 0.02
_TRIALS, _REPETITIONS = 3, 20


@dataclasses.dataclass(frozen=True)
class Machine:
    """What computes.

    Attributes:
        cpu_model: Name of the processor.
        cpu_cores: Cores that this process may use.
        gpus: Names of the graphics processors that are used.
    """

    cpu_model: str
    cpu_cores: int
    gpus: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ProductRate:
    """How fast the machine multiplies matrices.

    Attributes:
        size: Rows and columns of the square matrices that were multiplied, one pair a replica at the same time.
        dtype: Type of their numbers.
        operations_per_second: Over all replicas, in the fastest of the repetitions.
    """

    size: int
    dtype: str
    operations_per_second: float


@dataclasses.dataclass(frozen=True)
class PeakMemory:
    """The most memory that was in use at one time.

    Attributes:
        host_bytes: Of this process, since it began.
        gpu_bytes: Of the GPU that needed most; None if there is none.
    """

    host_bytes: int
    gpu_bytes: int | None


def describe_machine() -> Machine:
    """Returns what this machine is, without its name or that of its user."""
    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    name = read_processor().model_name or platform.processor() or platform.machine()
    return Machine(name, cores, tuple(str(gpu.get("device_name", "GPU")) for gpu in gpus))


def measure_product_rate(strategy: tf.distribute.Strategy, dtype: str) -> ProductRate:
    """Multiplies square matrices that are large enough to keep the machine busy, and takes the fastest of many times.

    Args:
        strategy: Where to compute; all replicas do so at the same time.
        dtype: Type of the numbers.
    """
    for size in _SIZES:
        product = _product(strategy, dtype, size)
        product()  # Traces it.
        if _fastest(product, _TRIALS) >= _LONG_ENOUGH_SECONDS:
            break
    fastest = _fastest(product, _REPETITIONS)
    return ProductRate(size, dtype, strategy.num_replicas_in_sync * 2 * size**3 / fastest)


def reset_peak_memory() -> None:
    """Lets the peak of the GPUs count from now. That of the process can't be reset."""
    for gpu in tf.config.list_logical_devices("GPU"):
        tf.config.experimental.reset_memory_stats(_short_name(gpu))


def peak_memory() -> PeakMemory:
    """Returns the peaks so far."""
    gpus = tf.config.list_logical_devices("GPU")
    peaks = [int(tf.config.experimental.get_memory_info(_short_name(gpu))["peak"]) for gpu in gpus]
    return PeakMemory(peak_host_bytes(), max(peaks, default=None))


def peak_host_bytes(status_file: str = "/proc/self/status") -> int:
    """Returns the largest resident set of this process.

    Linux hands `ru_maxrss` down to the program that a process starts, so that a small one started by a large one would
    report the peak of the latter. The high-water mark in /proc is the process' own; other systems have no such file.
    """
    try:
        with open(status_file, encoding="ascii", errors="replace") as file:
            match = re.search(r"^VmHWM:\s*(\d+) kB", file.read(), re.MULTILINE)
    except OSError:
        match = None
    if match is not None:
        return int(match[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # Bytes on macOS, KiB elsewhere.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _product(strategy: tf.distribute.Strategy, dtype: str, size: int) -> Callable:
    with strategy.scope():
        left, right = (
            tf.Variable(tf.cast(tf.random.stateless_uniform([size, size], [size, seed], -1.0), dtype), trainable=False)
            for seed in (1, 2)
        )

    @tf.function(autograph=False)
    def product() -> object:
        return strategy.run(tf.matmul, args=(left, right))

    return product


def _fastest(function: Callable, times: int) -> float:
    return min(seconds_of(function) for _ in range(times))


def _short_name(device: tf.config.LogicalDevice) -> str:
    return device.name.removeprefix("/device:")
