"""Made-up tables, and what it means that two are equal."""

import numpy as np

from bert_tf.data.table import Axis, Column, TokenTable, Use


def every_column(windows, lengths, seed=5):
    """A table that has a column of every axis and use, and the three that all tables have.

    Args:
        windows: The example that each row is of.
        lengths: Pieces of each row.
        seed: Decides the values.
    """
    rng = np.random.default_rng(seed)
    windows, splits = np.asarray(windows, np.int64), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    counts = {Axis.PIECE: int(splits[-1]), Axis.ROW: len(windows), Axis.EXAMPLE: int(windows[-1]) + 1}
    columns = {
        "input_ids": Column(Axis.PIECE, Use.INPUT, rng.integers(1, 2**31, counts[Axis.PIECE]).astype(np.int32)),
        "segment_ids": Column(Axis.PIECE, Use.INPUT, rng.integers(0, 2, counts[Axis.PIECE]).astype(np.int32)),
        "label_ids": Column(Axis.EXAMPLE, Use.TARGET, rng.integers(0, 7, counts[Axis.EXAMPLE]).astype(np.int32)),
    }
    for axis in Axis:
        for use in Use:
            values = rng.integers(1, 2**20, counts[axis]).astype(np.int32)
            columns[f"{use.value} of a {axis.value}"] = Column(axis, use, values)
    return TokenTable(columns, splits, windows, long_examples=1)


def assert_same_table(one, other):
    """Everything is equal, column by column, with its type."""
    assert list(one.columns) == list(other.columns)
    for name, column in one.columns.items():
        same = other.columns[name]
        assert (column.axis, column.use) == (same.axis, same.use), name
        assert column.values.dtype == same.values.dtype, name
        np.testing.assert_array_equal(column.values, same.values, err_msg=name)
    for name in ("row_splits", "example_index"):
        first, second = getattr(one, name), getattr(other, name)
        assert first.dtype == second.dtype, name
        np.testing.assert_array_equal(first, second, err_msg=name)
    assert one.long_examples == other.long_examples
