import itertools
import threading
import time

import numpy as np
import pytest

from bert_tf.evaluation.asking import Room, answer_in_batches, batches_of_like_length


def test_batches_hold_every_text_once_the_longest_first_and_no_more_than_there_is_room_for():
    generator = np.random.default_rng(0)
    longest, rows = generator.integers(3, 40, 500), generator.integers(1, 4, 500)
    batches = list(batches_of_like_length(rows, longest, room=160))
    assert sorted(np.concatenate(batches)) == list(range(500))
    for batch in batches:
        assert rows[batch].sum() * longest[batch].max() <= 160
    tops = [longest[batch].max() for batch in batches]
    assert tops == sorted(tops, reverse=True)
    for batch, following in itertools.pairwise(batches):  # None could have had one more.
        assert (rows[batch].sum() + rows[following[0]]) * longest[batch].max() > 160


def test_a_text_that_has_no_room_is_a_batch_of_its_own_and_texts_of_nothing_are_one():
    batches = list(batches_of_like_length(np.array([1, 9, 0, 0]), np.array([4, 5, 0, 0]), room=8))
    assert [batch.tolist() for batch in batches] == [[1], [0, 2, 3]]


@pytest.mark.parametrize("at_a_time", [1, 2])
def test_answers_come_in_the_order_of_the_texts_whichever_batch_is_ready_first(at_a_time):
    lengths, asked, told = np.array([3, 9, 5, 9, 1, 2, 7]), [], []

    def ask(indices):
        time.sleep(0.01 * lengths[indices].min())
        asked.append(indices.tolist())
        return [f"answer {index}" for index in indices]

    room = Room(size=2, max_length=9, batches=at_a_time)
    found = answer_in_batches(7, room, lambda: (np.ones(7, int), lengths), ask, told.append)
    assert found == [f"answer {index}" for index in range(7)]
    assert sorted(map(tuple, asked)) == [(0, 5, 4), (1, 3), (6, 2)]
    assert told == [2, 4, 7]


def test_one_batch_is_asked_at_once_and_nothing_is_not_asked():
    def never():
        raise AssertionError

    assert answer_in_batches(0, Room(4, 8), never, never) == []
    main = threading.get_ident()
    assert answer_in_batches(4, Room(4, 8), never, lambda indices: [threading.get_ident()] * len(indices)) == [main] * 4


def test_what_goes_wrong_in_a_batch_is_raised():
    def ask(indices):
        if 0 in indices:
            raise ValueError("no")
        return list(indices)

    with pytest.raises(ValueError, match="no"):
        answer_in_batches(9, Room(1, 9, batches=2), lambda: (np.ones(9, int), np.arange(9)), ask)
