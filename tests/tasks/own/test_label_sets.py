"""Several labels in a cell, in all the ways that people write them: what is certain is read, the rest is refused."""

import json

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.stored import write_task

NAMES = "toxic,insult,threat"


def written(folder, cells, name):
    """The cells as a column of a file; lists stay lists in JSON and Parquet, and are text in CSV."""
    path = folder / name
    rows = [{"text": f"text {index}", "label": cell} for index, cell in enumerate(cells)]
    if name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif name.endswith(".parquet"):
        pyarrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        quoted = ('"' + str(row["label"]).replace('"', '""') + '"' for row in rows)
        path.write_text("text,label\n" + "".join(f"text {index},{cell}\n" for index, cell in enumerate(quoted)))
    return str(path)


def read(folder, cells, name="train.csv", dev=None, **options):
    files = {"train_file": written(folder, cells, name)}
    if dev is not None:
        files["eval_file"] = written(folder, dev, f"dev-{name}")
    needed = [TRAIN] if dev is None else [TRAIN, DEV]
    return read_examples(name_own_task(replace(RunConfig(), kind="multi_label", **files, **options)), needed)


def sets(found, split=TRAIN):
    """The labels of each example, from what the loss takes."""
    return [
        {label for label, value in zip(found.task.labels, row, strict=True) if value}
        for row in found.task.answers.place(found.splits[split]).tolist()
    ]


TWO = [{"toxic", "insult"}, {"threat"}, set()]
AS_TEXT = {
    "JSON": ['["toxic", "insult"]', '["threat"]', "[]"],
    "Python": ["['toxic', 'insult']", "['threat']", "[]"],
    "Python of two kinds": ["['toxic', \"insult\"]", "['threat',]", "[]"],
    "joined": ["toxic|insult", "threat", ""],
    "brackets": ['["toxic", "in[su]lt"]', '["threat"]', "[]"],
    "space": [' [ "toxic" , "insult" ] ', '[ "threat" ]', "[ ]"],
}


@pytest.mark.parametrize("cells", AS_TEXT.values(), ids=AS_TEXT)
def test_a_list_of_names_written_as_text_is_read(tmp_path, cells):
    found = [{name.replace("[", "").replace("]", "") for name in names} for names in sets(read(tmp_path, cells))]
    assert found == TWO


@pytest.mark.parametrize("name", ["train.jsonl", "train.parquet"])
def test_a_list_of_names_is_read(tmp_path, name):
    assert sets(read(tmp_path, [["toxic", "insult"], ["threat"], []], name)) == TWO


