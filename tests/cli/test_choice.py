"""`bert-tf choice` from files to answers, and what is wrong with files, in one process."""

import csv
import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.cli.main import main
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.errors import InputError
from bert_tf.tasks.known.grammar import endings

FLAGS = ["--init_checkpoint=demo", "--max_seq_length=24", "--train_batch_size=8", "--learning_rate=1e-3"]
FLAGS += ["--question_column=begin", "--choice_columns=a,b,c,d", "--verbosity=quiet"]


def write_rows(path, examples, rows):
    """A CSV file of the user: fewer choices leave the last columns empty; labels are letters."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["begin", "a", "b", "c", "d", "label"])
        for index in range(rows):
            choices = [*examples.choices[index], "", ""][:4]
            writer.writerow([examples.first[index], *choices, "ABCD"[int(examples.labels[index])]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run on files of the user."""
    folder = tmp_path_factory.mktemp("choice")
    train, dev = endings(TRAIN), endings(DEV)
    write_rows(folder / "train.csv", train, 320)
    write_rows(folder / "dev.csv", dev, 40)
    lines = [{"begin": dev.first[i], **dict(zip("abcd", dev.choices[i], strict=False))} for i in range(40)]
    full = [{**dict.fromkeys("abcd", ""), **line} for line in lines]
    (folder / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in full), encoding="utf-8")
    files = [f"--{name}_file={folder}/{file}" for name, file in FILES.items()]
    status = main(["choice", *files, *FLAGS, f"--output_dir={folder}/run", "--do_train", "--do_eval", "--do_predict"])
    assert status == 0
    return folder


FILES = {"train": "train.csv", "eval": "dev.csv", "predict": "test.jsonl"}


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_answers_are_written_with_the_labels_of_the_file_and_scored(folder):
    dev, answers = endings(DEV), lines_of(folder / "run" / "predictions.jsonl")
    rows = [line.split("\t") for line in (folder / "run" / "test_results.tsv").read_text().splitlines()]
    right = 0
    for index, (answer, row) in enumerate(zip(answers, rows, strict=True)):
        choices = dev.choices[index]
        probabilities = np.array(row, float)
        place = int(probabilities.argmax())
        assert (answer["question"], answer["choices"]) == (dev.first[index], list(choices))
        assert (answer["label"], answer["answer"]) == ("ABCD"[place], choices[place])
        assert answer["probabilities"] == pytest.approx(probabilities[: len(choices)], abs=1e-6)
        assert probabilities.sum() == pytest.approx(1, abs=1e-6)
        assert not probabilities[len(choices) :].any()
        right += place == int(dev.labels[index])
    scores = dict(line.split(" = ") for line in (folder / "run" / "eval_results.txt").read_text().splitlines())
    assert float(scores["eval_accuracy"]) == pytest.approx(right / 40)
    assert right / 40 > 0.6  # By chance it would be a third.


def test_the_report_tells_of_questions(folder):
    page, card = ((folder / "run" / name).read_text(encoding="utf-8") for name in ("report.html", "model_card.md"))
    for title in ("Number of choices", "Place of the answer", "Most confident mistakes"):
        assert f">{title}<" in page
    assert "bert-tf choice" in page
    assert "a question and its choices" in card


