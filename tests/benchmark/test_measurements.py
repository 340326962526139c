"""One small benchmark, and whether all that it says fits together."""

import json
import math
import statistics

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.benchmark import measurements
from bert_tf.benchmark.measurements import measure
from bert_tf.benchmark.operations import Extent, training_operations
from bert_tf.benchmark.report import figure_groups, report_json, report_text
from bert_tf.benchmark.subject import random_subject
from bert_tf.config.commands import BenchmarkConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import TrainingError
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.training.plan import make_plan
from tests.training.runs import ENCODER

SETTINGS = BenchmarkConfig(steps=4, untimed_steps=1, requests=7, shortest_row=3)
CONFIG = replace(
    RunConfig(),
    max_seq_length=16,
    batching="padded",
    train_batch_size=5,
    predict_batch_size=3,
    precision="float32",
    data_dir="/secret",
)
SUBJECT = random_subject(ENCODER, CONFIG, SETTINGS.shortest_row)


@pytest.fixture(scope="module")
def measured():
    said = []
    result = measure(SUBJECT, make_strategy(CONFIG.device), SETTINGS, said.append)
    assert [text.split()[0] for text in said] == ["memory:", "timing", "timing", "timing", "timing"]
    return result


@pytest.fixture(scope="module")
def tree(measured):
    return json.loads(report_json(measured, SUBJECT, SETTINGS, "1 CPU"))


@pytest.fixture(scope="module")
def lengths():
    """Of the examples of each timed step."""
    batches = make_plan(SUBJECT.table.lengths, CONFIG, 1).batches(1, 5)
    return [SUBJECT.table.lengths[batch.indices.ravel()] for batch in batches]


def test_rates_are_work_over_the_time_of_the_steps(tree, lengths):
    figures, seconds = tree["figures"]["training"], sum(tree["step_seconds"])
    tokens = sum(int(step.sum()) for step in lengths)
    assert len(tree["step_seconds"]) == 4
    assert figures["examples_per_second"] == pytest.approx(4 * 5 / seconds)
    assert figures["real_tokens_per_second"] == pytest.approx(tokens / seconds)
    assert figures["useful_tokens_share"] == pytest.approx(tokens / (4 * 5 * 16))


def test_times_are_those_of_the_steps(tree):
    figures, milliseconds = tree["figures"]["training"], [1000 * seconds for seconds in tree["step_seconds"]]
    expected = {
        "step": statistics.fmean(milliseconds),
        "step_median": statistics.median(milliseconds),
        "step_min": min(milliseconds),
        "step_max": max(milliseconds),
    }
    for name, value in expected.items():
        assert figures[f"{name}_milliseconds"] == pytest.approx(value)
    assert figures["first_step_seconds"] > max(tree["step_seconds"])  # It traces a graph of thousands of nodes.


def test_the_parts_add_up_to_the_step(tree):
    figures, parts = tree["figures"]["training"], ("input", "forward", "backward", "optimizer")
    assert sum(figures[f"{part}_milliseconds"] for part in parts) == pytest.approx(figures["step_milliseconds"])
    assert sum(figures[f"{part}_share"] for part in parts) == pytest.approx(1.0)
    for part in parts:
        share = figures[f"{part}_milliseconds"] / figures["step_milliseconds"]
        assert figures[f"{part}_share"] == pytest.approx(share)


def test_products_are_counted_with_and_without_padding(tree, lengths):
    figures, seconds, rate = tree["figures"]["training"], sum(tree["step_seconds"]), tree["product"]
    computed = training_operations(ENCODER, 2, Extent(20, 20 * 16, 20 * 256))
    squares = sum(int((step**2).sum()) for step in lengths)
    useful = training_operations(ENCODER, 2, Extent(20, sum(int(step.sum()) for step in lengths), squares))
    assert figures["step_products_gigaflop"] == pytest.approx(computed / 4 / 1e9)
    assert figures["product_rate_gigaflop_per_second"] == pytest.approx(computed / seconds / 1e9)
    assert figures["machine_product_rate_gigaflop_per_second"] == rate["operations_per_second"] / 1e9
    assert figures["product_rate_share"] == pytest.approx(computed / seconds / rate["operations_per_second"])
    assert figures["useful_product_rate_share"] == pytest.approx(useful / seconds / rate["operations_per_second"])
    assert useful < computed
    assert rate["dtype"] == "float32"


