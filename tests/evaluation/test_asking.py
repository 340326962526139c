import itertools
import threading
import time

import numpy as np
import pytest

from bert_tf.evaluation.asking import Room, Sizes, answer_in_batches, batches_of_like_length


def sizes(longest, rows=None):
    longest = np.array(longest)
    return Sizes(np.ones_like(longest) if rows is None else np.array(rows), longest, np.zeros(len(longest), bool))


def test_batches_hold_every_text_once_the_longest_first_and_no_more_than_there_is_room_for():
    generator = np.random.default_rng(0)
    longest, rows = generator.integers(3, 40, 500), generator.integers(1, 4, 500)
    batches = list(batches_of_like_length(sizes(longest, rows), Room(4, 40)))
    assert sorted(np.concatenate(batches)) == list(range(500))
    for batch in batches:
        assert rows[batch].sum() * longest[batch].max() <= 160
    tops = [longest[batch].max() for batch in batches]
    assert tops == sorted(tops, reverse=True)
    for batch, following in itertools.pairwise(batches):  # None could have had one more.
        assert (rows[batch].sum() + rows[following[0]]) * longest[batch].max() > 160


def test_a_text_that_has_no_room_is_a_batch_of_its_own_and_texts_of_nothing_are_one():
    batches = list(batches_of_like_length(sizes([4, 5, 0, 0], [1, 9, 0, 0]), Room(2, 4)))
    assert [batch.tolist() for batch in batches] == [[1], [0, 2, 3]]


def test_there_is_room_for_what_is_asked_for_unless_less_is_faster():
    assert Room(8, 128).pieces == Room(8, 128, most_pieces=4096).pieces == 1024
    assert Room(1000, 128, most_pieces=4096).pieces == 4096
    assert Room(10**30, 128).pieces == 2**31 - 1  # What numbers of 32 bits count.
    assert [Room(size, 8).texts for size in (1, 8, 1000)] == [64, 512, 4096]


@pytest.mark.parametrize("at_a_time", [1, 2])
def test_answers_come_in_the_order_of_the_texts_whichever_batch_is_ready_first(at_a_time):
    lengths, asked, told = np.array([3, 9, 5, 9, 1, 2, 7]), [], []

    def ask(indices):
        time.sleep(0.01 * lengths[indices].min())
        asked.append(indices.tolist())
        return [f"answer {index}" for index in indices]

    found = answer_in_batches(list(batches_of_like_length(sizes(lengths), Room(2, 9))), at_a_time, ask, told.append)
    assert found == [f"answer {index}" for index in range(7)]
    assert sorted(map(tuple, asked)) == [(0, 5, 4), (1, 3), (6, 2)]
    assert told == [2, 4, 7]


def test_one_batch_is_asked_in_the_same_thread_and_nothing_is_not_asked():
    def never():
        raise AssertionError

    assert answer_in_batches([], 2, never) == []
    main = threading.get_ident()
    assert answer_in_batches([np.arange(4)], 2, lambda indices: [threading.get_ident()] * len(indices)) == [main] * 4


def test_what_goes_wrong_in_a_batch_is_raised():
    def ask(indices):
        if 0 in indices:
            raise ValueError("no")
        return list(indices)

    with pytest.raises(ValueError, match="no"):
        answer_in_batches([np.array([index]) for index in range(9)], 2, ask)
