"""A checkpoint: names, shapes and values of its tensors."""

import dataclasses
import os
import re
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from bert_tf.errors import InputError

GLOBAL_STEP = "global_step"


TensorLike: TypeAlias = np.ndarray | np.generic | tf.Tensor | tf.Variable


# What optimizers keep of a weight: the last part of a name, in small letters and without the number that makes it
# unique. They are those of TensorFlow 1 (Adam, Adam_1), of google-research/bert and LAMB, averages, sums of gradients.
_SLOTS = frozenset(
    (
        *("adam", "adam_m", "adam_v", "adam_vhat", "adamw", "lamb", "lamb_m", "lamb_v", "lars", "momentum", "nesterov"),
        *("rmsprop", "adagrad", "adagradda", "adadelta", "ftrl", "exponentialmovingaverage", "movingaverage"),
        *("adafactor_m", "adafactor_v", "adafactor_vr", "adafactor_vc", "accum_grad", "accgrad"),
    )
)
# What training counts, wherever it stands in a name, and what else of another program is no weight.
_COUNTERS = frozenset(
    (
        *(GLOBAL_STEP, "local_step", "accum_step", "is_accum_step", "save_counter", "iterations"),
        *("beta1_power", "beta2_power", "learning_rate"),
        *("loss_scale", "current_loss_scale", "good_steps", "bad_steps"),
        *("position_ids", ".optimizer_slot", "_checkpointable_object_graph"),
    )
)
_NUMBER = re.compile(r"_\d+$")
_FACTORED_SLOT = re.compile(r"_slot_(?:m|v|vr|vc)$")


# TensorFlow's reader turns the status of its C++ part into whichever of these it knows.
READ_ERRORS = (tf.errors.OpError, RuntimeError, ValueError, IndexError)


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that has been found and can be listed.

    Attributes:
        prefix: Path of its files without `.index`.
        shapes: The shape of each tensor.
        dtypes: The name of each tensor's type.
        archive: The archive that it was unpacked from; empty if from none.
    """

    prefix: str
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    archive: str = ""

    @property
    def origin(self) -> str:
        """What to call it to a person: its prefix, or the archive that it came in."""
        return self.archive or self.prefix

    @property
    def weights(self) -> list[str]:
        """Names of the tensors that are weights: neither optimizer slots nor the step counter."""
        return sorted(name for name in self.shapes if not is_bookkeeping(name))

    @property
    def folder(self) -> str:
        """Where its files, vocabulary and config are."""
        return os.path.dirname(self.prefix)

    @property
    def global_step(self) -> int:
        """Updates that its weights had; 0 if it does not say."""
        return int(self.read(GLOBAL_STEP)) if GLOBAL_STEP in self.shapes else 0

    def read(self, name: str) -> np.ndarray:
        """Returns one tensor.

        Raises:
            InputError: If the data file is missing, truncated or damaged.
        """
        try:
            return np.asarray(tf.compat.v1.train.NewCheckpointReader(self.prefix).get_tensor(name))
        except READ_ERRORS as error:
            raise InputError(
                f"It must be possible to read {name} from {self.prefix}",
                received=first_line(error),
                fix="The data file is missing, cut off or damaged; copy the whole checkpoint again",
            ) from error

    def read_all(self, names: list[str]) -> dict[str, np.ndarray]:
        """Returns several tensors by name; raises as `read` does."""
        return {name: self.read(name) for name in names}


def is_bookkeeping(name: str) -> bool:
    """Whether a tensor is not a weight but what training keeps about one."""
    parts = [_NUMBER.sub("", part) for part in name.lower().split("/")]
    is_slot = len(parts) > 1 and (parts[-1] in _SLOTS or _FACTORED_SLOT.search(parts[-1]) is not None)
    return is_slot or not _COUNTERS.isdisjoint(parts)


def first_line(error: Exception) -> str:
    """Returns the first line of what an error says, at most 200 characters of it."""
    return str(getattr(error, "message", error)).strip().split("\n")[0][:200]
