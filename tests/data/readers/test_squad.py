"""Every question, context and answer of a file as it was written, or a refusal with the JSON path of what is wrong."""

import copy
import gzip
import json
import re

import pytest

from bert_tf.data.readers.squad import read_squad
from bert_tf.errors import InputError

FIRST = "data[0].paragraphs[0]"
SHARED = {  # Questions, articles, different contexts, impossible questions and answers, as another reader counts them.
    "xquad/xquad.en": (1_190, 48, 240, 0, 1_190),
    "xquad/xquad.zh": (1_190, 48, 240, 0, 1_190),
    "policyqa/train": (6_022, 31, 774, 0, 9_261),
    "policyqa/dev": (1_939, 9, 297, 0, 3_137),
    "subjqa/train-v2": (5_480, 5_480, 5_195, 2_193, 4_137),
    "subjqa/dev-v2": (1_447, 1_447, 1_435, 822, 638),
    "subjqa/test-v2": (1_689, 1_689, 1_614, 577, 1_445),
}


def sound():
    """Two questions on one context, and one on another."""
    cat = {"id": "a", "question": "Who sat?", "answers": [{"text": "The cat", "answer_start": 0}]}
    mat = {"id": "b", "question": "Where?", "answers": [{"text": "mat", "answer_start": 15}]}
    han = {"id": 7, "question": "谁?", "answers": [{"text": "猫", "answer_start": 1}] * 2}
    first = {"title": "Pets", "paragraphs": [{"context": "The cat on the mat.", "qas": [cat, mat]}]}
    return {"version": "1.1", "data": [first, {"paragraphs": [{"context": "\u2028猫é", "qas": [han]}]}]}


def with_negative():
    tree = sound()
    for article in tree["data"]:
        for entry in article["paragraphs"][0]["qas"]:
            entry["is_impossible"] = False
    tree["data"][0]["paragraphs"][0]["qas"][1] |= {"is_impossible": True, "answers": [], "plausible_answers": [1]}
    return tree


def write(folder, tree):
    path = folder / "a.json"
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree), encoding="utf-8")
    return str(path)


def read(folder, tree, **options):
    return read_squad(write(folder, tree), **{"needs_answers": True, **options})


def changed(tree, path, value):
    """The tree with another value at a path; without the key if the value is `...`."""
    tree = copy.deepcopy(tree)
    *way, last = path
    owner = tree
    for key in way:
        owner = owner[key]
    if value is ...:
        del owner[last]
    else:
        owner[last] = value
    return tree


def test_questions_come_with_what_stands_around_them(tmp_path):
    found = read(tmp_path, sound())
    assert found.ids == ["a", "b", "7"]
    assert found.questions == ["Who sat?", "Where?", "谁?"]
    assert [found.context(index) for index in range(3)] == ["The cat on the mat."] * 2 + ["\u2028猫é"]
    assert (found.contexts, found.context_index) == (["The cat on the mat.", "\u2028猫é"], [0, 0, 1])
    assert [[(answer.text, answer.start) for answer in answers] for answers in found.answers] == [
        [("The cat", 0)],
        [("mat", 15)],
        [("猫", 1)] * 2,
    ]
    assert found.titles == ["Pets", "Pets", ""]
    assert found.is_impossible == [False] * 3
    assert found.location(1) == f"{tmp_path}/a.json:{FIRST}.qas[1]"
    assert found.location(2) == f"{tmp_path}/a.json:data[1].paragraphs[0].qas[0]"
    assert found.learnable() == [0, 1, 2]
    assert found.notes[:2] == ("2 articles", "2 contexts")
    assert "1 with several answers" in found.summary()


def test_a_packed_file_with_a_mark_is_the_same(tmp_path):
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(sound(), ensure_ascii=False).encode()))
    assert read_squad(str(path), needs_answers=True).questions == read(tmp_path, sound()).questions


def test_version_2_has_questions_without_an_answer(tmp_path):
    found = read(tmp_path, with_negative(), version_2_with_negative=True)
    assert found.is_impossible == [False, True, False]
    assert found.answers[1] == ()
    assert found.learnable() == [0, 1, 2]
    assert [found.learnt_answer(index) is None for index in range(3)] == [False, True, False]


def test_a_file_of_version_1_read_as_version_2_has_all_answers_and_says_so(tmp_path):
    found = read(tmp_path, sound(), version_2_with_negative=True)
    assert found.is_impossible == [False] * 3
    assert any("none says is_impossible" in note for note in found.notes)


