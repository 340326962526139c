import json

import numpy as np
import pytest

from bert_tf.data.examples import Examples
from bert_tf.evaluation import results

PROBABILITIES = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)


def test_eval_results_have_the_form_of_the_original(tmp_path):
    scores = {"matthews_correlation": 0.5, "accuracy": 0.75, "loss": 0.25}
    results.write_eval_results(str(tmp_path), scores, 801)
    assert (tmp_path / "eval_results.txt").read_text() == (
        "eval_accuracy = 0.75\neval_loss = 0.25\neval_matthews_correlation = 0.5\nglobal_step = 801\nloss = 0.25\n"
    )


def test_test_results_have_one_line_an_example_and_no_header(tmp_path):
    results.write_test_results(str(tmp_path), PROBABILITIES)
    assert (tmp_path / "test_results.tsv").read_text() == "0.25\t0.75\n0.5\t0.5\n"


@pytest.mark.parametrize("second", [None, ["c", "d"]])
def test_predictions_name_id_text_label_and_probabilities(tmp_path, second):
    examples = Examples("x", ['a "quoted"\u2028', "é"], second, None, ["7", "8"])
    results.write_predictions(str(tmp_path), examples, PROBABILITIES, ("no", "yes"))
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
    results.write_labels(str(tmp_path), labels)
    assert results.read_labels(str(tmp_path)) == labels


def test_no_labels_are_no_error(tmp_path):
    assert results.read_labels(str(tmp_path)) is None
