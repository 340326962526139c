"""When workers ask one another whether to stop: of one worker alone the sum is what it says itself."""

import pytest
import tensorflow as tf

from bert_tf.training.watch.interruption import alone
from bert_tf.training.watch.supervision import Agreement, agreement


class Clock:
    """A clock that stands still unless it is told to continue."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def questions(agree, clock, steps, seconds_a_step):
    """The steps of some at which they ask, as seen from one that wants to stop."""
    asked = []
    for step in steps:
        clock.seconds += seconds_a_step
        asked += [step] if agree(step, True, False) else []
    return asked


@pytest.fixture
def strategy():
    return tf.distribute.OneDeviceStrategy("cpu:0")


@pytest.mark.parametrize(
    ("seconds_a_step", "expected"),
    [(0.001, [1, 11, 21]), (0.25, [1, 5, 9, 13, 17, 21]), (0.9, [*range(1, 25)]), (1e7, [*range(1, 25)])],
)
def test_they_ask_once_a_second_but_at_least_at_every_tenth_step(strategy, seconds_a_step, expected):
    clock = Clock()
    agree = Agreement(strategy, clock)
    assert questions(agree, clock, range(1, 25), seconds_a_step) == expected


def test_they_ask_at_the_end_and_after_going_back(strategy):
    clock = Clock()
    agree = Agreement(strategy, clock)
    assert questions(agree, clock, range(1, 14), 0.0) == [1, 11]
    assert agree(14, True, True)
    assert questions(agree, clock, range(3, 9), 0.0) == [3]
    assert [agree(step, True, False) for step in (12, 13)] == [False, True]


def test_what_came_before_the_first_step_of_a_resumed_run_is_not_taken_for_the_time_of_its_steps(strategy):
    clock = Clock()
    agree = Agreement(strategy, clock)
    clock.seconds += 20.0  # Reading the checkpoint, and tracing: 20 ms for each of the 1000 steps before.
    assert questions(agree, clock, range(1001, 1008), 0.5) == [1001, 1002, 1004, 1006]


def test_nobody_asks_where_there_is_one_worker(strategy):
    assert agreement(strategy) is alone
    assert [alone(step, step == 2, False) for step in (1, 2)] == [False, True]
