"""Which numbers a run computes with, and the scaling of the loss that float16 needs: small gradients become 0 in it."""

import dataclasses
import os

import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.host.processor import Processor, read_processor

AUTO, FLOAT32, BFLOAT16, FLOAT16 = "auto", "float32", "mixed_bfloat16", "mixed_float16"
_AMPERE = (8, 0)  # The first compute capability with products of bfloat16.
_INITIAL_SCALE = 2.0**15
_STEPS_BETWEEN_DOUBLINGS = 2000


@dataclasses.dataclass(frozen=True)
class Precision:
    """What a run computes with.

    Attributes:
        policy: Name of a Keras dtype policy.
        reason: Why it was chosen, for people; empty if it was asked for.
    """

    policy: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.policy} ({self.reason})" if self.reason else self.policy


@dataclasses.dataclass(frozen=True)
class Accelerator:
    """What decides on the numbers of a device.

    Attributes:
        kind: CPU, GPU or TPU.
        compute_capability: Of the least able GPU; None if there is none or it is not known.
        processor: The processor of this machine, which counts if the kind is CPU.
    """

    kind: str
    compute_capability: tuple[int, int] | None
    processor: Processor


def find_accelerator(strategy: tf.distribute.Strategy) -> Accelerator:
    """Returns what a strategy computes on."""
    kind = tf.DeviceSpec.from_string(strategy.extended.worker_devices[0]).device_type
    gpus = tf.config.list_physical_devices("GPU") if kind == "GPU" else []
    known = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in gpus]
    return Accelerator(kind, min(known) if known and None not in known else None, read_processor())


def choose_precision(wanted: str, device: Accelerator) -> Precision:
    """Returns what to compute with: what is wanted, or for `auto` bfloat16 where it is fast and float32 elsewhere.

    Raises:
        InputError: If the device can't compute with what is wanted.
    """
    if wanted != AUTO:
        _check(wanted, device)
        return Precision(wanted)
    if device.kind == "TPU":
        return Precision(BFLOAT16, "what a TPU multiplies")
    if device.kind == "GPU":
        version = ".".join(map(str, device.compute_capability or ())) or "not known"
        is_fast = device.compute_capability is not None and device.compute_capability >= _AMPERE
        return Precision(BFLOAT16 if is_fast else FLOAT32, f"compute capability {version}")
    instructions = device.processor.fast_bfloat16
    if instructions and _may_use_tiles():
        return Precision(BFLOAT16, f"the processor has {instructions}")
    limit = "" if _may_use_tiles() else ", or ONEDNN_MAX_CPU_ISA forbids it"
    return Precision(FLOAT32, f"the processor has no fast bfloat16{limit}")


def _may_use_tiles() -> bool:
    """Whether the environment lets oneDNN use all that the processor has."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    return limit in ("", "ALL", "DEFAULT") or "AMX" in limit


def _check(wanted: str, device: Accelerator) -> None:
    rule, found = f"--precision={wanted} needs a device that computes with it", ""
    if device.kind == "TPU" and wanted == FLOAT16:
        found = "a TPU, which has bfloat16 only"
    if (
        device.kind == "GPU"
        and wanted == BFLOAT16
        and device.compute_capability
        and device.compute_capability < _AMPERE
    ):
        found = "a GPU of compute capability " + ".".join(map(str, device.compute_capability))
    if device.kind == "CPU" and wanted != FLOAT32 and device.processor.hides_tile_sizes and _may_use_tiles():
        found = "a virtual machine that offers AMX without its tile sizes"
    if found:
        raise InputError(rule, received=found, fix="Set --precision=auto")


class LossScale:
    """Dynamic loss scaling (Micikevicius et al. 2018, section 3.2); the scale is 1 and fixed unless `dynamic`.

    The scale halves when a gradient overflows, and that step is left out; it doubles after 2000 good steps.
    """

    def __init__(self, *, dynamic: bool):
        """Creates its variables, under the current distribution strategy."""
        self.dynamic = dynamic
        self._scale = _variable(_INITIAL_SCALE if dynamic else 1.0, "loss_scale")
        self._good_steps = _variable(0.0, "loss_scale_good_steps")

    @property
    def state(self) -> dict[str, tf.Variable]:
        """What a checkpoint must keep."""
        return {"loss_scale/scale": self._scale, "loss_scale/good_steps": self._good_steps}

    @property
    def value(self) -> tf.Tensor:
        """What losses are multiplied by, float32 []."""
        return self._scale.read_value()

    def update(self, is_finite: tf.Tensor) -> None:
        """Adapts the scale after a step. Called outside the replicas.

        Args:
            is_finite: bool [], whether all gradients were finite.
        """
        if not self.dynamic:
            return
        good = self._good_steps + 1.0
        doubles = tf.logical_and(is_finite, good >= _STEPS_BETWEEN_DOUBLINGS)
        factor = tf.where(is_finite, tf.where(doubles, 2.0, 1.0), 0.5)
        self._scale.assign(tf.maximum(self._scale * factor, 1.0))
        self._good_steps.assign(tf.where(tf.logical_and(is_finite, tf.logical_not(doubles)), good, 0.0))


def _variable(value: float, name: str) -> tf.Variable:
    return tf.Variable(
        value, trainable=False, dtype=tf.float32, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
    )
