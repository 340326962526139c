"""Tags that are learnt and decided on together, against all sequences and in every form of batches."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.batches.batch import Batching
from bert_tf.data.examples import Examples
from bert_tf.data.tokens import tokenize
from bert_tf.errors import InputError
from bert_tf.evaluation.predict import make_predictor
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES, SPLITS
from bert_tf.tasks.answers.tag_schemes import Scheme, transitions
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS
from bert_tf.tasks.task_model import build_model, load_trained, start_weights
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import REQUIRED, Vocabulary
from bert_tf.weights.checkpoint import Checkpoint
from tests.tasks.test_every_kind import ENCODER, found_by

TEXTS = ["a", "b a", "c c a b", "a b c", "c b a b c a c", "b", "a a a b b b c c c"]
SPACE = Tags(("O", "B-x", "I-x"), crf=True)
COUNT = len(SPACE.labels)
ROOM = 4  # Pieces of a text that a row holds, so that the longest texts have windows.
STEP = TextStep(Vocabulary((*REQUIRED, "a", "b", "c")), lower_case=True, max_seq_length=ROOM + 2)


def sentences():
    words = [tuple(text.split()) for text in TEXTS]
    random = np.random.default_rng(3)
    labels = [" ".join(random.choice(SPACE.labels, len(each))) for each in words]
    return Examples("x", TEXTS, None, labels, [str(i) for i in range(len(TEXTS))], words=words)


def start(space=SPACE):
    """A task, its tokens, and a model whose chain has learnt something."""
    task, examples = dataclasses.replace(CUSTOM, answers=space, metrics=("accuracy",)), sentences()
    table = tokenize(examples, space.place(examples), STEP.rows, columns=space.columns)
    model = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    random = np.random.default_rng(4)
    for variable in model.head.crf.variables:
        variable.assign(2 * random.normal(size=variable.shape))
    model.head.output_bias.assign(0.3 * random.normal(size=COUNT))
    return task, table, model


@pytest.fixture(scope="module")
def runs():
    task, table, model = start()
    return table, model, {batching: found_by(task, table, model, batching) for batching in Batching}


def chain_of(model):
    return tuple(np.array(each, np.float64) for each in model.head.chain)


def scores(logits, chain, *, begins=True, ends=True):
    """The score of every sequence of tags for some words."""
    between, first, last = chain
    found = {}
    for tags in itertools.product(range(COUNT), repeat=len(logits)):
        pairs = sum(between[pair] for pair in itertools.pairwise(tags))
        borders = begins * first[tags[0]] + ends * last[tags[-1]]
        found[tags] = pairs + borders + sum(logits[place, tag] for place, tag in enumerate(tags))
    return found


def stretches(table):
    """The words that each row answers for: numbers among all words, and whether its sentence begins and ends there."""
    row = np.searchsorted(table.row_splits, table.answering, side="right") - 1
    for number in np.unique(row):
        words = np.flatnonzero(row == number)
        yield words, words[0] in table.word_splits, words[-1] + 1 in table.word_splits


def test_batches_of_every_form_give_equal_losses_gradients_and_answers(runs):
    _, _, found = runs
    padded = found[Batching.PADDED]
    names = {"crf/transitions", "crf/starts", "crf/ends"}
    assert names < set(padded.gradients)
    assert min(np.abs(padded.gradients[name]).max() for name in names) > 1e-3
    for other in found.values():
        assert other.loss == pytest.approx(padded.loss, abs=1e-5)
        for name, gradient in padded.gradients.items():
            np.testing.assert_allclose(other.gradients[name], gradient, atol=1e-5, err_msg=name)
        for name, values in padded.outputs.columns.items():
            np.testing.assert_allclose(other.outputs.columns[name], values, atol=1e-5, err_msg=name)


def test_the_loss_is_the_mean_over_words_of_that_of_the_stretches_which_rows_answer_for(runs):
    table, model, found = runs
    packed = found[Batching.PACKED]
    logits, chain = packed.outputs.columns[LOGITS].astype(np.float64), chain_of(model)
    total, parts = 0.0, list(stretches(table))
    assert not all(begins and ends for _, begins, ends in parts)
    for words, begins, ends in parts:
        every = scores(logits[words], chain, begins=begins, ends=ends)
        total += np.log(np.exp(list(every.values())).sum()) - every[tuple(table.targets[words])]
    assert packed.loss == pytest.approx(total / len(table.targets), abs=1e-5)
    assert packed.scores["loss"] == pytest.approx(total / len(table.targets), abs=1e-5)


def test_decisions_are_the_best_of_all_sequences_of_a_whole_sentence_that_the_scheme_allows(runs):
    _, model, found = runs
    columns, chain = found[Batching.BUCKETED].outputs.columns, chain_of(model)
    first, between, last = transitions(SPACE.labels, SPACE.scheme)
    differs = False
    for begin, end in itertools.pairwise(columns[SPLITS]):
        every = scores(columns[LOGITS][begin:end].astype(np.float64), chain)
        legal = {
            tags: score
            for tags, score in every.items()
            if first[tags[0]] and last[tags[-1]] and all(between[pair] for pair in itertools.pairwise(tags))
        }
        assert columns[PLACE][begin:end].tolist() == list(max(legal, key=legal.get))
        differs |= columns[PLACE][begin:end].tolist() != columns[LOGITS][begin:end].argmax(axis=1).tolist()
        odds = np.exp(np.array(list(legal.values())))
        of_words = [[odds[[tags[w] == c for tags in legal]].sum() for c in range(COUNT)] for w in range(end - begin)]
        np.testing.assert_allclose(columns[PROBABILITIES][begin:end], of_words / odds.sum(), atol=1e-5)
    assert differs


def test_what_is_served_is_decided_on_by_the_same_rule(runs):
    _, model, found = runs
    columns = found[Batching.PADDED].outputs.columns
    task = dataclasses.replace(CUSTOM, answers=SPACE)
    step = TextStep(STEP.vocabulary, lower_case=True, max_seq_length=ROOM + 2, template=Template.WORDS)
    predictor = make_predictor(model, step, task)
    answered, served = predictor.answer(TEXTS), predictor.from_text(tf.constant(TEXTS))
    for name in (PLACE, PROBABILITIES):
        np.testing.assert_allclose(answered[name], columns[name], atol=1e-5)
    tags = [tag.decode() for row in served["tags"].numpy() for tag in row if tag]
    assert tags == [SPACE.labels[place] for place in columns[PLACE]]


def test_a_chain_of_zeros_has_the_loss_of_tags_that_know_nothing_of_one_another():
    task, table, model = start()
    for variable in model.head.crf.variables:
        variable.assign(tf.zeros_like(variable))
    plain = dataclasses.replace(task, answers=dataclasses.replace(SPACE, crf=False))
    other = build_model(plain, ENCODER, "float32")
    by_name = {variable.path: variable for variable in model.variables}
    for variable in other.variables:
        variable.assign(by_name[variable.path])
    one, two = found_by(task, table, model, Batching.PADDED), found_by(plain, table, other, Batching.PADDED)
    assert one.loss == pytest.approx(two.loss, abs=1e-5)
    np.testing.assert_allclose(one.gradients["output_weights"], two.gradients["output_weights"], atol=1e-5)
    np.testing.assert_array_equal(one.outputs.columns[PLACE], two.outputs.columns[PLACE])


def test_the_mean_of_several_models_is_decided_on_without_their_chains(runs):
    _, _, found = runs
    columns = found[Batching.PADDED].outputs.columns
    mean = {PROBABILITIES: columns[PROBABILITIES], SPLITS: columns[SPLITS]}
    alone = objective_for(dataclasses.replace(SPACE, crf=False)).decided(mean)
    np.testing.assert_array_equal(objective_for(SPACE).decided(mean)[PLACE], alone[PLACE])


def test_a_new_chain_begins_at_zero_and_comes_out_of_a_checkpoint_or_not_at_all():
    task, _, model = start()
    values = {variable.path: variable.numpy() for variable in model.variables}
    checkpoint = Checkpoint("x", {name: value.shape for name, value in values.items()}, {})
    start_weights(model, None, seed=3, new_head=True)
    assert not any(variable.numpy().any() for variable in model.head.crf.variables)
    plain = build_model(dataclasses.replace(task, answers=dataclasses.replace(SPACE, crf=False)), ENCODER, "float32")
    with pytest.raises(InputError, match=r"must be used with it\. Received: .*crf/ends.*Set --crf"):
        load_trained(plain, checkpoint)
    values = {name: value for name, value in values.items() if "crf" not in name}
    checkpoint = Checkpoint("x", {name: value.shape for name, value in values.items()}, {})
    with pytest.raises(
        InputError, match=r"that learnt no chain of tags must .*Received: '--crf with x'. Leave --crf out"
    ):
        load_trained(model, checkpoint)


def test_a_chain_has_one_tag_a_word():
    with pytest.raises(InputError, match="--crf with --label_all_pieces"):
        Tags().configured(replace(RunConfig(), crf=True, label_all_pieces=True))


def test_all_pieces_of_a_word_may_count_in_the_loss_and_answer_for_none():
    vocabulary = Vocabulary((*REQUIRED, "a", "b", "##b", "##c"))
    step = TextStep(vocabulary, lower_case=True, max_seq_length=ROOM + 2)
    words = [("abc", "b"), ("a", "ab", "abcbc", "b")]
    examples = Examples("x", ["", ""], None, ["B-x I-x", "O B-x I-x O"], ["0", "1"], words=words)
    tables = {}
    for all_pieces in (False, True):
        space = dataclasses.replace(SPACE, crf=False, label_all_pieces=all_pieces)
        tables[all_pieces] = tokenize(examples, space.place(examples), step.rows, columns=space.columns)
    table = tables[True]
    labels, weights, word = (
        table.columns[name].values for name in (features.LABEL_IDS, features.LABEL_WEIGHTS, features.WORD_INDEX)
    )
    np.testing.assert_array_equal(table.targets, tables[False].targets)
    np.testing.assert_array_equal(table.answering, tables[False].answering)
    row = np.repeat(np.arange(len(table)), table.lengths)
    answering_row = row[table.answering]
    expected = [w >= 0 and answering_row[w] == r for w, r in zip(word, row, strict=True)]
    assert weights.tolist() == np.array(expected, np.float32).tolist()
    assert len(table) > 2
    assert weights.sum() > len(table.targets)
    assert labels[weights > 0].tolist() == [[1, 2, 0, 1, 2, 0][w] for w in word[weights > 0]]


def test_the_scheme_that_is_learnt_need_not_be_that_of_the_file_nor_that_of_what_is_written():
    iob1 = ["I-x I-x B-x O I-y", "O I-x"]
    examples = Examples("x", ["", ""], None, iob1, ["0", "1"], words=[("a",) * 5, ("a",) * 2])
    options = replace(RunConfig(), tag_scheme="bioes", written_tag_scheme="iob1")
    space = Tags().configured(options)
    read = space.read_cells(examples, ())
    space = space.completed(read)
    assert read.labels == ["B-x E-x S-x O S-y", "O S-x"]
    assert space.scheme is Scheme.BIOES
    places = space.place(read)
    outputs = {PLACE: places, PROBABILITIES: np.eye(len(space.labels))[places], SPLITS: np.array([0, 5, 7])}
    assert [" ".join(space.read(outputs, index)["tags"]) for index in range(2)] == iob1
    iob2 = dataclasses.replace(space, written=Scheme.IOB2)
    assert iob2.read(outputs, 0)["tags"] == ["B-x", "I-x", "B-x", "O", "B-y"]
    assert iob2.read(outputs, 0)["entities"] == space.read(outputs, 0)["entities"]
    known = Tags(("O", "B-x", "I-x")).configured(options)
    assert known.labels == ("O", "B-x", "I-x", "E-x", "S-x")
    with pytest.raises(InputError, match="--tag_scheme=bioes"):
        Tags().configured(options).read_cells(dataclasses.replace(examples, labels=["DET NOUN", "VERB"]), ())


def test_a_chain_stays_that_of_the_model_unless_another_is_typed():
    trained = dataclasses.replace(SPACE, crf=True)
    for typed, expected in ({}, True), ({"crf": False}, False), ({"crf": True}, True):
        assert trained.configured(replace(RunConfig(), **typed)).crf is expected
    assert not Tags().configured(RunConfig()).crf
    with pytest.raises(InputError, match="one tag a word"):
        trained.configured(replace(RunConfig(), label_all_pieces=True))
    assert trained.configured(replace(RunConfig(), crf=False, label_all_pieces=True)).label_all_pieces
