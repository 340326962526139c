import dataclasses
import json
import math

import numpy as np
import pytest

from bert_tf.experiments.divergence import (
    SeedRun,
    choose_best,
    describe_runs,
    find_divergence,
    mean_columns,
    read_runs,
    write_runs,
)
from bert_tf.tasks.answers.kinds import KINDS
from tests.report.made_up import ORDERED, decided, made_up_run

NAN = math.nan


def divergence(run, loss=0.7, answers=None, targets=None):
    """What is said of a run, with another loss, other answers or other targets."""
    space = run.task.answers
    outputs = decided(run.answers if answers is None else answers, space)
    return find_divergence(loss, outputs, run.targets if targets is None else targets, space)


def of_seed(seed, score, divergence=""):
    return SeedRun(seed, f"seed-{seed}", {"eval_accuracy": score, "eval_loss": 1 - score}, divergence)


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_run_that_learnt_did_not_diverge(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    assert divergence(run) == ""


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_loss_or_an_answer_that_is_not_finite_is_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    broken = run.answers.copy()
    broken[3, 0] = np.nan
    for loss, answers in ((NAN, run.answers), (math.inf, run.answers), (0.7, broken)):
        assert divergence(run, loss, answers) == "the loss on the dev set is not a finite number"


@pytest.mark.parametrize("kind", KINDS.values())
def test_the_same_answer_for_every_example_is_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    same = np.tile(run.answers[:1], (len(run.answers), 1))
    same[:, 0] += 1e-7 * np.arange(len(same))  # It need not be the same to the last bit.
    assert divergence(run, answers=same) == "it answers the same for every example"


@pytest.mark.parametrize("kind", KINDS.values())
def test_answers_that_have_nothing_to_do_with_the_labels_are_divergence(kind):
    run = made_up_run(kind=kind, labels=ORDERED)
    foreign = np.random.default_rng(4).permutation(run.answers)
    assert divergence(run, answers=foreign).startswith("its answers can't be told from chance (corr")


@pytest.mark.parametrize("kind", KINDS.values())
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
        "its answers can't be told from chance (correlation 0.000)"
    )


def test_the_best_is_the_highest_score_and_the_first_of_equals():
    runs = [of_seed(5, 0.5), of_seed(6, 0.75), of_seed(7, 0.75), of_seed(8, NAN)]
    assert choose_best(runs, "eval_accuracy").seed == 6


def test_a_diverged_run_is_the_best_only_if_all_diverged():
    runs = [of_seed(5, 0.9, "chance"), of_seed(6, 0.5), SeedRun(7, "seed-7", {}, "not finite")]
    assert choose_best(runs, "eval_accuracy").seed == 6
    all_diverged = [dataclasses.replace(run, divergence="chance") for run in runs]
    assert choose_best(all_diverged, "eval_accuracy").seed == 5
    assert choose_best(runs[2:], "eval_accuracy") is None


def test_diverged_runs_are_named_and_counted_and_then_left_out():
    runs = [of_seed(5, 0.5), of_seed(6, 0.75), SeedRun(7, "seed-7", {}, "the loss ran away")]
    assert describe_runs(runs, runs[1], "eval_accuracy") == (
        "eval_accuracy = nan +- nan (0.5 0.75 nan)\n"
        "eval_loss = nan +- nan (0.5 0.25 nan)\n"
        "eval_accuracy of those that did not diverge = 0.625 +- 0.177 (0.5 0.75)\n"
        "eval_loss of those that did not diverge = 0.375 +- 0.177 (0.5 0.25)\n"
        "seeds = 5 6 7\n"
        "diverged = 7 (the loss ran away)\n"
        "best = 6 (eval_accuracy 0.75, in seed-6)\n"
    )
    text = describe_runs(runs[:2], runs[1], "eval_accuracy")
    assert "diverged = none\n" in text
    assert "did not" not in text


def test_what_was_written_of_runs_is_read_again():
    runs = [of_seed(5, 0.5), SeedRun(6, "seed-6", {"eval_accuracy": 0.25, "eval_f1": NAN}, "it ran away")]
    tree = json.loads(write_runs(runs, runs[0], "eval_accuracy"))
    assert (tree["seed"], tree["folder"], tree["metric"]) == (5, "seed-5", "eval_accuracy")
    first, second = read_runs(tree)
    assert first == runs[0]
    assert math.isnan(second.scores["eval_f1"])
    assert (second.seed, second.folder, second.divergence) == (6, "seed-6", "it ran away")


def test_an_ensemble_answers_with_the_mean():
    several = [np.array([[0.25, 0.75]], np.float32), np.array([[0.75, 0.25]], np.float32)]
    several.append(np.array([[0.5, 0.5]], np.float32))
    found = mean_columns([{"probabilities": answers} for answers in several])
    assert list(found) == ["probabilities"]
    assert found["probabilities"].dtype == np.float32
    assert found["probabilities"].tolist() == [[0.5, 0.5]]
