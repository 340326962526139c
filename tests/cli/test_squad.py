"""`bert-tf squad` from files as those of SQuAD to answers that are cut out of their contexts."""

import importlib.metadata
import importlib.util
import json
import random

import pytest
import tensorflow as tf

import bert_tf
from bert_tf.cli.main import main
from tests.conftest import DEMO_CHECKPOINT

WHO = ["cat", "dog", "farmer", "girl", "boy", "teacher", "doctor", "bird"]
WHERE = ["river", "house", "tree", "school", "garden", "field"]
FLAGS = [f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--max_query_length=12", "--doc_stride=4"]


def article(number, count, with_negative=False):
    """Questions on two sentences each: who does what where."""
    rng, paragraphs = random.Random(number), []
    for index in range(count):
        (one, other), (here, there) = rng.sample(WHO, 2), rng.sample(WHERE, 2)
        context = f"The {one} sleeps near the {here}.  The {other} sings near the {there}."
        verb, place, answer = rng.choice([("sleeps", here, one), ("sings", there, other)])
        is_impossible = with_negative and rng.random() < 0.3
        answers = [] if is_impossible else [{"text": answer, "answer_start": context.index(answer)}]
        asked = {"id": f"{number}-{index}", "question": f"Who {verb} near the {place}?", "answers": answers}
        if is_impossible:
            asked["question"] = f"Who runs near the {place}?"
        if with_negative:
            asked["is_impossible"] = is_impossible
        paragraphs.append({"context": context, "qas": [asked]})
    return {"title": f"article {number}", "paragraphs": paragraphs}


def write(path, articles):
    path.write_text(json.dumps({"version": "1.1", "data": articles}))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run that was trained, evaluated, exported, and has answered the questions of the dev set."""
    folder = tmp_path_factory.mktemp("squad")
    train = write(folder / "train.json", [article(n, 40, with_negative=True) for n in range(7)])
    dev = write(folder / "dev.json", [article(n, 30, with_negative=True) for n in (11, 12)])
    flags = [f"--train_file={train}", f"--eval_file={dev}", f"--predict_file={dev}", f"--output_dir={folder}/run"]
    flags += [*FLAGS, "--version_2_with_negative", "--learning_rate=2e-3", "--num_train_epochs=5", "--batching=packed"]
    flags += ["--eval_batch_size=60", "--predict_batch_size=60", "--noreport", "--eval_every=1000"]
    assert main(["squad", *flags, "--do_train", "--do_eval", "--do_predict", "--do_export"]) == 0
    return folder


def told(folder, name):
    return json.loads((folder / "run" / name).read_text())


@pytest.mark.slow
def test_the_files_of_the_original_tell_of_one_and_the_same_answers(trained):
    predictions, nbest, odds = (
        told(trained, f"{name}.json") for name in ("predictions", "nbest_predictions", "null_odds")
    )
    threshold = told(trained, "task.json")["null_threshold"]
    lines = [json.loads(line) for line in (trained / "run" / "predictions.jsonl").read_text().splitlines()]
    assert len(lines) == len(predictions) == 60
    for line in lines:
        best = next(entry["text"] for entry in nbest[line["id"]] if entry["text"])
        assert predictions[line["id"]] == line["answer"] == ("" if odds[line["id"]] > threshold else best)
        assert line["start"] is None or line["context"][line["start"] : line["end"]] == line["answer"]
        assert sum(entry["probability"] for entry in nbest[line["id"]]) == pytest.approx(1)


@pytest.mark.slow
def test_the_official_script_gives_the_scores_that_were_written(trained):
    files = importlib.metadata.files("tf-models-official") or []
    path = next(file.locate() for file in files if file.name == "squad_evaluate_v2_0.py")
    spec = importlib.util.spec_from_file_location("official", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    tree = json.loads((trained / "dev.json").read_text())
    exact, f1 = script._get_raw_scores(tree["data"], told(trained, "predictions.json"))
    scores = dict(line.split(" = ") for line in (trained / "run" / "test_scores.txt").read_text().splitlines())
    assert float(scores["test_f1"]) == pytest.approx(sum(f1.values()) / 60)
    assert float(scores["test_exact_match"]) == pytest.approx(sum(exact.values()) / 60)
    assert float(scores["test_f1"]) > 0.6
    of_dev = dict(line.split(" = ") for line in (trained / "run" / "eval_results.txt").read_text().splitlines())
    assert of_dev["eval_f1"] == scores["test_f1"]


@pytest.mark.slow
def test_what_is_best_is_told_by_f1_at_the_threshold_that_is_served(trained):
    (line,) = [x for x in (trained / "run" / "eval_results.txt").read_text().splitlines() if x.startswith("eval_f1 =")]
    best = told(trained, "best_checkpoint.json")
    assert (best["metric"], best["value"]) == ("f1", pytest.approx(float(line.split(" = ")[1])))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_evaluations_during_training_use_the_threshold_that_is_best_for_their_weights(trained, tmp_path):
    flags = [f"--train_file={trained}/train.json", f"--eval_file={trained}/dev.json", f"--output_dir={tmp_path}/run"]
    flags += [*FLAGS, "--version_2_with_negative", "--num_train_epochs=0.2", "--eval_every=1000", "--noreport"]
    assert main(["squad", *flags, "--do_train", "--do_eval"]) == 0
    assert json.loads((tmp_path / "run" / "task.json").read_text())["null_threshold"] != 0  # Or this shows nothing.
    lines = (tmp_path / "run" / "eval_results.txt").read_text().splitlines()
    best = json.loads((tmp_path / "run" / "best_checkpoint.json").read_text())
    assert f"eval_f1 = {best['value']}" in lines


@pytest.mark.slow
def test_the_folder_the_export_and_python_give_the_same_answers(trained):
    lines = [json.loads(line) for line in (trained / "run" / "predictions.jsonl").read_text().splitlines()][:20]
    questions, contexts = ([line[name] for line in lines] for name in ("question", "context"))
    answers = bert_tf.Predictor(trained / "run")(questions, contexts)
    assert bert_tf.Predictor(trained / "run")([], []) == []
    serve = tf.saved_model.load(str(trained / "run" / "export" / "1")).signatures["serving_default"]
    served = serve(question=tf.constant(questions), context=tf.constant(contexts))
    nothing = serve(question=tf.constant([], tf.string), context=tf.constant([], tf.string))
    assert {name: value.shape.as_list() for name, value in nothing.items()}["answer"] == [0]
    for index, (line, answer) in enumerate(zip(lines, answers, strict=True)):
        assert (answer["answer"], answer["start"], answer["end"]) == (line["answer"], line["start"], line["end"])
        assert answer["null_odds"] == pytest.approx(line["null_odds"], abs=1e-4)
        assert served["answer"].numpy()[index].decode() == line["answer"]
        assert served["start"].numpy()[index] == (-1 if line["start"] is None else line["start"])


@pytest.mark.slow
def test_a_threshold_that_is_typed_takes_the_place_of_the_fitted_one(trained, capfd):
    flags = ["squad", f"--output_dir={trained}/run", f"--eval_file={trained}/dev.json", "--do_eval", "--noreport"]
    assert main([*flags, "--null_score_diff_threshold=-1e9", "--result_name=none"]) == 0
    asked = [
        each for n in (11, 12) for part in article(n, 30, with_negative=True)["paragraphs"] for each in part["qas"]
    ]
    without = sum(each["is_impossible"] for each in asked)
    assert f"exact_match {without / 60:.4f}" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--num_seeds=2", "--ensemble"], "there is none of spans"),
        (["--max_seq_length=15"], "A row must hold a question, 3 special tokens"),
        (["--class_weights=balanced"], "--class_weights is for labels of whole texts"),
        (["--file_format=conll"], "Only sentences whose words have tags come in columns"),
        (["--labels=a,b"], "--labels needs labels, and answers are spans"),
        (["--long_text=tail"], "always read in windows"),
        (["--k_folds=3"], "2 for|3 for 2"),
    ],
)
def test_what_does_not_fit_questions_is_refused_before_tensorflow_is_asked(tmp_path, capfd, flags, message):
    train = write(tmp_path / "train.json", [article(1, 4), article(2, 4)])
    words = ["squad", f"--train_file={train}", f"--output_dir={tmp_path}/run", *FLAGS, *flags]
    words += [] if "--k_folds=3" in flags else [f"--eval_file={train}"]
    assert main(words) == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("bert-tf: ")
    assert any(part in error for part in message.split("|"))
    assert not (tmp_path / "run").exists()


def test_version_2_data_without_the_flag_is_refused_with_its_json_path(tmp_path, capfd):
    train = write(tmp_path / "train.json", [article(1, 20, with_negative=True)])
    assert main(["squad", f"--train_file={train}", f"--eval_file={train}", f"--output_dir={tmp_path}/run", *FLAGS]) == 2
    error = capfd.readouterr().err
    assert "--version_2_with_negative" in error
    assert "data[0].paragraphs[" in error
