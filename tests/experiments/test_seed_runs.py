import dataclasses
import json
import math

import numpy as np

from bert_tf.experiments.seed_runs import SeedRun, choose_best, describe_runs, mean_columns, read_runs, write_runs

NAN = math.nan


def of_seed(seed, score, divergence=""):
    return SeedRun(seed, f"seed-{seed}", {"eval_accuracy": score, "eval_loss": 1 - score}, divergence)


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
