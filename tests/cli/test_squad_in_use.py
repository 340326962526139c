"""Questions on contexts from rows in memory to answers: Python, `bert-tf predict`, conversion, and the known task."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.cli.main import main
from bert_tf.cli.predict_inputs import prepare_predict
from bert_tf.errors import InputError
from bert_tf.metrics.spans import SPAN_METRICS
from bert_tf.weights.google import list_tensors, write_checkpoint
from tests.conftest import DEMO_CHECKPOINT

pytestmark = pytest.mark.slow

CONTEXTS = ["The queen  sleeps near the\nriver.", "Every old robot hides “a song” today.", "狐 runs. The boys wait."]
ROWS = [
    {"question": "Who sleeps?", "context": CONTEXTS[0], "answer": "The queen", "answer_start": 0},
    {"question": "What is hidden?", "context": CONTEXTS[1], "answer": "a song", "answer_start": 23},
    {"question": "Who runs?", "context": CONTEXTS[2], "answer": "狐", "answer_start": np.int64(0)},
    {"question": "Where?", "context": CONTEXTS[0], "answer": "near the\nriver", "answer_start": 18},
]
SMALL = {"max_seq_length": 64, "max_query_length": 16, "train_batch_size": 4, "num_train_epochs": 1.0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("squad") / "run"
    frame = pd.DataFrame(ROWS)
    scores = bert_tf.finetune(
        kind="spans", train_file=ROWS, eval_file=frame, init_checkpoint="demo", output_dir=folder, **SMALL
    )
    assert set(scores) >= {"eval_f1", "eval_exact_match"}
    return folder


def read_texts(folder, path):
    """What `bert-tf predict` reads of a file."""
    command = COMMANDS["predict"]
    return prepare_predict(parse([f"--output_dir={folder}", str(path)], command.options, command.own_options)).texts


def answers_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.exhaustive
def test_answers_are_characters_of_the_context_whoever_asks(trained, tmp_path, capsys):
    questions, contexts = ([row[name] for row in ROWS] for name in ("question", "context"))
    predictor = bert_tf.Predictor(trained)
    found = predictor(questions, contexts)
    for answer, context in zip(found, contexts, strict=True):
        assert answer["answer"] == context[answer["start"] : answer["end"]] != ""
    assert predictor(pd.DataFrame(ROWS)) == found
    assert predictor(np.array([questions, contexts], object).T) == found
    with pytest.raises(InputError, match="as the second argument the list of their contexts"):
        predictor(questions)
    pd.DataFrame(ROWS).to_csv(tmp_path / "asked.csv", index=False)
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row, default=int) + "\n" for row in ROWS))
    qas = [{"id": str(i), "question": row["question"]} for i, row in enumerate(ROWS)]
    paragraphs = [{"context": context, "qas": [each]} for context, each in zip(contexts, qas, strict=True)]
    (tmp_path / "asked.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    (tmp_path / "rows.json").write_text(json.dumps(ROWS, default=int))
    for name in ("asked.csv", "asked.jsonl", "asked.json", "rows.json"):
        assert read_texts(trained, tmp_path / name) == list(zip(questions, contexts, strict=True)), name
    (tmp_path / "lines.txt").write_text("Who runs?\t狐 runs. The boys wait.\n")
    assert main(["predict", f"--output_dir={trained}", str(tmp_path / "lines.txt")]) == 0
    (only,) = answers_of(capsys)
    assert only == {"question": questions[2], "context": contexts[2], **found[2]}
    (tmp_path / "lines.txt").write_text("Who runs?\n")
    assert main(["predict", f"--output_dir={trained}", str(tmp_path / "lines.txt")]) == 2
    assert "Every line must have a question and its context, separated by a tab" in capsys.readouterr().err


def test_a_model_that_knew_answers_alone_is_scored_as_version_2_with_a_threshold_that_is_fitted(
    trained, tmp_path, capfd
):
    shutil.copytree(trained, tmp_path / "run")
    rows = [*ROWS, {**ROWS[1], "question": "Who weeps?", "answer": "", "answer_start": -1}]
    (tmp_path / "dev.json").write_text(json.dumps(rows, default=int))
    flags = ["--do_eval", "--version_2_with_negative", f"--eval_file={tmp_path}/dev.json", "--noreport"]
    assert main(["squad", f"--output_dir={tmp_path}/run", *flags]) == 0
    threshold = json.loads((tmp_path / "run" / "task.json").read_text())["null_threshold"]
    told = f"a question has no answer if the odds of none are above {threshold:.4g}, as fitted to dev"
    assert told in "".join(capfd.readouterr())
    results = max((tmp_path / "run").rglob("eval_results.txt"), key=lambda path: path.stat().st_mtime)
    names = {line.split(" = ")[0].removeprefix("eval_") for line in results.read_text().splitlines()}
    assert names >= set(SPAN_METRICS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**ROWS[0], "answer_start": "three"}], "train_file, row 0, column 'answer_start'"),
        ([{**ROWS[0], "answer": 7}], "A text must be a string"),
        ([{**ROWS[0], "context": None}], "A text must be a string"),
        ([{"question": "?", "contxt": "x", "answer": "x", "answer_start": 0}], "must have a column 'context'"),
        ([ROWS[0], {**ROWS[1], "answer": None, "answer_start": float("nan")}], "version_2_with_negative"),
    ],
)
def test_rows_in_memory_are_refused_in_python_words_and_leave_nothing(tmp_path, rows, message):
    with pytest.raises(InputError) as caught:
        bert_tf.finetune(kind="spans", train_file=rows, init_checkpoint="demo", output_dir=tmp_path / "run", **SMALL)
    told = "\n".join([str(caught.value), *caught.value.details])
    assert message in told
    assert "--" not in told
    assert not (tmp_path / "run" / "data").exists()


def test_python_has_the_defaults_of_the_family(tmp_path):
    with pytest.raises(InputError, match=r"max_seq_length.*384"):
        bert_tf.finetune(
            kind="spans",
            train_file=ROWS,
            eval_file=ROWS,
            init_checkpoint="demo",
            output_dir=tmp_path,
            train_batch_size=1,
        )


@pytest.mark.exhaustive
def test_the_head_of_run_squad_is_read_and_written(trained, tmp_path, capsys):
    """A checkpoint as run_squad.py leaves it: `cls/squad/*` with the slots of Adam beside."""
    assert main(["convert", str(trained), str(tmp_path / "google")]) == 0
    converted = list_tensors(str(tmp_path / "google" / "bert_model.ckpt"))
    assert converted.shapes["cls/squad/output_weights"] == (2, 128)
    assert converted.shapes["cls/squad/output_bias"] == (2,)
    tensors = converted.read_all(converted.weights)
    generator = np.random.default_rng(3)
    tensors["cls/squad/output_weights"] = generator.normal(size=(2, 128)).astype(np.float32)
    tensors["cls/squad/output_bias"] = np.array([0.5, -0.5], np.float32)
    slots = {f"{name}/adam_{slot}": np.zeros_like(value) for name, value in tensors.items() for slot in "mv"}
    for name in ("vocab.txt", "bert_config.json"):
        (tmp_path / name).write_bytes((tmp_path / "google" / name).read_bytes())
    write_checkpoint(str(tmp_path / "model.ckpt-7"), {**tensors, **slots, "global_step": np.int64(7)})
    assert main(["inspect", str(tmp_path / "model.ckpt-7")]) == 0
    assert "cls/squad/output_weights" in capsys.readouterr().out
    (tmp_path / "ask.jsonl").write_text(json.dumps(ROWS[0], default=int) + "\n")
    flags = [f"--predict_file={tmp_path}/ask.jsonl", f"--init_checkpoint={tmp_path}/model.ckpt-7"]
    flags += ["--max_seq_length=64", "--max_query_length=16", f"--output_dir={tmp_path}/used", "--do_export"]
    assert main(["squad", "--do_predict", *flags]) == 0
    (answer,) = json.loads((tmp_path / "used" / "predictions.json").read_text()).values()
    assert answer
    assert answer in ROWS[0]["context"]
    (version,) = (tmp_path / "used" / "export").iterdir()
    served = tf.saved_model.load(str(version)).signatures["serving_default"]
    asked = {"question": tf.constant([ROWS[0]["question"]]), "context": tf.constant([ROWS[0]["context"]])}
    assert served(**asked)["answer"].numpy()[0].decode() == answer
    kept = list_tensors(str(tmp_path / "model.ckpt-7")).read("cls/squad/output_weights")
    np.testing.assert_array_equal(kept, tensors["cls/squad/output_weights"])


@pytest.mark.exhaustive
def test_the_known_task_is_trained_evaluated_and_predicted(tmp_path, capsys):
    flags = ["--task=demo-spans", f"--init_checkpoint={DEMO_CHECKPOINT}", f"--output_dir={tmp_path}/run"]
    flags += ["--max_train_examples=32", "--max_eval_examples=20", "--num_train_epochs=1", "--max_answer_length=1"]
    assert main(["squad", *flags, "--do_train", "--do_eval", "--do_predict"]) == 0
    told = capsys.readouterr().err
    assert "has no effect" not in told
    assert "there is no report" not in told
    found = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert len(found) == 600
    assert not any(" " in answer for answer in found.values())  # The options of spans count for it too.
    assert "max_seq_length=" not in (tmp_path / "run" / "model_card.md").read_text()
    assert main(["predict", f"--output_dir={tmp_path}/run", "--help"]) == 0
    assert main(["classifier", "--task=demo-spans", f"--output_dir={tmp_path}/other"]) == 2
    assert "Call bert-tf squad" in capsys.readouterr().err
