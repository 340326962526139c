import gzip
import json

import numpy as np
import pytest

from bert_tf.data.cleaning import choose_removal, write_without
from bert_tf.data.examples import Examples
from bert_tf.data.health import find_oddities
from bert_tf.data.readers.own_files import FileFormat, Layout, find_format, read_own_file
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.errors import InputError

# The second row continues over a blank line inside its quotes, and a blank line follows the third.
CSV = (
    b"\xef\xbb\xbf\r\nnote,text,label\r\n"
    b'1,"first, of all",a\r\n'
    b'2,"second\r\n\r\ngoes ""on""",b\r\n'
    b"3,third,a\r\n\r\n"
    b"4,fourth,b"
)


def copy(folder, name, data, dropped):
    """The bytes of a copy of a file without some rows."""
    path = folder / name
    path.write_bytes(data)
    examples = read_own_file(str(path), Layout(), is_labelled=True)
    target = folder / f"copy-{name}"
    write_without(str(path), str(target), find_format(name, None), examples.lines, np.array(dropped))
    return target.read_bytes()


def test_what_stays_of_a_csv_file_is_the_same_to_the_byte(tmp_path):
    second = b'2,"second\r\n\r\ngoes ""on""",b\r\n'
    assert copy(tmp_path, "second.csv", CSV, [1]) == CSV.replace(second, b"")
    assert copy(tmp_path, "third.csv", CSV, [2]) == CSV.replace(b"3,third,a\r\n\r\n", b"")
    assert copy(tmp_path, "ends.csv", CSV, [0, 3]) == CSV[: CSV.index(b"1,")] + second + b"3,third,a\r\n\r\n"
    assert read_own_file(str(tmp_path / "copy-ends.csv"), Layout(), is_labelled=True).first == [
        'second\r\n\r\ngoes "on"',
        "third",
    ]


def test_packed_and_other_formats_are_written_as_they_were(tmp_path):
    rows = [{"text": "é\u2028", "label": 1, "more": [1.5, None]}, {"text": "b", "label": 0}, {"text": "", "label": 0}]
    lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]
    assert copy(tmp_path, "rows.jsonl", b"".join(lines), [1]) == lines[0] + lines[2]
    assert json.loads(copy(tmp_path, "rows.json", json.dumps(rows).encode(), [1])) == [rows[0], rows[2]]
    tsv = b"text\tlabel\n" + b'"a\t0\n' + b"b\t1\n"
    packed = copy(tmp_path, "rows.tsv.gz", gzip.compress(tsv), [1])
    assert gzip.decompress(packed) == b'text\tlabel\n"a\t0\n'


def test_all_columns_of_a_parquet_file_keep_their_types(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "text": ["a", "b", "c"],
        "label": pyarrow.array([1, 2, 3], pyarrow.int8()),
        "more": [[1], [], None],
    }
    table = pyarrow.table(columns)
    parquet.write_table(table, tmp_path / "rows.parquet")
    write_without(f"{tmp_path}/rows.parquet", f"{tmp_path}/copy.parquet", FileFormat.PARQUET, [1, 2, 3], np.array([1]))
    assert parquet.read_table(tmp_path / "copy.parquet").equals(table.take([0, 2]))


def test_nothing_is_replaced(tmp_path):
    (tmp_path / "copy-rows.csv").write_text("mine")
    with pytest.raises(InputError, match="must not replace a file"):
        copy(tmp_path, "rows.csv", CSV.replace(b"\xef\xbb\xbf\r\n", b""), [1])
    assert (tmp_path / "copy-rows.csv").read_text() == "mine"


def test_each_row_is_left_out_for_one_reason_and_contradictions_stay():
    texts = ["a", "a", "", "b", "b", "b", "c", "c", ""]
    labels = ["0", "0", "0", "0", "1", "0", "0", "1", "0"]
    train = Examples("train.csv", texts, None, labels, [str(i) for i in range(9)])
    dev = Examples("dev.csv", ["c", "z"], None, ["0", "0"], ["0", "1"])
    removal = choose_removal(find_oddities({TRAIN: train, DEV: dev})[TRAIN], 9)
    assert removal.empty.tolist() == [2, 8]
    assert removal.shared.tolist() == [6, 7]
    assert removal.repeated.tolist() == [1, 5]
    assert removal.dropped.tolist() == [1, 2, 5, 6, 7, 8]
    assert removal.contradicting == 2
    assert str(removal) == (
        "3 of 9 rows; left out: 2 with an empty text, 2 in the dev set too, 2 repeated; "
        "2 with contradicting labels stay"
    )


def test_lines_that_end_in_carriage_returns_and_escapes_of_json_stay_as_they_are(tmp_path):
    lines = [b"text,label\r", b"a,0\r", b'"b\rc",1\r', b"d,0"]
    assert copy(tmp_path, "mac.csv", b"".join(lines), [0]) == lines[0] + lines[2] + lines[3]
    rows = [
        '{"text": "a", "label": 1, "more": "\\ud800"}',
        '{"text": "b",  "label": 0, "more": 1e999}',
        '{"text": "", "label": 0}',
    ]
    kept = copy(tmp_path, "odd.json", f"[{rows[0]}, {rows[1]},\n{rows[2]}]".encode(), [2])
    assert kept.decode() == f"[\n{rows[0]},\n{rows[1]}\n]\n"
