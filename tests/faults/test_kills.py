import pytest

from tests.faults.kills import FLAGS, Plan, divide, make_moments, run
from tests.faults.processes import Moment


# What make test shows of killed processes: test_checkpoints kills a save anywhere, and test_membership workers.
@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", [Moment.SAVING, Moment.EXPORTING])
def test_a_run_that_is_killed_at_any_moment_ends_as_if_nothing_had_happened(tmp_path, moment):
    kills = run(Plan([*FLAGS, "--num_train_epochs=1"], (moment,), seed=1), tmp_path)
    assert sum(kills.values()) == 1


def test_two_thirds_of_the_kills_are_in_training_and_before_the_others():
    moments = make_moments(30, seed=1)
    late = {Moment.EVALUATING, Moment.EXPORTING}
    assert [moment in late for moment in moments] == [False] * 20 + [True] * 10
    assert set(moments) == set(Moment)


def test_a_quarter_of_the_kills_is_for_two_workers_unless_one_of_the_two_is_asked_for():
    assert divide(30, None) == {1: 23, 2: 7}
    assert divide(3, None) == {1: 3}
    assert [divide(8, workers) for workers in (1, 2)] == [{1: 8}, {2: 8}]
