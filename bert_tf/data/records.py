"""A table as a TFRecord file of `tf.train.Example`s, so that later runs need not tokenise.

One record a row, unpadded, with a feature a column, named as google-research/bert's `train.tf_record` names them as far
as it has them; what an example has, each of its rows repeats. Before the rows stands one record more, the header, which
says what they were made from, which columns they have, and gives a checksum of all. A header inside the file, and not
a file beside it, because one file is renamed, copied and removed as a whole: the rows never meet the fingerprint of
others.
"""

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.cache import CACHE_FLAG, Fingerprint, differences
from bert_tf.data.table import Axis, Column, TokenTable, Use
from bert_tf.errors import InputError
from bert_tf.host import files

FORMAT = 3
_FINGERPRINT, _LONG_EXAMPLES, _CHECKSUM, _COLUMNS = "fingerprint", "long_examples", "checksum", "columns"
_ROWS_AT_A_TIME = 1024
_BUFFER_BYTES = 8 << 20
_HEADER = {
    _FINGERPRINT: tf.io.FixedLenFeature([], tf.string),
    _LONG_EXAMPLES: tf.io.FixedLenFeature([], tf.int64),
    _CHECKSUM: tf.io.FixedLenFeature([], tf.string),
    _COLUMNS: tf.io.FixedLenFeature([], tf.string, "{}"),  # A file of an earlier format has none.
}


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How a column stands in records.

    Attributes:
        axis: Of what it has a value each.
        use: Who takes it.
        dtype: Name of its NumPy type.
        shape: That of a value.
    """

    axis: Axis
    use: Use
    dtype: str
    shape: tuple[int, ...]

    @property
    def is_float(self) -> bool:
        """Whether records keep it as floating-point numbers, which are of 32 bits there."""
        return np.dtype(self.dtype).kind == "f"

    @property
    def feature(self) -> Any:
        """What parses it."""
        kind = tf.float32 if self.is_float else tf.int64
        return tf.io.RaggedFeature(kind) if self.axis is Axis.PIECE else tf.io.FixedLenFeature(self.shape, kind)


@dataclasses.dataclass(frozen=True)
class _Header:
    """What the first record holds.

    Attributes:
        fingerprint: What the rows were made from.
        long_examples: How many examples have more pieces than a row holds.
        checksum: SHA-256 of the table, in hexadecimal.
        columns: How each column stands in the records, by its name.
    """

    fingerprint: Mapping[str, object]
    long_examples: int
    checksum: str
    columns: Mapping[str, _Layout]


def write_table(path: str, table: TokenTable, fingerprint: Fingerprint) -> None:
    """Writes a table, all or nothing.

    Args:
        path: The file; its folder is made if there is none.
        table: The rows.
        fingerprint: What they were made from.

    Raises:
        InputError: If the file can't be written.
    """
    with files.writing(path, CACHE_FLAG):
        files.make_folder(os.path.dirname(path), CACHE_FLAG)
        with files.replacing(path) as temporary, tf.io.TFRecordWriter(temporary) as writer:
            writer.write(_header_record(table, fingerprint))
            for record in _row_records(table):
                writer.write(record)


def read_table(path: str, fingerprint: Fingerprint) -> TokenTable:
    """Reads a table, equal array by array to the one that was written.

    Args:
        path: The file.
        fingerprint: What the rows must have been made from.

    Raises:
        InputError: If they were made from something else, or the file is not whole.
    """
    try:
        header = _read_header(path)
        changed = differences(header.fingerprint, {"format": FORMAT, **fingerprint})
        if changed:
            raise InputError(
                "Tokens in the cache must have been made from the data and options of this run",
                received=f"{path} ({changed})",
                fix=f"Remove the file, or choose another --{CACHE_FLAG}",
            )
        table = _read_rows(path, header)
    except tf.errors.OpError as error:
        raise _damage(path, files.reason(error)) from error
    if table.digest() != header.checksum:
        raise _damage(path, "rows other than those that were written")
    return table


def _header_record(table: TokenTable, fingerprint: Fingerprint) -> bytes:
    columns = {
        name: [each.axis.value, each.use.value, each.dtype, each.shape] for name, each in _layouts(table).items()
    }
    return _record(
        {
            _FINGERPRINT: _text(json.dumps({"format": FORMAT, **fingerprint})),
            _LONG_EXAMPLES: _numbers([table.long_examples]),
            _CHECKSUM: _text(table.digest()),
            _COLUMNS: _text(json.dumps(columns)),
        }
    )


def _layouts(table: TokenTable) -> dict[str, _Layout]:
    return {
        name: _Layout(column.axis, column.use, column.values.dtype.name, column.values.shape[1:])
        for name, column in table.columns.items()
    }


def _row_records(table: TokenTable) -> Iterator[bytes]:
    splits, examples, layouts = table.row_splits.tolist(), table.example_index.tolist(), _layouts(table)
    for row, example in enumerate(examples):
        places = {Axis.PIECE: slice(splits[row], splits[row + 1]), Axis.ROW: row, Axis.EXAMPLE: example}
        values = {name: column.values[places[column.axis]] for name, column in table.columns.items()}
        yield _record(
            {
                **{
                    name: _numbers(np.ravel(value).tolist(), is_float=layouts[name].is_float)
                    for name, value in values.items()
                },
                features.EXAMPLE_INDEX: _numbers([example]),
            }
        )


def _numbers(values: list[int] | list[float], *, is_float: bool = False) -> tf.train.Feature:
    if is_float:  # An empty list does not tell.
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def _text(value: str) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))


def _record(values: dict[str, tf.train.Feature]) -> bytes:
    """The bytes of an `Example`, the same for the same values."""
    example = tf.train.Example(features=tf.train.Features(feature=values))
    return bytes(example.SerializeToString(deterministic=True))


def _read_header(path: str) -> _Header:
    """Reads the first record.

    Raises:
        InputError: If it is no header.
        tf.errors.OpError: If it is none that TensorFlow could read.
    """
    record = next(tf.data.TFRecordDataset(path).take(1).as_numpy_iterator(), None)
    if record is None:
        raise _damage(path, "no record")
    values = tf.io.parse_single_example(record, _HEADER)
    try:
        fingerprint = json.loads(values[_FINGERPRINT].numpy())
        checksum = values[_CHECKSUM].numpy().decode("ascii")
        columns = {
            name: _Layout(Axis(axis), Use(use), np.dtype(dtype).name, tuple(map(int, shape)))
            for name, (axis, use, dtype, shape) in json.loads(values[_COLUMNS].numpy()).items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise _damage(path, str(error)) from error
    if not isinstance(fingerprint, dict):
        raise _damage(path, f"a header with a {type(fingerprint).__name__}")
    return _Header(fingerprint, int(values[_LONG_EXAMPLES].numpy()), checksum, columns)


def _read_rows(path: str, header: _Header) -> TokenTable:
    """Reads what follows the header, many rows at a time on all cores.

    Raises:
        tf.errors.OpError: If a record is damaged, or is no row.
    """
    records = tf.data.TFRecordDataset(path, buffer_size=_BUFFER_BYTES).skip(1).batch(_ROWS_AT_A_TIME)
    parsing = {name: layout.feature for name, layout in header.columns.items()}
    parsing[features.EXAMPLE_INDEX] = tf.io.FixedLenFeature([], tf.int64)

    @tf.autograph.experimental.do_not_convert
    def parse(block: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        rows = tf.io.parse_example(block, parsing)
        pieces = [rows[name] for name, layout in header.columns.items() if layout.axis is Axis.PIECE]
        return {name: getattr(value, "flat_values", value) for name, value in rows.items()}, pieces[0].row_lengths()

    blocks = list(records.map(parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2).as_numpy_iterator())
    lengths = np.concatenate([np.zeros(1, np.int64), *(lengths for _, lengths in blocks)])
    examples = np.concatenate([np.zeros(0, np.int64), *(rows[features.EXAMPLE_INDEX] for rows, _ in blocks)])
    _, first_rows = np.unique(examples, return_index=True)
    columns = {}
    for name, layout in header.columns.items():
        shape = () if layout.axis is Axis.PIECE else layout.shape
        parts = [np.zeros((0, *shape), layout.dtype), *(rows[name].astype(layout.dtype) for rows, _ in blocks)]
        values = np.concatenate(parts)
        if layout.axis is Axis.PIECE:
            values = values.reshape(-1, *layout.shape)
        elif layout.axis is Axis.EXAMPLE:
            values = values[first_rows]
        columns[name] = Column(layout.axis, layout.use, values)
    return TokenTable(columns, np.cumsum(lengths), examples, header.long_examples)


def _damage(path: str, found: str) -> InputError:
    return InputError(
        "A file of the cache must be whole, as bert_tf wrote it",
        received=f"{path}: {found}",
        fix=f"Remove the file, or choose another --{CACHE_FLAG}",
    )
