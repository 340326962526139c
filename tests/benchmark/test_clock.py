import random
import time

import pytest

from bert_tf.benchmark.clock import percentile, seconds_of


def test_percentiles_are_of_the_nearest_rank():
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    random.Random(1).shuffle(values)
    # Ranks 0.25, 1.5, 2.0, 2.5, 4.95 and 5 of 5, rounded up.
    expected = {5: 15.0, 30: 20.0, 40: 20.0, 50: 35.0, 99: 50.0, 100: 50.0}
    assert {percent: percentile(values, percent) for percent in expected} == expected


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (99, 99), (100, 99), (101, 100), (1000, 990)])
def test_the_99th_percentile_is_the_largest_of_few(count, expected):
    assert percentile(range(count, 0, -1), 99) == expected


def test_a_call_is_timed_to_its_end():
    slept = []
    seconds = seconds_of(lambda duration: slept.append(time.sleep(duration)), 0.05)
    assert len(slept) == 1
    assert seconds >= 0.05
