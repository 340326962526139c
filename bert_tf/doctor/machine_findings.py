"""What a run would compute on, and with which numbers."""

import dataclasses
import os
import platform

import keras
import numpy as np
import tensorflow as tf
import tensorflow_text

from bert_tf import __version__
from bert_tf.benchmark.machine import describe_machine
from bert_tf.config.run import DeviceConfig, RunConfig
from bert_tf.doctor.findings import Finding, Section, blocking, warning
from bert_tf.training.devices.strategy import check_batch_size, describe
from bert_tf.training.precision import FLOAT32, Precision, choose_precision, find_accelerator

_ELSEWHERE = ("tpu", "multi_worker")
_GPU_FILE = "nvidia0"


def devices_here(device: DeviceConfig) -> DeviceConfig:
    """Returns the options with the devices of this machine in place of a TPU or of several workers."""
    if device.use_tpu or device.distribution in _ELSEWHERE:
        return dataclasses.replace(device, use_tpu=False, distribution="auto")
    return device


def look_at_machine(config: RunConfig, strategy: tf.distribute.Strategy) -> tuple[Section, Precision]:
    """Tells versions and devices; returns also what the run would compute with.

    Args:
        config: All options.
        strategy: Where it would compute, as far as that is this machine.
    """
    findings: list[Finding] = []
    precision = Precision(FLOAT32)
    with blocking(findings):
        precision = choose_precision(config.device.precision, find_accelerator(strategy))
    with blocking(findings):
        if not config.train.tokens_per_batch:
            parts = config.train.gradient_accumulation_steps
            check_batch_size("train_batch_size", config.train.train_batch_size, strategy, parts)
    with blocking(findings):
        check_batch_size("eval_batch_size", config.evaluation.eval_batch_size, strategy)
    findings += hidden_gpu(config.device)
    machine = describe_machine()
    lines = [
        f"versions  bert_tf {__version__}, tensorflow {tf.__version__}, tensorflow-text {tensorflow_text.__version__}, "
        f"keras {keras.__version__}, numpy {np.__version__}, Python {platform.python_version()}",
        f"machine   {', '.join((machine.cpu_model, f'{machine.cpu_cores} cores', *machine.gpus))}",
        f"devices   {describe(strategy)}, {precision}",
    ]
    if devices_here(config.device) != config.device:
        lines.append("          other machines and TPUs are not looked at, and memory is that of this one")
    return Section("machine", lines, findings), precision


def hidden_gpu(device: DeviceConfig, folder: str = "/dev") -> list[Finding]:
    """Returns a finding if the machine has a GPU that TensorFlow does not see, though nobody has hidden it.

    Args:
        device: The options.
        folder: Where the system keeps its devices.
    """
    is_meant = device.num_cpu_devices > 0 or "CUDA_VISIBLE_DEVICES" in os.environ
    if is_meant or tf.config.list_physical_devices("GPU") or not os.path.exists(os.path.join(folder, _GPU_FILE)):
        return []
    what = f"{os.path.join(folder, _GPU_FILE)} is a GPU, but TensorFlow sees none: the run would take the CPU"
    return [warning(what, f"Install its libraries with: pip install 'tensorflow[and-cuda]=={tf.__version__}'")]
