"""Every kind of answers, from texts and labels as they are written to a step of training and to answers."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.batches.batch import Batching
from bert_tf.data.examples import Examples
from bert_tf.data.tokens import tokenize
from bert_tf.evaluation.evaluate import Evaluator, decide, evaluate, score
from bert_tf.evaluation.result_files import DEV_RESULTS, read_results, write_results
from bert_tf.tasks.answers.kinds import KINDS, empty_space
from bert_tf.tasks.answers.space import CHOSEN, PLACE, PROBABILITIES, VALUE
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import REQUIRED, Vocabulary
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.training.loop import TrainingJob, TrainingRun
from bert_tf.training.plan import make_plan

TEXTS = ["a", "b a", "", "c c a b", "a b c a b c", "b", "c a", "a a a", "b b", "c", "c b a"]
# Labels as written, and targets by hand.
ROWS = {
    "classification": (["x", "z", "y"], [0, 2, 1]),
    "ordinal": (["1", "10", "2"], [0, 2, 1]),
    "multi_label": (["x|y", "", "y | x|z"], [[1, 1, 0], [0, 0, 0], [1, 1, 1]]),
    "regression": (["-1", "3", "1e0"], [0.0, 1.0, 0.5]),
}
ENCODER = EncoderConfig(
    vocab_size=8,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=16,
    initializer_range=0.5,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)
STEP = TextStep(Vocabulary((*REQUIRED, "a", "b", "c")), lower_case=True, max_seq_length=8)


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a step of training and a pass of evaluation said in one way to form batches."""

    loss: float
    columns: dict
    losses: np.ndarray
    scores: dict


def made(kind):
    """A task and its tokens, from rows as they are read."""
    labels, targets = ROWS[kind]
    count = len(TEXTS)
    examples = Examples("x", TEXTS, None, [labels[i % 3] for i in range(count)], [str(i) for i in range(count)])
    space = empty_space(kind, "|").completed(examples)
    task = dataclasses.replace(CUSTOM, answers=space, metrics=space.own_metrics())
    table = tokenize(examples, space.place(examples), STEP.rows)
    return task, table, np.array([targets[i % 3] for i in range(count)])


def trained(kind, batching, folder):
    """A step with all examples in one batch, and what the model says before it."""
    task, table, _ = made(kind)
    options = {"max_seq_length": 8, "train_batch_size": len(table), "num_train_epochs": 1.0, "precision": "float32"}
    config = replace(RunConfig(), batching=batching.value, seed=3, **options)
    strategy = make_strategy(config.device)
    with strategy.scope():
        model = build_model(task, ENCODER, "float32")
    start_weights(model, None, seed=3, new_head=False)
    objective = objective_for(task.answers)
    evaluator = Evaluator(model, objective, table, strategy, batch_size=4, max_length=8, batching=batching)
    outputs = evaluator.run()
    plan = make_plan(table.lengths, config, 1)
    job = TrainingJob(model, objective, table, list("0123456789x"), plan, config, strategy, None, "accuracy")
    run = TrainingRun(job, str(folder / batching.value))
    loss = float(run._trainer.train(tf.constant(1))["loss"])
    return task, table, outputs, loss, evaluate(outputs, table, task)


@pytest.fixture(scope="module", params=KINDS)
def runs(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("every-kind")
    return request.param, {batching: trained(request.param, batching, folder) for batching in Batching}


def test_targets_are_those_of_the_labels_as_written():
    assert set(ROWS) == set(KINDS)
    for kind in KINDS:
        _, table, expected = made(kind)
        np.testing.assert_array_equal(table.targets, expected, err_msg=kind)


def test_batches_of_every_form_give_equal_losses_and_answers(runs):
    _, found = runs
    _, _, expected, loss, scores = found[Batching.PADDED]
    for _, _, outputs, other_loss, other_scores in found.values():
        assert other_loss == pytest.approx(loss, abs=1e-5)
        np.testing.assert_allclose(outputs.losses, expected.losses, atol=1e-5)
        assert set(outputs.columns) == set(expected.columns)
        for name, values in expected.columns.items():
            np.testing.assert_allclose(outputs.columns[name], values, atol=1e-5, err_msg=name)
        assert other_scores == pytest.approx(scores, abs=1e-5, nan_ok=True)


def test_the_loss_of_a_step_is_the_mean_of_those_that_the_formula_gives(runs):
    kind, found = runs
    task, _, outputs, loss, scores = found[Batching.PACKED]
    logits, (_, _, targets) = outputs.columns[LOGITS].astype(np.float64), made(kind)
    expected = LOSSES[kind](logits, targets)
    np.testing.assert_allclose(outputs.losses, expected, atol=1e-5)
    assert loss == pytest.approx(expected.mean(), abs=1e-5)
    assert scores["loss"] == pytest.approx(expected.mean(), abs=1e-5)


def test_what_is_written_is_decided_on_and_scored_as_what_was_evaluated(runs, tmp_path):
    _, found = runs
    for task, table, outputs, _, scores in found.values():
        write_results(str(tmp_path), DEV_RESULTS, outputs.columns, task)
        read = decide(read_results(str(tmp_path), DEV_RESULTS, len(TEXTS), task), objective_for(task.answers))
        for name, values in read.items():
            np.testing.assert_array_equal(values, outputs.columns[name], err_msg=name)
        of_file = score(read, table.targets, task)
        assert of_file == pytest.approx({name: scores[name] for name in task.metrics}, nan_ok=True)


def test_answers_follow_from_the_logits(runs):
    kind, found = runs
    columns = found[Batching.BUCKETED][2].columns
    logits = columns[LOGITS].astype(np.float64)
    above = 1 / (1 + np.exp(-logits))
    if kind == "regression":
        np.testing.assert_allclose(columns[VALUE], np.clip(logits, 0, 1) * 4 - 1, atol=1e-5)
    elif kind == "multi_label":
        np.testing.assert_allclose(columns[PROBABILITIES], above, atol=1e-6)
        assert columns[CHOSEN].tolist() == (logits >= 0).tolist()
    elif kind == "ordinal":
        assert columns[PLACE].tolist() == (np.minimum.accumulate(above, axis=1) > 0.5).sum(axis=1).tolist()
    else:
        assert columns[PLACE].tolist() == logits.argmax(axis=1).tolist()


def _of_one_label(logits, targets):
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), targets]


def _of_decisions(logits, is_true):
    return np.log1p(np.exp(np.where(is_true, -logits, logits)))


LOSSES = {
    "classification": _of_one_label,
    "ordinal": lambda logits, targets: _of_decisions(logits, targets[:, np.newaxis] > np.arange(2)).sum(axis=1),
    "multi_label": lambda logits, targets: _of_decisions(logits, targets > 0).mean(axis=1),
    "regression": lambda logits, targets: (logits[:, 0] - targets) ** 2,
}
