"""Choices out of rows: the same from every format, labels in every form that can be told, all else refused."""

import csv
import dataclasses
import io
import json
import math

import pytest

from bert_tf.data.choices import LabelForm
from bert_tf.data.readers.choice_rows import SWAG, ChoiceLayout, read_choice_rows
from bert_tf.errors import InputError

NAMES = ("question", "a", "b", "c", "label")
LAYOUT = ChoiceLayout(choices=("a", "b", "c"))
ROWS = [
    ("Who?", "the cat", 'the "dog", yes', " nobody", "0"),
    ("é?", "中\u2028", "b\nb", "", "1"),
    ("", "x", "x", "y", "2"),
]


def as_csv(rows, names=NAMES):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([names, *rows])
    return stream.getvalue()


def as_lines(rows, names=NAMES):
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)


def read(folder, text, layout=LAYOUT, name="a.csv", **options):
    (folder / name).write_bytes(text.encode())
    return read_choice_rows(str(folder / name), layout, **{"is_labelled": True, **options})


@pytest.mark.parametrize(("name", "text"), [("a.csv", as_csv(ROWS)), ("a.jsonl", as_lines(ROWS))])
def test_every_format_gives_the_same_questions(tmp_path, name, text):
    found = read(tmp_path, text, name=name)
    assert found.questions == ["Who?", "é?", ""]
    assert found.choices == [tuple(row[1:4]) if row[3] else tuple(row[1:3]) for row in ROWS]
    assert (found.labels, found.label_form) == ([0, 1, 2], LabelForm.FROM_0)
    assert found.choice_labels == [("0", "1", "2"), ("0", "1"), ("0", "1", "2")]
    assert (found.ids, found.starts) == (["0", "1", "2"], [""] * 3)
    assert found.lines == ([2, 3, 5] if name == "a.csv" else [1, 2, 3])
    summary = found.summary()
    assert f"3 questions from {tmp_path}/{name} (all 3 " in summary
    for told in (
        "2 to 3 choices",
        "labels count choices from 0",
        "1 empty question",
        "1 question with the same choice",
    ):
        assert told in summary


