import dataclasses
import json
import math

import pytest

from bert_tf import metrics

EXACT = 1e-9


@pytest.fixture(scope="module")
def cases(golden):
    return json.loads((golden / "glue_metrics.json").read_text())["classification"]


def matrix_of(case):
    return metrics.confusion_matrix(case["labels"], case["predictions"], case["num_classes"])


def test_scores_equal_scikit_learn_on_every_case(cases):
    assert len(cases) == 15
    for case in cases:
        if not case["labels"]:
            continue
        matrix, expected = matrix_of(case), case["expected"]
        assert matrix.tolist() == expected["confusion_matrix"], case["name"]
        assert metrics.accuracy(matrix) == pytest.approx(expected["accuracy"], abs=EXACT), case["name"]
        assert metrics.matthews_correlation(matrix) == pytest.approx(expected["mcc"], abs=EXACT), case["name"]
        for name in ("macro", "micro", "weighted"):
            scores = dataclasses.asdict(getattr(metrics, f"{name}_scores")(matrix))
            assert scores == pytest.approx(expected[name], abs=EXACT), (case["name"], name)
        for index, scores in enumerate(metrics.scores_by_class(matrix)):
            wanted = {name: expected["per_class"][name][index] for name in ("precision", "recall", "f1")}
            assert dataclasses.asdict(scores) == pytest.approx(wanted, abs=EXACT), (case["name"], index)


def test_binary_scores_are_those_of_class_1(cases):
    for case in cases:
        if case["num_classes"] == 2 and case["labels"]:
            for name in ("precision", "recall", "f1"):
                value = metrics.CLASSIFICATION_METRICS[name](matrix_of(case))
                assert value == pytest.approx(case["expected"][name], abs=EXACT), case["name"]


def test_without_examples_there_is_no_accuracy():
    empty = metrics.confusion_matrix([], [], 2)
    assert math.isnan(metrics.accuracy(empty))
    assert math.isnan(metrics.matthews_correlation(empty))
