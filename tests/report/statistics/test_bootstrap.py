import numpy as np
import pytest
from scipy import stats

from bert_tf.report.statistics import bootstrap


def test_many_cells_are_drawn_in_pieces_of_the_same_total():
    counts = np.ones(900, np.int64)
    for width, sizes in ((0, [5]), (900_000, [2, 2, 1])):
        pieces = list(bootstrap.resampled_cells(counts, 1, width, 5))
        assert [len(piece) for piece in pieces] == sizes
        assert all((piece.sum(axis=1) == 900).all() for piece in pieces)


def test_many_intervals_at_once_are_those_of_each():
    drawn = np.random.default_rng(2).random((50, 3))
    found = bootstrap.interval_of_each(drawn[0], drawn)
    assert found == [bootstrap.interval(drawn[0, index], drawn[:, index]) for index in range(3)]


def test_many_examples_are_drawn_in_pieces_of_the_same_total():
    pieces = list(bootstrap.resampled_counts(900_000, 1, 5))
    assert [piece.shape for piece in pieces] == [(2, 900_000), (2, 900_000), (1, 900_000)]
    assert all((piece.sum(axis=1) == 900_000).all() for piece in pieces)


def test_an_example_is_drawn_as_often_as_with_replacement():
    (counts,) = bootstrap.resampled_counts(7, 1, 4000)
    shares = np.bincount(counts[:, 3].astype(int), minlength=8) / 4000
    np.testing.assert_allclose(shares, stats.binom.pmf(range(8), 7, 1 / 7), atol=0.03)


def test_the_interval_of_a_share_has_the_quantiles_of_a_binomial():
    is_right = np.arange(203) % 4 > 0
    scores = bootstrap.count_intervals(lambda counts: {"share": counts @ is_right / 203}, 203, 1, 20_000)
    expected = stats.binom.ppf([0.025, 0.975], 203, is_right.mean()) / 203
    assert scores["share"].value == is_right.mean()
    assert (scores["share"].low, scores["share"].high) == pytest.approx(expected, abs=1.01 / 203)


def test_samples_without_a_score_are_left_out():
    assert bootstrap.interval(0.5, np.array([np.nan, 0.25, 0.25])) == bootstrap.Interval(0.5, 0.25, 0.25)
    assert np.isnan(bootstrap.interval(np.nan, np.array([np.nan])).low)