def test_parquet_gives_the_same_questions(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"question": ["Who?", "Where?"], "choices": [["a", "b"], ["c", "d", "e"]], "label": [0.0, 2.0]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    found = read_choice_rows(str(tmp_path / "a.parquet"), ChoiceLayout(), is_labelled=True)
    assert (found.choices, found.labels) == ([("a", "b"), ("c", "d", "e")], [0, 2])


@pytest.mark.parametrize(
    ("name", "cell"), [("a.jsonl", ["a", "b c"]), ("a.csv", '["a", "b c"]'), ("a.csv", "['a', 'b c']")]
)
def test_one_column_may_hold_all_choices(tmp_path, name, cell):
    rows, names = [("?", cell, "B"), ("?", cell, "a")], ("question", "choices", "label")
    found = read(tmp_path, (as_csv if name == "a.csv" else as_lines)(rows, names), ChoiceLayout(), name)
    assert (found.choices, found.labels, found.label_form) == ([("a", "b c")] * 2, [1, 0], LabelForm.LETTER)


FORMS = {  # Labels of questions with the choices x, y, z, and the form and the places that they tell.
    "numbers with a 0": (["2", "0"], LabelForm.FROM_0, [2, 0]),
    "numbers with the count": (["3", "1"], LabelForm.FROM_1, [2, 0]),
    "numbers with fractions of pandas": (["2.0", "0.0"], LabelForm.FROM_0, [2, 0]),
    "letters": (["C", "A"], LabelForm.LETTER, [2, 0]),
    "small letters": (["c", " a"], LabelForm.LETTER, [2, 0]),
    "texts": (["z ", "x"], LabelForm.TEXT, [2, 0]),
}


@pytest.mark.parametrize("kind", FORMS)
def test_the_form_of_labels_is_found(tmp_path, kind):
    labels, form, places = FORMS[kind]
    rows = [("?", " x", "y", "z", label) for label in labels]
    found = read(tmp_path, as_csv(rows))
    assert (found.label_form, found.labels) == (form, places)
    assert found.choice_labels[0] == form.labels_of(["x", "y", "z"])


def test_labels_of_json_may_be_numbers(tmp_path):
    for labels, form in (([0, 2], LabelForm.FROM_0), ([1.0, 3.0], LabelForm.FROM_1)):
        found = read(tmp_path, as_lines([("?", "x", "y", "z", label) for label in labels]), name="a.jsonl")
        assert (found.labels, found.label_form) == ([0, 2], form)


@pytest.mark.parametrize(
    ("choices", "labels", "ways"),
    [
        (("x", "y", "z"), ("1", "2"), "from_0 or from_1"),
        (("3", "0", "2"), ("0", "2"), "from_0 or text"),
        (("b", "a", "c"), ("A", "b"), None),
        (("b", "a", "c"), ("a", "b"), "letter or text"),
    ],
)
def test_labels_that_may_mean_several_things_are_refused_until_their_form_is_said(tmp_path, choices, labels, ways):
    text = as_csv([("?", *choices, label) for label in labels])
    if ways is None:
        assert read(tmp_path, text).label_form is LabelForm.LETTER
        return
    with pytest.raises(InputError, match=f"It must be clear which choices.*choice_label_form to {ways}"):
        read(tmp_path, text)
    for form in map(LabelForm, ways.split(" or ")):
        found = read(tmp_path, text, dataclasses.replace(LAYOUT, label_form=form))
        assert found.labels == [
            [name.strip().upper() for name in form.labels_of(choices)].index(x.upper()) for x in labels
        ]


def test_forms_that_mean_the_same_need_not_be_told_apart(tmp_path):
    assert read(tmp_path, as_csv([("?", "A", "B", "C", "B"), ("?", "A", "B", "C", "C")])).labels == [1, 2]


def test_without_labels_their_column_is_not_needed(tmp_path):
    found = read(tmp_path, as_csv([row[:4] for row in ROWS], NAMES[:4]), is_labelled=False)
    assert (found.labels, found.choice_labels[1]) == (None, ("0", "1"))
    layout = dataclasses.replace(LAYOUT, label_form=LabelForm.LETTER)
    assert read(tmp_path, as_csv(ROWS), layout, is_labelled=False).choice_labels[1] == ("A", "B")


SWAG_NAMES = ("", "video-id", "fold-ind", "startphrase", "sent1", "sent2", "gold-source")
SWAG_NAMES += ("ending0", "ending1", "ending2", "ending3", "label")
SWAG_ROWS = [
    ("0", "lsmdc1", "3", "He sits. He", "He sits.", "He", "gold", "runs.", "waits, then goes.", "is.", "eats.", "1"),
    ("1", "lsmdc1", "4", 'She "sees". They', 'She "sees".', "They", "gen", "a", "b", "c", "d", "3"),
]


def test_swag_is_read_as_it_is_published(tmp_path):
    found = read(tmp_path, as_csv(SWAG_ROWS, SWAG_NAMES), SWAG, "train.csv")
    assert found.questions == ["He sits.", 'She "sees".']
    assert found.starts == ["He", "They"]
    assert found.choices == [("runs.", "waits, then goes.", "is.", "eats."), ("a", "b", "c", "d")]
    assert (found.labels, found.choice_labels) == ([1, 3], [("0", "1", "2", "3")] * 2)
    unlabelled = as_csv([row[:-1] for row in SWAG_ROWS], SWAG_NAMES[:-1])
    assert read(tmp_path, unlabelled, SWAG, "test.csv", is_labelled=False).choices == found.choices


@pytest.mark.parametrize(
    ("place", "value", "rule", "column"),
    [
        (10, "", "A choice must have text", "column 'ending3'"),
        (7, " ", "A choice must have text", "column 'ending0'"),
        (11, "4", "must name one of the choices", "known: 0, 1, 2, 3"),
        (11, "-1", "must name one of the choices", "known: 0, 1, 2, 3"),
        (11, "A", "must name one of the choices", "known: 0, 1, 2, 3"),
        (11, "", "must have a label", ""),
    ],
)
def test_what_is_at_fault_in_swag_is_told_with_its_line(tmp_path, place, value, rule, column):
    row = [*SWAG_ROWS[1][:place], value, *SWAG_ROWS[1][place + 1 :]]
    with pytest.raises(InputError, match=rule) as caught:
        read(tmp_path, as_csv([SWAG_ROWS[0], row], SWAG_NAMES), SWAG, "train.csv")
    assert f"{tmp_path}/train.csv:3" in str(caught.value)
    assert column in str(caught.value)


FAULTS = {  # The second of two rows, the rule that is told, and what is named beside its place.
    "a number for a question": ((1, "x", "y", "z", "0"), "A text must be a string", "column 'question'"),
    "a number for a choice": (("?", "x", 2, "z", "0"), "A text must be a string", "column 'b'"),
    "NUL in a choice": (("?", "x", "y\0", "z", "0"), "must hold no NUL", ""),
    "a choice missing before another": (("?", "x", "", "z", "0"), "must not be missing before another", "column 'b'"),
    "null before another": (("?", None, "y", "z", "0"), "must not be missing before another", "column 'a'"),
    "one choice": (("?", "x", "", None, "0"), "must have 2 to 10 choices", "1 in '?'"),
    "no choice": (("?", "", "", "", "0"), "must have 2 to 10 choices", "0 in '?'"),
    "the label of a choice that is not there": (("?", "x", "y", "", "2"), "must name one", "known: 0, 1"),
    "a label too high": (("?", "x", "y", "z", "3"), "must name one of the choices", "known: 0, 1, 2"),
    "a fraction for a label": (("?", "x", "y", "z", 0.5), "must name one of the choices", "known: 0, 1, 2"),
    "true for a label": (("?", "x", "y", "z", True), "must name one of the choices", "known: 0, 1, 2"),
    "an empty label": (("?", "x", "y", "z", " "), "must have a label", ""),
    "null for a label": (("?", "x", "y", "z", None), "must have a label", ""),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_at_fault_is_told_with_its_line(tmp_path, kind):
    row, rule, beside = FAULTS[kind]
    with pytest.raises(InputError, match=rule) as caught:
        read(tmp_path, as_lines([("?", "x", "y", "z", "0"), row]), name="a.jsonl")
    told = str(caught.value)
    assert f"{tmp_path}/a.jsonl:2" in told
    assert beside in told
    assert "\n" not in told


@pytest.mark.parametrize("cell", ["a", "[a]", None, 3, {"a": 1}])
def test_a_column_of_all_choices_holds_lists(tmp_path, cell):
    text = as_lines([("?", cell, 0)], ("question", "choices", "label"))
    with pytest.raises(InputError, match="must hold lists"):
        read(tmp_path, text, ChoiceLayout(), "a.jsonl")


def test_ids_stand_once(tmp_path):
    text = as_csv([(*ROWS[0], "7"), (*ROWS[2], " 7")], (*NAMES, "id"))
    with pytest.raises(InputError, match=r"unique \(.*a.csv:3; .*also in line 2"):
        read(tmp_path, text, dataclasses.replace(LAYOUT, id="id"))


def test_a_text_that_two_choices_have_names_neither(tmp_path):
    with pytest.raises(InputError, match=r"two choices of its question are the same \(.*a.csv:3"):
        read(tmp_path, as_csv([("?", "x", "y", "z", "x"), ("?", "x", "x", "z", "x")]))


def test_a_missing_number_is_no_label_even_beside_a_choice_of_that_name(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"question": ["?"] * 2, "choices": [["nan", "b"]] * 2, "label": [math.nan] * 2}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="must have a label"):
        read_choice_rows(str(tmp_path / "a.parquet"), ChoiceLayout(), is_labelled=True)


def test_a_layout_names_a_choice(tmp_path):
    with pytest.raises(InputError, match="must have choices"):
        read(tmp_path, as_csv(ROWS), ChoiceLayout(choices=()))
