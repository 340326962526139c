import math

import numpy as np
import pytest

from bert_tf.evaluation.divergence import find_divergence
from bert_tf.tasks.answers.space import SPLITS
from tests.report.made_up import ANSWERS, ORDERED, decided, made_up_run

NAN = math.nan


def divergence(run, loss=0.7, answers=None, targets=None):
    """What is said of a run, with another loss, other answers or other targets."""
    space = run.task.answers
    outputs = decided(run.answers if answers is None else answers, space, run.outputs.get(SPLITS))
    return find_divergence(loss, outputs, run.targets if targets is None else targets, space)


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_run_that_learnt_did_not_diverge(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    assert divergence(run) == ""


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_loss_or_an_answer_that_is_not_finite_is_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    broken = run.answers.copy()
    broken[3, 0] = np.nan
    for loss, answers in ((NAN, run.answers), (math.inf, run.answers), (0.7, broken)):
        assert divergence(run, loss, answers) == "the loss on the dev set is not a finite number"


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_same_answer_for_every_example_is_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    same = np.tile(run.answers[:1], (len(run.answers), 1))
    same[:, 0] += 1e-7 * np.arange(len(same))  # It need not be the same to the last bit.
    assert divergence(run, answers=same) == "it answers the same for every example"


@pytest.mark.parametrize("kind", ANSWERS)
def test_answers_that_have_nothing_to_do_with_the_labels_are_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    foreign = np.random.default_rng(4).permutation(run.answers)
    assert divergence(run, answers=foreign).startswith("its answers can't be told from chance (corr")


@pytest.mark.parametrize("kind", ANSWERS)
def test_where_all_labels_are_the_same_nothing_is_divergence_but_a_loss_that_is_not_finite(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    alike = np.repeat(run.targets[:1], len(run.targets), axis=0)
    assert divergence(run, targets=alike) == ""
    assert divergence(run, NAN, targets=alike) != ""


def test_a_rare_label_may_be_found_at_the_cost_of_accuracy():
    # 20 of 200 have the label; 15 of them are found among 60 that are given it: worse than never giving it, and yet
    # phi = (200 * 15 - 20 * 60) / sqrt(20 * 180 * 60 * 140) = 0.327, above 2 / sqrt(200) = 0.141.
    targets = np.repeat([1, 0], [20, 180])
    given = np.concatenate([np.repeat([1, 0], [15, 5]), np.repeat([1, 0], [45, 135])])
    run = made_up_run()
    assert divergence(run, answers=np.eye(2, dtype=np.float32)[given], targets=targets) == ""
    few = np.concatenate([np.repeat([1, 0], [2, 18]), np.repeat([1, 0], [18, 162])])
    assert divergence(run, answers=np.eye(2, dtype=np.float32)[few], targets=targets) == (
        "its answers can't be told from chance (correlation 0.000, below 0.141; of Matthews, of labels)"
    )
