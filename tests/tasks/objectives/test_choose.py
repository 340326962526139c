import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.known.glue import STS_B
from bert_tf.tasks.objectives.choose import OBJECTIVES, objective_for, training_objective
from bert_tf.text.template import Template
from tests.tasks.objectives.made_up import IDS, ONE, RNG, SETS, SEVERAL

TARGETS = {OneLabel: IDS, Ranks: IDS, LabelSet: SETS, Value: SETS[:, 0]}
SPACES = {kind: kind(("a", "b", "c")) for kind in (OneLabel, Ranks, LabelSet)} | {Value: STS_B.answers}
# Others: see test_tags and test_spans.
OF_EXAMPLES = [kind for kind in KINDS.values() if kind.template is Template.TEXTS]


def test_without_options_the_loss_is_that_of_evaluation():
    assert training_objective(ONE, TrainConfig(), IDS) == objective_for(ONE)


def test_every_kind_has_an_objective():
    assert set(OBJECTIVES) == set(KINDS.values())


@pytest.mark.parametrize("kind", OF_EXAMPLES)
def test_every_kind_has_a_head_whose_logits_its_functions_take(kind):
    space, objective, targets = SPACES[kind], objective_for(SPACES[kind]), TARGETS[kind]
    head = objective.make_head(EncoderConfig(vocab_size=9, hidden_size=12))
    logits = tf.constant(RNG.normal(size=(13, head.output_bias.shape[0])), tf.float32)
    assert objective.example_losses(logits, targets).shape == (13,)
    answers = objective.answers(logits)
    assert answers[space.result].shape == (13, 1 if kind is Value else 3)
    outputs = {name: values.numpy() for name, values in objective.decide(answers).items()}
    assert set(space.score(outputs, targets, space.own_metrics())) == set(space.own_metrics())


def test_a_label_without_example_has_no_balanced_weight():
    with pytest.raises(InputError, match=r"an example of every label .*Received: 'none of c'"):
        training_objective(ONE, TrainConfig(class_weights="balanced"), np.array([0, 1], np.int32))
    always = np.array([[1, 0, 1], [1, 1, 0]], np.float32)  # The weight of the first label would be 0 / 2.
    with pytest.raises(InputError, match=r"with and without every label .*Received: 'only such with a'"):
        training_objective(SEVERAL, TrainConfig(class_weights="balanced"), always)
