import dataclasses
import json

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.choices import LabelForm
from bert_tf.errors import InputError
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.own.own_choices import layout_of_choices, read_own_choices

SWAG = (
    ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label\n"
    "0,v,1,He sits. He,He sits.,He,gold,sings.,falls.,runs.,flies.,2\n"
)
STEM = {
    "id": "7-9",
    "question": {"stem": "The sun is", "choices": [{"label": "A", "text": "cold"}, {"label": "B", "text": "hot"}]},
    "answerKey": "B",
}


def read(tmp_path, name, text, *, known=None, is_labelled=True, **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_own_choices(
        str(path), replace(RunConfig(), **options), Choice(label_form=known), is_labelled=is_labelled
    )


def test_swag_is_known_by_its_columns(tmp_path):
    found = read(tmp_path, "a.csv", SWAG)
    assert (list(found.first), list(found.second), list(found.labels)) == (["He sits."], ["He"], ["2"])
    assert found.choices == [("sings.", "falls.", "runs.", "flies.")]
    assert found.choice_labels == [("0", "1", "2", "3")]
    assert found.continuations() == [("He sings.", "He falls.", "He runs.", "He flies.")]
    assert found.label_form is LabelForm.FROM_0


def test_json_of_questions_with_stems_keeps_its_labels(tmp_path):
    found = read(tmp_path, "a.jsonl", json.dumps(STEM) + "\n")
    assert (list(found.first), found.second, list(found.labels), list(found.ids)) == (
        ["The sun is"],
        None,
        ["1"],
        ["7-9"],
    )
    assert (found.choices, found.choice_labels) == ([("cold", "hot")], [("A", "B")])
    assert found.label_form is None


def test_columns_of_the_user_may_hold_lists(tmp_path):
    rows = [{"q": "x", "all": ["a", "b", "c"], "y": "c"}, {"q": "z", "all": ["d", "e"], "y": "d"}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    found = read(tmp_path, "a.jsonl", text, question_column="q", choice_columns="all", label_column="y")
    assert (list(found.labels), found.label_form) == (["2", "0"], LabelForm.TEXT)
    assert found.choice_labels == found.choices == [("a", "b", "c"), ("d", "e")]


def test_other_files_are_read_as_the_training_set_was(tmp_path):
    columns = {"choice_columns": "a,b,c"}
    text = "question,a,b,c,label\nx,k,l,m,1\n"
    for form, place in ((LabelForm.FROM_0, "1"), (LabelForm.FROM_1, "0")):
        assert list(read(tmp_path, "a.csv", text, known=form, **columns).labels) == [place]
        unlabelled = read(tmp_path, "a.csv", text, known=form, is_labelled=False, **columns)
        assert unlabelled.choice_labels == [form.labels_of("klm")]
    with pytest.raises(InputError, match="from_0 or from_1"):
        read(tmp_path, "a.csv", text, **columns)
    assert list(read(tmp_path, "a.csv", text, choice_label_form="from_1", **columns).labels) == ["0"]


def test_what_is_learnt_of_the_training_set_is_how_it_names_choices(tmp_path):
    found = read(tmp_path, "a.csv", SWAG)
    space = Choice().completed(found)
    assert space == Choice(label_form=LabelForm.FROM_0)
    assert space.place(found).tolist() == [2]
    assert space.place(dataclasses.replace(found, labels=None)).tolist() == [0]
    assert space.tally(found) == {"choice 1": 0, "choice 2": 0, "choice 3": 1, "choice 4": 0}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"choice_columns": "a,,b"}, "must name columns"),
        ({"choice_columns": ""}, "must name columns"),
        ({"choice_columns": "a,b,a"}, r"one purpose.*a"),
        ({"choice_columns": "a,label"}, r"one purpose.*label"),
        ({"choice_columns": "a,b", "start_column": "question"}, r"one purpose.*question"),
    ],
)
def test_columns_must_be_named_once(options, told):
    with pytest.raises(InputError, match=told):
        layout_of_choices(replace(RunConfig(), **options))


def test_a_format_that_has_no_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match="come in columns"):
        read(tmp_path, "a.conll", SWAG, file_format="conll")


def test_a_file_without_the_columns_of_swag_is_told_what_it_has_and_what_to_set(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.csv", "q,one,two,label\nWho?,a,b,0\n")
    told = str(caught.value)
    assert "a.csv must have the columns of SWAG, sent1, ending0, ending1, ending2, ending3, sent2, label, or" in told
    assert "Received: \"'q', 'one', 'two', 'label'\". Set --choice_columns, and --question_column" in told
    assert "\\" not in told


def test_a_fault_of_a_row_is_told_as_it_is_though_it_names_a_column(tmp_path):
    with pytest.raises(InputError, match=r"^A choice must have text \(.*:2, column 'ending2'; 1 fault"):
        read(tmp_path, "a.csv", SWAG.replace("runs.", ""))


@pytest.mark.parametrize("form", [None, "text"])
def test_a_text_that_two_choices_have_names_none_of_them(tmp_path, form):
    text = "question,a,b,c,label\nWho?,Ada,Bob,Eve,Eve\nWho not?,Ada,Bob,Bob,Bob\n"
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.csv", text, choice_columns="a,b,c", choice_label_form=form)
    assert "and two choices of its question are the same" in str(caught.value)
    assert "--choice_label_form" in str(caught.value)


def test_an_id_must_have_characters(tmp_path):
    with pytest.raises(InputError, match=r"An id must have characters \(.*a.jsonl:1;"):
        read(tmp_path, "a.jsonl", json.dumps({**STEM, "id": " "}) + "\n")
