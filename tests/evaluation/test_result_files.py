import json

import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.evaluation import result_files, submissions
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES, VALUE
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA, QNLI, STS_B
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.task import Submission

TASK = CUSTOM.answering(OneLabel(("no", "yes")))
OUTPUTS = {PROBABILITIES: np.array([[0.25, 0.75], [0.5, 0.5]], np.float32), PLACE: np.array([1, 0])}


def test_eval_results_have_the_form_of_the_original(tmp_path):
    scores = {"matthews_correlation": 0.5, "accuracy": 0.75, "loss": 0.25}
    result_files.write_eval_results(str(tmp_path), scores, 801)
    assert (tmp_path / "eval_results.txt").read_text() == (
        "eval_accuracy = 0.75\neval_loss = 0.25\neval_matthews_correlation = 0.5\nglobal_step = 801\nloss = 0.25\n"
    )


def test_test_results_have_one_line_an_example_and_no_header(tmp_path):
    result_files.write_results(str(tmp_path), result_files.TEST_RESULTS, OUTPUTS, TASK)
    assert (tmp_path / "test_results.tsv").read_text() == "0.25\t0.75\n0.5\t0.5\n"


@pytest.mark.parametrize("second", [None, ["c", "d"]])
def test_predictions_name_id_text_label_and_probabilities(tmp_path, second):
    examples = Examples("x", ['a "quoted"\u2028', "é"], second, None, ["7", "8"])
    result_files.write_predictions(str(tmp_path), result_files.PREDICTIONS, examples, OUTPUTS, TASK)
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
    ("task", "outputs", "lines"),
    [
        (COLA, {PLACE: [0, 1], PROBABILITIES: [[0.9, 0.1], [0.2, 0.8]]}, ["0\t0", "1\t1"]),
        (QNLI, {PLACE: [0, 1], PROBABILITIES: [[0.9, 0.1], [0.2, 0.8]]}, ["0\tentailment", "1\tnot_entailment"]),
        (STS_B, {VALUE: [[4.9996], [0.0]]}, ["0\t5.000", "1\t0.000"]),
    ],
)
def test_a_submission_has_the_header_and_an_answer_a_line(tmp_path, task, outputs, lines):
    outputs = {name: np.array(values) for name, values in outputs.items()}
    path = submissions.write_submission(str(tmp_path), Submission("X.tsv", 2), outputs, task)
    assert path == f"{tmp_path}/glue_submission/X.tsv"
    assert (tmp_path / "glue_submission" / "X.tsv").read_text() == "\n".join(["index\tprediction", *lines, ""])


def test_results_of_a_second_test_set_have_another_name(tmp_path):
    assert result_files.with_suffix(result_files.TEST_RESULTS, "_mismatched") == "test_results_mismatched.tsv"
    assert result_files.with_suffix(result_files.PREDICTIONS, "_mismatched") == "predictions_mismatched.jsonl"
    assert result_files.with_suffix(result_files.TEST_RESULTS, "") == "test_results.tsv"


def test_answers_are_read_as_they_were_written(tmp_path):
    answers = np.random.default_rng(1).random((7, 3)).astype(np.float32)
    name = "dev_results_mismatched.tsv"
    result_files.write_results(str(tmp_path), name, {PROBABILITIES: answers, PLACE: np.zeros(7)}, TASK)
    found = result_files.read_results(str(tmp_path), name, 7, TASK)
    assert list(found) == [PROBABILITIES]  # What is decided is decided anew.
    assert found[PROBABILITIES].dtype == np.float32
    assert np.array_equal(found[PROBABILITIES], answers)
    with pytest.raises(InputError, match=r"must have a line for each of 8 examples\. Received: 7"):
        result_files.read_results(str(tmp_path), name, 8, TASK)
    (tmp_path / "dev_results.tsv").write_text("0.5\t0.5\n0.5\n")
    with pytest.raises(InputError, match="must hold numbers, as many in each line"):
        result_files.read_results(str(tmp_path), "dev_results.tsv", 2, TASK)


def test_scores_without_a_model_have_no_loss_and_no_step(tmp_path):
    result_files.write_scores(str(tmp_path), {"f1": 0.5, "accuracy": 0.75})
    assert (tmp_path / "eval_results.txt").read_text() == "eval_accuracy = 0.75\neval_f1 = 0.5\n"


def test_what_is_read_is_decided_on_by_the_rule_of_serving(tmp_path):
    # Half of the probability is reached in the second place, though the first is the likeliest by itself.
    (tmp_path / "dev_results.tsv").write_text("0.4\t0.25\t0.35\n0.1\t0.3\t0.6\n")
    for space, places in ((Ranks(("1", "2", "3")), [1, 2]), (OneLabel(("1", "2", "3")), [0, 2])):
        read = result_files.read_results(str(tmp_path), "dev_results.tsv", 2, CUSTOM.answering(space))
        assert objective_for(space).decided(read)[PLACE].tolist() == places
