"""Bad files of questions, each refused with its place, and what is no fault."""

import json

import pandas as pd
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.experiments.folds import cross_validate
from bert_tf.runs.examples import read_examples
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.own.own_choices import read_own_choices
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
    train = Spans().learnable(read(tmp_path, squad(GOOD, lost)))
    assert train.ids == ["1"]
    assert "1 question left out" in train.summary()
    assert "first at data[0].paragraphs[0].qas[1]" in train.summary()
    assert read(tmp_path, squad(GOOD, lost), DEV).ids == ["1", "2"]
    with pytest.raises(InputError, match=r"At least one answer must stand in its context .*'none in .*train.json"):
        Spans().learnable(read(tmp_path, squad(lost)))


def misplaced(tmp_path, starts):
    """A file of rows, each on a context of its own, whose answers have such starts; they begin at 0."""
    rows = [{**ROW, "context": f"Ada did {n}.", "answer_start": start} for n, start in enumerate(starts)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"train_file": str(tmp_path / "rows.jsonl")}


@pytest.mark.parametrize("start", [-1, 4])
def test_a_part_that_is_set_aside_keeps_the_questions_that_training_leaves_out(tmp_path, start):
    starts = [start, 0] * 10
    right, found = (
        read_examples(replace(CONFIG, task_name="custom", eval_split=0.4, **misplaced(tmp_path, each)), (TRAIN, DEV))
        for each in ([0] * 20, starts)
    )
    assert found.splits[DEV].ids == right.splits[DEV].ids  # Eight of them, whatever their answers are like.
    assert any(starts[int(name)] for name in found.splits[DEV].ids)
    assert found.splits[TRAIN].ids == [name for name in right.splits[TRAIN].ids if starts[int(name)] == 0]
    count = len(right.splits[TRAIN]) - len(found.splits[TRAIN])
    assert f"{count} questions left out, whose answers stand elsewhere" in found.splits[TRAIN].summary()
    assert "left out, whose" not in found.splits[DEV].summary()


def test_folds_are_scored_on_the_questions_that_training_leaves_out(tmp_path):
    starts = [-1, 0] * 6
    output_dir = str(tmp_path / "run")
    config = replace(CONFIG, task_name="custom", k_folds=3, do_train=True, output_dir=output_dir)
    config = replace(config, **misplaced(tmp_path, starts))
    found = read_examples(config, (TRAIN,))
    parts = []

    def run(part):
        parts.append(part.splits)
        (tmp_path / "run" / f"fold-{len(parts)}").mkdir(parents=True)
        (tmp_path / "run" / f"fold-{len(parts)}" / "eval_results.txt").write_text("eval_f1 = 1.0\n")

    cross_validate(ClassifierInputs(config, found.task, output_dir, found.splits, None), run)
    scored = [name for part in parts for name in part[DEV].ids]
    assert sorted(map(int, scored)) == list(range(12))
    learnt = {name for part in parts for name in part[TRAIN].ids}
    assert learnt == {str(index) for index, start in enumerate(starts) if start == 0}


def test_a_list_of_rows_is_read_as_rows_and_an_object_as_squad(tmp_path):
    rows = json.dumps([ROW, {**ROW, "question": "Who did?"}])
    as_rows = read(tmp_path, rows)
    assert as_rows.first == ["Who?", "Who did?"]
    assert as_rows.labels == read(tmp_path, squad(GOOD, {**GOOD, "id": "2"})).labels
    assert read(tmp_path, "\ufeff \n" + rows).first == as_rows.first
    assert read(tmp_path, rows, TEST).labels == as_rows.labels
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


@pytest.mark.parametrize("name", ["asked.csv", "asked.tsv", "asked.json", "asked.jsonl", "asked.parquet"])
def test_columns_that_are_not_there_are_told_with_the_flags_that_name_them(tmp_path, name):
    rows = [{"xx": "Who?", "yy": "Ada did."}]
    kind = name.rpartition(".")[2]
    frame = pd.DataFrame(rows)
    if kind == "parquet":
        frame.to_parquet(tmp_path / name)
    elif kind in ("csv", "tsv"):
        frame.to_csv(tmp_path / name, index=False, sep="," if kind == "csv" else "\t")
    else:
        (tmp_path / name).write_text(json.dumps(rows if kind == "json" else rows[0]))
    with pytest.raises(InputError) as caught:
        read_own_questions(str(tmp_path / name), CONFIG, TRAIN)
    assert "by --question_column, --context_column, --answer_column and --answer_start_column" in str(caught.value)
    config = replace(RunConfig(), choice_columns="a,b")
    with pytest.raises(InputError) as caught:
        read_own_choices(str(tmp_path / name), config, Choice(), is_labelled=True)
    assert "by --question_column, --choice_columns and --label_column" in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "\t"])
def test_an_id_must_have_characters(tmp_path, name):
    with pytest.raises(InputError, match=r"An id must have characters .*qas\[0\]"):
        read(tmp_path, squad({**GOOD, "id": name}))
    with pytest.raises(InputError, match="An id must have characters"):
        read(tmp_path, json.dumps([{**ROW, "name": name}]), config=replace(CONFIG, id_column="name"))


@pytest.mark.parametrize(("text", "found"), [("null", "null"), ("1.5", "a number"), ('"x"', "a string")])
def test_what_a_file_holds_instead_is_told_in_words_of_json(tmp_path, text, found):
    with pytest.raises(InputError, match=rf"must be an object whose 'data' is a list. Received: '{found}'"):
        read(tmp_path, text)
