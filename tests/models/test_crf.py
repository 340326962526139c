"""The likeliest sequence, against enumeration and against a reference in float64."""

import itertools

import numpy as np
import pytest

from bert_tf.models.crf import viterbi


def drawn(seed, batch, length, tags, scale=1.0):
    rng = np.random.default_rng(seed)
    shapes = ((batch, length, tags), (tags, tags), (tags,), (tags,))
    return [(scale * rng.normal(size=shape)).astype(np.float32) for shape in shapes]


def masked(lengths, length):
    return np.arange(length) < np.array(lengths)[:, np.newaxis]


def total(path, emissions, between, start, end):
    """The sum of the scores of a sequence, in float64."""
    scores = start.astype(np.float64)[path[0]] + end.astype(np.float64)[path[-1]]
    scores += sum(float(emissions[place, tag]) for place, tag in enumerate(path))
    return scores + sum(float(between[one, two]) for one, two in itertools.pairwise(path))


@pytest.mark.parametrize("tags", [1, 2, 4])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_it_is_the_best_of_all_sequences(length, tags):
    emissions, between, start, end = drawn(length + tags, 6, length, tags)
    lengths = [0, 1, *np.random.default_rng(length).integers(1, length + 1, 4)]
    paths, scores = viterbi(emissions, masked(lengths, length), between, start, end)
    for row, count in enumerate(lengths):
        if not count:
            assert scores[row] == 0
            continue
        every = itertools.product(range(tags), repeat=int(count))
        best = max(every, key=lambda path: total(path, emissions[row], between, start, end))
        assert tuple(paths[row, :count].numpy()) == best
        assert float(scores[row]) == pytest.approx(total(best, emissions[row], between, start, end), abs=1e-5)


def reference(emissions, between, start, end):
    """The rule with one step after the other, in float64."""
    emissions, between, start, end = (each.astype(np.float64) for each in (emissions, between, start, end))
    scores, origins = start + emissions[0], []
    for step in emissions[1:]:
        through = scores[:, np.newaxis] + between
        origins.append(through.argmax(axis=0))
        scores = through.max(axis=0) + step
    path = [int((scores + end).argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]


def test_long_sequences_are_those_of_a_reference():
    lengths = np.random.default_rng(1).integers(1, 60, 200)
    emissions, between, start, end = drawn(7, 200, 60, 5)
    paths, _ = viterbi(emissions, masked(lengths, 60), between, start, end)
    for row, count in enumerate(lengths):
        assert paths[row, :count].numpy().tolist() == reference(emissions[row, :count], between, start, end)


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_what_is_not_allowed_is_never_chosen_however_likely_it_is(scale):
    emissions, _, start, _ = drawn(3, 50, 30, 3, scale)
    between = np.where(np.eye(3, k=1) + np.eye(3, k=-2), 0.0, -1e6).astype(np.float32)  # Only 0, 1, 2, 0, ...
    paths, _ = viterbi(emissions, masked([30] * 50, 30), between, start, np.zeros(3, np.float32))
    assert (np.diff(paths.numpy(), axis=1) % 3 == 1).all()


def test_no_sequence_and_no_position_are_no_failure():
    emissions, between, start, end = drawn(3, 4, 0, 3)
    paths, scores = viterbi(emissions, masked([0] * 4, 0), between, start, end)
    assert (paths.shape, scores.numpy().tolist()) == ((4, 0), [0.0] * 4)
    paths, scores = viterbi(emissions[:0], masked([0] * 4, 0)[:0], between, start, end)
    assert (paths.shape, scores.shape) == ((0, 0), (0,))
