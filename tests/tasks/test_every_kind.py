"""Every kind of answers, from texts and labels as they are written to a step of training and to answers."""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.evaluation.evaluate import Evaluator, evaluate
from bert_tf.evaluation.result_files import DEV_RESULTS, read_results, write_results
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.answers.space import CHOSEN, IS_GIVEN, PLACE, PROBABILITIES, SPANS, SPLITS, VALUE
from bert_tf.tasks.answers.spans import CANDIDATES
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS, Outputs
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.training.optimizer import Adam
from bert_tf.training.precision import LossScale
from bert_tf.training.step import TrainStep
from tests.tasks.kinds import CHOICES, CONTEXT, ENCODER, ROWS, TEXTS, made


@dataclasses.dataclass(frozen=True)
class Found:
    """What a step of training and a pass of evaluation say in one way to form batches.

    Attributes:
        outputs: Those of the evaluation.
        scores: Its scores.
        loss: That of a step with all examples in one batch.
        gradients: Those of the step, by the name of the weight.
        count: Examples of that batch.
    """

    outputs: Outputs
    scores: Mapping[str, float]
    loss: float
    gradients: Mapping[str, np.ndarray]
    count: float


def found_by(task, table, model, batching):
    strategy, objective = tf.distribute.OneDeviceStrategy("/cpu:0"), objective_for(task.answers)
    evaluator = Evaluator(model, objective, table, strategy, batch_size=4, max_length=8, batching=batching)
    outputs = evaluator.run()
    count = len(table) if table.whole_examples is None else table.example_count
    plan = TrainingPlan(table.lengths, count, 8, batching, 3, splits=table.whole_examples)
    (batch,) = distribute_batches(table, list(plan.batches(0, 1)), strategy)
    loss_scale = LossScale(dynamic=False)
    step = TrainStep(
        model=model,
        objective=objective,
        optimizer=Adam(model.trainable_variables, weight_decay=0.0, correct_bias=True),
        schedule=lambda _: tf.constant(1e-3),
        loss_scale=loss_scale,
        clip_norm=0.0,
        accumulation_steps=1,
        seed=3,
        compiles_parts=False,
    )
    scales = {name: 1 / total for name, total in objective.weights(batch).items()}
    loss, gradients = step.loss_and_gradients(batch, tf.constant(0, tf.int64), scales)
    names = [variable.path for variable in model.trainable_variables]
    by_name = {name: gradient.numpy() for name, gradient in zip(names, gradients, strict=True)}
    return Found(outputs, evaluate(outputs, table, task), float(loss), by_name, float(objective.count(batch)))


@pytest.fixture(scope="module", params=KINDS)
def runs(request):
    """A kind, its task and tokens, and what was found in each way to form batches."""
    task, table, _ = made(request.param)
    model = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    return request.param, task, table, {batching: found_by(task, table, model, batching) for batching in Batching}


def test_targets_are_those_of_the_labels_as_written():
    assert set(ROWS) == set(KINDS)
    for kind in KINDS:
        _, table, expected = made(kind)
        targets = [asked.texts for asked in table.targets] if kind == "spans" else table.targets
        assert np.asarray(targets, object).tolist() == expected.tolist(), kind


