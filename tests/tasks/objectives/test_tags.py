"""What is served of the tags of words, against what the tags spell by the rules of conlleval."""

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.answers.space import ENDS, PLACE, PROBABILITIES, SPLITS, STARTS
from bert_tf.tasks.answers.tag_schemes import Scheme, illegal
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.objectives.choose import objective_for

IOB2 = Tags(("O", "B-a", "I-a", "B-b", "I-b"))
BIOES = Tags(("O", *(f"{letter}-{kind}" for kind in "ab" for letter in "BIES")), Scheme.BIOES)
LENGTHS = np.random.default_rng(5).integers(0, 9, 40)
LENGTHS[:2] = 0, 1
SPLIT = np.concatenate([[0], np.cumsum(LENGTHS)])


def decided(space, seed=2):
    words = int(SPLIT[-1])
    logits = 3 * np.random.default_rng(seed).normal(size=(words, len(space.labels))).astype(np.float32)
    objective = objective_for(space)
    return objective, objective.decide({**objective.answers(tf.constant(logits)), SPLITS: tf.constant(SPLIT)})


@pytest.mark.parametrize("space", [IOB2, BIOES], ids=["IOB2", "BIOES"])
def test_no_sequence_is_chosen_that_the_scheme_does_not_allow(space):
    _, outputs = decided(space)
    sentences = space.tags(outputs[PLACE].numpy(), SPLIT)
    assert [illegal(tags, space.scheme) for tags in sentences] == [[]] * len(LENGTHS)
    greedy = space.tags(outputs[PROBABILITIES].numpy().argmax(axis=1), SPLIT)
    assert any(illegal(tags, space.scheme) for tags in greedy)


@pytest.mark.parametrize("space", [IOB2, BIOES], ids=["IOB2", "BIOES"])
def test_the_entities_that_are_served_are_those_that_the_tags_spell(space):
    objective, outputs = decided(space)
    starts = 10 * np.arange(SPLIT[-1]).astype(np.int32)
    outputs = {**outputs, STARTS: tf.constant(starts), ENDS: tf.constant(starts + 7)}
    served = {name: tensor.numpy() for name, tensor in objective.serve(outputs).items()}
    columns = {name: tensor.numpy() for name, tensor in outputs.items()}
    for index, length in enumerate(LENGTHS):
        read = space.read(columns, index)
        assert [tag.decode() for tag in served["tags"][index, :length]] == read["tags"]
        assert set(served["tags"][index, length:]) <= {b""}
        count = len(read["entities"])
        assert [kind.decode() for kind in served["entity_types"][index, :count]] == [
            e["type"] for e in read["entities"]
        ]
        for name, key in (("entity_starts", "start"), ("entity_ends", "end")):
            assert served[name][index, :count].tolist() == [each[key] for each in read["entities"]]
            assert (served[name][index, count:] == -1).all()
        expected = [each["probability"] for each in read["entities"]]
        np.testing.assert_allclose(served["entity_probabilities"][index, :count], expected, atol=1e-6)
        first = SPLIT[index]
        assert served["starts"][index, :length].tolist() == starts[first : first + length].tolist()


def test_tags_that_stand_for_themselves_spell_nothing():
    space = Tags(("DET", "NOUN", "VERB"), Scheme.NONE)
    objective, outputs = decided(space)
    assert outputs[PLACE].numpy().tolist() == outputs[PROBABILITIES].numpy().argmax(axis=1).tolist()
    places = tf.zeros([int(SPLIT[-1])], tf.int32)
    served = objective.serve({**outputs, STARTS: places, ENDS: places})
    assert set(served) == {"tags", "starts", "ends", "probabilities"}
    assert space.read({name: each.numpy() for name, each in outputs.items()}, 1).keys() == {"tags"}
