import math

import pytest

from bert_tf.metrics.classes import CLASSIFICATION_METRICS, ORDINAL_METRICS
from bert_tf.metrics.direction import LESS_IS_BETTER, is_better
from bert_tf.metrics.label_sets import MULTI_LABEL_METRICS
from bert_tf.metrics.values import REGRESSION_METRICS


@pytest.mark.parametrize(("name", "better", "worse"), [("accuracy", 0.9, 0.8), ("loss", 0.1, 0.2)])
def test_of_scores_the_greater_is_better_and_of_errors_the_smaller(name, better, worse):
    assert is_better(name, better, worse)
    assert not is_better(name, worse, better)
    assert not is_better(name, better, better)
    assert is_better(name, worse, math.nan)
    assert not is_better(name, math.nan, worse)
    assert not is_better(name, math.nan, math.nan)


def test_every_error_among_the_metrics_is_known_as_one():
    names = {*CLASSIFICATION_METRICS, *ORDINAL_METRICS, *MULTI_LABEL_METRICS, *REGRESSION_METRICS}
    assert {name for name in names if "error" in name or "loss" in name} == LESS_IS_BETTER - {"loss"}
