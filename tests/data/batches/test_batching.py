import numpy as np
import pytest

from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.batches.evaluation import evaluation_batches

RNG = np.random.default_rng(3)
LENGTHS = RNG.integers(3, 40, 101)


def plan(batching=Batching.BUCKETED, seed=1, batch_size=7, lengths=LENGTHS, **more):
    return TrainingPlan(lengths, batch_size, 50, batching, seed, **more)


def examples_of(batches):
    return np.concatenate([batch.examples for batch in batches])


def useful_share(batches, lengths):
    slots = sum(len(batch.indices) * batch.rows * batch.length for batch in batches)
    return sum(lengths[batch.examples].sum() for batch in batches) / slots


def assert_nothing_overlaps(batch, lengths):
    """Every example lies in one row of its part, and no two share a place."""
    for indices, starts in zip(batch.indices, batch.starts, strict=True):
        taken = np.zeros((batch.rows, batch.length), int)
        for index, start in zip(indices, starts, strict=True):
            if index >= 0:
                row, column = divmod(start, batch.length)
                assert column + lengths[index] <= batch.length
                taken[row, column : column + lengths[index]] += 1
        assert taken.max() <= 1


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize(("count", "batch_size"), [(101, 7), (96, 8), (5, 7), (3, 3), (1, 4), (5000, 3)])
def test_every_example_occurs_once_an_epoch(batching, count, batch_size):
    lengths = RNG.integers(3, 40, count)
    # As many steps as the set has examples are whole epochs, `batch_size` of them.
    batches = list(plan(batching, batch_size=batch_size, lengths=lengths).batches(0, count))
    assert all(len(batch.examples) == batch_size for batch in batches)
    assert np.bincount(examples_of(batches), minlength=count).tolist() == [batch_size] * count


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("tokens", [150, 333, 10000])
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_every_example_occurs_once_an_epoch_if_pieces_are_bounded(batching, tokens, parts):
    bounded = plan(batching, tokens_per_batch=tokens, parts=parts)
    batches = list(bounded.batches(0, bounded.count_steps(3)))
    assert np.bincount(examples_of(batches), minlength=101).tolist() == [3] * 101
    assert max(parts * batch.rows * batch.length for batch in batches) <= tokens


@pytest.mark.parametrize("high", [40, 66, 128])
def test_packed_rows_are_filled_if_pieces_are_bounded(high):
    lengths = RNG.integers(3, high, 3000)
    bounded = TrainingPlan(lengths, 1, 128, Batching.PACKED, 1, tokens_per_batch=4096)
    assert useful_share(list(bounded.batches(0, bounded.count_steps(1) - 1)), lengths) > 0.9


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("tokens", [0, 400])
def test_examples_in_a_batch_do_not_overlap(batching, parts, tokens):
    for batch in plan(batching, parts=parts, tokens_per_batch=tokens).batches(0, 40):
        assert batch.indices.shape == batch.starts.shape
        assert len(batch.indices) == parts
        sizes = (batch.indices >= 0).sum(axis=1)
        assert sizes.max() - sizes.min() <= 1
        assert_nothing_overlaps(batch, LENGTHS)


@pytest.mark.parametrize("batching", Batching)
def test_copies_of_an_example_do_not_meet(batching):
    lengths = 3 + np.arange(1000) % 47
    batches = list(plan(batching, lengths=lengths, batch_size=30).batches(0, 330))
    repeated = sum(len(batch.examples) - len(set(batch.examples.tolist())) for batch in batches)
    # A batch at the border of two epochs may hold a few twice, whatever the batching.
    assert repeated <= 10 * 3


def test_without_bucketing_each_epoch_is_a_permutation():
    stream = examples_of(plan(Batching.PADDED).batches(0, 101))[: 7 * 101].reshape(7, 101)
    assert all(sorted(epoch) == list(range(101)) for epoch in stream.tolist())
    assert len({tuple(epoch) for epoch in stream.tolist()}) == 7


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("first", [0, 1, 63, 64, 65, 200])
@pytest.mark.parametrize("tokens", [0, 90])
def test_a_run_that_begins_later_sees_the_same_batches(batching, first, tokens):
    whole = list(plan(batching, tokens_per_batch=tokens).batches(0, 260))
    rest = list(plan(batching, tokens_per_batch=tokens).batches(first, 260))
    assert [batch.indices.tolist() for batch in rest] == [batch.indices.tolist() for batch in whole[first:]]
    assert [batch.starts.tolist() for batch in rest] == [batch.starts.tolist() for batch in whole[first:]]
    one = plan(batching, tokens_per_batch=tokens).batch(first)
    assert one.indices.tolist() == whole[first].indices.tolist()


def test_the_seed_decides_the_order():
    first, again, other = (examples_of(plan(seed=seed).batches(0, 20)).tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_batches_are_padded_to_their_longest_row_or_to_the_limit():
    for batch in plan().batches(0, 50):
        assert batch.length == LENGTHS[batch.examples].max()
    assert {batch.length for batch in plan(Batching.PADDED).batches(0, 50)} == {50}


@pytest.mark.parametrize("batching", [Batching.BUCKETED, Batching.PACKED])
def test_bucketing_and_packing_leave_little_padding(batching):
    lengths = RNG.integers(3, 50, 5000)
    batches = list(plan(batching, lengths=lengths, batch_size=32).batches(0, 640))
    assert useful_share(batches, lengths) > 0.95


def test_almost_all_packed_batches_have_one_shape():
    lengths = RNG.integers(3, 40, 5000)
    batches = list(plan(Batching.PACKED, lengths=lengths, batch_size=32).batches(0, 640))
    shapes = [(batch.rows, batch.length, batch.indices.shape) for batch in batches]
    assert max(map(shapes.count, set(shapes))) > 0.95 * len(shapes)


@pytest.mark.parametrize("batching", Batching)
def test_a_set_smaller_than_a_batch_fills_it_by_repeating(batching):
    (batch,) = plan(batching, lengths=LENGTHS[:3]).batches(0, 1)
    assert sorted(np.bincount(batch.examples).tolist()) == [2, 2, 3]


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("parts", [1, 2, 3, 8])
@pytest.mark.parametrize("fixed_size", [True, False])
def test_evaluation_sees_every_example_once(batching, parts, fixed_size):
    batches = list(evaluation_batches(LENGTHS, 8, 50, batching, parts, fixed_size=fixed_size))
    assert sorted(examples_of(batches).tolist()) == list(range(101))
    assert len(batches) == 13
    for batch in batches:
        assert_nothing_overlaps(batch, LENGTHS)
        assert not fixed_size or batch.indices.shape == (parts, -(-8 // parts))
