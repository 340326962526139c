"""Where a run computes: one device, all GPUs of the machine, or a Cloud TPU."""

import tensorflow as tf

from bert_tf.config import DeviceConfig
from bert_tf.errors import InputError


def make_strategy(device: DeviceConfig) -> tf.distribute.Strategy:
    """Returns the strategy for the devices that are there: all GPUs, else all (logical) CPUs, or the TPU asked for.

    Raises:
        InputError: If a TPU was asked for and can't be reached.
    """
    if device.use_tpu:
        return _tpu_strategy(device)
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy([entry.name for entry in devices])
    return tf.distribute.OneDeviceStrategy(devices[0].name)


def describe(strategy: tf.distribute.Strategy) -> str:
    """One phrase on where a run computes."""
    devices = strategy.extended.worker_devices
    kind = tf.DeviceSpec.from_string(devices[0]).device_type
    return f"{len(devices)} {kind}{'s' if len(devices) > 1 else ''}, {type(strategy).__name__}"


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
