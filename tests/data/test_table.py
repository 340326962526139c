import dataclasses

import numpy as np
import pytest

from bert_tf.data.table import Axis, Column, Use, table_of
from tests.data.tables import every_column

# Five rows of three examples.
TABLE = every_column([0, 0, 1, 2, 2], [3, 2, 4, 1, 2])


def with_column(name, **changes):
    """The table with a column that is another."""
    column = dataclasses.replace(TABLE.columns[name], **changes)
    return dataclasses.replace(TABLE, columns={**TABLE.columns, name: column})


def changed_values(name):
    """The table with one value that is one more."""
    values = TABLE.columns[name].values.copy()
    values.reshape(-1)[-1] += 1
    return with_column(name, values=values)


def test_rows_and_examples_are_counted():
    assert (len(TABLE), TABLE.example_count, TABLE.has_windows) == (5, 3, True)
    assert TABLE.lengths.tolist() == [3, 2, 4, 1, 2]
    plain = table_of(*(np.zeros(6, np.int32) for _ in range(2)), np.array([0, 3, 6]), np.zeros(2, np.int32))
    assert (len(plain), plain.example_count, plain.has_windows) == (2, 2, False)
    none = table_of(*(np.zeros(size, np.int32) for size in (0, 0, 1, 0)))
    assert (len(none), none.example_count, none.has_windows) == (0, 0, False)


def test_what_an_example_has_each_of_its_rows_has():
    rows = TABLE.by_row(Use.INPUT)
    assert set(rows) == {"input of a row", "input of a example"}
    of_examples = TABLE.columns["input of a example"].values
    assert rows["input of a example"].tolist() == of_examples[[0, 0, 1, 2, 2]].tolist()
    assert rows["input of a row"].tolist() == TABLE.columns["input of a row"].values.tolist()
    assert set(TABLE.by_row(Use.TARGET)) == {"target of a row", "target of a example", "label_ids"}
    assert set(TABLE.by_row(Use.ANCHOR)) == {"anchor of a row", "anchor of a example"}


def test_columns_are_found_by_axis_and_use():
    assert set(TABLE.select(Axis.PIECE, Use.INPUT)) == {"input_ids", "segment_ids", "input of a piece"}
    assert set(TABLE.select(Axis.PIECE, Use.ANCHOR)) == {"anchor of a piece"}
    assert TABLE.targets is TABLE.columns["label_ids"].values


@pytest.mark.parametrize(
    ("count", "rows", "examples", "pieces"), [(0, 0, 0, 0), (1, 1, 1, 3), (3, 3, 2, 9), (9, 5, 3, 12)]
)
def test_the_first_rows_are_as_they_were(count, rows, examples, pieces):
    head = TABLE.first_rows(count)
    assert (len(head), head.example_count) == (rows, examples)
    assert head.lengths.tolist() == [3, 2, 4, 1, 2][:rows]
    ends = {Axis.PIECE: pieces, Axis.ROW: rows, Axis.EXAMPLE: examples}
    for name, column in head.columns.items():
        np.testing.assert_array_equal(column.values, TABLE.columns[name].values[: ends[column.axis]], err_msg=name)
        assert (column.axis, column.use) == (TABLE.columns[name].axis, TABLE.columns[name].use)


def renamed():
    columns = dict(TABLE.columns)
    columns["other"] = columns.pop("input of a row")
    return dataclasses.replace(TABLE, columns=columns)


def swapped():
    """Two columns of one axis, use and type whose names changed places."""
    columns = dict(TABLE.columns)
    columns["input_ids"], columns["input of a piece"] = columns["input of a piece"], columns["input_ids"]
    return dataclasses.replace(TABLE, columns=columns)


def fewer():
    return dataclasses.replace(
        TABLE, columns={name: each for name, each in TABLE.columns.items() if name != "anchor of a row"}
    )


OTHERS = {
    "name": renamed(),
    "names": swapped(),
    "no column": fewer(),
    # With as many values in each case, so that the axis and the use themselves tell.
    "axis": with_column("input of a row", axis=Axis.EXAMPLE),
    "use": with_column("input of a row", use=Use.TARGET),
    "dtype": with_column("input of a row", values=TABLE.columns["input of a row"].values.astype(np.int64)),
    "bits": with_column("input of a row", values=TABLE.columns["input of a row"].values.view(np.float32)),
    "shape": with_column("input of a row", values=TABLE.columns["input of a row"].values[:, np.newaxis]),
    **{f"value of {name}": changed_values(name) for name in TABLE.columns},
    "row_splits": dataclasses.replace(TABLE, row_splits=np.array([0, 3, 5, 8, 10, 12])),
    "example_index": dataclasses.replace(TABLE, example_index=np.array([0, 1, 1, 2, 2])),
    "long_examples": dataclasses.replace(TABLE, long_examples=2),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_everything_that_may_change_changes_the_digest(other):
    assert other.digest() != TABLE.digest()


def test_no_two_tables_have_one_digest():
    assert len({TABLE.digest(), *(other.digest() for other in OTHERS.values())}) == 1 + len(OTHERS)


def in_order(table):
    return dataclasses.replace(table, columns=dict(reversed(table.columns.items())))


def mapped(values, folder, name):
    np.save(folder / f"{name}.npy", values)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def test_the_order_of_the_columns_and_where_they_lie_leave_the_digest_as_it_is(tmp_path):
    assert in_order(TABLE).digest() == TABLE.digest()
    columns = {
        name: dataclasses.replace(column, values=mapped(column.values, tmp_path, name))
        for name, column in TABLE.columns.items()
    }
    splits, index = mapped(TABLE.row_splits, tmp_path, "splits"), mapped(TABLE.example_index, tmp_path, "index")
    copy = dataclasses.replace(TABLE, columns=columns, row_splits=splits, example_index=index)
    assert isinstance(copy.columns["input_ids"].values, np.memmap)
    assert copy.digest() == TABLE.digest()


@pytest.mark.parametrize("shape", [(4, 3), (4, 0), (0,), (0, 3)])
def test_the_layout_in_memory_leaves_the_digest_as_it_is(shape):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)

    def digest(values):
        return dataclasses.replace(TABLE, columns={"x": Column(Axis.ROW, Use.INPUT, values)}).digest()

    assert digest(np.asfortranarray(values)) == digest(values)
    assert digest(np.repeat(values, 2, axis=0)[::2]) == digest(values)
    assert digest(values.astype(">f4")) == digest(values)