@pytest.mark.exhaustive
def test_lines_files_python_and_the_served_model_answer_alike(folder, capsys, tmp_path):
    dev, expected = endings(DEV), lines_of(folder / "run" / "predictions.jsonl")[:6]
    asked = list(zip(dev.first, dev.choices, strict=True))[:6]
    (tmp_path / "a.txt").write_text("".join("\t".join((one, *many)) + "\n" for one, many in asked), encoding="utf-8")
    write_rows(tmp_path / "b.csv", dev, 6)
    capsys.readouterr()
    for name in ("a.txt", "b.csv"):
        assert main(["predict", f"--output_dir={folder}/run", str(tmp_path / name)]) == 0
        assert [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()] == [
            each["label"] for each in expected
        ]
    found = bert_tf.Predictor(folder / "run")(dev.first[:6], [list(each) for each in dev.choices[:6]])
    for one, other in zip(found, expected, strict=True):
        assert (one["label"], one["answer"]) == (other["label"], other["answer"])
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-4)
    assert main(["export", f"--output_dir={folder}/run"]) == 0
    served = tf.saved_model.load(str(folder / "run" / "export" / "1")).signatures["serving_default"]
    table = [[*each, *[""] * (5 - len(each))] for each in dev.choices[:6]]
    answers = served(question=tf.constant(dev.first[:6]), choices=tf.constant(table))
    assert answers["choice"].numpy().tolist() == ["ABCD".index(each["label"]) for each in expected]
    assert answers["probabilities"].shape == (6, 5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have 2 to 10 choices"):
        served(question=tf.constant(["a"]), choices=tf.constant([["b"]]))


def test_answers_to_a_file_have_the_names_that_it_gives_to_choices(folder, tmp_path, capsys):
    dev, rows = endings(DEV), []
    for names, question, texts in zip(("12", "xyz", "BA"), dev.first, dev.choices, strict=False):
        choices = [{"label": name, "text": text} for name, text in zip(names, texts, strict=False)]
        rows.append(json.dumps({"question": {"stem": question, "choices": choices}}) + "\n")
    (tmp_path / "a.jsonl").write_text("".join(rows), encoding="utf-8")
    shutil.copytree(folder / "run", tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    config["choices"]["choice_columns"] = None  # As of a run that read files of this form.
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    capsys.readouterr()
    assert main(["predict", f"--output_dir={tmp_path}/run", str(tmp_path / "a.jsonl")]) == 0
    told = list(map(json.loads, capsys.readouterr().out.splitlines()))
    best = [each["probabilities"].index(max(each["probabilities"])) for each in told]
    assert [each["label"] for each in told] == [names[at] for names, at in zip(("12", "xyz", "BA"), best, strict=True)]
    assert [each["answer"] for each in told] == [dev.choices[row][at] for row, at in enumerate(best)]


def test_python_is_refused_what_is_no_question_with_choices(folder):
    ask = bert_tf.Predictor(folder / "run")
    with pytest.raises(InputError, match="must be given"):
        ask(["a"])
    with pytest.raises(InputError, match=r"2 to 10 choices.*1 at position 0"):
        ask(["a"], [["b"]])
    with pytest.raises(InputError, match="2 at position 1, one of them empty"):
        ask(["a", "b"], [["c", "d"], ["e", ""]])
    with pytest.raises(InputError, match="choices of each"):
        ask(["a", "b"], [["c", "d"]])


HEAD = "begin,a,b,c,d,label\n"
FAULTY = {
    "a choice is missing before another": (HEAD + "x,a,,c,,A\n", r"train\.csv:2.*"),
    "one choice alone": (HEAD + "x,a,,,,A\n", r"2 to 10 choices.*train\.csv:2"),
    "a label out of range": (HEAD + "x,a,b,,,A\nx,a,b,,,C\n", r"must name one of the choices.*train\.csv:3.*'?C"),
    "no label": (HEAD + "x,a,b,,,\n", r"must have a label.*train\.csv:2"),
    "labels of two meanings": (HEAD + "x,a,b,c,,1\nx,a,b,c,,2\n", r"--choice_label_form to from_0 or from_1"),
    "no such column": ("begin,a,b,c,label\nx,a,b,c,A\n", r"'?d'?"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faults_of_files_are_told_in_one_line_and_nothing_is_written(fault, tmp_path, capsys):
    text, told = FAULTY[fault]
    (tmp_path / "train.csv").write_text(text, encoding="utf-8")
    status = main(
        ["choice", f"--train_file={tmp_path}/train.csv", *FLAGS, f"--output_dir={tmp_path}/run", "--do_train"]
    )
    error = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert re.search(told, " ".join(error)), error
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_neither_as_swag_nor_named_is_told_what_to_say(tmp_path, capsys):
    (tmp_path / "train.csv").write_text(HEAD + "x,a,b,,,A\n", encoding="utf-8")
    flags = [f"--train_file={tmp_path}/train.csv", "--init_checkpoint=demo", f"--output_dir={tmp_path}/run"]
    assert main(["choice", *flags, "--do_train"]) == 2
    assert "Set --choice_columns" in capsys.readouterr().err


def test_the_doctor_tells_of_places_and_lengths(folder, capsys):
    status = main(
        ["doctor", f"--train_file={folder}/train.csv", "--kind=choices", f"--eval_file={folder}/dev.csv", *FLAGS]
    )
    told = capsys.readouterr().out
    assert status == 0, told
    assert re.search(r"choice 1 +\d+", told)
    assert re.search(r"choice 4 +\d+", told)
    assert "about 120 steps" in told  # 320 questions by 8, three times: questions are counted, and not their rows.


@pytest.mark.exhaustive
def test_folds_seeds_cache_and_devices_take_questions_whole(folder, tmp_path, capsys):
    few = [f"--train_file={folder}/dev.csv", *FLAGS, "--do_train", "--num_train_epochs=1"]
    assert main(["choice", *few, "--k_folds=2", f"--output_dir={tmp_path}/folds"]) == 0
    assert "accuracy" in (tmp_path / "folds" / "cross_validation.txt").read_text()
    both = [*few, f"--eval_file={folder}/dev.csv", "--do_eval", "--gradient_accumulation_steps=2", "--batching=packed"]
    scores = []
    for name in ("written", "read"):
        assert main(["choice", *both, f"--cache_dir={tmp_path}/cache", f"--output_dir={tmp_path}/{name}"]) == 0
        scores.append((tmp_path / name / "eval_results.txt").read_text())
    assert scores[0] == scores[1]
    assert main(["choice", *both, "--num_seeds=2", "--ensemble", f"--output_dir={tmp_path}/seeds"]) == 0
    assert "eval_accuracy" in (tmp_path / "seeds" / "ensemble" / "eval_results.txt").read_text()
