"""The rows of a batch out of the table, as tensors."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batch
from bert_tf.data.table import Axis, TokenTable, Use


def share_of(batch: Batch, replica: int, replicas: int) -> tuple[np.ndarray, np.ndarray]:
    """A replica's parts of a batch: indices and starts."""
    parts = len(batch.indices) // replicas
    mine = slice(replica * parts, (replica + 1) * parts)
    return batch.indices[mine], batch.starts[mine]


class Gatherer:
    """Takes the pieces of the examples of a batch out of the table and lays them in its rows. P parts, S slots each.

    Attributes:
        slices: One row a batch: where its slots begin and end among those of all batches, and the number of its parts,
            rows of a part and pieces of a row.
    """

    def __init__(self, table: TokenTable, batches: Sequence[Batch]):
        sizes = np.array([batch.indices.size for batch in batches])
        shapes = np.array([(len(batch.indices), batch.rows, batch.length) for batch in batches])
        ends = np.cumsum(sizes)
        self.slices = (ends - sizes, ends, shapes)
        # A TPU, and whatever else compiles for fixed shapes, has to be told that they are.
        is_fixed = len(np.unique(np.column_stack([sizes, shapes]), axis=0)) == 1
        self._fixed = (int(sizes[0]), [int(n) for n in shapes[0]]) if is_fixed else None
        self._is_packed = batches[0].is_packed
        self._indices = tf.constant(np.concatenate([batch.indices.ravel() for batch in batches]))
        self._starts = tf.constant(np.concatenate([batch.starts.ravel() for batch in batches]))
        # An empty row at the end is what the slots without an example, whose index is -1, take.
        row_splits = tf.constant(np.append(table.row_splits, table.row_splits[-1]))

        def ragged(values: np.ndarray) -> tf.RaggedTensor:
            return tf.RaggedTensor.from_row_splits(tf.constant(values), row_splits)

        def padded(values: np.ndarray) -> tf.Tensor:
            return tf.constant(np.concatenate([values, np.zeros_like(values[:1])]))

        self._pieces = {name: ragged(values) for name, values in table.select(Axis.PIECE, Use.INPUT).items()}
        self._piece_targets = {name: ragged(values) for name, values in table.select(Axis.PIECE, Use.TARGET).items()}
        self._row_values = {
            name: padded(values) for use in (Use.INPUT, Use.TARGET) for name, values in table.by_row(use).items()
        }
        self._empty = len(table)

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def __call__(self, start: tf.Tensor, end: tf.Tensor, shape: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the features of one batch."""
        size = end - start
        if self._fixed is not None:
            size, shape = self._fixed
        indices = tf.reshape(self._indices[start:end], [size])
        starts = tf.reshape(self._starts[start:end], [size])
        parts, rows, length = shape[0], shape[1], shape[2]
        examples = tf.where(indices >= 0, indices, self._empty)
        pieces = {name: tf.gather(values, examples) for name, values in self._pieces.items()}
        lengths = tf.cast(next(iter(pieces.values())).row_lengths(), tf.int32)
        part = tf.range(size, dtype=tf.int32) // tf.cast(size // parts, tf.int32)
        starts_in_batch = starts + part * tf.cast(rows * length, tf.int32)
        positions = tf.ragged.range(lengths).values
        places = (tf.repeat(starts_in_batch, lengths) + positions)[:, tf.newaxis]

        def lay(values: tf.Tensor) -> tf.Tensor:
            flat = tf.scatter_nd(places, values, tf.cast([parts * rows * length], tf.int32))
            return tf.reshape(flat, [parts * rows, length])

        def by_example(values: tf.Tensor) -> tf.Tensor:
            """Values of pieces, those of an example in a row of its own, however rows are packed: [B, length]."""
            begins = tf.range(size, dtype=tf.int32) * tf.cast(length, tf.int32)
            own = (tf.repeat(begins, lengths) + positions)[:, tf.newaxis]
            return tf.reshape(tf.scatter_nd(own, values, [tf.cast(size * length, tf.int32)]), [size, length])

        slots = tf.range(size, dtype=tf.int32) % tf.cast(size // parts, tf.int32)
        ones = tf.ones([tf.size(positions)], tf.int32)
        batch = {
            **{name: lay(values.values) for name, values in pieces.items()},
            features.INPUT_MASK: lay(tf.repeat(slots + 1, lengths) if self._is_packed else ones),
            **{name: tf.gather(values, examples) for name, values in self._row_values.items()},
            **{name: by_example(tf.gather(values, examples).values) for name, values in self._piece_targets.items()},
            features.IS_REAL_EXAMPLE: tf.cast(indices >= 0, tf.float32),
            features.EXAMPLE_INDEX: indices,
        }
        if self._is_packed:
            batch |= {features.POSITION_IDS: lay(positions), features.FIRST_POSITIONS: starts}
        return batch
