import numpy as np
import pytest
from sklearn import metrics as peer

from bert_tf.report.statistics import label_set_statistics
from bert_tf.report.statistics.bootstrap import resampled_counts

LABELS = 4


def made_up(examples=61):
    """Labels and decisions, often the same; no example has the last label, and some have none."""
    generator = np.random.default_rng(5)
    labels = generator.random((examples, LABELS)) < [0.5, 0.3, 0.1, 0.0]
    return labels, labels ^ (generator.random(labels.shape) < 0.2)


def test_every_sample_has_the_scores_that_its_rows_have_by_scikit_learn():
    labels, chosen = made_up()
    counts = np.concatenate([np.ones((1, len(labels))), *resampled_counts(len(labels), 1, 5)])
    found = label_set_statistics.weighted_label_set_scores(labels, chosen, counts)
    of_labels = label_set_statistics.weighted_label_scores(labels, chosen, counts)
    for index, often in enumerate(counts.astype(int)):
        rows = np.repeat(labels, often, axis=0), np.repeat(chosen, often, axis=0)
        expected = {
            f"f1_{mean}": peer.f1_score(*rows, average=mean, zero_division=0) for mean in ("micro", "macro", "samples")
        }
        expected |= {"subset_accuracy": peer.accuracy_score(*rows), "hamming_loss": peer.hamming_loss(*rows)}
        assert {name: scores[index] for name, scores in found.items()} == pytest.approx(expected)
        each = peer.precision_recall_fscore_support(*rows, average=None, zero_division=0)
        np.testing.assert_allclose(of_labels[index].T, each[:3])


def test_the_reports_of_labels_hold_their_scores_and_counts():
    labels, chosen = made_up()
    intervals, reports = label_set_statistics.label_set_intervals(labels, chosen, 1, 200)
    assert [report.examples for report in reports] == labels.sum(axis=0).tolist()
    f1 = peer.f1_score(labels, chosen, average=None, zero_division=0)
    assert [report.f1.value for report in reports] == pytest.approx(f1)
    assert all(report.f1.low <= report.f1.value <= report.f1.high for report in reports)
    assert intervals["f1_macro"].value == pytest.approx(f1.mean())
    assert (intervals, reports) == label_set_statistics.label_set_intervals(labels, chosen, 1, 200)


def test_wrong_decisions_come_in_the_order_of_their_sureness():
    probabilities = np.array([[0.9, 0.2], [0.05, 0.6], [0.4, 0.3]])
    labels = np.array([[False, False], [True, True], [True, False]])
    # Of the first label the second and third example are missed, with 0.95 and 0.6; 0.9 is given without being there.
    chosen = probabilities >= 0.5
    assert label_set_statistics.confident_wrong_decisions(probabilities, labels, chosen) == [(1, 0), (0, 0), (2, 0)]
    assert label_set_statistics.confident_wrong_decisions(probabilities, labels, chosen, 2) == [(1, 0), (0, 0)]
    assert label_set_statistics.confident_wrong_decisions(probabilities, chosen, chosen) == []
