import dataclasses
import json
import math

import numpy as np
import pytest

from bert_tf.metrics import classes, label_sets, values

EXACT = 1e-9


@pytest.fixture(scope="module")
def cases(golden):
    return json.loads((golden / "glue_metrics.json").read_text())["classification"]


def matrix_of(case):
    return classes.confusion_matrix(case["labels"], case["predictions"], case["num_classes"])


def test_scores_equal_scikit_learn_on_every_case(cases):
    assert len(cases) == 15
    for case in cases:
        if not case["labels"]:
            continue
        matrix, expected = matrix_of(case), case["expected"]
        assert matrix.tolist() == expected["confusion_matrix"], case["name"]
        assert classes.accuracy(matrix) == pytest.approx(expected["accuracy"], abs=EXACT), case["name"]
        assert classes.matthews_correlation(matrix) == pytest.approx(expected["mcc"], abs=EXACT), case["name"]
        for name in ("macro", "micro", "weighted"):
            scores = dataclasses.asdict(getattr(classes, f"{name}_scores")(matrix))
            assert scores == pytest.approx(expected[name], abs=EXACT), (case["name"], name)
        for index, scores in enumerate(classes.scores_by_class(matrix)):
            wanted = {name: expected["per_class"][name][index] for name in ("precision", "recall", "f1")}
            assert dataclasses.asdict(scores) == pytest.approx(wanted, abs=EXACT), (case["name"], index)


def test_binary_scores_are_those_of_class_1(cases):
    for case in cases:
        if case["num_classes"] == 2 and case["labels"]:
            for name in ("precision", "recall", "f1"):
                value = classes.CLASSIFICATION_METRICS[name](matrix_of(case))
                assert value == pytest.approx(case["expected"][name], abs=EXACT), case["name"]


def test_without_examples_there_is_no_accuracy():
    empty = classes.confusion_matrix([], [], 2)
    assert math.isnan(classes.accuracy(empty))
    assert math.isnan(classes.matthews_correlation(empty))


def test_correlations_and_errors_equal_scipy_on_every_case(golden):
    regression = json.loads((golden / "glue_metrics.json").read_text())["regression"]
    assert len(regression) == 10
    names = {"pearson": "pearson", "spearman": "spearman", "mse": "mean_squared_error", "mae": "mean_absolute_error"}
    for case in regression:
        labels, predictions = (np.array(case[name], np.float64) for name in ("labels", "predictions"))
        for theirs, ours in names.items():
            expected = case["expected"][theirs]
            found = values.REGRESSION_METRICS[ours](labels, predictions)
            wanted = math.nan if expected is None else expected
            assert found == pytest.approx(wanted, abs=EXACT, nan_ok=True), (case["name"], ours)


def test_sets_of_labels_are_scored_as_by_scikit_learn(golden):
    cases = json.loads((golden / "glue_metrics.json").read_text())["multilabel"]
    for case in cases:
        labels, predictions = (np.array(case[name], bool) for name in ("labels", "predictions"))
        expected = case["expected"]
        wanted = {f"f1_{name}": expected[name]["f1"] for name in ("micro", "macro", "samples")}
        wanted |= {name: expected[name] for name in ("subset_accuracy", "hamming_loss")}
        found = {name: score(labels, predictions) for name, score in label_sets.MULTI_LABEL_METRICS.items()}
        assert found == pytest.approx(wanted, abs=EXACT), case["name"]


def test_the_quadratic_kappa_is_that_of_scikit_learn():
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(7)
    labels, predictions = rng.integers(0, 5, 97), rng.integers(0, 5, 97)
    matrix = classes.confusion_matrix(labels, predictions, 5)
    expected = cohen_kappa_score(labels, predictions, weights="quadratic", labels=range(5))
    assert classes.quadratic_kappa(matrix) == pytest.approx(expected, abs=EXACT)
    assert classes.mean_rank_error(matrix) == pytest.approx(np.abs(labels - predictions).mean(), abs=EXACT)
    assert classes.quadratic_kappa(np.eye(3)) == 1
    assert math.isnan(classes.quadratic_kappa(classes.confusion_matrix([1, 1], [1, 1], 3)))


def test_no_threshold_gives_a_better_f1_than_the_one_that_is_found():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(3)
    probabilities = rng.random((41, 3)).round(1)  # With many ties.
    labels = rng.random((41, 3)) < probabilities
    labels[:, 2] = False
    thresholds = label_sets.best_thresholds(labels, probabilities)
    assert thresholds[2] == 0.5
    for column in range(2):
        scores = [f1_score(labels[:, column], probabilities[:, column] >= cut) for cut in np.arange(0.05, 1, 0.1)]
        found = f1_score(labels[:, column], probabilities[:, column] >= thresholds[column])
        assert found == pytest.approx(max(scores), abs=EXACT)
