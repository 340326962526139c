import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.evaluation import answers
from bert_tf.tasks.custom import CUSTOM, METRICS
from bert_tf.tasks.objectives.objective import OBJECTIVES
from bert_tf.tasks.task import Kind

EXAMPLES, LABELS = 61, ("a", "b", "c", "d")
COLUMNS = {Kind.CLASSIFICATION: 4, Kind.REGRESSION: 1, Kind.MULTI_LABEL: 4, Kind.ORDINAL: 3}


def made_up(kind):
    """A task with logits and targets."""
    generator = np.random.default_rng(9)
    task = dataclasses.replace(CUSTOM, kind=kind, labels=LABELS, metrics=METRICS[kind])
    if kind is Kind.REGRESSION:
        task = dataclasses.replace(task, labels=(), value_range=(-3.0, 7.0), combined=("pearson", "spearman"))
    if kind is Kind.MULTI_LABEL:
        task = dataclasses.replace(task, thresholds=(0.3, 0.5, 0.7, 0.2))
    logits = generator.normal(size=(EXAMPLES, COLUMNS[kind])).astype(np.float32)
    targets = {
        Kind.REGRESSION: generator.random(EXAMPLES).astype(np.float32),
        Kind.MULTI_LABEL: (generator.random((EXAMPLES, 4)) < 0.4).astype(np.float32),
    }.get(kind, generator.integers(0, 4, EXAMPLES).astype(np.int32))
    return task, logits, targets


@pytest.mark.parametrize("kind", Kind)
def test_answers_have_the_scores_that_their_logits_have(kind):
    task, logits, targets = made_up(kind)
    objective = OBJECTIVES[kind]
    found = answers.score_answers(objective.answers(tf.constant(logits), task).numpy(), targets, task)
    expected = objective.scores(logits, targets, task)
    if task.combined:
        expected["combined_score"] = (expected["pearson"] + expected["spearman"]) / 2
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", answers.LABEL_PLACES)
def test_labels_are_those_that_are_served(kind):
    task, logits, _ = made_up(kind)
    given = OBJECTIVES[kind].answers(tf.constant(logits), task)
    served = OBJECTIVES[kind].choose(given, task)["label"].numpy()
    places = answers.LABEL_PLACES[kind](given.numpy())
    assert [LABELS[place].encode() for place in places] == served.tolist()


def test_the_median_need_not_be_the_likeliest():
    # Half of the probability is reached in the second place, though the first is the likeliest by itself.
    probabilities = np.array([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2], [0.1, 0.3, 0.6]])
    assert answers.middle_places(probabilities).tolist() == [1, 0, 2]
    assert answers.likeliest_places(probabilities).tolist() == [0, 0, 2]


def test_labels_without_thresholds_are_chosen_from_a_half_on():
    task = dataclasses.replace(CUSTOM, kind=Kind.MULTI_LABEL, labels=("a", "b"))
    assert answers.chosen_labels(np.array([[0.5, 0.49]], np.float32), task).tolist() == [[True, False]]


def test_values_are_told_in_their_unit():
    task = dataclasses.replace(CUSTOM, kind=Kind.REGRESSION, value_range=(-1.0, 3.0))
    assert answers.real_values(np.array([0.0, 0.5, 1.0], np.float32), task).tolist() == [-1.0, 1.0, 3.0]