def test_batches_of_every_form_give_equal_losses_and_answers(runs):
    *_, found = runs
    padded = found[Batching.PADDED]
    for other in found.values():
        assert other.loss == pytest.approx(padded.loss, abs=1e-5)
        for name, gradient in padded.gradients.items():
            np.testing.assert_allclose(other.gradients[name], gradient, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(other.outputs.losses, padded.outputs.losses, atol=1e-5)
        assert set(other.outputs.columns) == set(padded.outputs.columns)
        for name, values in padded.outputs.columns.items():
            if name == CANDIDATES:
                assert [each.best for each in other.outputs.columns[name]] == [each.best for each in values]
                continue
            np.testing.assert_allclose(other.outputs.columns[name], values, atol=1e-5, err_msg=name)
        assert other.scores == pytest.approx(padded.scores, abs=1e-5, nan_ok=True)
    assert max(np.abs(gradient).max() for gradient in padded.gradients.values()) > 1e-3


def test_the_loss_of_a_step_is_the_mean_of_those_that_the_formula_gives(runs):
    kind, _, table, found = runs
    packed, (_, _, targets) = found[Batching.PACKED], made(kind)
    logits = packed.outputs.columns[LOGITS].astype(np.float64)
    expected = OF_ROWS[kind](logits, table) if kind in OF_ROWS else LOSSES[kind](logits, targets)
    np.testing.assert_allclose(packed.outputs.losses, expected, atol=1e-5)
    assert packed.loss == pytest.approx(expected.mean(), abs=1e-5)
    assert packed.scores["loss"] == pytest.approx(expected.mean(), abs=1e-5)


def test_what_is_written_is_decided_on_and_scored_as_what_was_evaluated(runs, tmp_path):
    _, task, table, found = runs
    for each in found.values():
        write_results(str(tmp_path), DEV_RESULTS, each.outputs.columns, task)
        splits = {SPLITS: each.outputs.columns[SPLITS]} if SPLITS in each.outputs.columns else {}
        found_in_file = read_results(str(tmp_path), DEV_RESULTS, len(table.targets), task)
        read = objective_for(task.answers).decided({**found_in_file, **splits})
        for name, values in read.items():
            np.testing.assert_array_equal(values, each.outputs.columns[name], err_msg=name)
        of_file = task.score(read, table.targets)
        assert of_file == pytest.approx({name: each.scores[name] for name in task.metrics}, nan_ok=True)


def test_a_batch_counts_questions_and_not_their_choices_but_each_window(runs):
    kind, _, table, found = runs
    for each in found.values():
        assert each.count == (len(table) if kind == "spans" else len(TEXTS))


def test_answers_follow_from_the_logits(runs):
    kind, task, table, found = runs
    columns = found[Batching.BUCKETED].outputs.columns
    logits = columns[LOGITS].astype(np.float64)
    above = 1 / (1 + np.exp(-logits))
    if kind == "regression":
        np.testing.assert_allclose(columns[VALUE], np.clip(logits, 0, 1) * 4 - 1, atol=1e-5)
    elif kind == "multi_label":
        np.testing.assert_allclose(columns[PROBABILITIES], above, atol=1e-6)
        assert columns[CHOSEN].tolist() == (logits >= 0).tolist()
    elif kind == "ordinal":
        assert columns[PLACE].tolist() == (np.minimum.accumulate(above, axis=1) > 0.5).sum(axis=1).tolist()
    elif kind == "tags":
        assert columns[PLACE].tolist() == best_tags(logits, columns[SPLITS])
    elif kind == "choices":
        by_question = np.split(logits[:, 0], table.example_splits[1:-1])
        assert columns[PLACE].tolist() == [each.argmax() for each in by_question]
        for row, each in zip(columns[PROBABILITIES], by_question, strict=True):
            np.testing.assert_allclose(row, [*softmax(each), *[0.0] * (4 - len(each))], atol=1e-6)
    elif kind == "spans":
        best, odds = zip(*best_spans(logits, table), strict=True)
        assert [tuple(map(int, row)) for row in columns[SPANS][:, :2]] == list(best)
        np.testing.assert_allclose(columns[SPANS][:, 3], odds, atol=1e-5)
        assert columns[IS_GIVEN].tolist() == [each <= 0 for each in odds]
        texts = task.answers.texts(columns, [CONTEXT] * len(best))
        assert texts == [CONTEXT[s:e] if o <= 0 else "" for (s, e), o in zip(best, odds, strict=True)]
    else:
        assert columns[PLACE].tolist() == logits.argmax(axis=1).tolist()


def softmax(values):
    return np.exp(values) / np.exp(values).sum()


def best_spans(logits, table):
    """Of each question the characters of the best span of one or two pieces, and the odds of no answer."""
    firsts, ends, is_max_context = (
        table.columns[name].values for name in ("first_chars", "end_chars", "is_max_context")
    )
    for question in range(table.example_count):
        spans, nulls = [], []
        for row in np.flatnonzero(table.example_index == question):
            begin, stop = table.row_splits[row : row + 2]
            nulls.append(logits[begin].sum())
            for start in range(begin, stop):
                for end in range(start, min(start + 2, stop)):
                    if firsts[start] >= 0 and firsts[end] >= 0 and is_max_context[start]:
                        spans.append((logits[start, 0] + logits[end, 1], (firsts[start], ends[end])))
        score, place = max(spans, key=lambda span: span[0])
        yield place, min(nulls) - score


def best_tags(logits, splits):
    """Of all sequences that IOB2 allows, the one whose logits have the greatest sum."""
    follows = {1: (0, 1, 2, 3), 2: (0, 1, 2, 3), 0: (0, 1, 3), 3: (0, 1, 3, 4), 4: (0, 1, 3, 4)}
    best = []
    for start, end in itertools.pairwise(splits):
        paths = [[]]
        for _ in range(end - start):
            paths = [[*path, tag] for path in paths for tag in (follows[path[-1]] if path else (0, 1, 3))]
        best += max(paths, key=lambda path: sum(logits[start + i, tag] for i, tag in enumerate(path)))
    return best


def _of_spans(logits, table):
    starts, ends = (table.columns[name].values for name in ("start_positions", "end_positions"))
    losses = []
    for row, (begin, stop) in enumerate(itertools.pairwise(table.row_splits)):
        own = logits[begin:stop]
        sums = np.log(np.exp(own).sum(axis=0))
        losses.append((sums[0] - own[starts[row], 0] + sums[1] - own[ends[row], 1]) / 2)
    return np.array(losses)


def _of_one_label(logits, targets):
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), targets]


def _of_decisions(logits, is_true):
    return np.log1p(np.exp(np.where(is_true, -logits, logits)))


def _of_choices(logits, table):
    """Of each question, whose rows are behind one another."""
    rows = zip(np.split(logits[:, 0], np.cumsum(list(map(len, CHOICES)))[:-1]), table.targets, strict=True)
    return np.array([-np.log(softmax(each)[right]) for each, right in rows])


OF_ROWS = {"spans": _of_spans, "choices": _of_choices}
LOSSES = {
    "classification": _of_one_label,
    "ordinal": lambda logits, targets: _of_decisions(logits, targets[:, np.newaxis] > np.arange(2)).sum(axis=1),
    "multi_label": lambda logits, targets: _of_decisions(logits, targets > 0).mean(axis=1),
    "regression": lambda logits, targets: (logits[:, 0] - targets) ** 2,
    "tags": _of_one_label,
}


def test_where_an_answer_begins_and_ends_is_said_in_every_window_that_holds_it_whole():
    _, table, _ = made("spans")
    # "b a": [CLS] b a [SEP] and windows of 3 pieces, from 0, 2 and 4: a b c, c a b, b c.
    rows = np.flatnonzero(table.example_index == 1)
    assert np.diff(table.row_splits)[rows].tolist() == [8, 8, 7]
    starts, ends = (table.columns[name].values[rows].tolist() for name in ("start_positions", "end_positions"))
    assert (starts, ends) == ([0, 4, 0], [0, 5, 0])  # "c a" at characters 4 to 7 is whole in the second one alone.
    assert not table.columns["start_positions"].values[table.example_index == 2].any()
