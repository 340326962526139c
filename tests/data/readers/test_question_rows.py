"""The same questions out of every format, to the column, and a refusal with the line of what is wrong."""

import csv
import io
import json

import pytest

from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import FileFormat
from bert_tf.data.readers.question_rows import QuestionLayout, read_question_rows
from bert_tf.errors import InputError

NAMES = ("question", "context", "answer", "answer_start")
ROWS = [
    ("Who?", 'The "cat",\r\nsat.', '"cat"', 4),
    ("谁?", "\u2028猫é ", "é ", 2),
    (" Where? ", 'The "cat",\r\nsat.', "sat", -1),
    ("Who?", "nobody", "", ""),
]


def as_csv(rows, names=NAMES):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([names, *rows])
    return stream.getvalue()


def objects(rows, names=NAMES):
    return [dict(zip(names, row, strict=True)) for row in rows]


def read(folder, name, text, layout=None, **options):
    path = folder / name
    path.write_bytes(text.encode())
    return read_question_rows(
        str(path), layout or QuestionLayout(), **{"is_labelled": True, "version_2_with_negative": True, **options}
    )


TEXTS = {
    "a.csv": as_csv(ROWS),
    "a.json": json.dumps(objects(ROWS), indent=1),
    "a.jsonl": "".join(json.dumps(row) + "\n" for row in objects(ROWS)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_format_gives_the_same_questions(tmp_path, name):
    found = read(tmp_path, name, TEXTS[name])
    assert found.questions == [row[0] for row in ROWS]
    assert [found.context(index) for index in range(4)] == [row[1] for row in ROWS]
    assert found.context_index == [0, 1, 0, 2]
    assert [[(answer.text, answer.start) for answer in answers] for answers in found.answers] == [
        [('"cat"', 4)],
        [("é ", 2)],
        [("sat", -1)],
        [],
    ]
    assert found.is_impossible == [False, False, False, True]
    assert found.learnable() == [0, 1, 3]
    assert found.ids == ["0", "1", "2", "3"]
    assert found.summary().startswith(f"4 questions from {tmp_path}/{name} (all 4 ")


def test_tsv_and_parquet_give_the_same_questions(tmp_path):
    rows = [(question, context.replace("\r\n", " "), answer, start) for question, context, answer, start in ROWS]
    text = "".join("\t".join(map(str, row)) + "\n" for row in [NAMES, *rows])
    expected = read(tmp_path, "a.csv", as_csv(rows))
    assert read(tmp_path, "a.tsv", text).answers == expected.answers
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))
    columns["answer_start"] = [4.0, 2.0, -1.0, None]
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    found = read_question_rows(
        str(tmp_path / "a.parquet"), QuestionLayout(), is_labelled=True, version_2_with_negative=True
    )
    assert (found.answers, found.contexts) == (expected.answers, expected.contexts)


@pytest.mark.parametrize("start", [4, "4", "4.0", 4.0, " 4 "])
def test_a_place_may_be_a_number_or_its_text(tmp_path, start):
    found = read(tmp_path, "a.jsonl", json.dumps(objects([("?", "abc def", "def", start)])[0]))
    assert found.answers[0][0].is_in_place


@pytest.mark.parametrize(("answer", "start"), [("", ""), (None, None), ("", -1), (" ", "-1"), (None, "")])
def test_no_answer_may_be_empty_or_null(tmp_path, answer, start):
    found = read(tmp_path, "a.jsonl", json.dumps(objects([("?", "abc", answer, start)])[0]))
    assert (found.is_impossible, found.answers) == ([True], [()])


def test_columns_may_have_any_names_or_numbers(tmp_path):
    names = ("i", "f", "q", "s", "a")
    row = ("x 1 ", "a b", "?", 2, "b")
    layout = QuestionLayout(question="q", context="f", answer="a", answer_start="s", id="i")
    found = read(tmp_path, "a.csv", as_csv([row], names), layout)
    assert (found.ids, found.answers[0][0].text, found.places) == (["x 1"], "b", ["2"])
    layout = QuestionLayout("2", "1", "4", "3", "0", FileFormat.CSV, Header.NO, ";")
    found = read(tmp_path, "a.txt", "x;a b;?;2;b\n", layout)
    assert (found.ids, found.answers[0][0].is_in_place, found.places) == (["x"], True, ["1"])


def test_without_labels_their_columns_are_not_needed(tmp_path):
    found = read(tmp_path, "a.csv", as_csv([("?", "abc")], NAMES[:2]), is_labelled=False)
    assert (found.answers, found.is_impossible, found.questions) == (None, None, ["?"])
    with pytest.raises(InputError, match="must have a column 'answer'"):
        read(tmp_path, "a.csv", as_csv([("?", "abc")], NAMES[:2]))


