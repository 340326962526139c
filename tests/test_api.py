"""The Python API: the example of its docstring is run, and everything else is asked of what it left behind."""

import doctest
import html
import json
import os
import pathlib

import numpy as np
import pytest

import bert_tf
from bert_tf.cli.main import main
from bert_tf.errors import InputError
from tests.conftest import DEMO_CHECKPOINT, ROOT, run_python

pandas = pytest.importorskip("pandas")
# The rows and options of the example, once more.
NOUNS = ("cat", "dog", "farmer")
ROWS = 20 * (
    [{"text": f"The {noun} sleeps.", "label": "good"} for noun in NOUNS]
    + [{"text": f"Sleeps {noun} the.", "label": "bad"} for noun in NOUNS]
)
OPTIONS = {
    "eval_split": 0.1,
    "init_checkpoint": "demo",
    "max_seq_length": 16,
    "train_batch_size": 8,
    "learning_rate": 1e-3,
    "output_dir": "runs/order",
}
NEW = ["The farmer sleeps.", "", "dog dog dog", "The cat sleeps.", "Sleeps cat the."]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which the example of the docstring was run."""
    folder, before = tmp_path_factory.mktemp("place"), pathlib.Path.cwd()
    os.chdir(folder)
    try:
        (example,) = doctest.DocTestFinder().find(bert_tf.finetune, "finetune", globs={})
        told: list[str] = []
        results = doctest.DocTestRunner().run(example, out=told.append)
        assert results.attempted == 7
        assert results.failed == 0, "".join(told)
        yield folder
    finally:
        os.chdir(before)


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, bert_tf; assert not {'tensorflow', 'absl', 'numpy'} & set(sys.modules); bert_tf.Predictor"
    done = run_python("-c", code + "; assert not {'tensorflow', 'pandas'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'fine_tune'"):
        bert_tf.fine_tune  # noqa: B018


@pytest.mark.slow
def test_rows_in_memory_are_kept_so_that_the_run_can_be_repeated(place):
    (kept,) = (place / "runs" / "order" / "data").iterdir()
    assert [json.loads(line) for line in kept.read_text().splitlines()] == ROWS
    config = json.loads((place / "runs" / "order" / "config.json").read_text())
    assert pathlib.Path(config["own_data"]["train_file"]).samefile(kept)


@pytest.mark.slow
def test_what_was_warned_of_before_the_folder_was_there_is_in_its_journal_and_report(place):
    folder = place / "runs" / "order"
    entries = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    warned = [entry["text"] for entry in entries if entry["event"] == "warn" and entry["kind"] == "given"]
    assert len([text for text in warned if "the texts of an earlier one" in text]) == 2  # Of train, and of dev.
    assert any("texts that are in train too" in text for text in warned)
    for name in ("model_card.md", "report.html"):
        told = html.unescape((folder / name).read_text())
        assert all(text in told for text in warned)
        assert "The run gave no warning" not in told


@pytest.mark.slow
def test_the_predictor_gives_what_the_file_of_predictions_has(place):
    table = pandas.DataFrame({"text": NEW, "when": pandas.Timestamp("2026-01-01")})
    assert bert_tf.finetune(do_predict=True, predict_file=table, output_dir="runs/order") == {}
    rows = [json.loads(line) for line in (place / "runs" / "order" / "predictions.jsonl").read_text().splitlines()]
    assert [row["text"] for row in rows] == NEW
    predictor = bert_tf.Predictor(pathlib.Path("runs/order"), predict_batch_size=2)
    answers = predictor(pandas.Series(NEW))
    assert [answer["label"] for answer in answers] == [row["label"] for row in rows]
    for answer, row in zip(answers, rows, strict=True):
        assert answer["probabilities"] == pytest.approx(row["probabilities"], abs=1e-5)
    mixed = [" ".join([text] * (1 + 3 * index % 5)) for index, text in enumerate(NEW * 6)]  # In several batches.
    for text, together in zip(mixed, predictor(mixed), strict=True):
        (alone,) = predictor([text])
        assert together["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-5), text
    assert predictor([]) == []
    assert predictor(table) == predictor(np.array(NEW)) == answers
    for texts, pairs, message in (
        (["a"], ["b"], "takes single texts"),
        ("a", None, r"Write \[text\] for a single one"),
        (["a", None], None, "None at position 1"),
        (pandas.DataFrame({"words": NEW, "label": NEW}), None, "must have one column 'text'"),
        ({"The cat sleeps."}, None, "must be texts in an order. Received: 'set'"),
        (["\ud800"], None, "must hold whole characters"),
        (["a\0b"], None, "must hold no NUL"),
    ):
        with pytest.raises(InputError, match=message):
            predictor(texts, pairs)


@pytest.mark.slow
def test_the_command_answers_in_order_and_tells_how_many_texts_it_cut(place, capfd):
    texts = [" ".join(["The cat sleeps."] * (1 + 7 * index % 9)) for index in range(40)]
    (place / "texts.txt").write_text("".join(text + "\n" for text in texts))
    wanted = bert_tf.Predictor("runs/order", predict_batch_size=2)(texts)
    for size in (2, 40):  # Traced and not.
        capfd.readouterr()
        assert main(["predict", "--output_dir=runs/order", f"--predict_batch_size={size}", "texts.txt"]) == 0
        told = capfd.readouterr()
        answers = [json.loads(line) for line in told.out.splitlines()]
        assert [answer["text"] for answer in answers] == texts
        for answer, expected in zip(answers, wanted, strict=True):
            assert answer["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)
        cut = sum(4 * text.count(".") + 2 > 16 for text in texts)
        assert f"{cut} of 40 texts had more word pieces than --max_seq_length=16 and were cut\n" in told.err


@pytest.mark.slow
def test_the_same_rows_as_a_table_are_the_same_run(place):
    table = pandas.DataFrame(ROWS).assign(number=1.5, when=pandas.Timestamp("2026-01-01"))
    assert bert_tf.finetune(train_file=table, **OPTIONS)["eval_accuracy"] == 1
    with pytest.raises(InputError, match="belongs to a run with other options"):
        bert_tf.finetune(train_file=table[:60], **OPTIONS)
    assert len([path for path in (place / "runs" / "order" / "data").iterdir() if "train" in path.name]) == 1


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_goes_on_from_another_working_directory(place, tmp_path, monkeypatch):
    """Though its data and output folder were told by relative paths, and its checkpoint by a word."""
    monkeypatch.chdir(tmp_path)
    run = place / "runs" / "order"
    assert bert_tf.finetune(do_eval=True, output_dir=run, report=False)["eval_accuracy"] == 1
    kept = os.path.relpath(next((run / "data").glob("train_file-*")))
    moved = {"train_file": kept, "output_dir": run}
    with pytest.raises(InputError, match=r"init_checkpoint was 'demo' and is '/.*/demo'"):
        bert_tf.finetune(**OPTIONS | moved | {"init_checkpoint": "./demo"})
    assert bert_tf.finetune(**OPTIONS | moved | {"report": False})["global_step"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "a", "label": float("nan")}], r"must be a string or a number .*train_file, row 0, column 'label'"),
        ([{"text": "a", "label": "b"}, {"text": 5, "label": "b"}], r"must be a string \(train_file, row 1, .*'text'"),
        ([{"text": "a", "label": "b"}, {"text": "a"}], r"must have the same names \(train_file, row 1"),
        ([{"text": "a", "lable": "b"}], r"must have a column 'label'.*Did you mean 'lable'"),
        (pandas.DataFrame({"text": ["a", None], "label": ["x", "y"]}), r"must be a string \(train_file, row 1"),
        (pandas.DataFrame({"text": ["a"], "label": [pandas.NaT]}), r"must be a string or a number .*row 0"),
        ([["a", "b"]], "must be a dictionary"),
        ({"text": ["a"]}, "must be a path, a DataFrame, or a list of dictionaries. Received: 'dict'"),
        (5, "must be a path, a DataFrame, or a list of dictionaries. Received: 'int'"),
        ([], "must hold at least one row"),
        ([{"text": "a", "label": "b"}], "must leave examples in both parts"),
        ([{"text": "a", "label": "b"}] * 2, "at least 2 different labels"),
        (ROWS, "^max_seq_length must not be larger"),  # Found out after the rows were written.
    ],
)
def test_what_does_not_do_is_an_exception_and_leaves_nothing_behind(tmp_path, rows, message):
    options = {"eval_split": 0.5, "init_checkpoint": DEMO_CHECKPOINT, "max_seq_length": 5000}
    with pytest.raises(InputError, match=message):
        bert_tf.finetune(train_file=rows, output_dir=tmp_path / "a" / "run", **options)
    assert list(tmp_path.iterdir()) == []


TAGGED, ASKED = {"tokens": ["a"], "tags": ["O"]}, {"question": "q", "a": "x", "b": "y", "label": "A"}
OF_CHOICES = {"kind": "choices", "choice_columns": ["a", "b"]}


@pytest.mark.parametrize(
    ("row", "fault", "options", "message"),
    [
        (TAGGED, {"tags": ["O", "O"]}, {}, r"as many tags as tokens \(train_file, row 1, column 'tags'"),
        (TAGGED, {"tokens": None}, {}, r"list of strings.* \(train_file, row 1, column 'tokens'.*null"),
        (TAGGED, {"tokens": ["\ud800"]}, {}, r"whole characters \(train_file, row 1"),
        (TAGGED, {"tags": {"O"}}, {}, r"texts, numbers, lists and dictionaries \(train_file, row 1"),
        ({"tokens": ["a"], "tag": ["O"]}, {}, {}, "^train_file must have the columns 'tokens' and 'tags', or 'text'"),
        ({"text": "a b", "entities": []}, {"entities": [(0, 2, "x")]}, {}, r"end with a word \(train_file, row 1"),
        (TAGGED, {}, {}, "^train_file must have at least 2 different tags"),
        (ASKED, {"a": None}, OF_CHOICES, r"must not be missing before another one \(train_file, row 1, column 'a'"),
        (ASKED, {"label": "C"}, OF_CHOICES, r"must name one of the choices \(train_file, row 1"),
        ({**ASKED, "id": 1}, {}, OF_CHOICES | {"id_column": "id"}, r"unique \(train_file, row 1.*also in row 0"),
        (ASKED, {}, {"kind": "choices"}, r"columns 'question' and 'answerKey'.*by choice_columns"),
    ],
)
def test_a_row_in_memory_that_is_at_fault_is_told_by_its_number_and_the_argument(
    tmp_path, row, fault, options, message
):
    options = {
        "kind": "tags",
        "eval_split": 0.5,
        "init_checkpoint": DEMO_CHECKPOINT,
        "output_dir": tmp_path / "run",
    } | options
    rows = [row, {**row, **fault}, row]
    with pytest.raises(InputError, match=message) as caught:
        bert_tf.finetune(train_file=rows if "id" not in row else rows[:2], **options)
    told = (str(caught.value), *caught.value.details)
    assert not any(".jsonl" in line or str(tmp_path) in line for line in told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "^output_dir must be set"),
        ({"output_dir": "x", "learning_rat": 1}, "Did you mean 'learning_rate'"),
        ({"output_dir": "x", "learning_rate": "fast"}, "^learning_rate must be of type float"),
        ({"output_dir": "x"}, "^task must name the task"),
        ({"output_dir": pathlib.Path("s3://x")}, "^output_dir must have two slashes where it is remote"),
        ({"output_dir": "x\0"}, "^output_dir must be text of Unicode without NUL"),
        ({"output_dir": "x", "worker_hosts": ["a:1", "b:2"], "task_index": 0}, "started from the command line"),
        ({"output_dir": "x", "do_train": False}, "At least one of do_train=True"),
        ({"config": "none.json"}, "There must be a config at none.json"),
    ],
)
def test_options_are_checked_like_flags(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(bert_tf.BertTfError, match=message):
        bert_tf.finetune(**options)
    with pytest.raises(InputError, match=r"^output_dir must be the folder of a trained model"):
        bert_tf.Predictor("nothing")
    with pytest.raises(InputError, match=r"must be one it has\. Received: 'predict_batchsize'. Did you mean"):
        bert_tf.Predictor("nothing", predict_batchsize=1)
    with pytest.raises(InputError, match=r"^output_dir must be of type str\. Received: 5"):
        bert_tf.Predictor(5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_program_that_uses_the_package_finds_its_process_as_it_was(tmp_path):
    """What `import bert_tf` and the two functions leave of settings, streams and handlers; nobody's lines are lost."""
    done = run_python("-m", "tests.guest", DEMO_CHECKPOINT, tmp_path / "run", cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    *lines, last = done.stdout.splitlines()
    told = json.loads(last)
    assert told["import"] == []
    assert told["call"] == []
    assert lines == ["still here"] * told["lines"]
    assert told["lines"] > 0
    assert told["scores"] > 0
    assert len(told["answers"]) == 4
    assert all(answers == told["answers"][0] for answers in told["answers"])
