"""What a run trains in place of the model's own variables: rows in use, all vectors as one, the rest as it is."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf.models.model import BertModel
from bert_tf.training.optimizer import Adam, Weight
from bert_tf.training.trained_rows import TrainedRows
from bert_tf.training.trained_vectors import TrainedVectors


class TrainedWeights:
    """The weights that the optimizer of a run updates, and the way from the model to them and back.

    Attributes:
        weights: What to give to the optimizer.
    """

    def __init__(self, model: BertModel, ids: np.ndarray, strategy: tf.distribute.Strategy):
        """Copies the values that the model has now.

        Args:
            model: The model.
            ids: int [N], the pieces of all training examples, each as often as it occurs.
            strategy: Where to train.
        """
        encoder = model.encoder
        self._rows, self._vectors = TrainedRows(encoder.embeddings, ids, strategy), TrainedVectors(encoder, strategy)
        elsewhere = {variable.path for variable in (encoder.embeddings.word_embeddings, *encoder.vectors)}
        as_they_are = (weight for weight in model.trainable_variables if weight.path not in elsewhere)
        self.weights: tuple[Weight, ...] = (self._rows.weight, self._vectors.weight, *as_they_are)

    @property
    def rows_in_use(self) -> int:
        """How many rows of the word embeddings are trained."""
        return self._rows.count

    @property
    def state(self) -> Mapping[str, tf.Variable]:
        """What a checkpoint needs beside the model's weights, by name."""
        return self._rows.state

    def begin(self) -> None:
        """Lets the model read the rows in use where it trains."""
        self._rows.begin()

    def stand_ins(self) -> dict[str, tf.Tensor]:
        """Returns what the layers read while they are trained, for `models.reading.using`."""
        return self._vectors.stand_ins()

    def take_up(self) -> None:
        """Copies the values from the model, which has them from a checkpoint."""
        self._rows.take_up()
        self._vectors.take_up()

    def write_back(self, optimizer: Adam) -> None:
        """Brings the variables of the model up to date.

        Args:
            optimizer: What has trained the weights.
        """
        self._rows.write_back(optimizer)
        self._vectors.write_back()
