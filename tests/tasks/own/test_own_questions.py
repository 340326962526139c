"""Bad files of questions, each refused with its place, and what is no fault."""

import json

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.tasks.own.own_questions import read_own_questions
from bert_tf.text.context_rows import check_limits

CONFIG = replace(RunConfig(), kind="spans")
VERSION_2 = replace(CONFIG, version_2_with_negative=True)
GOOD = {"id": "1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}
ROW = {"question": "Who?", "context": "Ada did.", "answer": "Ada", "answer_start": 0}


def squad(*entries):
    return json.dumps({"data": [{"title": "t", "paragraphs": [{"context": "Ada did.", "qas": list(entries)}]}]})


def read(tmp_path, text, split=TRAIN, config=CONFIG, name="train.json"):
    (tmp_path / name).write_text(text)
    return read_own_questions(str(tmp_path / name), config, split)


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        (squad(GOOD, GOOD), "Ids of questions must be unique", "train.json:data[0].paragraphs[0].qas[1]"),
        (squad({**GOOD, "answers": []}), "A question must have an answer", "train.json:data[0].paragraphs[0].qas[0]"),
        (squad({**GOOD, "is_impossible": True}), "Set --version_2_with_negative", "qas[0]"),
        (squad({"id": "1", "question": "Who?"}), "Every question must say the same of itself", "qas[0]"),
        (squad({**GOOD, "answers": {"text": "Ada"}}), "must be of the type", "qas[0].answers"),
        ('{"version": "1.1"}', "must be an object whose 'data' is a list", "train.json"),
        ('{"data": {}}', "must be an object whose 'data' is a list", "train.json"),
        ("[]", "must hold at least one row", "train.json"),
        ("[1]", "must be a JSON object", "train.json"),
        ('[{"question": "Who?"}]', "context", "train.json"),
        ("nothing", "JSON", "train.json"),
        ("", "JSON", "train.json"),
    ],
)
def test_what_is_at_fault_is_told_with_rule_and_place(tmp_path, text, rule, place):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    told = "\n".join([str(caught.value), *caught.value.details])
    assert rule in told
    assert place in told


def test_a_context_without_the_answer_is_left_out_of_training_alone_and_told(tmp_path):
    lost = {**GOOD, "id": "2", "answers": [{"text": "Charles", "answer_start": 0}]}
    train = read(tmp_path, squad(GOOD, lost))
    assert train.ids == ["1"]
    assert "1 question left out" in train.summary()
    assert "first at data[0].paragraphs[0].qas[1]" in train.summary()
    assert read(tmp_path, squad(GOOD, lost), DEV).ids == ["1", "2"]
    with pytest.raises(InputError, match=r"At least one answer must stand in its context .*'none in .*train.json"):
        read(tmp_path, squad(lost))


def test_a_list_of_rows_is_read_as_rows_and_an_object_as_squad(tmp_path):
    rows = json.dumps([ROW, {**ROW, "question": "Who did?"}])
    as_rows = read(tmp_path, rows)
    assert as_rows.first == ["Who?", "Who did?"]
    assert as_rows.labels == read(tmp_path, squad(GOOD, {**GOOD, "id": "2"})).labels
    assert read(tmp_path, "\ufeff \n" + rows).first == as_rows.first
    assert read(tmp_path, rows, TEST).labels is None
    lines = "".join(json.dumps(row) + "\n" for row in (ROW, {**ROW, "question": "Who did?"}))
    assert read(tmp_path, lines, name="train.jsonl").labels == as_rows.labels


def test_rows_have_no_answer_only_where_that_may_be(tmp_path):
    rows = json.dumps([ROW, {**ROW, "answer": None, "answer_start": -1}])
    assert read(tmp_path, rows, config=VERSION_2).labels[1] == "[]"
    with pytest.raises(InputError, match=r"A question must have an answer .*train.json"):
        read(tmp_path, rows)


def test_places_are_told_as_lines_or_paths(tmp_path):
    assert read(tmp_path, squad(GOOD)).place(0) == "data[0].paragraphs[0].qas[0]"
    assert read(tmp_path, json.dumps(ROW) + "\n", name="train.jsonl").place(0) == "line 1"


def test_a_row_must_hold_a_question_and_a_piece_of_the_context():
    check_limits(68, 64, 128)
    for length in (5, 64, 67):
        with pytest.raises(InputError, match=rf"--max_seq_length={length} with --max_query_length=64'. Set"):
            check_limits(length, 64, 128)
