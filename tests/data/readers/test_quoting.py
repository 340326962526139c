"""Faults of CSV are told where a person has to look: in the first row, at the quotation mark that was opened, at a
space before one."""

import re

import pytest

from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.lines import BLOCK_BYTES
from bert_tf.data.readers.own_files import Layout, read_own_file
from bert_tf.data.readers.quoting import fields_as_written
from bert_tf.errors import InputError

NUMBERS = Layout(text="0", label="1", header=Header.NO)
ROW = '"goes\non, ""so""",no\n'


def read(folder, data, layout=None):
    (folder / "a.csv").write_text(data, newline="")
    return read_own_file(str(folder / "a.csv"), layout or Layout(), is_labelled=True)


@pytest.mark.parametrize(
    ("data", "line", "told"),
    [
        # Never closed: in the header, in the first row, in the second field of a row that began two lines above.
        ('text,"label\na,no\nb,yes\n', 1, "opened here, which is never closed"),
        ('text,label\n"a,no\nb,yes\n', 2, "opened here, which is never closed"),
        (f'text,label\n{ROW}"x\ny\nz","no\nb,yes\n', 6, "opened here, which is never closed"),
        # Closed by the opening one of another field.
        (f'text,label\n{ROW}"a,no\nb,yes\n"c, d",no\n', 4, "opened here, and closed 2 lines below before other text"),
        ('text,label\n"a"b,no\nc,yes\n', 2, "opened here, and closed here before other text"),
        ('"a"text,label\na,no\n', 1, "opened here, and closed here before other text"),
        # No quotation mark is at fault.
        ("text,label\na\rb,no\nc,yes\n", 2, "new-line character seen"),
    ],
)
def test_a_row_that_can_not_be_parsed_is_told_at_its_cause(tmp_path, data, line, told):
    with pytest.raises(InputError, match=rf"well-formed CSV \(.*a\.csv:{line}; ") as caught:
        read(tmp_path, data)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("data", "layout", "line", "field"),
    [
        ('text,label\na,no\n"b", "yes"\n', None, 3, ' "yes"'),
        ('text,label\na,no\nb,  "yes" \n', None, 3, ' "yes" '),
        ('label,text\nno,a\nyes, "b, c"\n', None, 3, ' "b'),
        (f'text,label\n{ROW}a, "b"\n', None, 4, ' "b"'),
        ('note,text,label\n"said ""so"" ", "b",yes\n', None, 2, ' "b"'),
        ('a, "no"\nb,yes\n', NUMBERS, 1, ' "no"'),
    ],
)
def test_a_space_before_a_quotation_mark_is_named(tmp_path, data, layout, line, field):
    found = re.escape(repr(field))
    with pytest.raises(InputError, match=rf"must follow the delimiter at once \(.*a\.csv:{line}; .*{found}.*the space"):
        read(tmp_path, data, layout)


def test_a_space_before_a_quotation_mark_of_the_header_is_named(tmp_path):
    with pytest.raises(InputError, match=r"must have a column 'label'.*Remove the spaces before quotation marks"):
        read(tmp_path, 'text, "label"\na,no\n')


@pytest.mark.parametrize("text", [' "b"', ' he said "b"', 'x "b"', ' "b" or "c', ' ""'])
def test_spaces_and_quotation_marks_of_a_text_in_quotation_marks_are_read(tmp_path, text):
    quoted = '"' + text.replace('"', '""') + '"'
    assert read(tmp_path, f"text,label\na,no\n{quoted},yes\n").first == ["a", text]


def test_a_space_before_a_quotation_mark_that_nobody_reads_does_no_harm(tmp_path):
    assert read(tmp_path, 'note,text,label\n "x",a,no\n').first == ["a"]


def test_fields_as_written_are_told_apart_by_quotation_marks():
    assert fields_as_written('a, "b","c, ""d""\ne",\r\n', ",") == ["a", ' "b"', '"c, ""d""\ne"', ""]


ENDS = [("text,label\ra,no\rb,yes\r", 3), ("text,label\ra,no\rb,yes", 3), ('text,label\r"a\rc",no\r\rb,yes\r', 5)]


@pytest.mark.parametrize(("data", "lines"), ENDS)
def test_lines_may_end_in_carriage_returns_alone(tmp_path, data, lines):
    examples = read(tmp_path, data)
    assert (len(examples), list(examples.labels)) == (2, ["no", "yes"])
    assert f"all 2 rows of its {lines} lines" in examples.summary()
    assert "lines end in carriage returns" in examples.summary()


def test_carriage_returns_end_the_lines_of_every_text_format(tmp_path):
    rows = '{"text": "a", "label": "no"}\r{"text": "b", "label": "yes"}\r'
    for name, data in {"a.jsonl": rows, "a.json": f"[{rows.replace('}' + chr(13) + '{', '},{')}]"}.items():
        (tmp_path / name).write_text(data, newline="")
        assert read_own_file(str(tmp_path / name), Layout(), is_labelled=True).first == ["a", "b"]
    (tmp_path / "a.tsv").write_text("text\tlabel\ra\tno\rb\tyes\r", newline="")
    assert read_own_file(str(tmp_path / "a.tsv"), Layout(), is_labelled=True).lines == [2, 3]


def test_line_ends_of_two_kinds_are_not_guessed(tmp_path):
    data = f"text,label\r{'a' * BLOCK_BYTES},no\rb,yes\n"
    with pytest.raises(InputError, match="Lines must all end in a line feed, or all in a carriage return alone"):
        read(tmp_path, data)
