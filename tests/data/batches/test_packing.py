import numpy as np
import pytest

from bert_tf.data.batches.packing import RowShape, choose_rows, pack

RNG = np.random.default_rng(5)


def test_examples_fill_the_rows_without_gap():
    starts, rows = pack(np.array([3, 5, 2, 4, 6]), RowShape(2, 10))
    assert rows == 2
    # By hand: 6 to row 0, 5 to row 1, 4 to row 0, 3 and 2 to row 1.
    assert starts.tolist() == [15, 10, 18, 6, 0]


def test_rows_are_added_where_they_do_not_suffice():
    starts, rows = pack(np.array([7, 7, 7]), RowShape(1, 10))
    assert rows == 3
    assert sorted(starts.tolist()) == [0, 10, 20]


@pytest.mark.parametrize("longest", [12, 40, 120])
def test_chosen_rows_hold_almost_all_parts_and_little_else(longest):
    parts = [RNG.integers(3, longest, 32) for _ in range(200)]
    shape = choose_rows(parts, 128)
    assert longest - 1 <= shape.length <= 128
    assert np.mean([pack(part, shape)[1] == shape.rows for part in parts]) > 0.95
    most = max(part.sum() for part in parts)
    assert shape.rows * shape.length < 1.2 * most


def test_rows_that_are_full_stay_as_they_are():
    assert choose_rows([np.full(16, 128)] * 5, 128) == RowShape(16, 128)
