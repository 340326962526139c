import math
from json import dumps, loads

import pytest

from bert_tf.metrics.direction import is_better
from bert_tf.training.stopping import Standing


def standing_after(values, patience):
    standing = Standing()
    for step, value in enumerate(values, start=1):
        best = is_better("accuracy", value, standing.best_value)
        standing = standing.after(step * 10, value, patience, is_best=best)
    return standing


@pytest.mark.parametrize(
    ("values", "patience", "best_step", "stopped"),
    [
        ([0.1], 1, 10, False),
        ([0.1, 0.2, 0.3], 1, 30, False),
        ([0.3, 0.2], 1, 10, True),
        ([0.3, 0.3], 1, 10, True),
        ([0.3, 0.2, 0.1], 3, 10, False),
        ([0.3, 0.2, 0.4, 0.1, 0.1], 2, 30, True),
        ([0.3, 0.2, 0.1, 0.0], 0, 10, False),
        ([math.nan, 0.1], 1, 20, False),
        ([0.1, math.nan], 1, 10, True),
    ],
)
def test_patience_counts_evaluations_without_improvement(values, patience, best_step, stopped):
    standing = standing_after(values, patience)
    assert (standing.best_step, standing.stopped) == (best_step, stopped)


@pytest.mark.parametrize("values", [[], [0.25], [0.5, 0.125], [0.5, 0.1, 0.1]])
@pytest.mark.parametrize(
    "again", [lambda it: Standing.from_state(it.to_state()), lambda it: Standing.from_json(loads(dumps(it.to_json())))]
)
def test_reading_what_was_written_gives_the_same_standing(values, again):
    standing = standing_after(values, 2)
    again = again(standing)
    assert (again.best_step, again.without_improvement, again.stopped) == (
        standing.best_step,
        standing.without_improvement,
        standing.stopped,
    )
    assert again.best_value == standing.best_value or math.isnan(standing.best_value)


@pytest.mark.parametrize("values", [[], [0.3], [0.3, 0.2, 0.1], [0.1, 0.2], [math.nan, math.nan], [0.1, 0.3, 0.2]])
def test_the_step_of_the_last_evaluation_is_known(values):
    assert standing_after(values, 0).evaluated_step(10) == 10 * len(values)
