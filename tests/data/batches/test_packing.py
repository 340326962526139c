import numpy as np
import pytest

from bert_tf.data.batches.packing import RowShape, choose_rows, deal, pack, place

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
    (shape,) = choose_rows(parts, 128)
    assert longest - 1 <= shape.length <= 2 * 128
    assert np.mean([pack(part, shape)[1] == shape.rows for part in parts]) > 0.95
    most = max(part.sum() for part in parts)
    assert shape.rows * shape.length < 1.2 * most


def test_rows_that_are_full_stay_as_they_are():
    assert choose_rows([np.full(16, 128)] * 5, 128) == (RowShape(16, 128),)


def test_few_long_examples_do_not_make_all_rows_their_length():
    """A batch has 518 pieces, and one example in forty is 128 long: five rows of 128 would be a fifth empty."""
    lengths = np.array([128, *[10] * 39] * 50)
    parts = [lengths[group] for group in deal(np.arange(len(lengths)), lengths, 50)]
    assert {part.sum() for part in parts} == {518}
    (shape,) = choose_rows(parts, 128)
    assert shape.rows * shape.length < 1.08 * 518


def test_parts_without_a_long_example_get_rows_of_their_own():
    """One part of ten has an example of 120 pieces, the others have none over 20."""
    usual, rare = np.repeat([20, 15, 10, 5], 8), np.array([120, *[10] * 28])
    for_most, for_rest = choose_rows(([usual] * 9 + [rare]) * 10, 128)
    assert for_most.length < 64
    assert for_most.rows * for_most.length < 1.05 * usual.sum()
    assert for_rest.length >= 120
    assert place([usual, usual], (for_most, for_rest))[0] == for_most
    for shares in ([rare, usual], [usual, rare]):
        shape, starts = place(shares, (for_most, for_rest))
        assert shape == for_rest
        for share, begins in zip(shares, starts, strict=True):
            assert (begins // shape.length == (begins + share - 1) // shape.length).all()  # Each within one row.
            assert (begins < shape.rows * shape.length).all()


def test_parts_that_need_more_of_the_first_rows_get_the_second():
    """Four of 6 pieces are short enough for rows of 6, but there are three; a fourth would be a shape of its own."""
    shape, (starts,) = place([np.full(4, 6)], (RowShape(3, 6), RowShape(2, 12)))
    assert shape == RowShape(2, 12)
    assert sorted(starts.tolist()) == [0, 6, 12, 18]


def test_what_fits_into_no_rows_gets_more_of_the_last_ones():
    shape, (starts,) = place([np.array([7, 7, 7])], (RowShape(5, 6), RowShape(2, 10)))
    assert shape == RowShape(3, 10)
    assert sorted(starts.tolist()) == [0, 10, 20]


def test_the_longest_of_a_round_goes_to_the_group_that_has_least():
    lengths = np.array([1, 9, 3, 2, 5, 4, 2, 3])
    # By hand: 9, 5, 4, 3 one each; then 3 to where 3 are, 2 to where 4 are, 2 to where 5 are, 1 to where 9 are.
    assert [lengths[group].tolist() for group in deal(np.arange(8), lengths, 4)] == [[9, 1], [5, 2], [4, 2], [3, 3]]


@pytest.mark.parametrize("count", [1, 7, 50])
@pytest.mark.parametrize("examples", [50, 1601])
def test_dealt_groups_have_equally_many_examples_and_nearly_equally_many_pieces(examples, count):
    generator = np.random.default_rng(1)
    lengths = np.minimum(generator.geometric(0.08, 2000) + 2, 128)
    chosen = generator.permutation(2000)[:examples]
    groups = deal(chosen, lengths, count)
    assert sorted(np.concatenate(groups).tolist()) == sorted(chosen.tolist())
    sizes = [len(group) for group in groups]
    assert max(sizes) - min(sizes) <= 1
    if examples == 1601:  # Of 32 examples each, the last of which has few pieces.
        totals = [lengths[group].sum() for group in groups]
        assert max(totals) - min(totals) <= 0.12 * np.mean(totals)  # One example may be so long that nothing evens it.