def test_answers_are_read_where_they_are_not_needed_if_all_have_them(tmp_path):
    assert read(tmp_path, sound(), needs_answers=False).answers == read(tmp_path, sound()).answers
    bare = sound()
    for article in bare["data"]:
        for entry in article["paragraphs"][0]["qas"]:
            del entry["answers"]
    found = read(tmp_path, bare, needs_answers=False)
    assert (found.answers, found.is_impossible) == (None, None)
    with pytest.raises(InputError, match="no 'answers'"):
        read(tmp_path, bare)
    some = changed(sound(), ("data", 0, "paragraphs", 0, "qas", 0, "answers"), ...)
    with pytest.raises(InputError, match=re.escape(f"{FIRST}.qas[0]; 1 fault")):
        read(tmp_path, some, needs_answers=False)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (-1, "with answer_start -1"),
        (1, "that are not where answer_start says"),
        (-4, "that are not where answer_start says"),
        (16, "that are not where answer_start says"),
        (999, "that are not where answer_start says"),
    ],
)
def test_an_answer_out_of_its_place_is_counted_marked_and_not_learnt_and_stays_where_it_is(tmp_path, start, kind):
    tree = changed(sound(), ("data", 0, "paragraphs", 0, "qas", 1, "answers", 0, "answer_start"), start)
    found = read(tmp_path, tree)
    answer = found.answers[1][0]
    assert (answer.text, answer.start, answer.is_in_place) == ("mat", start, False)
    assert found.learnable() == [0, 2]
    assert found.learnt_answer(1) is None
    assert f"1 answer {kind}, first at {FIRST}.qas[1]" in found.notes
    assert "training leaves these answers out, and 1 question without another" in found.notes


def test_the_first_answer_that_is_in_its_place_is_learnt(tmp_path):
    answers = [
        {"text": "mat", "answer_start": 3},
        {"text": "mat", "answer_start": 15},
        {"text": "the", "answer_start": 11},
    ]
    found = read(tmp_path, changed(sound(), ("data", 0, "paragraphs", 0, "qas", 1, "answers"), answers))
    assert found.learnt_answer(1) is found.answers[1][1]
    assert "training leaves these answers out, and 0 questions without another" in found.notes


P, Q = ("data", 0, "paragraphs", 0), ("data", 0, "paragraphs", 0, "qas", 0)
A = (*Q, "answers", 0)
FAULTS = {  # What is changed, the rule, the place that is told.
    "articles that are no objects": (("data", 0), 3, "must be an object", "data[0]"),
    "no paragraphs": (("data", 0, "paragraphs"), ..., "no 'paragraphs'", "data[0]"),
    "paragraphs that are no list": (("data", 0, "paragraphs"), {}, "must be a list", "data[0].paragraphs"),
    "a title that is no text": (("data", 0, "title"), 1, "must be a string", "data[0].title"),
    "no context": ((*P, "context"), ..., "no 'context'", FIRST),
    "null for a context": ((*P, "context"), None, "must be a string", f"{FIRST}.context"),
    "a context of white space": ((*P, "context"), " \n\u2003", "A context must have text", f"{FIRST}.qas[0]"),
    "NUL in a context": ((*P, "context"), "a\0", "no NUL", f"{FIRST}.context"),
    "no questions": ((*P, "qas"), ..., "no 'qas'", FIRST),
    "a question that is a list": (Q, [], "must be an object", f"{FIRST}.qas[0]"),
    "no id": ((*Q, "id"), ..., "no 'id'", f"{FIRST}.qas[0]"),
    "true for an id": ((*Q, "id"), True, "An id must be", f"{FIRST}.qas[0].id"),
    "null for an id": ((*Q, "id"), None, "An id must be", f"{FIRST}.qas[0].id"),
    "an id twice": ((*Q, "id"), "7", "Ids of questions must be unique", "data[1].paragraphs[0].qas[0]"),
    "no question": ((*Q, "question"), ..., "no 'question'", f"{FIRST}.qas[0]"),
    "a number for a question": ((*Q, "question"), 1, "must be a string", f"{FIRST}.qas[0].question"),
    "answers that are an object": ((*Q, "answers"), {"text": []}, "must be a list", f"{FIRST}.qas[0].answers"),
    "answers that are a number": ((*Q, "answers"), 5, "must be a list", f"{FIRST}.qas[0].answers"),
    "an answer that is a text": (A, "The cat", "must be an object", f"{FIRST}.qas[0].answers[0]"),
    "no answer": ((*Q, "answers"), [], "A question must have an answer", f"{FIRST}.qas[0]"),
    "an answer without text": ((*A, "text"), ..., "no 'text'", f"{FIRST}.qas[0].answers[0]"),
    "an empty answer": ((*A, "text"), " ", "An answer must have text", f"{FIRST}.qas[0]"),
    "an answer without its place": ((*A, "answer_start"), ..., "no 'answer_start'", f"{FIRST}.qas[0].answers[0]"),
    "a text for a place": (
        (*A, "answer_start"),
        "0",
        "must be a whole number",
        f"{FIRST}.qas[0].answers[0].answer_start",
    ),
    "a fraction for a place": ((*A, "answer_start"), 0.0, "must be a whole number", "answers[0].answer_start"),
    "true for a place": ((*A, "answer_start"), True, "must be a whole number", "answers[0].answer_start"),
}
FAULTS_OF_2 = {
    "a text for is_impossible": (
        (*Q, "is_impossible"),
        "true",
        "must be true or false",
        f"{FIRST}.qas[0].is_impossible",
    ),
    "no is_impossible": ((*Q, "is_impossible"), ..., "no 'is_impossible'", f"{FIRST}.qas[0]"),
    "an impossible question with an answer": ((*Q, "is_impossible"), True, "must have no answer", f"{FIRST}.qas[0]"),
    "a possible question without": ((*Q, "answers"), [], "A question must have an answer", f"{FIRST}.qas[0]"),
}


