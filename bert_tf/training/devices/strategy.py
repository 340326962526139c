"""Where a run computes: one device, all devices of the machine, several machines, or a Cloud TPU.

A process may have several runs, one after the other. Devices that one of them has made of the CPU stay, and are none of
the next one's business.
"""

import functools

import tensorflow as tf

from bert_tf.config.run import DeviceConfig
from bert_tf.errors import InputError
from bert_tf.host.workers import count_workers
from bert_tf.training.devices.cluster import Cluster
from bert_tf.training.devices.membership import join

_DIVIDED: list[int] = []  # How many devices runs of this process have made of the CPU, if any has.


def make_strategy(device: DeviceConfig, cluster: Cluster | None = None) -> tf.distribute.Strategy:
    """Returns the strategy that the options ask for; by default one for the devices that are there.

    With a cluster it must be called before TensorFlow does anything else, and it waits for the other workers.

    Args:
        device: The options.
        cluster: The workers, if there are several.

    Raises:
        InputError: If what was asked for can't be had.
    """
    if device.use_tpu or device.distribution == "tpu":
        return _tpu_strategy(device)
    if cluster is not None:
        return join(cluster, device.worker_timeout)
    if device.distribution == "multi_worker":
        raise InputError("--distribution=multi_worker is for `bert-tf classifier`, whose workers know one another")
    names = _local_devices(device.num_cpu_devices)
    if device.distribution == "one_device" or (device.distribution == "auto" and len(names) == 1):
        return tf.distribute.OneDeviceStrategy(names[0])
    return _mirrored(tuple(names))


@functools.cache
def _mirrored(names: tuple[str, ...]) -> tf.distribute.Strategy:
    """One strategy for some devices as long as the process lasts.

    It numbers what its devices exchange, and TensorFlow keeps the shape behind each number until the process ends. A
    second strategy would begin with the same numbers again, and fail at the first other shape.
    """
    return tf.distribute.MirroredStrategy(list(names))


def kind_of(strategy: tf.distribute.Strategy) -> str:
    """The value of --distribution that asks for such a strategy."""
    kinds = {
        tf.distribute.TPUStrategy: "tpu",
        tf.distribute.MultiWorkerMirroredStrategy: "multi_worker",
        tf.distribute.MirroredStrategy: "mirrored",
    }
    return next((name for kind, name in kinds.items() if isinstance(strategy, kind)), "one_device")


def describe(strategy: tf.distribute.Strategy) -> str:
    """One phrase on where a run computes."""
    devices, workers = strategy.extended.worker_devices, count_workers(strategy)
    kind = tf.DeviceSpec.from_string(devices[0]).device_type
    each = f"{len(devices)} {kind}{'s' if len(devices) > 1 else ''}"
    # TensorFlow has the last one under two names, and tells the older one.
    name = "MultiWorkerMirroredStrategy" if kind_of(strategy) == "multi_worker" else type(strategy).__name__
    return f"{f'{workers} workers with {each} each' if workers > 1 else each}, {name}"


def describe_share(batch_size: int, strategy: tf.distribute.Strategy) -> str:
    """One phrase on how many examples of a batch each replica computes."""
    replicas = strategy.num_replicas_in_sync
    share, rest = divmod(batch_size, replicas)
    shown = f"{share} or {share + 1}" if rest else str(share)
    return f"global batch {batch_size}, per replica {shown} ({replicas} replica{'s' if replicas > 1 else ''})"


def is_tpu(strategy: tf.distribute.Strategy) -> bool:
    """Whether the strategy runs on a TPU, which wants fixed shapes and many steps a call."""
    return isinstance(strategy, tf.distribute.TPUStrategy)


def check_batch_size(name: str, batch_size: int, strategy: tf.distribute.Strategy, accumulation_steps: int = 1) -> None:
    """Makes sure that every replica gets a share of each batch.

    Raises:
        InputError: If there are fewer examples than parts, or, on a TPU, if they can't be divided evenly.
    """
    replicas = strategy.num_replicas_in_sync
    parts = replicas * accumulation_steps
    what = f"{replicas} replicas" + (f" x {accumulation_steps} accumulation steps" if accumulation_steps > 1 else "")
    if batch_size < parts:
        raise InputError(
            f"--{name} must be at least {parts} for {what}", received=batch_size, fix=f"Set --{name}={parts}"
        )
    if is_tpu(strategy) and batch_size % parts:
        fix = f"Set --{name}={-(-batch_size // parts) * parts}"
        raise InputError(f"--{name} must be a multiple of {parts} for {what}", received=batch_size, fix=fix)


def _local_devices(num_cpu_devices: int) -> list[str]:
    """Names of the devices of this machine that a run computes on: GPUs, else CPUs, which can be divided."""
    if num_cpu_devices:
        _divide_cpu(num_cpu_devices)
        return [entry.name for entry in tf.config.list_logical_devices("CPU")[:num_cpu_devices]]
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")[: 1 if _DIVIDED else None]
    return [entry.name for entry in found]


def _divide_cpu(count: int) -> None:
    """Makes so many logical devices of the CPU, which a process can do once; later runs may have as many or fewer."""
    if _DIVIDED and count <= _DIVIDED[0]:
        return
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
        _DIVIDED.append(count)
    except RuntimeError as error:
        raise InputError(
            "--num_cpu_devices must be chosen before TensorFlow has computed anything",
            received=count,
            fix="Leave it out, or start another process",
        ) from error


def _tpu_strategy(device: DeviceConfig) -> tf.distribute.Strategy:
    name = device.tpu_name or device.master
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
            tpu=name, zone=device.tpu_zone, project=device.gcp_project
        )
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except (ValueError, RuntimeError, OSError, ImportError, tf.errors.OpError) as error:
        raise InputError(
            "--use_tpu needs a Cloud TPU that can be reached",
            received=f"--tpu_name={name}: {str(error).splitlines()[0][:200]}",
            fix="Check --tpu_name, --tpu_zone and --gcp_project, or leave --use_tpu out",
        ) from error
