import dataclasses
import json

import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.evaluation import result_files, submissions
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA, QNLI, STS_B
from bert_tf.tasks.task import Kind, Submission

TASK = dataclasses.replace(CUSTOM, labels=("no", "yes"))
PROBABILITIES = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)


def test_eval_results_have_the_form_of_the_original(tmp_path):
    scores = {"matthews_correlation": 0.5, "accuracy": 0.75, "loss": 0.25}
    result_files.write_eval_results(str(tmp_path), scores, 801)
    assert (tmp_path / "eval_results.txt").read_text() == (
        "eval_accuracy = 0.75\neval_loss = 0.25\neval_matthews_correlation = 0.5\nglobal_step = 801\nloss = 0.25\n"
    )


def test_test_results_have_one_line_an_example_and_no_header(tmp_path):
    result_files.write_test_results(str(tmp_path), PROBABILITIES)
    assert (tmp_path / "test_results.tsv").read_text() == "0.25\t0.75\n0.5\t0.5\n"


@pytest.mark.parametrize("second", [None, ["c", "d"]])
def test_predictions_name_id_text_label_and_probabilities(tmp_path, second):
    examples = Examples("x", ['a "quoted"\u2028', "é"], second, None, ["7", "8"])
    result_files.write_predictions(str(tmp_path), examples, PROBABILITIES, TASK)
    rows = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text().split("\n")[:-1]]
    pair = {} if second is None else {"text_pair": "c"}
    assert rows[0] == {
        "id": "7",
        "text": 'a "quoted"\u2028',
        **pair,
        "label": "yes",
        "probabilities": {"no": 0.25, "yes": 0.75},
    }
    assert (rows[1]["label"], len(rows)) == ("no", 2)


@pytest.mark.parametrize("labels", [("0", "1"), ("entails", "is neutral", "é")])
def test_reading_what_was_written_gives_the_same_labels(tmp_path, labels):
    result_files.write_labels(str(tmp_path), labels)
    assert result_files.read_labels(str(tmp_path)) == labels


def test_no_labels_are_no_error(tmp_path):
    assert result_files.read_labels(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (Kind.REGRESSION, [3.25], {"value": 3.25}),
        (Kind.MULTI_LABEL, [0.3, 0.4], {"labels": ["no"], "probabilities": {"no": 0.3, "yes": 0.4}}),
        (Kind.ORDINAL, [0.4, 0.6], {"label": "yes", "probabilities": {"no": 0.4, "yes": 0.6}}),
    ],
)
def test_every_kind_has_its_own_answer(kind, answer, expected):
    task = dataclasses.replace(TASK, kind=kind, thresholds=(0.3, 0.5))
    assert result_files.read_answer(np.array(answer, np.float32), task) == expected


def test_the_middle_of_ordered_labels_counts_and_not_the_likeliest():
    task = dataclasses.replace(TASK, kind=Kind.ORDINAL, labels=("1", "2", "3"))
    assert result_files.read_answer(np.array([0.4, 0.25, 0.35], np.float32), task)["label"] == "2"


@pytest.mark.parametrize(
    ("task", "answers", "lines"),
    [
        (COLA, [[0.9, 0.1], [0.2, 0.8]], ["0\t0", "1\t1"]),
        (QNLI, [[0.9, 0.1], [0.2, 0.8]], ["0\tentailment", "1\tnot_entailment"]),
        (STS_B, [[4.9996], [0.0]], ["0\t5.000", "1\t0.000"]),
    ],
)
def test_a_submission_has_the_header_and_an_answer_a_line(tmp_path, task, answers, lines):
    path = submissions.write_submission(str(tmp_path), Submission("X.tsv", 2), np.array(answers, np.float32), task)
    assert path == f"{tmp_path}/glue_submission/X.tsv"
    assert (tmp_path / "glue_submission" / "X.tsv").read_text() == "\n".join(["index\tprediction", *lines, ""])


def test_results_of_a_second_test_set_have_another_name(tmp_path):
    result_files.write_test_results(str(tmp_path), PROBABILITIES, "_mismatched")
    assert [path.name for path in tmp_path.iterdir()] == ["test_results_mismatched.tsv"]


def test_answers_are_read_as_they_were_written(tmp_path):
    answers = np.random.default_rng(1).random((7, 3)).astype(np.float32)
    result_files.write_test_results(str(tmp_path), answers, "_mismatched", result_files.DEV_RESULTS)
    assert np.array_equal(result_files.read_results(str(tmp_path), "dev_results_mismatched.tsv", 7), answers)
    with pytest.raises(InputError, match=r"must have a line for each of 8 examples\. Received: 7"):
        result_files.read_results(str(tmp_path), "dev_results_mismatched.tsv", 8)
    (tmp_path / "dev_results.tsv").write_text("0.5\t0.5\n0.5\n")
    with pytest.raises(InputError, match="must hold numbers, as many in each line"):
        result_files.read_results(str(tmp_path), "dev_results.tsv", 2)


def test_scores_without_a_model_have_no_loss_and_no_step(tmp_path):
    result_files.write_scores(str(tmp_path), {"f1": 0.5, "accuracy": 0.75})
    assert (tmp_path / "eval_results.txt").read_text() == "eval_accuracy = 0.75\neval_f1 = 0.5\n"
