import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as peer

from bert_tf.metrics.classes import CLASSIFICATION_METRICS, ORDINAL_METRICS, confusion_matrix
from bert_tf.report.statistics import class_statistics, diagnostics
from bert_tf.report.statistics.bootstrap import Interval

CLASSES = 5


def made_up(examples=203, classes=CLASSES, seed=7):
    """Probabilities, often right, and labels, among which the last class is missing."""
    generator = np.random.default_rng(seed)
    label_ids = generator.integers(0, classes - 1, examples)
    logits = generator.normal(size=(examples, classes))
    logits[np.arange(examples), label_ids] += 1.5
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), label_ids


def matrix_of(probabilities, label_ids):
    return confusion_matrix(label_ids, probabilities.argmax(axis=1), probabilities.shape[1])


def all_cells(matrices):
    """Every cell of some matrices of the same size, and their counts."""
    labels, predictions = (places.ravel() for places in np.indices(matrices[0].shape))
    return class_statistics.Cells(labels, predictions, len(matrices[0])), np.stack([each.ravel() for each in matrices])


def one_sample(matrix):
    cells, counts = all_cells([matrix])
    return class_statistics.class_scores(cells, counts)[0]


@pytest.mark.parametrize("classes", [2, 5, 300])
def test_the_scores_of_samples_are_the_metrics_of_their_matrices(classes):
    matrices = [matrix_of(*made_up(classes=classes, seed=seed)) for seed in range(3)]
    found = class_statistics.weighted_scores(*all_cells(matrices))
    for index, matrix in enumerate(matrices):
        for name, metric in (CLASSIFICATION_METRICS | ORDINAL_METRICS).items():
            assert found[name][index] == pytest.approx(metric(matrix)), name
        near = np.abs(np.subtract(*np.indices(matrix.shape))) <= 1
        assert found["share_nearby"][index] == pytest.approx(matrix[near].sum() / matrix.sum())


def test_the_kappa_of_one_class_alone_is_not_a_number():
    found = class_statistics.weighted_scores(*all_cells([np.diag([0, 0, 7]), np.diag([1, 0, 7])]))
    assert np.isnan(found["quadratic_kappa"]).tolist() == [True, False]


def test_the_combined_score_is_the_mean_of_its_parts():
    matrix = matrix_of(*made_up(classes=2))
    found = class_statistics.score_intervals(matrix, ["combined_score"], 1, 50, combined=("f1", "accuracy"))
    f1, accuracy = (CLASSIFICATION_METRICS[name](matrix) for name in ("f1", "accuracy"))
    assert found["combined_score"].value == pytest.approx((f1 + accuracy) / 2)


def test_class_scores_equal_those_of_scikit_learn_for_many_matrices_at_once():
    samples = [made_up(seed=seed) for seed in range(3)]
    cells, counts = all_cells([matrix_of(*sample) for sample in samples])
    found = class_statistics.class_scores(cells, counts)
    for row, (probabilities, label_ids) in zip(found, samples, strict=True):
        expected = peer.precision_recall_fscore_support(
            label_ids, probabilities.argmax(axis=1), labels=range(CLASSES), zero_division=0
        )
        np.testing.assert_allclose(row.T, expected[:3], atol=1e-12)


def test_the_interval_of_an_accuracy_has_the_quantiles_of_a_binomial():
    probabilities, label_ids = made_up()
    found = class_statistics.score_intervals(matrix_of(probabilities, label_ids), ["accuracy"], 1, 20_000)
    share = float((probabilities.argmax(axis=1) == label_ids).mean())
    expected = stats.binom.ppf([0.025, 0.975], len(label_ids), share) / len(label_ids)
    assert found["accuracy"].value == share
    one_example = 1 / len(label_ids)
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx(expected, abs=1.01 * one_example)


def test_the_intervals_of_classes_are_those_of_drawing_examples():
    probabilities, label_ids = made_up(classes=3)
    found = class_statistics.class_reports(matrix_of(probabilities, label_ids), 1, 4000)
    generator, drawn = np.random.default_rng(2), []
    for _ in range(4000):
        rows = generator.integers(0, len(label_ids), len(label_ids))
        drawn.append(one_sample(matrix_of(probabilities[rows], label_ids[rows])))
    expected = np.quantile(drawn, [0.025, 0.975], axis=0)
    for index, report in enumerate(found):
        for score, each in enumerate((report.precision, report.recall, report.f1)):
            assert (each.low, each.high) == pytest.approx(expected[:, index, score], abs=0.015)
    assert [report.examples for report in found] == np.bincount(label_ids, minlength=3).tolist()


