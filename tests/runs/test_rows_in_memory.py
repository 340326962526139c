"""Rows in memory as the file that a run reads, whatever an example consists of."""

import json

import numpy as np
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.rows_in_memory import as_json_lines, kept_as_files, wanted_columns
from bert_tf.tasks.answers.kinds import empty_space
from bert_tf.tasks.own.own_choices import read_own_choices
from bert_tf.tasks.own.own_sentences import read_own_sentences

pandas = pytest.importorskip("pandas")

ROWS = {
    "classification": ({"text": "a", "label": "x"}, {}),
    "spans": ({"question": "a", "context": "b", "answer": "b", "answer_start": 0}, {}),
    "choices": ({"question": "a", "b": "c", "d": "", "label": "A"}, {"choice_columns": "b,d"}),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_every_kind_are_kept_as_they_are_without_other_columns(kind):
    row, options = ROWS[kind]
    columns = wanted_columns(replace(RunConfig(), kind=kind, **options), is_labelled=True)
    assert set(columns.names) == set(row)
    assert [json.loads(line) for line in as_json_lines("x", [{**row, "other": 1}], columns).splitlines()] == [row]


@pytest.mark.parametrize(
    ("kind", "column", "value", "rule"),
    [
        ("spans", "answer_start", "soon", "Where an answer begins must be a whole number"),
        ("choices", "b", 7, "A text must be a string"),
        ("choices", "label", None, "label"),
    ],
)
def test_a_value_is_refused_by_the_rule_of_its_column(kind, column, value, rule):
    row, options = ROWS[kind]
    columns = wanted_columns(replace(RunConfig(), kind=kind, **options), is_labelled=True)
    with pytest.raises(InputError, match=rule) as caught:
        as_json_lines("x", [{**row, column: value}], columns)
    assert f"column '{column}'" in str(caught.value)


WORDS = [{"tokens": ["Ann", "sleeps", "."], "tags": ["B-PER", "O", "O"]}, {"tokens": ["é"], "tags": ["O"]}]
TEXTS = [
    {"text": "Ann sleeps.", "entities": [{"start": 0, "end": 3, "label": "PER"}]},
    {"text": "é  是", "entities": []},
]
RENAMED = {"text_column": "words", "label_column": "ner"}


def as_tuples(rows):
    return [{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()} for row in rows]


def as_arrays(rows):
    return pandas.DataFrame({name: [np.array(row[name]) for row in rows] for name in rows[0]})


def renamed(rows):
    return pandas.DataFrame([dict(zip(("words", "ner"), row.values(), strict=True)) for row in rows])


@pytest.mark.parametrize("split", [TRAIN, TEST], ids=lambda split: split.name)
@pytest.mark.parametrize(
    ("rows", "given", "options"),
    [
        (WORDS, WORDS, {}),
        (WORDS, as_tuples(WORDS), {}),
        (WORDS, pandas.DataFrame(WORDS), {}),
        (WORDS, as_arrays(WORDS), {}),
        (WORDS, renamed(WORDS), RENAMED),
        (TEXTS, TEXTS, {}),
        (TEXTS, as_tuples(TEXTS), {}),
        (TEXTS, pandas.DataFrame(TEXTS), {}),
        (TEXTS, [{**row, "entities": [(0, np.int64(3), "PER")] * len(row["entities"])} for row in TEXTS], {}),
        (TEXTS, [{"text": row["text"], "spans": row["entities"]} for row in TEXTS], {}),
        (TEXTS, renamed(TEXTS), RENAMED),
    ],
)
def test_sentences_in_memory_are_those_of_a_file_with_the_same_rows(tmp_path, rows, given, options, split):
    config = replace(RunConfig(), kind="tags")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = read_own_sentences(str(tmp_path / "rows.jsonl"), config, split)
    name = "predict_file" if split is TEST else "train_file"
    with kept_as_files({name: given}, replace(config, **options), str(tmp_path)) as paths:
        found = read_own_sentences(paths[name], replace(config, **options), split)
    assert (found.words, found.first, found.labels) == (wanted.words, wanted.first, wanted.labels)
    assert found.ids == wanted.ids
    assert len(found) == 2


CHOICES = ("question,label,a,b,c\nq,0,x,y,z\nr,1,v,w,\n", [["x", "y", "z"], ["v", "w"]])
ROW = {"question": "r", "label": 1, "a": "v", "b": "w"}


@pytest.mark.parametrize("missing", [None, "", float("nan"), np.nan, pandas.NA, pandas.NaT], ids=repr)
@pytest.mark.parametrize("make", [list, pandas.DataFrame])
def test_a_question_in_memory_may_have_fewer_choices_as_one_in_csv_may(tmp_path, make, missing):
    config = replace(RunConfig(), kind="choices", choice_columns="a,b,c")
    (tmp_path / "rows.csv").write_text(CHOICES[0])
    rows = make([{"question": "q", "label": 0, "a": "x", "b": "y", "c": "z"}, {**ROW, "c": missing}])
    with kept_as_files({"train_file": rows}, config, str(tmp_path)) as paths:
        for path in (paths["train_file"], str(tmp_path / "rows.csv")):
            found = read_own_choices(path, config, empty_space("choices", "|"), is_labelled=True)
            assert (list(map(list, found.choices)), found.labels) == (CHOICES[1], ["0", "1"])


@pytest.mark.parametrize("make", [list, tuple, np.array])
def test_choices_in_memory_may_be_any_kind_of_list(tmp_path, make):
    config = replace(RunConfig(), kind="choices", choice_columns="of")
    rows = [
        {"question": "q", "label": "A", "of": make(["x", "y"])},
        {"question": "r", "label": "B", "of": make(["v", "w"])},
    ]
    for given in (rows, pandas.DataFrame(rows)):
        with kept_as_files({"train_file": given}, config, str(tmp_path)) as paths:
            found = read_own_choices(paths["train_file"], config, empty_space("choices", "|"), is_labelled=True)
        assert list(map(list, found.choices)) == [["x", "y"], ["v", "w"]]


def test_questions_in_memory_may_have_the_form_of_published_objects(tmp_path):
    row = {"id": "1", "question": {"stem": "q", "choices": [{"label": x, "text": x} for x in "AB"]}, "answerKey": "B"}
    config = replace(RunConfig(), kind="choices")
    for given, name in ((row, "1"), ({key: row[key] for key in ("question", "answerKey")}, "0")):
        with kept_as_files({"train_file": [given]}, config, str(tmp_path)) as paths:
            found = read_own_choices(paths["train_file"], config, empty_space("choices", "|"), is_labelled=True)
        assert (list(found.choices), found.labels, found.ids) == ([("A", "B")], ["1"], [name])


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"text": "Ann", "entities": [(0, 3, "B-PER")]}, "a type such as PER, without B- or I-"),
        ({"text": "Ann", "entities": [{"start": 0, "end": 3, "label": "O"}]}, "and O is none"),
        ({"text": "Ann", "tokens": ["Bo"], "tags": ["O"]}, "must have the same words in both"),
    ],
)
def test_sentences_in_memory_keep_to_the_rules_of_files(tmp_path, row, rule):
    config = replace(RunConfig(), kind="tags")
    sound = {name: row[name] for name in row} | {"entities": []} if "entities" in row else {**row, "tokens": ["Ann"]}
    for given in ([sound, row], pandas.DataFrame([sound, row])):
        with (
            pytest.raises(InputError, match=rf"{rule}.*train_file, row 1"),
            kept_as_files({"train_file": given}, config, str(tmp_path)) as paths,
        ):
            read_own_sentences(paths["train_file"], config, TRAIN)
