import dataclasses
import functools
import math
import random
from collections import Counter

import pytest

from bert_tf.metrics import entities as scores
from bert_tf.tasks.answers.tag_schemes import Scheme, convert, entities

count = functools.partial(scores.count_tags, entities=lambda tags: entities(tags, Scheme.IOB2))
TYPES = ("PER", "work-of-art", "LOC")


def conlleval(labels, predictions):
    """The state machine of conlleval: one pass over all tokens, and a flag for an entity that is right so far."""

    def ends(before, tag):
        letters = before[0] + tag[0]
        return letters in ("BB", "BO", "IB", "IO") or (before[0] != "O" and before[2:] != tag[2:])

    def starts(before, tag):
        letters = before[0] + tag[0]
        return letters in ("BB", "IB", "OB", "OI") or (tag[0] != "O" and before[2:] != tag[2:])

    right, found, there = Counter(), Counter(), Counter()
    is_right_so_far, right_tags, tokens = False, 0, 0
    old_label = old_guess = "O"
    steps = [
        step
        for wanted, given in zip(labels, predictions, strict=True)
        for step in [*zip(wanted, given, strict=True), None]  # A sentence ends as with a word outside of all entities.
    ]
    for step in steps:
        label, guess = step or ("O", "O")
        both_end = ends(old_label, label), ends(old_guess, guess)
        if is_right_so_far:
            if all(both_end) and old_label[2:] == old_guess[2:]:
                right[old_label[2:]] += 1
                is_right_so_far = False
            elif both_end[0] != both_end[1] or label[2:] != guess[2:]:
                is_right_so_far = False
        both_start = starts(old_label, label), starts(old_guess, guess)
        if all(both_start) and label[2:] == guess[2:]:
            is_right_so_far = True
        there[label[2:]] += both_start[0]
        found[guess[2:]] += both_start[1]
        if step:
            right_tags, tokens = right_tags + (label == guess), tokens + 1
        old_label, old_guess = label, guess
    return right, found, there, right_tags / tokens


def random_tags(randomness, length):
    choices = ["O", *(f"{letter}-{kind}" for letter in "BI" for kind in TYPES)]
    return randomness.choices(choices, weights=[4, *[1] * (len(choices) - 1)], k=length)


def corpus(seed):
    """Sentences with tags of any kind, also illegal ones, and predictions that are like them."""
    randomness = random.Random(seed)
    labels = [random_tags(randomness, randomness.randint(1, 9)) for _ in range(40)]
    changed = [[randomness.choice([*tags, "O"]) if randomness.random() < 0.2 else t for t in tags] for tags in labels]
    return labels, changed


@pytest.mark.parametrize("seed", range(10))
def test_scores_are_those_of_conlleval_also_for_illegal_tags(seed):
    labels, predictions = corpus(seed)
    right, found, there, accuracy = conlleval(labels, predictions)
    counts = count(labels, predictions)
    assert {kind: dataclasses.astuple(each) for kind, each in counts.by_type.items()} == {
        kind: (right[kind], found[kind], there[kind]) for kind in TYPES
    }
    precision, recall = right.total() / found.total(), right.total() / there.total()
    micro = scores.micro_scores(counts)
    assert (micro.precision, micro.recall) == (precision, recall)
    assert micro.f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)
    assert scores.accuracy(counts) == accuracy
    f1 = [2 * right[kind] / (found[kind] + there[kind]) for kind in TYPES]
    assert scores.macro_scores(counts).f1 == pytest.approx(sum(f1) / 3, abs=1e-12)


def test_scores_do_not_depend_on_the_scheme_that_entities_are_written_in():
    labels, predictions = corpus(3)
    expected = count(labels, predictions).by_type
    for scheme in (Scheme.IOB1, Scheme.BIOES):
        find = functools.partial(entities, scheme=scheme)
        sides = [[convert(tags, Scheme.IOB2, scheme) for tags in side] for side in (labels, predictions)]
        assert scores.count_tags(*sides, find).by_type == expected


def test_the_figures_of_an_example_by_hand():
    labels = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O"]]
    predictions = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "I-LOC"]]
    counts = count(labels, predictions)
    values = {name: metric(counts) for name, metric in scores.TAG_METRICS.items()}
    # Of three predicted and three labelled one is right, a PER of two words; PER has F1 2/3 and LOC 0.
    assert values == pytest.approx(
        {
            "f1": 1 / 3,
            "precision": 1 / 3,
            "recall": 1 / 3,
            "f1_macro": 1 / 3,
            "precision_macro": 1 / 4,
            "recall_macro": 1 / 2,
            "accuracy": 4 / 6,
        }
    )


def test_without_entities_scores_are_0_and_without_tags_there_is_no_accuracy():
    counts = count([["O", "O"]], [["O", "O"]])
    assert dataclasses.astuple(scores.micro_scores(counts)) == (0, 0, 0)
    assert dataclasses.astuple(scores.macro_scores(counts)) == (0, 0, 0)
    assert scores.accuracy(counts) == 1
    assert math.isnan(scores.accuracy(count([], [])))


def test_a_prediction_for_every_word_is_needed():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        count([["O", "O"]], [["O"]])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        count([["O"]], [])
