"""What the flags on devices say, checked before TensorFlow is loaded and before anybody is connected to."""

import os
from collections.abc import Mapping

from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.host import console, files
from bert_tf.training.devices.cluster import TF_CONFIG, Cluster, find_cluster

LOCAL_TPU = "local"
_PATHS_THAT_A_TPU_SHARES = (
    ("action", "output_dir"),
    ("data", "data_dir"),
    ("model", "init_checkpoint"),
    ("data", "cache_dir"),
)
_CLUSTER_FLAGS = ("worker_hosts", "task_index", "worker_timeout")


def resolve_devices(config: RunConfig, environment: Mapping[str, str] = os.environ) -> tuple[RunConfig, Cluster | None]:
    """Returns the options with the two ways to ask for a TPU made one, and the workers if there are several.

    Args:
        config: The options.
        environment: Where `TF_CONFIG` may be.

    Raises:
        InputError: If flags contradict each other, or what they name can't be used.
    """
    device = config.device
    if device.use_tpu and device.distribution not in ("auto", "tpu"):
        raise InputError(
            "--use_tpu is the same as --distribution=tpu",
            received=f"--use_tpu --distribution={device.distribution}",
            fix="Leave one of them out, or say --nouse_tpu",
        )
    cluster = find_cluster(device, environment)
    if device.use_tpu or device.distribution == "tpu":
        config = replace(config, use_tpu=True, distribution="tpu")
        check_shared_paths(config)
    if environment.get(TF_CONFIG) and cluster is None:
        console.warn(f"{TF_CONFIG} has no effect: --distribution={config.device.distribution}")
    if cluster is not None and len(cluster.hosts) == 1 and device.distribution == "auto":
        console.warn(f"the cluster has one worker: this process trains alone, without {TF_CONFIG}")
        cluster = None
    _check_cpu_devices(config, cluster)
    if cluster is not None:
        cluster.check_port()
    return config, cluster


def flags_without_cluster(cluster: Cluster | None) -> dict[str, str]:
    """Why flags have no effect, by their names, where a process trains alone."""
    return {} if cluster else dict.fromkeys(_CLUSTER_FLAGS, "it only matters with --distribution=multi_worker")


def check_shared_paths(config: RunConfig) -> None:
    """Makes sure that a TPU elsewhere, and whoever restarts the run, can reach what the run reads and writes.

    Raises:
        InputError: If a path is one of this machine alone.
    """
    if config.device.tpu_name == LOCAL_TPU:
        return
    named = {name: getattr(getattr(config, section), name) for section, name in _PATHS_THAT_A_TPU_SHARES}
    local = [f"--{name}={path}" for name, path in named.items() if path and not files.is_remote(path)]
    if local:
        raise InputError(
            "With a remote TPU, paths must be on Google Cloud Storage",
            received=", ".join(local),
            fix=f"Copy them to a bucket and give gs:// paths, or say --tpu_name={LOCAL_TPU} on the TPU's own machine",
        )


def _check_cpu_devices(config: RunConfig, cluster: Cluster | None) -> None:
    device = config.device
    kind, count = "multi_worker" if cluster else device.distribution, device.num_cpu_devices
    if (count and kind in ("tpu", "multi_worker")) or (count > 1 and kind == "one_device"):
        raise InputError(
            "--num_cpu_devices divides the CPU of one machine",
            received=f"--num_cpu_devices={count} with --distribution={kind}",
            fix="Leave it out, or say --distribution=mirrored",
        )
