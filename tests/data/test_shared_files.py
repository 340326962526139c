"""Public files with all their oddities, read as somebody's own: every row and character, or a refusal with its place.

Expected counts are those that the publishers tell, or what counting bytes and another reader give.
"""

import json

import pytest

from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import FileFormat, Layout, read_own_file
from bert_tf.errors import InputError
from bert_tf.tasks.answers.labels import check_labels
from bert_tf.tasks.answers.one_label import OneLabel

LINES = Layout(text="0", file_format=FileFormat.TSV, header=Header.NO)
WORDS = Layout(text="0", label="1", file_format=FileFormat.TSV, header=Header.NO)


def read(path, layout=None, *, is_labelled=True):
    return read_own_file(str(path), layout or Layout(), is_labelled=is_labelled)


@pytest.mark.parametrize(
    ("name", "layout", "rows", "labels", "several_lines"),
    [
        ("banking77/train.csv", Layout(label="category"), 10_003, 77, 10),
        ("banking77/test.csv", Layout(label="category"), 3_080, 77, 3),
        ("movie_reviews/train.csv", Layout(), 1_600, 2, 1_599),
        ("movie_reviews/dev.csv", Layout(), 400, 2, 400),
    ],
)
def test_csv_with_line_feeds_and_quotation_marks_in_its_fields(shared, name, layout, rows, labels, several_lines):
    pandas = pytest.importorskip("pandas")
    examples = read(shared / "data" / name, layout)
    assert (len(examples), len(set(examples.labels))) == (rows, labels)
    assert sum("\n" in text for text in examples.first) == several_lines
    peer = pandas.read_csv(shared / "data" / name, keep_default_na=False, dtype=str)
    assert [text.replace("\r\n", "\n") for text in examples.first] == [
        text.replace("\r\n", "\n") for text in peer["text"]
    ]
    assert examples.labels == peer[layout.label].tolist()


def test_the_categories_of_banking77_are_its_labels(shared):
    categories = json.loads((shared / "data" / "banking77" / "categories.json").read_text())
    assert set(read(shared / "data" / "banking77" / "train.csv", Layout(label="category")).labels) == set(categories)


@pytest.mark.parametrize(
    ("name", "layout", "is_labelled", "rows"),
    [
        ("chnsenticorp/train.tsv", Layout(text="text_a"), True, 9_600),
        ("chnsenticorp/dev.tsv", Layout(text="text_a"), True, 1_200),
        ("chnsenticorp/test.tsv", Layout(text="text_a"), True, 1_200),
        ("glue/CoLA/train.tsv", Layout(text="3", label="1"), True, 8_551),
        ("glue/CoLA/dev.tsv", Layout(text="3", label="1"), True, 1_043),
        ("glue/CoLA/test.tsv", Layout(text="sentence", id="index"), False, 1_063),
        ("glue/SST-2/train.tsv", Layout(text="sentence"), True, 67_349),
        ("glue/SST-2/test.tsv", Layout(text="sentence"), False, 1_821),
        ("glue/MRPC/train.tsv", Layout(text="#1 String", text_pair="#2 String", label="Quality"), True, 3_668),
        ("glue/MRPC/dev.tsv", Layout(text="#1 String", text_pair="#2 String", label="Quality"), True, 408),
        ("glue/MRPC/test.tsv", Layout(text="#1 String", text_pair="#2 String", id="index"), False, 1_725),
        ("glue/STS-B/train.tsv", Layout(text="sentence1", text_pair="sentence2", label="score"), True, 5_749),
        ("glue/STS-B/dev.tsv", Layout(text="sentence1", text_pair="sentence2", label="score"), True, 1_500),
        ("glue/STS-B/test.tsv", Layout(text="sentence1", text_pair="sentence2"), False, 1_379),
    ],
)
def test_tsv_with_quotation_marks_byte_order_marks_and_without_header_or_last_line_feed(
    shared, name, layout, is_labelled, rows
):
    """A line is a row, but for a header, and a column is what stands between two tabs, whatever it holds."""
    examples = read(shared / "data" / name, layout, is_labelled=is_labelled)
    data = (shared / "data" / name).read_bytes()
    lines = data.removesuffix(b"\n").split(b"\n")
    has_header = not layout.text.isdigit()
    assert len(examples) == rows == len(lines) - has_header
    names = lines[0].decode("utf-8-sig").removesuffix("\r").split("\t")
    places = [
        names.index(column) if has_header else int(column) for column in (layout.text, layout.text_pair) if column
    ]
    fields = [line.decode().removesuffix("\r").split("\t") for line in lines[has_header:]]
    assert examples.first == [row[places[0]] for row in fields]
    assert examples.second == (None if layout.text_pair is None else [row[places[1]] for row in fields])
    assert (examples.labels is None) is not is_labelled


def test_white_space_at_the_end_of_a_text_stays(shared):
    texts = read(shared / "data" / "glue" / "SST-2" / "train.tsv", Layout(text="sentence")).first
    assert all(text.endswith(" ") for text in texts)


@pytest.mark.parametrize("name", ["gutenberg/1342-pride-and-prejudice.txt", "gutenberg/145-middlemarch.txt"])
def test_lines_of_a_book_lose_their_ends_and_the_byte_order_mark(shared, name):
    examples = read(shared / "data" / name, LINES, is_labelled=False)
    data = (shared / "data" / name).read_bytes()
    lines = data.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n").split("\n")
    assert examples.first == [line for line in lines if line]
    assert examples.blank_lines == lines.count("")


def test_words_of_sentences_keep_their_prefix_and_blank_lines_are_counted(shared):
    examples = read(shared / "data" / "wikiann_en" / "dev.conll", WORDS)
    assert all(text.startswith("en:") for text in examples.first)
    assert "en::" in examples.first
    assert set(examples.labels) == {"O", *(f"{mark}-{kind}" for mark in "BI" for kind in ("PER", "ORG", "LOC"))}
    assert 9_999 <= examples.blank_lines <= 10_001


def test_sentence_breaks_of_white_space_are_rows_without_a_label(shared):
    path = shared / "data" / "wnut17" / "wnut17train.conll"
    examples = read(path, WORDS)
    with pytest.raises(InputError, match="A label must not be missing") as caught:
        check_labels(examples, OneLabel())
    lines = path.read_bytes().split(b"\n")
    line = next(number for number, text in enumerate(lines, start=1) if text.strip(b"\r") == b"\t")
    assert f"{path}:{line}, column '1'; 2,394 faults in" in str(caught.value)


def test_a_stray_line_of_one_column_is_named(shared):
    path = shared / "data" / "wnut17" / "emerging.dev.conll"
    lines = path.read_bytes().split(b"\n")
    line = next(number for number, text in enumerate(lines, start=1) if text.strip() and b"\t" not in text)
    with pytest.raises(InputError, match=f"as many columns as the first one .*:{line};"):
        read(path, WORDS)


@pytest.mark.parametrize(
    ("name", "layout", "message"),
    [
        (
            "openbookqa/dev.jsonl",
            Layout(text="question", label="answerKey"),
            r"must be a string \(.*:1, .*500 faults in",
        ),
        ("openbookqa/dev.jsonl", Layout(text="question.stem"), "must have objects with 'question.stem'"),
        ("xquad/xquad.en.json", Layout(text="context"), "must be an array of objects"),
        ("albert/spiece.model", WORDS, "must hold no NUL characters|must be UTF-8 text|as many columns"),
    ],
)
def test_what_is_of_another_kind_is_refused(shared, name, layout, message):
    with pytest.raises(InputError, match=message):
        read(shared / "data" / name, layout)
