import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as peer

from bert_tf.report.statistics import value_statistics
from bert_tf.report.statistics.bootstrap import resampled_counts


def made_up(examples=47, decimals=9):
    generator = np.random.default_rng(5)
    values = generator.uniform(0, 5, examples).round(decimals)
    return values, (values + generator.normal(size=examples)).round(decimals)


def expected_scores(values, predictions):
    """The same by other libraries."""
    return {
        "pearson": stats.pearsonr(values, predictions).statistic,
        "spearman": stats.spearmanr(values, predictions).statistic,
        "mean_squared_error": peer.mean_squared_error(values, predictions),
        "mean_absolute_error": peer.mean_absolute_error(values, predictions),
        "root_mean_squared_error": peer.root_mean_squared_error(values, predictions),
        "mean_error": np.mean(predictions - values),
        "explained": peer.r2_score(values, predictions),
    }


@pytest.mark.parametrize("decimals", [0, 9], ids=["ties", "no ties"])
def test_every_sample_has_the_scores_that_its_rows_have_by_other_libraries(decimals):
    values, predictions = made_up(decimals=decimals)
    counts = np.concatenate([np.ones((1, len(values))), *resampled_counts(len(values), 1, 5)])
    found = value_statistics.weighted_value_scores(values, predictions, counts)
    for index, often in enumerate(counts.astype(int)):
        expected = expected_scores(np.repeat(values, often), np.repeat(predictions, often))
        assert {name: scores[index] for name, scores in found.items()} == pytest.approx(expected)


def test_a_combined_score_is_the_mean_of_its_parts():
    values, predictions = made_up()
    counts = np.ones((1, len(values)))
    found = value_statistics.weighted_value_scores(values, predictions, counts, ("pearson", "spearman"))
    expected = expected_scores(values, predictions)
    assert found["combined_score"] == pytest.approx((expected["pearson"] + expected["spearman"]) / 2)


def test_a_sample_of_one_value_has_no_correlation_and_no_variance_to_explain():
    values, predictions = np.array([0.1, 0.1, 0.7]), np.array([0.3, 0.2, 0.9])
    counts = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0]])
    found = value_statistics.weighted_value_scores(values, predictions, counts)
    for name in ("pearson", "spearman", "explained"):
        assert np.isnan(found[name]).tolist() == [True, True, False], name
    assert found["mean_absolute_error"] == pytest.approx([0.4 / 3, 0.2, 0.5 / 3])


def test_errors_are_told_by_the_part_of_the_range_that_the_value_is_in():
    values, predictions = np.array([0.0, 0.9, 1.0, 4.0, 4.5]), np.array([1.0, 0.4, 1.0, 3.0, 4.0])
    first, second, third, last = value_statistics.errors_by_range(values, predictions, (0.0, 4.0), 4)
    assert (first.examples, first.mean_error, first.mean_absolute_error) == (2, 0.25, 0.75)
    assert (second.low, second.high, second.examples, second.mean_error) == (1.0, 2.0, 1, 0.0)
    assert third.examples == 0
    assert np.isnan(third.mean_error)
    assert (last.examples, last.mean_error) == (2, -0.75)
