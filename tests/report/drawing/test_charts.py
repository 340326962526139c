import struct
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from bert_tf.metrics.classes import confusion_matrix
from bert_tf.report.drawing import charts
from bert_tf.report.findings import label_charts, value_charts
from bert_tf.report.statistics.class_statistics import class_reports
from bert_tf.report.statistics.diagnostics import calibrate, precision_recall
from tests.report.made_up import BAD_LABELS, made_up_run


def drawn(run):
    """Every chart of a run."""
    matrix = confusion_matrix(run.targets, run.answers.argmax(axis=1), len(run.task.labels))
    labels = run.task.labels
    curves = [
        (label, precision_recall(run.answers[:, index], run.targets == index))
        for index, label in enumerate(labels)
        if (run.targets == index).any()
    ]
    return {
        chart.name: chart
        for chart in (
            charts.draw_learning({"Loss": run.train_curves, "Scores": run.eval_curves}, run.global_step),
            charts.draw_confusion(matrix, labels),
            charts.draw_class_scores(class_reports(matrix, 1, 50), labels),
            charts.draw_calibration(calibrate(run.answers.max(axis=1), run.answers.argmax(axis=1) == run.targets)),
            charts.draw_precision_recall(curves),
            label_charts.draw_label_counts(matrix.sum(axis=1), matrix.sum(axis=0), labels),
            label_charts.draw_rank_errors(run.answers.argmax(axis=1) - run.targets),
            charts.draw_lengths({split.name: split.lengths for split in run.splits}, 128),
        )
    }


def texts(chart):
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(chart.svg).iter() if "text" in element.tag
    ]


def size(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize(
    "run",
    [
        made_up_run(),
        made_up_run(labels=BAD_LABELS),
        made_up_run(examples=1),
        made_up_run(examples=90, labels=tuple(f"label {index}" for index in range(90))),
    ],
    ids=["two labels", "bad labels", "one example", "ninety labels"],
)
def test_every_chart_is_an_svg_and_a_png_of_its_size(run):
    for chart in drawn(run).values():
        root = ElementTree.fromstring(chart.svg)
        points = [float(root.attrib[name].removesuffix("pt")) for name in ("width", "height")]
        assert size(chart.png) == pytest.approx([2 * number for number in points], abs=2)
        assert chart.description


def test_labels_are_shown_as_they_are_unless_they_are_long():
    found = texts(drawn(made_up_run(labels=BAD_LABELS))["confusion_matrix"])
    for label in ("<script>alert(1)</script", r"$\frac{1}{", "差评", "a\\n|b|", "__init__"):
        assert any(text.startswith(label[:23]) for text in found), label
    assert "x" * 23 + "…" in found


def test_the_numbers_of_a_confusion_matrix_are_those_of_the_matrix():
    chart = charts.draw_confusion(np.array([[1234, 5], [0, 67]]), ("no", "yes"))
    assert {"1,234", "5", "0", "67", "no", "yes"} <= set(texts(chart))


def test_the_same_numbers_give_the_same_bytes():
    run = made_up_run()
    assert drawn(run) == drawn(run)


@pytest.mark.parametrize("examples", [1, 13, 2001], ids=["one", "some", "more than are drawn as points"])
def test_values_have_charts_of_their_own(examples):
    generator = np.random.default_rng(3)
    values = generator.uniform(-2, 3, examples)
    predictions = np.clip(values + generator.normal(size=examples), -2, 3)
    for chart in (value_charts.draw_predictions(values, predictions, (-2.0, 3.0)), value_charts.draw_errors(values)):
        assert len(chart.svg) < 500_000
        assert size(chart.png)[0] > 700
    assert "prediction = value" in texts(value_charts.draw_predictions(values, predictions, (-2.0, 3.0)))


def test_an_error_of_zero_can_be_drawn():
    assert "mean error (0)" in texts(value_charts.draw_errors(np.zeros(4)))


def test_the_numbers_of_the_places_are_those_of_the_examples():
    found = texts(label_charts.draw_rank_errors(np.array([-2, 0, 0, 0, 1])))
    assert {"-2", "-1", "right", "+1", "+2", "3"} <= set(found)
