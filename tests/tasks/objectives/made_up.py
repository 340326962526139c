"""Made-up logits and targets of a few examples with three labels, and formulas to compare with."""

import numpy as np

from bert_tf.config.run import TrainConfig
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.objectives.choose import training_objective

RNG = np.random.default_rng(11)
LOGITS = RNG.normal(size=(13, 3)).astype(np.float32)
IDS = RNG.integers(0, 3, 13).astype(np.int32)
SETS = RNG.integers(0, 2, (13, 3)).astype(np.float32)
ONE, SEVERAL, ORDERED = (kind(("a", "b", "c")) for kind in (OneLabel, LabelSet, Ranks))


def softmax(logits):
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def losses(answers, logits, targets, **options):
    """What the loss that the options ask for is of each example."""
    return training_objective(answers, TrainConfig(**options), targets).example_losses(logits, targets).numpy()
