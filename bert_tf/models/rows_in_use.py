"""An embedding of which a training changes some rows only: those of the word pieces that its examples hold.

V rows of the table in all, R of them in use, D the width.
"""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class RowsInUse:
    """What is read in place of the table while training.

    Attributes:
        rows: float32 [R, D].
        places: int32 [V], where the row of each id is among `rows`; those behind their end are in use nowhere.
    """

    rows: tf.Variable
    places: tf.Tensor

    def look_up(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns the rows of ids that are in use, float32 [N, D], from int32 [N]."""
        return tf.gather(tf.convert_to_tensor(self.rows), tf.gather(self.places, ids))
