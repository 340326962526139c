"""Questions with a stem, as OpenBookQA and CommonsenseQA have them: as they are written, or refused with their line."""

import copy
import json

import pytest

from bert_tf.data.readers.choices import read_choice_objects
from bert_tf.data.readers.own_files import FileFormat
from bert_tf.errors import InputError


def entry(name, stem, texts, key, labels="ABCDEFGHIJ"):
    choices = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=False)]
    return {"id": name, "question": {"stem": stem, "choices": choices, "question_concept": "x"}, "answerKey": key}


SOUND = [
    entry("7-980", "The sun\u2028is", ["hot", " cold "], "B"),
    entry(8, "é 中?", ["a", "b", "c"], "1", "123"),
    entry("9", "Ten", list("abcdefghij"), "J"),
]


def as_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read(folder, text, name="a.jsonl", **options):
    (folder / name).write_text(text, encoding="utf-8")
    return read_choice_objects(str(folder / name), **{"is_labelled": True, **options})


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_choices_come_in_their_order_and_labels_as_places(tmp_path, name):
    text = as_lines(SOUND) if name == "a.jsonl" else json.dumps(SOUND, indent=1)
    found = read(tmp_path, text, name)
    assert found.ids == ["7-980", "8", "9"]
    assert found.questions == ["The sun\u2028is", "é 中?", "Ten"]
    assert found.starts == [""] * 3
    assert found.choices == [("hot", " cold "), ("a", "b", "c"), tuple("abcdefghij")]
    assert found.choice_labels == [("A", "B"), ("1", "2", "3"), tuple("ABCDEFGHIJ")]
    assert found.labels == [1, 0, 9]
    assert "2 to 10 choices" in found.summary()
    if name == "a.jsonl":
        assert found.location(2) == f"{tmp_path}/a.jsonl:3"


def test_without_labels_no_key_is_needed(tmp_path):
    rows = copy.deepcopy(SOUND)
    for row in rows:
        del row["answerKey"]
    found = read(tmp_path, as_lines(rows), is_labelled=False)
    assert (found.labels, found.choice_labels[0]) == (None, ("A", "B"))
    with pytest.raises(InputError, match=r"must have objects with 'answerKey'.*--choice_columns"):
        read(tmp_path, as_lines(rows))


def second(**changes):
    return {**entry("x", "stem", ["a", "b"], "A"), **changes}


def question(*choices, **changes):
    return second(question={"stem": "stem", "choices": list(choices), **changes})


A, B = {"label": "A", "text": "a"}, {"label": "B", "text": "b"}
FAULTS = {  # The second question, the rule that is told, and what is told beside the line.
    "a text for a question": (second(question="stem"), "must be an object with a stem and choices", "question"),
    "no choices": (second(question={"stem": "?"}), "must be an object with a stem and choices", "question"),
    "no stem": (second(question={"choices": [A, B]}), "must be an object with a stem and choices", "question"),
    "a choice that is a text": (question(A, "b"), "must be an object with a stem and choices", "question.choices[1]"),
    "a choice without label": (question({"text": "a"}, B), "must be an object with a stem", "question.choices[0]"),
    "a number for a stem": (question(A, B, stem=3), "A text must be a string", "question.stem"),
    "NUL in a stem": (question(A, B, stem="a\0"), "no NUL", "question.stem"),
    "null for a choice": (question(A, {"label": "B", "text": None}), "must be a string", "question.choices[1].text"),
    "half a pair in a choice": (question(A, {"label": "B", "text": "\ud83d"}), "whole characters", "choices[1].text"),
    "an empty choice": (question({"label": "A", "text": " "}, B), "A choice must have text", "choice 1"),
    "true for a label": (question(A, {"label": True, "text": "b"}), "A label must be", "choices[1].label"),
    "the same label twice": (question(A, {"label": "A", "text": "b"}), "must have different labels", "choices"),
    "one choice": (question(A), "must have 2 to 10 choices", "1 in 'stem'"),
    "no choice": (question(), "must have 2 to 10 choices", "0 in 'stem'"),
    "eleven choices": (
        question(*({"label": label, "text": "a"} for label in "ABCDEFGHIJK")),
        "must have 2 to 10 choices",
        "11 in 'stem'",
    ),
    "an empty key": (second(answerKey=" "), "must have a label", ""),
    "null for a key": (second(answerKey=None), "must have a label", ""),
    "another key": (second(answerKey="C"), "must name one of the choices", "known: A, B"),
    "true for a key": (second(answerKey=True), "must name one of the choices", "known: A, B"),
    "a list for a key": (second(answerKey=["A"]), "must name one of the choices", "known: A, B"),
    "an id twice": (second(id="7-980"), "Ids of questions must be unique", "also in line 1"),
    "a list for an id": (second(id=[]), "An id must be", "id"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_at_fault_is_told_with_its_line(tmp_path, kind):
    row, rule, beside = FAULTS[kind]
    text = "".join(json.dumps(each) + "\n" for each in [SOUND[0], row])
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert rule in told
    assert f"{tmp_path}/a.jsonl:2" in told
    assert beside in "\n".join([told, *caught.value.details])
    assert "\n" not in told


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match="must be JSON or JSON Lines"):
        read(tmp_path, "id,question\n", "a.csv")
    assert read(tmp_path, as_lines(SOUND), "a.txt", file_format=FileFormat.JSON_LINES).labels == [1, 0, 9]


@pytest.mark.parametrize(("name", "rows"), [("train", 4_957), ("dev", 500), ("test", 500)])
def test_public_files_are_read_whole(shared, name, rows):
    path = shared / "data" / "openbookqa" / f"{name}.jsonl"
    found = read_choice_objects(str(path), is_labelled=True)
    assert len(found) == rows
    trees = list(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    assert found.choices == [tuple(choice["text"] for choice in tree["question"]["choices"]) for tree in trees]
    assert [labels[place] for labels, place in zip(found.choice_labels, found.labels, strict=True)] == [
        tree["answerKey"] for tree in trees
    ]
    assert found.questions == [tree["question"]["stem"] for tree in trees]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"stem": "x"', '"stem": "x", "stem": "y"'),
        ('"text": "b"', '"text": "b", "text": "c"'),
        ('"label": "B"', '"label": "B", "label": "B"'),
    ],
)
def test_a_key_that_stands_twice_within_a_question_is_refused_with_its_line(tmp_path, one, other):
    choices = '[{"text": "a", "label": "A"}, {"text": "b", "label": "B"}]'
    row = f'{{"id": "x", "question": {{"stem": "x", "choices": {choices}}}, "answerKey": "A"}}'
    assert one in row
    with pytest.raises(InputError, match=r"must have each key once \(.*a\.jsonl:2.*'(stem|text|label)' in 'question'"):
        read(tmp_path, as_lines(SOUND[:1]) + row.replace(one, other, 1) + "\n")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_position_is_the_id_where_no_question_has_one(tmp_path, name):
    rows = [{key: value for key, value in row.items() if key != "id"} for row in SOUND]
    found = read(tmp_path, as_lines(rows) if name == "a.jsonl" else json.dumps(rows), name)
    assert (found.ids, found.labels) == (["0", "1", "2"], [1, 0, 9])


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_an_id_that_some_questions_lack_is_asked_for_or_to_be_left_out_everywhere(tmp_path, lacking):
    rows = copy.deepcopy(SOUND)
    del rows[lacking]["id"]
    with pytest.raises(InputError, match=rf"a\.jsonl:{lacking + 1}.*Add an `id`, or leave it out everywhere"):
        read(tmp_path, as_lines(rows))
