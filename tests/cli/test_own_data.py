"""Own files from training to prediction, in every kind of task, on the demonstration's sentences and checkpoint."""

import contextlib
import csv
import gzip
import io
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.cli.main import main
from bert_tf.data.splits import TRAIN
from bert_tf.tasks.known.grammar import acceptability
from tests.conftest import DEMO_CHECKPOINT

SHORT = [f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--learning_rate=1e-3", "--precision=float32"]
SHORT += ["--eval_batch_size=64", "--predict_batch_size=64", "--train_batch_size=16"]
TEXTS = acceptability(TRAIN).first[:240]


def length(text):
    return len(text.split())


# What is to be learnt of a sentence in each kind, and a score that the empty answer would not reach.
LABELS = {
    "classification": (lambda text: "plural" if "ese " in text or "ose " in text else "other", "accuracy", 0.7),
    "regression": (lambda text: str(length(text)), "pearson", 0.5),
    "multi_label": (lambda text: "|".join(word for word in ("the", "not") if f" {word} " in text), "f1_micro", 0.5),
    "ordinal": (
        lambda text: "long" if length(text) > 7 else "short" if length(text) < 5 else "middle",
        "accuracy",
        0.5,
    ),
}


EPOCHS = {"ordinal": 16}  # With 6 it has learnt how common the labels are, and little more.


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=[pytest.mark.exhaustive] * (kind != "classification")) for kind in LABELS],
)
def finished(request, tmp_path_factory):
    """The kind of a run on own files, its folder and what it said."""
    kind, folder = request.param, tmp_path_factory.mktemp(request.param)
    with open(folder / "train.csv", "w", newline="", encoding="utf-8-sig") as file:
        label_of = LABELS[kind][0]
        csv.writer(file).writerows([("id", "says", "is"), *((f"r{i}", t, label_of(t)) for i, t in enumerate(TEXTS))])
    flags = [f"--train_file={folder}/train.csv", "--text_column=says", "--label_column=is", "--id_column=id"]
    flags += [
        f"--kind={kind}",
        "--eval_split=0.25",
        f"--num_train_epochs={EPOCHS.get(kind, 6)}",
        f"--output_dir={folder}/run",
    ]
    if kind == "ordinal":
        flags.append("--labels=short,middle,long")
    with contextlib.redirect_stderr(io.StringIO()) as said:
        assert main(["classifier", *SHORT, *flags]) == 0, said.getvalue()[-3000:]
    return kind, folder, said.getvalue()


@pytest.mark.slow
def test_own_files_are_learnt_from_flags_alone(finished):
    kind, folder, said = finished
    _, metric, floor = LABELS[kind]
    assert "180 examples from" in said
    assert "60 examples from" in said
    assert "all 240 rows of its 241 lines" in said
    scores = dict(line.split(" = ") for line in (folder / "run" / "eval_results.txt").read_text().splitlines())
    assert float(scores[f"eval_{metric}"]) > floor, scores


@pytest.mark.slow
def test_predictions_come_from_the_folder_alone_in_any_format(finished, tmp_path):
    kind, folder, _ = finished
    with gzip.open(tmp_path / "new.jsonl.gz", "wt") as file:
        file.writelines(json.dumps({"id": f"n{i}", "says": text}) + "\n" for i, text in enumerate(TEXTS[:7]))
    flags = ["--do_predict", f"--predict_file={tmp_path}/new.jsonl.gz", f"--output_dir={folder}/run"]
    assert main(["classifier", *flags]) == 0
    rows = [json.loads(line) for line in (folder / "run" / "predictions.jsonl").read_text().splitlines()]
    assert [(row["id"], row["text"]) for row in rows] == [(f"n{i}", text) for i, text in enumerate(TEXTS[:7])]
    answers = np.loadtxt(folder / "run" / "test_results.tsv", ndmin=2)
    assert answers.shape == (7, {"regression": 1, "classification": 2, "multi_label": 2, "ordinal": 3}[kind])
    if kind == "regression":
        lengths = [length(text) for text in TEXTS]
        assert all(min(lengths) <= row["value"] <= max(lengths) for row in rows)
        assert [row["value"] for row in rows] == pytest.approx(answers[:, 0], abs=1e-5)
    elif kind == "multi_label":
        thresholds = json.loads((folder / "run" / "task.json").read_text())["thresholds"]
        for row, answer in zip(rows, answers, strict=True):
            assert row["labels"] == [
                name for name, p, t in zip(("not", "the"), answer, thresholds, strict=True) if p >= t
            ]
    else:
        labels = (folder / "run" / "labels.txt").read_text().split()
        assert labels == {"classification": ["other", "plural"], "ordinal": ["short", "middle", "long"]}[kind]
        assert all(row["label"] in labels and list(row["probabilities"]) == labels for row in rows)


