import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.data.examples import Examples
from bert_tf.data.records import read_table, write_table
from bert_tf.data.table import Axis, Column, Use, table_of
from bert_tf.data.tokens import tokenize
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary
from tests.data.tables import assert_same_table, every_column

VOCABULARY = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n"
MEANING = {"texts": "0" * 64, "max_seq_length": 16, "lower_case": True}


def random_table(rows, seed=5):
    """Rows of 2 to 9 pieces with ids up to the largest int32."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 10, rows)
    pieces = int(lengths.sum())
    table = table_of(
        input_ids=rng.integers(0, 2**31, pieces).astype(np.int32),
        segment_ids=rng.integers(0, 2, pieces).astype(np.int32),
        row_splits=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        targets=rng.integers(0, 7, rows).astype(np.int32),
    )
    return dataclasses.replace(table, long_examples=rows // 3)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "cache" / "x.tf_record"
    write_table(str(path), random_table(13), MEANING)
    return path


@pytest.mark.parametrize("rows", [0, 1, 13, 1024, 2049])
def test_what_is_written_is_read_back(tmp_path, rows):
    table, path = random_table(rows), str(tmp_path / "x.tf_record")
    write_table(path, table, MEANING)
    assert_same_table(read_table(path, MEANING), table)
    assert files.list_folder(str(tmp_path)) == ["x.tf_record"]


def test_windows_of_an_example_are_read_back_as_such(tmp_path):
    windows = np.array([0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 7])
    table, path = every_column(windows, np.arange(13) % 4), str(tmp_path / "x.tf_record")
    write_table(path, table, MEANING)
    assert_same_table(read_table(path, MEANING), table)


@pytest.mark.parametrize("axis", Axis)
@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize(("dtype", "shape"), [("int32", ()), ("float32", ()), ("int64", (3,)), ("float32", (2, 2))])
def test_a_column_of_any_axis_use_type_and_shape_is_read_back(tmp_path, axis, use, dtype, shape):
    table, path = every_column([0, 0, 1], [2, 0, 3]), str(tmp_path / "x.tf_record")
    count = {Axis.PIECE: 5, Axis.ROW: 3, Axis.EXAMPLE: 2}[axis]
    values = np.random.default_rng(2).normal(0, 1000, (count, *shape)).astype(dtype)
    table = dataclasses.replace(table, columns={**table.columns, "x": Column(axis, use, values)})
    write_table(path, table, MEANING)
    assert_same_table(read_table(path, MEANING), table)


@pytest.mark.parametrize("second", [None, ["b a", "", "", "b"]])
def test_tokens_from_the_cache_are_those_of_the_text_step(tmp_path, second):
    step = TextStep(parse_vocabulary(VOCABULARY, "tiny"), lower_case=True, max_seq_length=7)
    examples = Examples("x", ["a b a b a b a", "", "zz", "a"], second, None, list("0123"))
    table = tokenize(examples, np.array([1, 0, 0, 1], np.int32), step.rows)
    assert table.long_examples == 1
    path = str(tmp_path / "x.tf_record")
    write_table(path, table, step.fingerprint)
    assert_same_table(read_table(path, step.fingerprint), table)


def test_rows_are_examples_with_the_names_of_the_original(written):
    table = random_table(13)
    header, *records = tf.data.TFRecordDataset(str(written)).as_numpy_iterator()
    assert set(tf.train.Example.FromString(header).features.feature) == {
        *("fingerprint", "long_examples", "checksum", "columns")
    }
    assert len(records) == 13
    row = {
        name: list(feature.int64_list.value)
        for name, feature in tf.train.Example.FromString(records[3]).features.feature.items()
    }
    start, end = table.row_splits[3:5]
    assert row == {
        "input_ids": table.columns["input_ids"].values[start:end].tolist(),
        "segment_ids": table.columns["segment_ids"].values[start:end].tolist(),
        "label_ids": [table.targets[3]],
        "example_index": [3],
    }


def test_the_same_table_gives_the_same_bytes(written, tmp_path):
    write_table(str(tmp_path / "again"), random_table(13), MEANING)
    assert (tmp_path / "again").read_bytes() == written.read_bytes()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"max_seq_length": 17}, "max_seq_length 16, now 17"),
        ({"texts": "1" * 64}, "other texts"),
        ({"lower_case": False, "version": 2}, "lower_case True, now False, other version"),
    ],
)
def test_tokens_of_something_else_are_refused(written, change, found):
    with pytest.raises(
        InputError, match=rf"must have been made from .*\({found}\)'. Remove the file, or .* --cache_dir"
    ):
        read_table(str(written), {**MEANING, **change})


def assert_refused(path):
    with pytest.raises(InputError, match=r"must be whole.*Remove the file, or choose another --cache_dir\.$") as caught:
        read_table(str(path), MEANING)
    assert "\n" not in str(caught.value)


def test_a_file_that_was_cut_off_anywhere_is_refused(written):
    whole = written.read_bytes()
    for size in {*range(0, len(whole), 149), 1, 11, 12, len(whole) - 1}:
        written.write_bytes(whole[:size])
        assert_refused(written)


def test_a_file_that_lost_or_mixed_up_whole_rows_is_refused(written, tmp_path):
    records = list(tf.data.TFRecordDataset(str(written)).as_numpy_iterator())
    for name, kept in {
        "short": records[:-1],
        "headless": records[1:],
        "swapped": [*records[:2], records[3], records[2], *records[4:]],
        "twice": [*records, records[-1]],
        "two headers": [records[0], *records],
    }.items():
        with tf.io.TFRecordWriter(str(tmp_path / name)) as writer:
            for record in kept:
                writer.write(record)
        assert_refused(tmp_path / name)


def test_a_file_with_one_bit_flipped_anywhere_is_refused(written):
    whole = written.read_bytes()
    for position in {*range(0, len(whole), 173), 0, 7, 8, 12, len(whole) - 1}:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        written.write_bytes(damaged)
        assert_refused(written)


@pytest.mark.parametrize(
    "fingerprint", [b"", b"[]", b"7", b"{", b"\xff", b'{"format": 1}garbage'], ids=lambda content: repr(content)
)
def test_a_header_that_means_nothing_is_refused(tmp_path, fingerprint):
    values = {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[fingerprint])) for name in ("fingerprint",)}
    values["checksum"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"0"]))
    values["long_examples"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[0]))
    with tf.io.TFRecordWriter(str(tmp_path / "x")) as writer:
        writer.write(tf.train.Example(features=tf.train.Features(feature=values)).SerializeToString())
    assert_refused(tmp_path / "x")


def test_what_is_no_record_file_is_refused(tmp_path):
    (tmp_path / "text").write_text("input_ids\n" * 9)
    assert_refused(tmp_path / "text")
    assert_refused(tmp_path)


def test_a_write_that_fails_leaves_nothing(tmp_path):
    table = random_table(5)
    short = dataclasses.replace(table.columns["label_ids"], values=table.targets[:-1])
    broken = dataclasses.replace(table, columns={**table.columns, "label_ids": short})
    with pytest.raises(IndexError):
        write_table(str(tmp_path / "x"), broken, MEANING)
    assert files.list_folder(str(tmp_path)) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"write to the output folder.*Choose another --cache_dir"):
        write_table(str(tmp_path / "file" / "x"), table, MEANING)
    (tmp_path / "folder").mkdir()
    with pytest.raises(
        InputError, match=r"possible to write .*folder\. .*Free some space or choose another --cache_dir"
    ):
        write_table(str(tmp_path / "folder"), table, MEANING)
    assert files.list_folder(str(tmp_path)) == ["file", "folder"]


def test_remote_folders_hold_caches(tmp_path):
    path = "ram://bert_tf_test/cache/x.tf_record"  # TensorFlow's scheme for memory stands for gs://.
    write_table(path, random_table(13), MEANING)
    assert_same_table(read_table(path, MEANING), random_table(13))
    assert files.list_folder("ram://bert_tf_test/cache") == ["x.tf_record"]
