"""Tokens as a TFRecord file of `tf.train.Example`s, so that later runs need not tokenise.

One record a row, unpadded, with the features of google-research/bert's `train.tf_record` that are not padding:
`input_ids`, `segment_ids`, `label_ids`, and the number of the example, `example_index`. Before them stands one record
more, the header, which says what the rows were made from and gives a checksum of all of them. A header inside the file,
and not a file beside it, because one file is renamed, copied and removed as a whole: the rows never meet the
fingerprint of others.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.cache import CACHE_FLAG, Fingerprint, differences
from bert_tf.data.table import TokenTable
from bert_tf.errors import InputError
from bert_tf.host import files

FORMAT = 2
_FINGERPRINT, _LONG_EXAMPLES, _CHECKSUM = "fingerprint", "long_examples", "checksum"
_ROWS_AT_A_TIME = 1024
_BUFFER_BYTES = 8 << 20
_HEADER = {
    _FINGERPRINT: tf.io.FixedLenFeature([], tf.string),
    _LONG_EXAMPLES: tf.io.FixedLenFeature([], tf.int64),
    _CHECKSUM: tf.io.FixedLenFeature([], tf.string),
}
_ROW = {
    features.INPUT_IDS: tf.io.RaggedFeature(tf.int64),
    features.SEGMENT_IDS: tf.io.RaggedFeature(tf.int64),
    features.LABEL_IDS: tf.io.FixedLenFeature([], tf.int64),
    features.EXAMPLE_INDEX: tf.io.FixedLenFeature([], tf.int64),
}


@dataclasses.dataclass(frozen=True)
class _Header:
    """What the first record holds.

    Attributes:
        fingerprint: What the rows were made from.
        long_examples: How many examples have more pieces than a row holds.
        checksum: SHA-256 of the table, in hexadecimal.
    """

    fingerprint: Mapping[str, object]
    long_examples: int
    checksum: str


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
        table = _read_rows(path, header.long_examples)
    except tf.errors.OpError as error:
        raise _damage(path, files.reason(error)) from error
    if _checksum(table) != header.checksum:
        raise _damage(path, "rows other than those that were written")
    return table


def _header_record(table: TokenTable, fingerprint: Fingerprint) -> bytes:
    meaning = json.dumps({"format": FORMAT, **fingerprint})
    return _record(
        {
            _FINGERPRINT: tf.train.Feature(bytes_list=tf.train.BytesList(value=[meaning.encode()])),
            _LONG_EXAMPLES: _integers([table.long_examples]),
            _CHECKSUM: tf.train.Feature(bytes_list=tf.train.BytesList(value=[_checksum(table).encode()])),
        }
    )


def _row_records(table: TokenTable) -> Iterator[bytes]:
    splits, labels, examples = (array.tolist() for array in (table.row_splits, table.targets, table.examples))
    for start, end, label, example in zip(splits[:-1], splits[1:], labels, examples, strict=True):
        yield _record(
            {
                features.INPUT_IDS: _integers(table.input_ids[start:end].tolist()),
                features.SEGMENT_IDS: _integers(table.segment_ids[start:end].tolist()),
                features.LABEL_IDS: _integers([label]),
                features.EXAMPLE_INDEX: _integers([example]),
            }
        )


def _integers(values: list[int]) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


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
    except ValueError as error:
        raise _damage(path, str(error)) from error
    if not isinstance(fingerprint, dict):
        raise _damage(path, f"a header with a {type(fingerprint).__name__}")
    return _Header(fingerprint, int(values[_LONG_EXAMPLES].numpy()), checksum)


def _read_rows(path: str, long_examples: int) -> TokenTable:
    """Reads what follows the header, many rows at a time on all cores.

    Raises:
        tf.errors.OpError: If a record is damaged, or is no row.
    """
    records = tf.data.TFRecordDataset(path, buffer_size=_BUFFER_BYTES).skip(1).batch(_ROWS_AT_A_TIME)
    dataset = records.map(_parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
    nothing = [np.zeros(0, dtype) for dtype in (np.int32, np.int32, np.int64, np.int32, np.int64)]
    columns = zip(nothing, *dataset.as_numpy_iterator(), strict=True)
    input_ids, segment_ids, lengths, label_ids, examples = (np.concatenate(column) for column in columns)
    row_splits = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    example_index = None if np.array_equal(examples, np.arange(len(label_ids))) else examples
    return TokenTable(input_ids, segment_ids, row_splits, label_ids, long_examples, example_index)


def _parse(records: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Records, string [B], to what `TokenTable` holds of their rows.

    Returns:
        Pieces and segments, int32 [pieces], lengths, int64 [B], labels, int32 [B], and examples, int64 [B].
    """
    rows = tf.io.parse_example(records, _ROW)
    ids, segments = rows[features.INPUT_IDS], rows[features.SEGMENT_IDS]
    values = [tf.cast(tensor, tf.int32) for tensor in (ids.values, segments.values, rows[features.LABEL_IDS])]
    return values[0], values[1], ids.row_lengths(), values[2], rows[features.EXAMPLE_INDEX]


def _checksum(table: TokenTable) -> str:
    digest = hashlib.sha256(f"{len(table)} {len(table.input_ids)} {table.long_examples}".encode())
    for array, dtype in (
        (table.input_ids, "<i4"),
        (table.segment_ids, "<i4"),
        (table.row_splits, "<i8"),
        (table.targets, "<i4"),
        (table.examples, "<i8"),
    ):
        digest.update(np.ascontiguousarray(array, dtype).data)
    return digest.hexdigest()


def _damage(path: str, found: str) -> InputError:
    return InputError(
        "A file of the cache must be whole, as bert_tf wrote it",
        received=f"{path}: {found}",
        fix=f"Remove the file, or choose another --{CACHE_FLAG}",
    )
