import gzip
import io
import itertools
import json
import sys

import pytest

from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import FileFormat, Layout, OwnFile, read_own_file
from bert_tf.errors import InputError
from tests.data import files

MARK = "\ufeff"


def write(folder, name, data):
    path = folder / name
    data = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


def read(folder, name, data, layout=None, *, is_labelled=True):
    return read_own_file(write(folder, name, data), layout or Layout(), is_labelled=is_labelled)


def pairs(examples):
    return list(zip(examples.first, examples.labels, strict=True))


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv", files.as_csv(files.ROWS), files.ROWS),
        ("a.CSV", files.as_csv(files.ROWS, end="\r\n"), files.ROWS),
        ("a.csv.gz", files.as_csv(files.ROWS), files.ROWS),
        ("a.tsv", files.as_tsv(files.FLAT), files.FLAT),
        ("a.tsv", files.as_tsv(files.FLAT, end="\r\n"), files.FLAT),
        ("a.json", files.as_json(files.ROWS), files.ROWS),
        ("a.json.gz", files.as_json(files.ROWS), files.ROWS),
        ("a.jsonl", files.as_json_lines(files.ROWS), files.ROWS),
        ("a.ndjson.gz", files.as_json_lines(files.ROWS), files.ROWS),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path, name, data, rows):
    for mark, text in itertools.product(("", MARK), (data, data.rstrip("\r\n"))):
        examples = read(tmp_path, name, mark + text)
        assert pairs(examples) == rows
        assert examples.ids == [str(index) for index in range(7)]
        assert examples.summary().startswith(f"7 examples from {tmp_path}/{name} (all 7 ")


def test_parquet_gives_the_same_rows(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"label": [label for _, label in files.ROWS], "text": [text for text, _ in files.ROWS]})
    parquet.write_table(table, tmp_path / "a.parquet")
    examples = read_own_file(str(tmp_path / "a.parquet"), Layout(), is_labelled=True)
    assert pairs(examples) == files.ROWS
    assert "all of its 7 rows; Parquet" in examples.summary()
    with pytest.raises(InputError, match=r"must have a column 'txt'.*Did you mean 'text'"):
        read_own_file(str(tmp_path / "a.parquet"), Layout(text="txt"), is_labelled=True)
    with pytest.raises(InputError, match="must be a whole Parquet file"):
        read(tmp_path, "b.parquet", (tmp_path / "a.parquet").read_bytes()[:-9])


def test_lines_are_those_on_which_rows_begin(tmp_path):
    examples = read(tmp_path, "a.csv", files.as_csv(files.ROWS))
    assert examples.lines == [2, 3, 4, 5, 7, 8, 9]
    assert examples.location(4) == f"{tmp_path}/a.csv:7"
    assert "all 7 rows of its 9 lines" in examples.summary()


def test_an_array_knows_its_lines(tmp_path):
    data = '[{"text": "a", "label": 1},\n\n {"text": "b", "label": true}, {"label": "x",\n "text": "c"}]\n'
    examples = read(tmp_path, "a.json", data)
    assert (examples.lines, examples.labels) == ([1, 3, 3], ["1", "true", "x"])


def test_the_objects_of_an_array_in_one_line_are_told_by_their_numbers(tmp_path):
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}, {"text": "c", "label": "y"}]
    examples = read(tmp_path, "a.json", json.dumps(rows) + "\n")
    assert (examples.lines, examples.location(2)) == ([1, 2, 3], f"{tmp_path}/a.json:3")
    assert "all 3 objects of its 1 line; an array of objects in one line, told apart by" in examples.summary()
    with pytest.raises(InputError, match=r"A text must be a string \(.*b.json:2, column 'text'"):
        read(tmp_path, "b.json", json.dumps([rows[0], {"text": 5, "label": "y"}]))


def test_columns_are_chosen_by_name_or_by_number(tmp_path):
    data = "7\tyes\tone\tuno\n9\tno\ttwo\tdos\n"
    layout = Layout(text="2", text_pair="3", label="1", id="0")
    examples = read(tmp_path, "a.tsv", data, layout)
    assert (examples.first, examples.second, examples.labels, examples.ids) == (
        ["one", "two"],
        ["uno", "dos"],
        ["yes", "no"],
        ["7", "9"],
    )
    assert "no header" in examples.summary()
    named = Layout(text="en", text_pair="es", label="is it", id="#")
    assert read(tmp_path, "b.tsv", "#\tis it\ten\tes\n" + data, named).second == ["uno", "dos"]
    assert read(tmp_path, "c.csv", "7;1;a;b\n", Layout(text="2", label="1", delimiter=";")).first == ["a"]


def test_a_header_is_never_guessed(tmp_path):
    layout = Layout(text="0", label="1")
    with pytest.raises(InputError, match=r"must be clear whether the first line .* names the columns.*--header=yes"):
        read(tmp_path, "a.csv", "text,label\na,yes\n", layout)
    with_header = Layout(text="0", label="1", header=Header.YES)
    assert pairs(read(tmp_path, "a.csv", "text,label\na,yes\n", with_header)) == [("a", "yes")]
    without = Layout(text="0", label="1", header=Header.NO)
    assert len(read(tmp_path, "a.csv", "text,label\na,yes\n", without)) == 2


def test_blank_lines_and_empty_texts_are_counted(tmp_path):
    examples = read(tmp_path, "a.csv", 'text,label\n\n"",no\n\nb,yes\n')
    assert pairs(examples) == [("", "no"), ("b", "yes")]
    assert "1 empty text; 2 blank lines passed over" in examples.summary()