@pytest.mark.slow
def test_flags_that_a_trained_model_can_not_follow_are_refused_or_named(finished, tmp_path, capfd):
    kind, folder, _ = finished
    (tmp_path / "new.jsonl").write_text(json.dumps({"says": TEXTS[0], "id": 1}) + "\n")
    flags = ["classifier", "--do_predict", f"--predict_file={tmp_path}/new.jsonl", f"--output_dir={folder}/run"]
    other = "ordinal" if kind == "classification" else "classification"
    assert main([*flags, f"--kind={other}"]) == 2
    assert f"--kind must be that of the trained model, {kind}. Received: '{other}'" in capfd.readouterr().err
    assert main([*flags, f"--kind={kind}", "--delimiter=;", "--header=no"]) == 0
    told = capfd.readouterr().err.splitlines()
    for name in ("delimiter", "header"):
        assert f"--{name} has no effect: it only matters to CSV and TSV files" in told


@pytest.mark.slow
@pytest.mark.exhaustive
def test_lines_and_the_exported_model_get_the_same_answers(finished, tmp_path, capfd):
    kind, folder, _ = finished
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS[:3]) + "\n")
    assert main(["predict", f"--output_dir={folder}/run", f"{tmp_path}/lines.txt"]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    shutil.copytree(folder / "run", tmp_path / "run")
    assert main(["export", f"--output_dir={tmp_path}/run"]) == 0
    served = tf.saved_model.load(f"{tmp_path}/run/export/1").signatures["serving_default"](text=tf.constant(TEXTS[:3]))
    if kind == "regression":
        np.testing.assert_allclose(served["value"][:, 0], [row["value"] for row in rows], atol=1e-4)
        return
    expected = [list(row["probabilities"].values()) for row in rows]
    np.testing.assert_allclose(served["probabilities"], expected, atol=1e-5)
    if kind == "multi_label":
        chosen = [
            [name for name, is_chosen in zip(("not", "the"), row, strict=True) if is_chosen] for row in served["chosen"]
        ]
        assert chosen == [row["labels"] for row in rows]
    else:
        assert [label.decode() for label in served["label"].numpy()] == [row["label"] for row in rows]


@pytest.mark.slow
def test_a_finished_run_is_evaluated_again_with_the_same_scores(finished, tmp_path, capfd):
    _, folder, _ = finished
    shutil.copytree(folder / "run", tmp_path / "run")
    before = (tmp_path / "run" / "eval_results.txt").read_bytes()
    assert main(["classifier", "--do_eval", "--noreport", f"--output_dir={tmp_path}/run"]) == 0
    assert (tmp_path / "run" / "eval_results.txt").read_bytes() == before


@pytest.mark.slow
@pytest.mark.exhaustive
def test_losses_are_options_and_faults_are_listed(tmp_path, capfd):
    def write(name, rows):
        (tmp_path / name).write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
        return str(tmp_path / name)

    rows = [(text.replace(",", ""), "ab"[i % 3 == 0]) for i, text in enumerate(TEXTS[:64])]
    flags = [f"--train_file={write('train.csv', rows)}", f"--output_dir={tmp_path}/run", "--num_train_epochs=1"]
    bad = f"--eval_file={write('bad.csv', [*rows[:3], ('x', 'c'), ('y', 'A')])}"
    assert main(["classifier", *SHORT, *flags, bad]) == 2
    told = capfd.readouterr().err.splitlines()
    assert told[-4:-1] == [
        "The label must be one of the task's labels (a, b): 2 faults",
        f"  {tmp_path}/bad.csv:5, column 'label': 'c' (Correct it, or name it in --labels or --labels_file)",
        f"  {tmp_path}/bad.csv:6, column 'label': 'A' (Did you mean 'a'?)",
    ]
    assert told[-1].startswith("bert-tf: The label must be one of the task's labels (a, b)")
    assert not (tmp_path / "run").exists()
    good = f"--eval_file={write('dev.csv', rows[:9])}"
    assert main(["classifier", *SHORT, *flags, good, "--labels=a,b,c", "--class_weights=balanced"]) == 2
    assert "needs an example of every label in the training set. Received: 'none of c'" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()
    losses = ["--class_weights=balanced", "--label_smoothing=0.1", "--focal_gamma=1.5"]
    assert main(["classifier", *SHORT, *flags, good, *losses]) == 0
    assert main(["classifier", *SHORT, *flags, good, "--class_weights=a=1,b=2"]) == 2
    assert "class_weights was 'balanced' and is 'a=1,b=2'" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_fold_is_a_run_and_every_example_is_evaluated_once(tmp_path, capfd):
    labels = ["abc"[i % 3] for i in range(45)]
    with open(tmp_path / "train.csv", "w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *zip(TEXTS, labels, strict=False)])
    flags = [
        f"--train_file={tmp_path}/train.csv",
        "--k_folds=2",
        "--num_train_epochs=1",
        "--noreport",
        f"--output_dir={tmp_path}/run",
    ]
    assert main(["classifier", *SHORT, *flags, "--eval_split=0.1"]) == 2
    assert "Received: '--eval_split'" in capfd.readouterr().err
    assert main(["classifier", *SHORT, *flags]) == 0
    each = []
    for fold in "12":
        lines = (tmp_path / "run" / f"fold-{fold}" / "eval_results.txt").read_text().splitlines()
        each.append(float(dict(line.split(" = ") for line in lines)["eval_accuracy"]))
    lines = (tmp_path / "run" / "cross_validation.txt").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("eval_accuracy = ")]
    assert float(line.split()[2]) == pytest.approx(np.mean(each), abs=1e-5)
    assert float(line.split()[4]) == pytest.approx(np.std(each, ddof=1), abs=1e-3)
    capfd.readouterr()
    assert main(["classifier", *SHORT, *flags, f"--cache_dir={tmp_path}/cache"]) == 0
    told = capfd.readouterr().err
    assert told.count("nothing is left to train") == 2
    assert "--cache_dir has no effect: each fold of --k_folds has other examples" in told


HEADER = "index\tpromptID\tpairID\tgenre\tp1\tp2\tt1\tt2\tsentence1\tsentence2"
INFERENCE = ("contradiction", "entailment", "neutral")


def write_mnli(folder, counts):
    for name, count in counts.items():
        labels = {"train": ["label1"], "dev_matched": list("12345"), "dev_mismatched": list("12345")}.get(name)
        rows = ["\t".join([HEADER, *labels, "gold_label"] if labels else [HEADER])]
        for i in range(count):
            extra = [] if labels is None else [*(["x"] * len(labels)), INFERENCE[i % 3]]
            rows.append("\t".join([*(str(i) for _ in range(8)), TEXTS[i], TEXTS[-i - 1], *extra]))
        (folder / f"{name}.tsv").write_text("\n".join(rows) + "\n")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_matched_and_mismatched_sets_are_evaluated_and_predicted(tmp_path, capfd):
    sizes = {"train": 48, "dev_matched": 13, "dev_mismatched": 17, "test_matched": 5, "test_mismatched": 7}
    write_mnli(tmp_path, sizes)
    flags = ["--task=mnli", f"--data_dir={tmp_path}", "--do_train", "--do_eval", "--do_predict", "--num_train_epochs=1"]
    assert main(["classifier", *SHORT, *flags, f"--output_dir={tmp_path}/run", "--glue_submission"]) == 2
    message = capfd.readouterr().err.splitlines()[-1]
    assert "MNLI-m.tsv must have a prediction for each of the 9,796 examples" in message
    assert main(["classifier", *SHORT, *flags, f"--output_dir={tmp_path}/run"]) == 0
    keys = [line.split(" = ")[0] for line in (tmp_path / "run" / "eval_results.txt").read_text().splitlines()]
    assert {"eval_accuracy", "eval_mismatched_accuracy", "eval_mismatched_loss", "loss"} <= set(keys)
    lines = {name: len((tmp_path / "run" / name).read_text().splitlines()) for name in (
        "test_results.tsv", "test_results_mismatched.tsv", "predictions.jsonl", "predictions_mismatched.jsonl"
    )}  # fmt: skip
    assert list(lines.values()) == [5, 7, 5, 7]
    (tmp_path / "diagnostic.tsv").write_text("index\tsentence1\tsentence2\n0\ta\tb\n")
    ax = ["--task=ax", f"--data_dir={tmp_path}", "--do_predict", f"--output_dir={tmp_path}/ax", "--max_seq_length=32"]
    assert main(["classifier", *ax, f"--init_checkpoint={tmp_path}/run"]) == 0
    assert len((tmp_path / "ax" / "test_results.tsv").read_text().split("\t")) == 3
    (tmp_path / "dev_mismatched.tsv").unlink()
    assert main(["classifier", "--do_eval", f"--output_dir={tmp_path}/run"]) == 0
    assert "dev_mismatched.tsv is not there: no results for mismatched" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_regression_of_glue_is_trained_and_submitted(shared, tmp_path):
    flags = ["--task=sts-b", f"--data_dir={shared}/data/glue/STS-B", "--do_train", "--do_eval", "--do_predict"]
    flags += ["--glue_submission", "--num_train_epochs=0.1", f"--output_dir={tmp_path}/run"]
    assert main(["classifier", *SHORT, *flags, f"--cache_dir={tmp_path}/cache"]) == 0
    scores = dict(line.split(" = ") for line in (tmp_path / "run" / "eval_results.txt").read_text().splitlines())
    mean = (float(scores["eval_pearson"]) + float(scores["eval_spearman"])) / 2
    assert float(scores["eval_combined_score"]) == pytest.approx(mean)
    lines = (tmp_path / "run" / "glue_submission" / "STS-B.tsv").read_text().splitlines()
    assert lines[0] == "index\tprediction"
    assert [line.split("\t")[0] for line in lines[1:]] == [str(i) for i in range(1379)]
    assert all(0 <= float(line.split("\t")[1]) <= 5 for line in lines[1:])
    before = (tmp_path / "run" / "eval_results.txt").read_bytes()
    again = ["--do_eval", f"--cache_dir={tmp_path}/cache", f"--output_dir={tmp_path}/run"]
    assert main(["classifier", *again]) == 0  # With the tokens of the cache and the values of the file.
    assert (tmp_path / "run" / "eval_results.txt").read_bytes() == before
