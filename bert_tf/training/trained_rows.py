"""The vocabulary of a run: word pieces that no training example holds cost it nothing.

A data set uses some thousands of the 30,000 or 120,000 pieces of a vocabulary. The rows of the others get no gradient,
so Adam's moments stay 0 and nothing but weight decay moves them: in a step with the learning rate r and the share d by
1 - r d. The product of these factors is all there is to know of them, and one number. So a run trains a table of the
rows in use, [R, D] of [V, D], whose size gradients, norm, moments and sums over devices then have. The whole table is
brought up to date where it is read: for an evaluation, a checkpoint, and at the end.

The rows that are not in use are kept as they were, beside the table, so that what they become is one product, and not
one for each time that the table was brought up to date: a run that was stopped ends with the bits of one that was not.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf.models.layers import Embeddings
from bert_tf.models.rows_in_use import RowsInUse
from bert_tf.training.optimizer import Adam, TrainedWeight


class TrainedRows:
    """The rows of the word embeddings that a run trains, and the others."""

    def __init__(self, embeddings: Embeddings, ids: np.ndarray, strategy: tf.distribute.Strategy):
        """Copies the rows: those in use to all devices, the others to the host.

        Args:
            embeddings: Those of the model.
            ids: int [N], the pieces of all training examples, each as often as it occurs. Padding, 0, is in use too.
            strategy: Where to train.
        """
        self._embeddings = embeddings
        self._table = embeddings.word_embeddings.value
        is_used = np.zeros(self._table.shape[0], bool)
        is_used[ids] = is_used[0] = True
        self._used, self._others = np.flatnonzero(is_used), np.flatnonzero(~is_used)
        places = np.empty(len(is_used), np.int32)
        places[np.concatenate([self._used, self._others])] = np.arange(len(is_used))
        with strategy.scope():
            self._rows = tf.Variable(tf.gather(self._table, self._used), name="rows_in_use")
        with tf.device("/CPU:0"):
            self._rest = tf.Variable(tf.gather(self._table, self._others), trainable=False, name="rows_not_in_use")
        self._in_use = RowsInUse(self._rows, tf.constant(places))
        self.weight = TrainedWeight(embeddings.word_embeddings.path, self._rows)

    @property
    def count(self) -> int:
        """How many rows are in use, R."""
        return len(self._used)

    @property
    def state(self) -> Mapping[str, tf.Variable]:
        """What a checkpoint needs beside the table, by name: the rows that are not in use, as they were."""
        return {f"{self.weight.path}/not_in_use": self._rest}

    def begin(self) -> None:
        """Lets the model read the rows in use where it trains."""
        self._embeddings.rows_in_use = self._in_use

    def take_up(self) -> None:
        """Copies the rows in use from the table, which has come from a checkpoint."""
        self._rows.assign(tf.gather(self._table, self._used))

    def write_back(self, optimizer: Adam) -> None:
        """Brings the table up to date.

        Args:
            optimizer: What has trained the rows, and knows what weight decay has left of the others.
        """
        rest = tf.convert_to_tensor(self._rest) * tf.exp(optimizer.log_kept)
        both = tf.concat([tf.convert_to_tensor(self._rows), rest], axis=0)
        self._table.assign(tf.gather(both, self._in_use.places))