def test_percentiles_are_of_the_requests(tree):
    figures, requests = tree["figures"]["prediction"], sorted(tree["request_seconds"])
    assert len(requests) == 7
    assert figures["request_p50_milliseconds"] == requests[3] * 1000
    assert figures["request_p99_milliseconds"] == requests[6] * 1000


def test_prediction_in_batches_is_of_the_first_rows(measured, tree):
    assert measured.batched.examples == 4 * 3
    assert measured.batched.pieces == SUBJECT.table.row_splits[12]
    figures = tree["figures"]["prediction"]
    assert figures["examples_per_second"] == pytest.approx(12 / measured.batched.seconds)
    ratio = figures["real_tokens_per_second"] / figures["examples_per_second"]
    assert ratio == pytest.approx(float(SUBJECT.table.lengths[:12].mean()))


def test_json_tells_on_what_it_was_measured(measured, tree):
    assert set(tree["versions"]) == {"bert_tf", "tensorflow", "keras", "python"}
    assert tree["versions"]["tensorflow"] == tf.__version__
    assert tree["encoder"]["hidden_size"] == 16
    assert tree["options"]["train"]["train_batch_size"] == 5
    assert tree["options"]["benchmark"] == {"steps": 4, "untimed_steps": 1, "requests": 7, "shortest_row": 3}
    assert tree["machine"]["cpu_cores"] == measured.machine.cpu_cores
    assert tree["work"]["total_steps"] == 10_000 * 3 // 5
    assert tree["work"]["weights"] == measured.weight_count


def test_json_names_no_path(measured):
    settings = BenchmarkConfig(steps=4, json="/secret/out.json", trace="/secret/trace")
    text = report_json(measured, SUBJECT, settings, "1 CPU")
    assert "secret" not in text
    assert "data_dir" not in text


def test_the_table_has_every_figure_and_json_has_those_of_the_table(measured, tree):
    lines = iter(report_text(measured, SUBJECT, "1 CPU").split("\n\n")[1].splitlines())
    for group in figure_groups(measured, SUBJECT):
        assert next(lines) == group.name
        for figure in group.figures:
            line, stored = next(lines), tree["figures"][group.name]
            assert line.strip().startswith(figure.title)
            assert figure.unit.shown(stored[f"{figure.name}_{figure.unit.suffix}"]) in line
            if figure.share is not None:
                assert line.endswith(f"{100 * stored[f'{figure.name}_share']:.1f} %")
    assert next(lines, None) is None
    counts = [len(figure.entries) for group in figure_groups(measured, SUBJECT) for figure in group.figures]
    assert sum(counts) == sum(len(group) for group in tree["figures"].values())
    assert all(math.isfinite(value) for group in tree["figures"].values() for value in group.values())


def test_the_head_of_the_table_says_what_was_measured(measured):
    head = report_text(measured, SUBJECT, "1 CPU, somewhere").split("\n\n")[0]
    assert f"1 layer of 16, {measured.weight_count:,} random weights, float32, on 1 CPU, somewhere" in head
    assert "4 steps of 5 examples (random) of at most 16 word pieces, padded, elementwise parts compiled" in head


def test_a_loss_that_is_no_number_is_not_measured(monkeypatch):
    real = measurements.start_weights

    def start_weights(model, *arguments, **options):
        report = real(model, *arguments, **options)
        model.head.output_bias.assign([np.nan, 0.0])
        return report

    monkeypatch.setattr(measurements, "start_weights", start_weights)
    with pytest.raises(TrainingError, match="The loss must be a finite number"):
        measure(SUBJECT, make_strategy(CONFIG.device), SETTINGS, str)


def test_where_memory_does_not_suffice_the_flags_that_help_are_named(monkeypatch):
    def lacks_memory(*arguments):  # TensorFlow itself tries for ten seconds before it gives up.
        message = "{{node x}} failed\nOOM when allocating tensor with shape[99]\nHint: more"
        raise tf.errors.ResourceExhaustedError(None, None, message)

    monkeypatch.setattr(measurements, "_prepare", lacks_memory)
    with pytest.raises(TrainingError, match=r"Memory must suffice.*OOM when allocating.*--remat"):
        measure(SUBJECT, make_strategy(CONFIG.device), SETTINGS, str)
