"""Rows that are taken as a whole: each once an epoch, all of an example in one part, behind one another."""

import numpy as np
import pytest

from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.batches.evaluation import evaluation_batches
from bert_tf.data.batches.units import Units

RNG = np.random.default_rng(8)
COUNTS = RNG.integers(2, 11, 60)
SPLITS = np.concatenate([[0], np.cumsum(COUNTS)])
LENGTHS = RNG.integers(4, 17, SPLITS[-1])
EXAMPLES = np.repeat(np.arange(60), COUNTS)


def check_whole(batch):
    """Every part has whole examples only, and no two rows overlap."""
    for indices, starts in zip(batch.indices, batch.starts, strict=True):
        rows = indices[indices >= 0]
        assert (indices[: len(rows)] >= 0).all()  # What fills up is behind.
        seen = list(dict.fromkeys(EXAMPLES[rows].tolist()))
        expected = [row for example in seen for row in range(SPLITS[example], SPLITS[example + 1])]
        assert rows.tolist() == expected
        begins_and_rows = zip(starts, rows, strict=False)
        positions = np.array([start + place for start, row in begins_and_rows for place in range(LENGTHS[row])])
        assert len(np.unique(positions)) == len(positions)
        assert (positions < batch.rows * batch.length).all()
    assert batch.length <= (2 * 16 if batch.is_packed else 16)


@pytest.mark.parametrize("parts", [1, 2, 4])
@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("tokens", [0, 900])
def test_an_epoch_has_every_example_once_and_whole(batching, parts, tokens):
    plan = TrainingPlan(LENGTHS, 12, 16, batching, 5, parts, tokens, SPLITS)
    steps = plan.count_steps(1.0)
    batches = list(plan.batches(0, steps))
    for batch in batches:
        check_whole(batch)
        if tokens:
            assert batch.rows * batch.length * parts <= tokens
        else:
            assert len(np.unique(EXAMPLES[batch.examples])) == 12
    assert np.sort(np.concatenate([batch.examples for batch in batches])).tolist() == list(range(len(LENGTHS)))
    assert [batch.indices.tolist() for batch in plan.batches(3, steps)] == [
        batch.indices.tolist() for batch in batches[3:]
    ]


def test_a_bound_on_pieces_leaves_room_for_the_largest_example_alone():
    lengths, splits = np.array([10, 10, 10, 10, 3, 3]), np.array([0, 4, 6])
    for batching in Batching:
        plan = TrainingPlan(lengths, 1, 16 if batching is not Batching.PADDED else 10, batching, 5, 1, 40, splits)
        rows = np.concatenate([batch.examples for batch in plan.batches(0, plan.count_steps(1.0))])
        assert sorted(rows.tolist()) == list(range(6))


@pytest.mark.parametrize("fixed_size", [False, True])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("batching", Batching)
def test_an_evaluation_has_every_example_once_and_whole(batching, parts, fixed_size):
    batches = list(evaluation_batches(LENGTHS, 7, 16, batching, parts, fixed_size=fixed_size, splits=SPLITS))
    assert len(batches) == 9  # 60 examples by 7.
    for batch in batches:
        if (batch.indices >= 0).any(axis=1).all():
            check_whole(batch)
    assert np.sort(np.concatenate([batch.examples for batch in batches])).tolist() == list(range(len(LENGTHS)))
    if fixed_size:
        assert len({batch.indices.shape for batch in batches}) == 1


def test_padded_batches_have_one_shape_although_counts_differ():
    plan = TrainingPlan(LENGTHS, 12, 16, Batching.PADDED, 5, 2, 0, SPLITS)
    assert {(batch.indices.shape, batch.rows, batch.length) for batch in plan.batches(0, 8)} == {
        ((2, 6 * COUNTS.max()), 6 * COUNTS.max(), 16)
    }


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("tokens", [0, 200])
def test_without_units_the_plan_is_that_of_units_of_one_row(batching, tokens):
    alone = np.arange(len(LENGTHS) + 1)
    plain = TrainingPlan(LENGTHS, 12, 16, batching, 5, 2, tokens)
    same = TrainingPlan(LENGTHS, 12, 16, batching, 5, 2, tokens, alone)
    for one, other in zip(plain.batches(0, 9), same.batches(0, 9), strict=True):
        assert one.indices.tolist() == other.indices.tolist()
        assert one.starts.tolist() == other.starts.tolist()
        assert (one.rows, one.length) == (other.rows, other.length)


def test_units_know_their_rows():
    units = Units(np.array([3, 5, 2, 7]), np.array([0, 1, 4]))
    assert (len(units), units.most_rows) == (2, 3)
    assert (units.pieces.tolist(), units.longest.tolist()) == ([3, 14], [3, 7])
    assert units.rows(np.array([1, 0, 1])).tolist() == [1, 2, 3, 0, 1, 2, 3]