@pytest.mark.parametrize("name", TEXTS)
def test_a_test_set_is_read_with_the_answers_that_it_has(tmp_path, name):
    found = read(tmp_path, name, TEXTS[name], is_labelled=None)
    assert found == read(tmp_path, name, TEXTS[name])


TEST_SETS = {  # Rows, whether some may have no answer, and what is told of it; with answers where nothing is.
    "an answer whose place nobody gave": ([("?", "abc", "b", "")], False, ""),
    "no column of answers": (None, False, ""),
    "all answers empty": ([("?", "abc", "", ""), ("?", "abc", None, 3)], True, "answers not read, since all are empty"),
    "one empty where none may be": ([("?", "abc", "b", 1), ("?", "abc", "", "")], False, "since 1 question has none"),
    "a list for one": ([("?", "abc", "b", 1), ("?", "abc", ["b"], 1)], True, "since some are no texts"),
}


@pytest.mark.parametrize("case", TEST_SETS)
def test_whatever_a_test_set_has_for_answers_it_can_be_predicted(tmp_path, case):
    rows, version_2, told = TEST_SETS[case]
    objects_ = objects(rows) if rows else objects([("?", "abc")], NAMES[:2])
    text = "".join(json.dumps(row) + "\n" for row in objects_)
    found = read(tmp_path, "a.jsonl", text, is_labelled=None, version_2_with_negative=version_2)
    assert found.questions == ["?"] * len(objects_)
    assert (found.answers is not None) == (case == "an answer whose place nobody gave")
    assert any(told in note for note in found.notes)


def test_an_object_of_a_test_set_that_lacks_its_answer_leaves_all_unread(tmp_path):
    text = "".join(
        json.dumps(row) + "\n" for row in (*objects([("?", "abc", "b", 1)]), *objects([("!", "d")], NAMES[:2]))
    )
    found = read(tmp_path, "a.jsonl", text, is_labelled=None)
    assert (found.questions, found.answers) == (["?", "!"], None)
    assert any(note.startswith("answers not read: ") for note in found.notes)


FAULTS = {  # The second of two rows, the rule that is told, and what is named beside its place.
    "a number for a question": ((1, "abc", "b", 1), "A text must be a string", "column 'question'"),
    "null for a context": (("?", None, "b", 1), "A text must be a string", "column 'context'"),
    "a list for an answer": (("?", "abc", ["b"], 1), "A text must be a string", "column 'answer'"),
    "NUL in an answer": (("?", "abc", "b\0", 1), "must hold no NUL", ""),
    "an empty context": (("?", " ", "b", 1), "A context must have text", ""),
    "an answer without its place": (("?", "abc", "b", ""), "must say at which character", "column 'answer_start'"),
    "a word for a place": (("?", "abc", "b", "one"), "must say at which character", "column 'answer_start'"),
    "a fraction for a place": (("?", "abc", "b", 1.5), "must say at which character", "column 'answer_start'"),
    "true for a place": (("?", "abc", "b", True), "must say at which character", "column 'answer_start'"),
    "a place without an answer": (("?", "abc", "", 1), "nothing may begin", "column 'answer_start'"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_at_fault_is_told_with_its_line(tmp_path, kind):
    row, rule, column = FAULTS[kind]
    text = "".join(json.dumps(each) + "\n" for each in objects([ROWS[0], row]))
    with pytest.raises(InputError, match=rule) as caught:
        read(tmp_path, "a.jsonl", text)
    assert f"{tmp_path}/a.jsonl:2" in str(caught.value)
    assert column in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_option_every_row_needs_an_answer(tmp_path):
    with pytest.raises(InputError, match=r"A question must have an answer \(.*a.csv:7; 1 fault in 4 rows"):
        read(tmp_path, "a.csv", as_csv(ROWS), version_2_with_negative=False)


@pytest.mark.parametrize("is_one_line", [False, True])
def test_ids_stand_once(tmp_path, is_one_line):
    rows = objects([("1", *ROWS[0]), (1, *ROWS[1])], ("id", *NAMES))
    text = json.dumps(rows) if is_one_line else "[\n" + ",".join(map(json.dumps, rows)) + "\n]"
    with pytest.raises(InputError, match="Ids of questions must be unique"):
        read(tmp_path, "a.json", text, QuestionLayout(id="id"))


def test_a_context_as_long_as_a_book_is_read(tmp_path):
    context = "é 中\n" * 17_000 + "end"
    found = read(tmp_path, "a.csv", as_csv([("?", context, "end", 68_000)]))
    assert found.answers[0][0].is_in_place
