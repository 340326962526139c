"""Columns of every axis and use of a made-up table, as batches have them."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.data.batches.batch import Batching, lay_out
from bert_tf.data.batches.gather import Gatherer, share_of
from bert_tf.data.batches.packing import RowShape
from bert_tf.data.table import Axis, Use
from tests.data.tables import every_column

LENGTHS = np.array([3, 5, 2, 4, 1, 6, 2])
TABLES = {
    "a row an example": every_column(range(7), LENGTHS),
    "windows": every_column([0, 0, 0, 1, 2, 2, 3], LENGTHS),
}
# On purpose with room to spare, so that some of it stays empty.
SHAPES = {Batching.PADDED: (), Batching.BUCKETED: (), Batching.PACKED: (RowShape(3, 8),)}
GROUPS = np.array([6, 1, 4, 0], np.int32), np.array([2, 5, 3], np.int32)


def gathered(table, batching, parts):
    """The batches of two groups of rows: how each is laid out, and its features."""
    batches = [lay_out(group, LENGTHS, 8, batching, parts, SHAPES[batching], slots=4) for group in GROUPS]
    gatherer = Gatherer(table, batches)
    for batch, start, end, shape in zip(batches, *gatherer.slices, strict=True):
        found = gatherer(*(tf.constant(value, tf.int32) for value in (start, end, shape)))
        yield batch, {name: tensor.numpy() for name, tensor in found.items()}


def pieces_of(table, name, row):
    return table.columns[name].values[table.row_splits[row] : table.row_splits[row + 1]]


def slots_of(batch):
    """The row of the table in each slot of a batch, and where its pieces begin in the rows laid end to end."""
    per_part = batch.rows * batch.length
    for part, (indices, starts) in enumerate(zip(batch.indices, batch.starts, strict=True)):
        for row, start in zip(indices, starts, strict=True):
            yield int(row), part * per_part + int(start)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_comes_out_where_its_rows_are(table, batching, parts):
    for batch, found in gathered(table, batching, parts):
        size = len(batch.indices) * batch.rows * batch.length
        for name, column in table.columns.items():
            if column.use is Use.ANCHOR:
                assert name not in found
                continue
            values = found.pop(name)
            assert values.dtype == column.values.dtype, name
            if (column.axis, column.use) == (Axis.PIECE, Use.INPUT):
                # As the model reads them: in the rows of the batch.
                expected = np.zeros(size, values.dtype)
                for row, start in slots_of(batch):
                    if row >= 0:
                        expected[start : start + LENGTHS[row]] = pieces_of(table, name, row)
                expected = expected.reshape(-1, batch.length)
            else:
                # As the loss reads them: one slot after the other.
                shape = (batch.length,) if column.axis is Axis.PIECE else ()
                expected = np.zeros((batch.indices.size, *shape), values.dtype)
                for slot, (row, _) in enumerate(slots_of(batch)):
                    if row >= 0 and column.axis is Axis.PIECE:
                        expected[slot, : LENGTHS[row]] = pieces_of(table, name, row)
                    elif row >= 0:
                        place = row if column.axis is Axis.ROW else table.example_index[row]
                        expected[slot] = column.values[place]
                is_real = batch.indices.ravel() >= 0  # What fills up may hold anything, but the piece targets zeros.
                if column.axis is not Axis.PIECE:
                    values, expected = values[is_real], expected[is_real]
            np.testing.assert_array_equal(values, expected, err_msg=name)
        packed = {"position_ids", "first_positions"} if batching is Batching.PACKED else set()
        assert set(found) == {"input_mask", "is_real_example", "example_index", *packed}
        assert found["example_index"].tolist() == batch.indices.ravel().tolist()
        assert found["is_real_example"].tolist() == (batch.indices.ravel() >= 0).astype(float).tolist()


@pytest.mark.parametrize("batching", Batching)
def test_the_mask_tells_the_pieces_of_each_slot_and_positions_begin_with_each(batching):
    for batch, found in gathered(TABLES["windows"], batching, 2):
        mask, positions = np.zeros((2, len(batch.indices) * batch.rows * batch.length), int)
        per_part = batch.indices.shape[1]
        for slot, (row, start) in enumerate(slots_of(batch)):
            if row >= 0:
                mask[start : start + LENGTHS[row]] = slot % per_part + 1 if batching is Batching.PACKED else 1
                positions[start : start + LENGTHS[row]] = np.arange(LENGTHS[row])
        assert found["input_mask"].ravel().tolist() == mask.tolist()
        if batching is Batching.PACKED:
            assert found["position_ids"].ravel().tolist() == positions.tolist()
            assert found["first_positions"].tolist() == batch.starts.ravel().tolist()


@pytest.mark.parametrize("batching", Batching)
def test_the_share_of_a_replica_is_its_parts(batching):
    batch = lay_out(GROUPS[0], LENGTHS, 8, batching, 4, SHAPES[batching])
    for replica in range(2):
        indices, starts = share_of(batch, replica, 2)
        assert indices.tolist() == batch.indices[2 * replica : 2 * replica + 2].tolist()
        assert starts.tolist() == batch.starts[2 * replica : 2 * replica + 2].tolist()