def test_a_seed_gives_the_same_intervals_and_another_seed_others():
    matrix = matrix_of(*made_up())
    first, again, other = (class_statistics.class_reports(matrix, seed, 100) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("matrix", [[[1, 0], [0, 0]], [[0, 3], [0, 0]]])
def test_one_example_or_one_class_has_an_interval_too(matrix):
    matrix = np.array(matrix)
    found = class_statistics.score_intervals(matrix, CLASSIFICATION_METRICS, 1, 50)
    share = matrix[0, 0] / matrix.sum()
    assert found["accuracy"] == Interval(share, share, share)
    assert len(class_statistics.class_reports(matrix, 1, 50)) == 2


def test_the_calibration_error_follows_its_formula():
    # Two bins of ten hold examples: (0.5, 0.6] with 0.6, 0.55 and (0.9, 1] with 0.95, 1.0, 0.91.
    confidence = np.array([0.6, 0.55, 0.95, 1.0, 0.91])
    found = diagnostics.calibrate(confidence, np.array([True, False, True, True, False]), bins=10)
    expected = 2 / 5 * abs(0.5 - 0.575) + 3 / 5 * abs(2 / 3 - 2.86 / 3)
    assert found.error == pytest.approx(expected)
    assert found.counts.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 3]
    assert (found.accuracy, found.mean_confidence) == pytest.approx((0.6, 0.802))


def test_several_calibrations_together_are_that_of_all_their_examples():
    generator = np.random.default_rng(4)
    parts = [(generator.random(examples) ** 3, generator.random(examples) < 0.4) for examples in (1, 7, 40)]
    found = diagnostics.calibrate_together([diagnostics.calibrate(*part) for part in parts])
    expected = diagnostics.calibrate(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    for name, value in vars(expected).items():
        np.testing.assert_allclose(getattr(found, name), value, err_msg=name)


def test_a_model_that_is_as_sure_as_it_is_right_has_no_calibration_error():
    is_right = np.array([True] * 3 + [False])
    assert diagnostics.calibrate(np.full(4, 0.75), is_right).error == pytest.approx(0)


@pytest.mark.parametrize("decimals", [1, 9])
def test_the_average_precision_equals_that_of_scikit_learn_with_and_without_ties(decimals):
    probabilities, label_ids = made_up()
    probabilities = probabilities.round(decimals)
    for label in range(CLASSES - 1):
        found = diagnostics.precision_recall(probabilities[:, label], label_ids == label)
        expected = peer.average_precision_score(label_ids == label, probabilities[:, label])
        assert found.average_precision == pytest.approx(expected)
        alone = diagnostics.average_precision(probabilities[:, label], label_ids == label)
        assert alone == pytest.approx(expected)
        precision, recall, _ = peer.precision_recall_curve(label_ids == label, probabilities[:, label])
        np.testing.assert_allclose(found.precision, precision[:-1][::-1])
        np.testing.assert_allclose(found.recall, recall[:-1][::-1])


PROBABILITIES = np.array([[0.9, 0.1], [0.98, 0.02], [0.99, 0.01], [0.4, 0.6], [0.45, 0.55], [0.03, 0.97]])
LABEL_IDS = np.array([0, 1, 1, 0, 1, 1])


def test_mistakes_come_in_the_order_of_their_confidence():
    is_right = PROBABILITIES.argmax(axis=1) == LABEL_IDS
    assert diagnostics.confident_mistakes(PROBABILITIES.max(axis=1), is_right).tolist() == [2, 1, 3]


def test_label_errors_have_an_improbable_label_and_a_rival_that_is_as_sure_as_usual():
    # Where 0 was given, it has 0.65 on average, which 0.98 and 0.99 exceed; 0.6 for label 1 is no rival to 0.4.
    assert diagnostics.likely_label_errors(PROBABILITIES, LABEL_IDS, PROBABILITIES.argmax(axis=1)).tolist() == [2, 1]


def test_a_label_that_is_given_to_everything_is_no_rival():
    # The examples of label 0 have it with 0.99, so 0.96 is less than usual.
    probabilities = np.array([[0.99, 0.01]] * 3 + [[0.96, 0.04]])
    assert diagnostics.likely_label_errors(probabilities, np.array([0, 0, 0, 1]), np.zeros(4, np.int64)).tolist() == []