MARKS = {
    "text": ("train.csv", ["[1, 1, 0]", "[0, 0, 1]", "[0, 0, 0]"]),
    "NumPy": ("train.csv", ["[1 1 0]", "[0 0 1]", "[0 0 0]"]),
    "NumPy of floats": ("train.csv", ["[1. 1. 0.]", "[0. 0. 1.]", "[0. 0. 0.]"]),
    "truth": ("train.csv", ["[True, True, False]", "[False, False, True]", "[False, False, False]"]),
    "joined": ("train.csv", ["1|1|0", "0|0|1", "0|0|0"]),
    "JSON": ("train.jsonl", [[1, 1, 0], [0, 0, 1], [0, 0, 0]]),
    "JSON of floats": ("train.jsonl", [[1.0, 1.0, 0.0], [0, 0, 1], [0, 0.0, 0]]),
    "JSON of truth": ("train.jsonl", [[True, True, False], [False, False, True], [False] * 3]),
    "Parquet": ("train.parquet", [[1, 1, 0], [0, 0, 1], [0, 0, 0]]),
    "Parquet of floats": ("train.parquet", [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
}


@pytest.mark.parametrize(("name", "cells"), MARKS.values(), ids=MARKS)
def test_a_list_of_0_and_1_is_read_with_the_names_of_its_places_and_refused_without(tmp_path, name, cells):
    found = read(tmp_path, cells, name, dev=cells[:1], labels=NAMES)
    assert (found.task.labels, sets(found), sets(found, DEV)) == (tuple(NAMES.split(",")), TWO, TWO[:1])
    with pytest.raises(
        InputError, match=r"must be known which labels the places .*:[12]\).*in their order by --labels"
    ):
        read(tmp_path, cells, name)


@pytest.mark.parametrize(("name", "cells"), [("a.csv", ["[1, 0, 0]", "[0, 1]"]), ("a.jsonl", [[1, 0, 0], [0, 1]])])
def test_a_list_of_0_and_1_must_have_a_place_for_each_label(tmp_path, name, cells):
    with pytest.raises(InputError, match=r"must be as long as the list of labels, 3 \(.*:[23]; 1 fault .*2 of them"):
        read(tmp_path, cells, name, labels=NAMES)


def test_lists_of_numbers_that_are_no_marks_are_names(tmp_path):
    assert sets(read(tmp_path, [[0, 2], [1], []], "a.jsonl")) == [{"0", "2"}, {"1"}, set()]
    assert sets(read(tmp_path, ["[0]", "[0, 1]", "[]"])) == [{"0"}, {"0", "1"}, set()]
    found = read(tmp_path, [[0, 2], [1]], "b.jsonl", dev=[[0, 1], [1, 0]])
    assert sets(found, DEV) == [{"0", "1"}] * 2
    assert sets(read(tmp_path, ["0", "1", "1"])) == [{"0"}, {"1"}, {"1"}]
    with pytest.raises(InputError, match=r"must be known which labels .*that are no 0 and 1"):
        read(tmp_path, ["[0, 1]", "[1, 0]"], labels="0,1")


@pytest.mark.parametrize(
    "cell", ["[toxic, insult]", "['toxic' 'insult']", '["toxic", ["insult"]]', "[{}]", '["a]" "b"]', "['a\\'b']"]
)
def test_what_is_no_list_for_certain_is_refused(tmp_path, cell):
    with pytest.raises(
        InputError, match=r"in square brackets must be a list \(.*:3, column 'label'; 1 fault .*as JSON"
    ):
        read(tmp_path, ["toxic|insult", cell])


def test_a_name_in_brackets_is_one_where_the_labels_are_known(tmp_path):
    assert sets(read(tmp_path, ["[A]|[B]", "[A]"], labels="[A],[B]")) == [{"[A]", "[B]"}, {"[A]"}]


@pytest.mark.parametrize("other", [",", ";", ", "])
def test_another_separator_is_named(tmp_path, other):
    cells = [f"toxic{other}insult", "toxic", f"insult{other}threat"]
    shown = "," if "," in other else "';'"
    with pytest.raises(InputError, match=rf"joined by --label_separator, '\|' \(.*csv:2\).*--label_separator={shown}"):
        read(tmp_path, cells)
    with pytest.raises(InputError, match=r"joined by --label_separator"):
        read(tmp_path, ["toxic|threat", cells[0]], labels=NAMES)
    found = read(tmp_path, cells, label_separator=other.strip())
    assert sets(found) == [{"toxic", "insult"}, {"toxic"}, {"insult", "threat"}]


def test_a_comma_in_a_name_is_one_where_nothing_speaks_against_it(tmp_path):
    assert read(tmp_path, ["rest, sleep", "work"]).task.labels == ("rest, sleep", "work")
    assert read(tmp_path, ["rest, sleep|work", "work", "rest"]).task.labels == ("rest", "rest, sleep", "work")
    (tmp_path / "labels.txt").write_text("food, drinks\nfood\ndrinks\n")
    found = read(tmp_path, ["food, drinks", "food"], labels_file=f"{tmp_path}/labels.txt")
    assert sets(found) == [{"food, drinks"}, {"food"}]


def columns(folder, rows, name="train.csv", names=("text", "toxic", "insult")):
    (folder / name).write_text("\n".join([",".join(names), *rows]) + "\n")
    return {"train_file": f"{folder}/{name}", "label_column": ",".join(names[1:]), "kind": "multi_label"}


def read_columns(options, **more):
    return read_examples(name_own_task(replace(RunConfig(), **options, **more)), [TRAIN])


def test_columns_of_0_and_1_are_read_as_one_label_each(tmp_path):
    options = columns(tmp_path, ["a,1,0", "b,0.0,1.0", "c,true,True", "d,0,0"])
    found = read_columns(options)
    assert found.task.labels == ("toxic", "insult")
    assert sets(found) == [{"toxic"}, {"insult"}, {"toxic", "insult"}, set()]
    assert read_columns(options, labels="toxic,insult").task.labels == ("toxic", "insult")
    with pytest.raises(InputError, match="are called as their labels"):
        read_columns(options, labels="insult,toxic")
    with pytest.raises(InputError, match="must name the label of each column"):
        read_columns(options, labels="toxic,insult,threat")


def test_a_label_whose_column_is_never_marked_is_one(tmp_path):
    assert read_columns(columns(tmp_path, ["a,1,0", "b,0,0"])).task.labels == ("toxic", "insult")


@pytest.mark.parametrize("value", ["", "2", "x", "0.5", "nan"])
def test_a_column_of_one_label_holds_nothing_else(tmp_path, value):
    with pytest.raises(InputError, match=r"one label must hold 0 or 1 \(.*:3, column 'insult'; 1 fault"):
        read_columns(columns(tmp_path, ["a,1,0", f"b,0,{value}"]))


def test_columns_by_number_have_names_by_labels(tmp_path):
    options = columns(tmp_path, ["a,1,0", "b,0,1"]) | {"text_column": "0", "label_column": "1,2", "header": "yes"}
    assert sets(read_columns(options, labels="toxic,insult")) == [{"toxic"}, {"insult"}]


def test_a_column_is_named_for_one_purpose_and_separator_and_names_must_fit(tmp_path):
    options = columns(tmp_path, ["a,1,0"])
    with pytest.raises(InputError, match="must be named for one purpose"):
        read_columns(options | {"label_column": "toxic,text"})
    with pytest.raises(InputError, match="--label_column must name at least two labels, each once"):
        read_columns(options | {"label_column": "toxic,"})
    with pytest.raises(InputError, match="must not hold the separator"):
        read_columns(options, label_separator="x")


def test_a_file_of_labels_names_what_a_comma_can_not(tmp_path):
    (tmp_path / "labels.txt").write_bytes("\ufeffyes, sir\r\nno\r\n".encode())
    path = written(tmp_path, ["no", "yes, sir"], "a.csv")
    config = replace(RunConfig(), train_file=path, labels_file=f"{tmp_path}/labels.txt")
    found = read_examples(name_own_task(config), [TRAIN])
    assert (found.task.labels, found.task.answers.place(found.splits[TRAIN]).tolist()) == (("yes, sir", "no"), [1, 0])


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a\nb\n", {"labels": "a,b"}, "Labels must be named once"),
        ("a\n\nb\n", {}, "--labels_file must name at least two labels, each once. Received: 'a blank one'"),
        ("a\nb\na\n", {}, "each once. Received: 'a'"),
        ("", {}, "at least two labels"),
        (None, {}, "There must be a file of labels"),
        ("a\nb\0\n", {}, r"NUL.* in .*labels.txt"),
    ],
)
def test_a_file_of_labels_that_does_not_do_is_refused(tmp_path, text, options, message):
    if text is not None:
        (tmp_path / "labels.txt").write_text(text)
    path = written(tmp_path, ["a", "b"], "a.csv")
    config = replace(RunConfig(), train_file=path, labels_file=f"{tmp_path}/labels.txt", **options)
    with pytest.raises(InputError, match=message):
        read_examples(name_own_task(config), [TRAIN])


def test_a_file_of_labels_that_was_edited_does_not_rename_the_answers_of_a_trained_model(tmp_path):
    (tmp_path / "labels.txt").write_text("b\na\n")
    (tmp_path / "checkpoint").write_text("")
    write_task(str(tmp_path), CUSTOM.answering(OneLabel(("a", "b"))))
    files = {"train_file": written(tmp_path, ["a", "b"], "a.csv"), "labels_file": f"{tmp_path}/labels.txt"}
    config = name_own_task(replace(RunConfig(), **files, output_dir=str(tmp_path)))
    with pytest.raises(InputError, match=r"must be those of the run in .*\(a, b\)\. Received: 'b, a'"):
        read_examples(config, [TRAIN])
    anew = replace(config, overwrite_output_dir=True)
    assert read_examples(anew, [TRAIN]).task.labels == ("b", "a")
