import numpy as np
import pytest

from bert_tf.data.batching import Batching, TrainingPlan, evaluation_batches

RNG = np.random.default_rng(3)
LENGTHS = RNG.integers(3, 40, 101)


def plan(batching=Batching.BUCKETED, seed=1, batch_size=7, lengths=LENGTHS):
    return TrainingPlan(lengths, batch_size, 50, batching, seed)


def examples_of(batches):
    return np.concatenate([batch.indices for batch in batches])


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize(("count", "batch_size"), [(101, 7), (96, 8), (5, 7), (3, 3), (1, 4), (5000, 3)])
def test_every_example_occurs_once_an_epoch(batching, count, batch_size):
    lengths = RNG.integers(3, 40, count)
    # As many steps as the set has examples are whole epochs, `batch_size` of them.
    batches = list(plan(batching, batch_size=batch_size, lengths=lengths).batches(0, count))
    assert all(len(batch.indices) == batch_size for batch in batches)
    assert np.bincount(examples_of(batches), minlength=count).tolist() == [batch_size] * count


@pytest.mark.parametrize("batching", Batching)
def test_copies_of_an_example_do_not_meet(batching):
    lengths = np.arange(1000)  # All lengths differ, so the order by length is a total one.
    batches = list(plan(batching, lengths=lengths, batch_size=30).batches(0, 330))
    repeated = sum(len(batch.indices) - len(set(batch.indices.tolist())) for batch in batches)
    # A batch at the border of two epochs may hold a few twice, whatever the batching.
    assert repeated <= 10 * 3


def test_without_bucketing_each_epoch_is_a_permutation():
    stream = examples_of(plan(Batching.PADDED).batches(0, 101))[: 7 * 101].reshape(7, 101)
    assert all(sorted(epoch) == list(range(101)) for epoch in stream.tolist())
    assert len({tuple(epoch) for epoch in stream.tolist()}) == 7


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("first", [0, 1, 63, 64, 65, 200])
def test_a_run_that_begins_later_sees_the_same_batches(batching, first):
    whole = list(plan(batching).batches(0, 260))
    rest = list(plan(batching).batches(first, 260))
    assert [batch.indices.tolist() for batch in rest] == [batch.indices.tolist() for batch in whole[first:]]
    assert plan(batching).batch(first).indices.tolist() == whole[first].indices.tolist()


def test_the_seed_decides_the_order():
    first, again, other = (examples_of(plan(seed=seed).batches(0, 20)).tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_batches_are_padded_to_their_longest_row_or_to_the_limit():
    for batch in plan().batches(0, 50):
        assert batch.length == LENGTHS[batch.indices].max()
    assert {batch.length for batch in plan(Batching.PADDED).batches(0, 50)} == {50}


def test_bucketing_leaves_little_padding():
    lengths = RNG.integers(3, 100, 5000)
    batches = list(plan(lengths=lengths, batch_size=32).batches(0, 640))
    useful = sum(lengths[batch.indices].sum() for batch in batches)
    assert useful / sum(len(batch.indices) * batch.length for batch in batches) > 0.95


@pytest.mark.parametrize("batching", Batching)
def test_a_set_smaller_than_a_batch_fills_it_by_repeating(batching):
    (batch,) = plan(batching, lengths=LENGTHS[:3]).batches(0, 1)
    assert len(batch.indices) == 7
    assert sorted(np.bincount(batch.indices).tolist()) == [2, 2, 3]


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize(("multiple", "filling"), [(1, 0), (2, 1), (8, 3)])
def test_evaluation_sees_every_example_once(batching, multiple, filling):
    batches = list(evaluation_batches(LENGTHS, 8, 50, batching, multiple))
    indices = examples_of(batches)
    assert sorted(indices[indices >= 0].tolist()) == list(range(101))
    assert np.count_nonzero(indices < 0) == filling
    assert all(len(batch.indices) % multiple == 0 for batch in batches)
