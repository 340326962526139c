"""The many small weights of an encoder as one: biases, and the scales and shifts of its normalisations.

A transformer layer has ten of them beside its six kernels. Each would be read, normed, clipped and updated by
operations of its own, whose cost is that of being called. While a run trains they are slices of one vector, so that
their gradients are one tensor. The model's own variables are brought up to date where they are read: for an evaluation,
a checkpoint, and at the end.
"""

import numpy as np
import tensorflow as tf

from bert_tf.models.encoder import Encoder
from bert_tf.training.optimizer import TrainedWeight


class TrainedVectors:
    """Vectors of a model that a run trains as one."""

    def __init__(self, encoder: Encoder, strategy: tf.distribute.Strategy):
        """Copies the vectors to all devices.

        Args:
            encoder: That of the model.
            strategy: Where to train.
        """
        self._variables = encoder.vectors
        self._sizes = {variable.path: int(variable.shape[0]) for variable in self._variables}
        with strategy.scope():
            self._vector = tf.Variable(self._of_model(), name="vectors")
        self.weight = TrainedWeight("the biases and normalisations of bert", self._vector, self._sizes)

    def _of_model(self) -> np.ndarray:
        return np.concatenate([variable.numpy() for variable in self._variables])

    def stand_ins(self) -> dict[str, tf.Tensor]:
        """Returns what the layers read while they are trained, for `models.reading.using`: slices, by their paths."""
        parts = tf.split(tf.convert_to_tensor(self._vector), list(self._sizes.values()))
        return dict(zip(self._sizes, parts, strict=True))

    def take_up(self) -> None:
        """Copies the vectors from the model, which has them from a checkpoint."""
        self._vector.assign(self._of_model())

    def write_back(self) -> None:
        """Brings the variables of the model up to date."""
        for variable, value in zip(self._variables, self.stand_ins().values(), strict=True):
            variable.assign(value)