def test_texts_to_predict_need_no_labels_and_may_come_from_standard_input(tmp_path, monkeypatch):
    assert read(tmp_path, "a.csv", "text\na\n", is_labelled=False).labels is None

    class Stream:
        buffer = io.BytesIO(b'{"text": "a"}\n{"text": "b"}\n')

    monkeypatch.setattr(sys, "stdin", Stream)
    examples = read_own_file("-", Layout(file_format=FileFormat.JSON_LINES), is_labelled=False)
    assert (examples.first, examples.location(1)) == (["a", "b"], "standard input:2")
    with pytest.raises(InputError, match=r"--file_format must say it\. Received: '-'"):
        read_own_file("-", Layout(), is_labelled=False)


def test_several_labels_come_as_a_list_or_joined(tmp_path):
    data = '{"text": "a", "label": ["x", 3]}\n{"text": "b", "label": []}\n{"text": "c", "label": "x|y"}\n'
    assert read(tmp_path, "a.jsonl", data).labels == ["x|3", "", "x|y"]
    with pytest.raises(InputError, match="must not hold the separator"):
        read(tmp_path, "b.jsonl", '{"text": "a", "label": ["x|y"]}\n')


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", "txt,label\na,1\n", r"must have a column 'text'\. Received: .*'txt', 'label'.*Did you mean 'txt'"),
        ("a.csv", "text;label\na;1\n", r"seem to be separated by ';' and not by ',': set --delimiter"),
        ("a.csv", "text,label\na,1,2\nb,1\n", r"as many columns as the first one \(.*a.csv:2; 1 fault in 2 rows"),
        ("a.tsv", "text\tlabel\na\t1\nb\n", r"a.tsv:3; 1 fault in 2 rows of .*Received: '1 field and not 2'"),
        ("a.csv", 'text,label\n"a,1\nb,1\n', r"well-formed CSV \(.*a.csv:2"),
        ("a.csv", b"text,label\na\0,1\n", r"no NUL characters \(.*a.csv:2.*NUL as byte 2"),
        ("a.csv", b"text,label\na,1\n\xe9,1\n", r"UTF-8 text \(.*a.csv:3.*byte 0xe9 at byte 1"),
        ("a.csv", "", "must hold at least one row"),
        ("a.jsonl", "\n\n", "must hold at least one row"),
        ("a.json", "[]", "must hold at least one row"),
        ("a.jsonl", '{"text": "a", "lable": 1}\n', r"objects with 'label'\. .*Did you mean 'lable'"),
        ("a.jsonl", '{"text": 1, "label": 1}\n', r"a.jsonl:1, column 'text'; .*Received: 1\. Make it one"),
        ("a.txt", "a", "must end in its format, or --file_format must say it"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_with_the_place(tmp_path, name, data, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, name, data)


def test_a_folder_and_nothing_at_all_are_named(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match=r"There must be a data file at .*a.csv\. Received: 'a folder'"):
        read_own_file(str(tmp_path / "a.csv"), Layout(), is_labelled=True)
    with pytest.raises(InputError, match=r"There must be a data file at .*b.csv\. Received: 'nothing'"):
        read_own_file(str(tmp_path / "b.csv"), Layout(), is_labelled=True)


def test_ids_must_be_unique(tmp_path):
    data = "id,text,label\n1,a,x\n2,b,x\n1,c,y\n"
    with pytest.raises(InputError, match=r"Ids must be unique \(.*:4, column 'id'.*Received: '1'\. also in line 2"):
        read(tmp_path, "a.csv", data, Layout(id="id"))
    rows = [{"id": name, "text": "a", "label": "x"} for name in (1, 2, 1)]
    with pytest.raises(InputError, match=r"Ids must be unique \(.*:3, column 'id'; .*also in line 1"):
        read(tmp_path, "b.json", json.dumps(rows), Layout(id="id"))


def test_the_first_five_of_each_kind_are_shown_and_the_rest_counted(tmp_path):
    data = "text,label\n" + "a\n" * 9 + "\0,x\n" + "b,x\n" * 3
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.csv", data)
    kinds = [line for line in caught.value.details if not line.startswith("  ")]
    assert [kind.partition(": ")[2][:8] for kind in kinds] == ["1 fault.", "9 faults"]
    shown = [line for line in caught.value.details if line.startswith("  ")]
    assert len(shown) == 1 + 5 + 1
    assert shown[1].startswith(f"  {tmp_path}/a.csv:2: '1 field and not 2'")
    assert shown[-1] == "  and 4 more"


def test_a_line_of_a_hundred_megabytes_is_refused_without_being_held(tmp_path):
    path = tmp_path / "a.csv"
    with open(path, "wb") as file:
        file.write(b"text,label\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    with pytest.raises(InputError, match=r"must not be longer than 16 MiB. Received: .more in line 2"):
        read_own_file(str(path), Layout(), is_labelled=True)


def test_a_large_file_comes_in_blocks(tmp_path):
    rows = files.many(20_000)
    file = OwnFile(write(tmp_path, "a.csv", files.as_csv(rows)), Layout(), is_labelled=True)
    sizes, texts = [], []
    for block in file.blocks():
        sizes.append(len(block))
        texts += block.first
    assert max(sizes) < 10_000
    assert texts == [text for text, _ in rows]


def test_json_is_read_whatever_its_white_space(tmp_path):
    data = json.dumps(files.objects(files.ROWS)).replace("}, {", "}\n,\r\n\t{")
    assert pairs(read(tmp_path, "a.json", " " + data + "\n\n")) == files.ROWS