def refusal(folder, tree, **options):
    with pytest.raises(InputError) as caught:
        read(folder, tree, **options)
    assert "\n" not in str(caught.value)
    return "\n".join([str(caught.value), *caught.value.details])


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_at_fault_is_told_with_its_json_path(tmp_path, kind):
    path, value, rule, place = FAULTS[kind]
    told = refusal(tmp_path, changed(sound(), path, value))
    assert rule in told
    assert re.search(rf"{re.escape(place)}[;:]", told.splitlines()[0])
    assert f"{tmp_path}/a.json:" in told


@pytest.mark.parametrize("kind", FAULTS_OF_2)
def test_what_is_at_fault_in_version_2_is_told_with_its_json_path(tmp_path, kind):
    path, value, rule, place = FAULTS_OF_2[kind]
    told = refusal(tmp_path, changed(with_negative(), path, value), version_2_with_negative=True)
    assert rule in told
    assert f"{place};" in told.splitlines()[0]


def test_questions_without_an_answer_need_the_option(tmp_path):
    told = refusal(tmp_path, with_negative())
    assert f"{FIRST}.qas[1]; 1 fault in 3 rows" in told
    assert "Set --version_2_with_negative" in told


def test_all_faults_are_told_at_once(tmp_path):
    tree = changed(changed(sound(), (*Q, "question"), ...), ("data", 1, "paragraphs", 0, "qas", 0, "answers"), [])
    told = refusal(tmp_path, tree)
    assert "2 faults" in told
    assert "data[1].paragraphs[0].qas[0]" in told


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[]", "whose 'data' is a list. Received: 'a list'"),
        ("{}", "an object with no key"),
        ('{"data": {}}', "whose 'data' is a list"),
        ('{"context": 1}', "an object with 'context'"),
        ('{"data": null}', "an object whose 'data' is null"),
        ('{"data": {}}', "an object whose 'data' is an object"),
        ('{"data": true, "version": "1.1"}', "an object whose 'data' is true or false"),
        ("3", "'a whole number'"),
        ('{"data": []}', "at least one question"),
        ('{"data": [{"paragraphs": []}]}', "at least one question"),
        ('{"data": [', "must be a JSON file"),
        ("", "must be a JSON file"),
        ('{"data": [], "data": []}', "stands twice"),
        ('{"data": ["\\ud800"]}', "whole characters"),
        ("[" * 100_000, "nested so deep"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_one_line(tmp_path, text, rule):
    assert rule in refusal(tmp_path, text)


def test_bytes_that_are_no_text_are_told_by_their_line(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"data":\n["\xff"]}')
    with pytest.raises(InputError, match=r"UTF-8 text .*a\.json:2"):
        read_squad(str(path), needs_answers=True)


def test_a_context_as_long_as_a_book_is_read(tmp_path):
    context = "é 中 " * 17_000 + "end"
    entry = {"id": "a", "question": "?", "answers": [{"text": "end", "answer_start": 68_000}]}
    found = read(tmp_path, {"data": [{"paragraphs": [{"context": context, "qas": [entry]}]}]})
    assert found.contexts == [context]
    assert found.answers[0][0].is_in_place


@pytest.mark.parametrize("name", SHARED)
def test_public_files_are_read_whole(shared, name):
    questions, articles, contexts, impossible, answers = SHARED[name]
    path = shared / "data" / f"{name}.json"
    found = read_squad(str(path), needs_answers=True, version_2_with_negative="v2" in name)
    assert (len(found), len(found.contexts), sum(found.is_impossible)) == (questions, contexts, impossible)
    assert found.notes[0] == f"{articles:,} articles"
    every = [answer for answers in found.answers for answer in answers]
    assert len(every) == answers
    assert all(answer.is_in_place for answer in every)
    assert len(found.learnable()) == questions
    tree = json.loads(path.read_text(encoding="utf-8"))
    expected = [
        (entry["id"], entry["question"], paragraph["context"])
        for article in tree["data"]
        for paragraph in article["paragraphs"]
        for entry in paragraph["qas"]
    ]
    assert contexts == len({context for *_, context in expected})
    indices = range(questions)
    assert list(zip(found.ids, found.questions, map(found.context, indices), strict=True)) == expected


@pytest.mark.parametrize("context", [True, None, 3, ["a"], {"a": False}, ...])
def test_a_context_of_a_wrong_type_is_one_fault_however_many_questions_it_has(tmp_path, context):
    told = refusal(tmp_path, changed(sound(), ("data", 0, "paragraphs", 0, "context"), context))
    line = told.splitlines()[0]
    assert "; 1 fault in " in line
    assert "Received: " + ("\"no 'context'\"" if context is ... else json.dumps(context)) in line.replace(
        "'null'", "null"
    )
