"""Losses and what they are read back as, compared with formulas in NumPy and with scikit-learn."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError
from bert_tf.tasks.answers.class_weights import check_loss_options
from bert_tf.tasks.custom import CUSTOM, METRICS
from bert_tf.tasks.known.glue import STS_B
from bert_tf.tasks.objectives.label_set import with_best_thresholds
from bert_tf.tasks.objectives.objective import OBJECTIVES, training_objective
from bert_tf.tasks.task import Kind

RNG = np.random.default_rng(11)
LOGITS = RNG.normal(size=(13, 3)).astype(np.float32)
IDS = RNG.integers(0, 3, 13).astype(np.int32)
SETS = RNG.integers(0, 2, (13, 3)).astype(np.float32)
TASK = dataclasses.replace(CUSTOM, labels=("a", "b", "c"))
SEVERAL = dataclasses.replace(TASK, kind=Kind.MULTI_LABEL, metrics=METRICS[Kind.MULTI_LABEL])
ORDERED = dataclasses.replace(TASK, kind=Kind.ORDINAL, metrics=METRICS[Kind.ORDINAL])


def softmax(logits):
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def losses(task, logits, targets, **options):
    return training_objective(task, TrainConfig(**options), targets).example_losses(logits, targets).numpy()


def test_the_plain_loss_is_that_of_evaluation():
    assert training_objective(TASK, TrainConfig(), IDS) is OBJECTIVES[Kind.CLASSIFICATION]
    expected = -np.log(softmax(LOGITS)[np.arange(13), IDS])
    np.testing.assert_allclose(losses(TASK, LOGITS, IDS), expected, rtol=1e-5)


def test_smoothing_spreads_a_share_of_the_target():
    target = np.eye(3)[IDS] * 0.8 + 0.2 / 3
    expected = -(target * np.log(softmax(LOGITS))).sum(axis=1)
    np.testing.assert_allclose(losses(TASK, LOGITS, IDS, label_smoothing=0.2), expected, rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_focal_loss_weakens_what_is_right(gamma):
    truth = softmax(LOGITS)[np.arange(13), IDS]
    expected = -((1 - truth) ** gamma) * np.log(truth)
    np.testing.assert_allclose(losses(TASK, LOGITS, IDS, focal_gamma=gamma), expected, rtol=2e-5)


@pytest.mark.parametrize("task", [TASK, SEVERAL])
def test_the_gradient_of_the_focal_loss_is_finite_where_there_is_nothing_to_learn(task):
    targets = np.zeros(1, np.int32) if task is TASK else np.array([[1.0, 0, 0]], np.float32)
    objective = training_objective(task, TrainConfig(focal_gamma=0.5), targets)
    logits = tf.Variable([[60.0, -60.0, -60.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(objective.example_losses(logits, targets))
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    expected = losses(TASK, LOGITS, IDS) * compute_sample_weight("balanced", IDS)
    np.testing.assert_allclose(losses(TASK, LOGITS, IDS, class_weights="balanced"), expected, rtol=1e-5)
    given = losses(TASK, LOGITS, IDS, class_weights="c=0.5,a=1,b=3")
    np.testing.assert_allclose(given, losses(TASK, LOGITS, IDS) * np.array([1, 3, 0.5])[IDS], rtol=1e-5)


def test_several_labels_are_independent_decisions():
    p = sigmoid(LOGITS)
    plain = -(SETS * np.log(p) + (1 - SETS) * np.log(1 - p))
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS), plain.mean(axis=1), rtol=1e-5)
    ratio = (13 - SETS.sum(axis=0)) / SETS.sum(axis=0)
    weighted = np.where(SETS > 0, plain * ratio, plain).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, class_weights="balanced"), weighted, rtol=1e-5)
    target = SETS * 0.9 + 0.05
    smooth = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, label_smoothing=0.1), smooth, rtol=1e-5)
    focal = (np.where(SETS > 0, 1 - p, p) ** 2 * plain).mean(axis=1)
    np.testing.assert_allclose(losses(SEVERAL, LOGITS, SETS, focal_gamma=2.0), focal, rtol=2e-5)


def test_a_label_that_is_always_improbable_has_a_threshold_of_its_own():
    logits = np.full((7, 3), -20, np.float32)
    logits[2:4] = -16  # 1.1e-7 beside 2.1e-9: a threshold with six places would be 0, and choose every example.
    is_true = (logits > -18).astype(np.float32)
    task = with_best_thresholds(SEVERAL, logits, is_true)
    assert OBJECTIVES[Kind.MULTI_LABEL].scores(logits, is_true, task)["f1_macro"] == 1


def test_ordinal_labels_are_steps():
    logits, p = LOGITS[:, :2], sigmoid(LOGITS[:, :2])
    above = IDS[:, np.newaxis] > np.arange(2)
    expected = -np.where(above, np.log(p), np.log(1 - p)).sum(axis=1)
    np.testing.assert_allclose(losses(ORDERED, logits, IDS), expected, rtol=1e-5)
    objective = OBJECTIVES[Kind.ORDINAL]
    probabilities = objective.answers(tf.constant(logits), ORDERED)
    np.testing.assert_allclose(probabilities.numpy().sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.numpy() >= 0).all()
    median = (np.minimum.accumulate(p, axis=1) > 0.5).sum(axis=1)
    chosen = objective.choose(probabilities, ORDERED)["label"].numpy()
    assert [label.decode() for label in chosen] == ["abc"[place] for place in median]
    right = np.where(above, 9.0, -9.0).astype(np.float32)
    assert objective.scores(right, IDS, ORDERED) == {
        "quadratic_kappa": 1.0,
        "accuracy": 1.0,
        "mean_rank_error": 0.0,
        "f1_macro": 1.0,
    }


def test_values_are_scaled_for_the_loss_and_clipped_for_the_metric():
    from scipy.stats import pearsonr, spearmanr

    labels = RNG.uniform(0, 5, 13)
    logits = RNG.normal(0.5, 0.6, (13, 1)).astype(np.float32)
    targets = (labels / 5).astype(np.float32)
    np.testing.assert_allclose(losses(STS_B, logits, targets), (logits[:, 0] - labels / 5) ** 2, rtol=1e-4, atol=1e-6)
    values = np.clip(logits[:, 0] * 5.0, 0, 5)
    assert values.min() == 0
    assert values.max() == 5
    objective = OBJECTIVES[Kind.REGRESSION]
    np.testing.assert_allclose(objective.answers(tf.constant(logits), STS_B)[:, 0], values, rtol=1e-5)
    scores = objective.scores(logits, targets, STS_B)
    assert scores["pearson"] == pytest.approx(pearsonr(labels, values)[0], abs=1e-6)
    assert scores["spearman"] == pytest.approx(spearmanr(labels, values)[0], abs=1e-6)
    assert scores["mean_squared_error"] == pytest.approx(((labels - values) ** 2).mean(), abs=1e-5)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_head_whose_logits_its_functions_take(kind):
    task = dataclasses.replace(STS_B if kind is Kind.REGRESSION else TASK, kind=kind, metrics=METRICS[kind])
    objective = OBJECTIVES[kind]
    head = objective.make_head(EncoderConfig(vocab_size=9, hidden_size=12), task)
    logits = tf.constant(RNG.normal(size=(13, head.output_bias.shape[0])), tf.float32)
    targets = {Kind.REGRESSION: SETS[:, 0], Kind.MULTI_LABEL: SETS}.get(kind, IDS)
    assert objective.example_losses(logits, targets).shape == (13,)
    assert objective.answers(logits, task).shape == (13, 1 if kind is Kind.REGRESSION else 3)
    assert set(objective.scores(logits.numpy(), targets, task)) == set(task.metrics)


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        (STS_B, {"focal_gamma": 1.0}, "--focal_gamma needs labels, and sts-b has values"),
        (STS_B, {"class_weights": "balanced"}, "--class_weights needs labels"),
        (TASK, {"class_weights": "a=1,b=2"}, r"every label a weight\. Received: 'none for c'"),
        (TASK, {"class_weights": "a=1,b=2,d=1"}, "must name labels of the task"),
        (TASK, {"class_weights": "a=1,a=2"}, "Name each label once"),
        (TASK, {"class_weights": "a=0,b=1,c=1"}, r"greater than 0\. Received: '0'"),
        (TASK, {"class_weights": "a=x,b=1,c=1"}, r"greater than 0\. Received: 'x'"),
        (TASK, {"class_weights": "balance"}, "must name labels of the task"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_there_is_any_example(task, options, message):
    with pytest.raises(InputError, match=message):
        check_loss_options(TrainConfig(**options), task)


def test_a_label_without_example_has_no_balanced_weight():
    with pytest.raises(InputError, match=r"an example of every label .*Received: 'none of c'"):
        training_objective(TASK, TrainConfig(class_weights="balanced"), np.array([0, 1], np.int32))
    always = np.array([[1, 0, 1], [1, 1, 0]], np.float32)  # The weight of the first label would be 0 / 2.
    with pytest.raises(InputError, match=r"with and without every label .*Received: 'only such with a'"):
        training_objective(SEVERAL, TrainConfig(class_weights="balanced"), always)
