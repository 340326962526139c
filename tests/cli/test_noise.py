"""What libraries log is not told unless it is asked for; what is ours is."""

import logging
import os
import re

import pytest
import tensorflow as tf

from bert_tf.host import environment
from bert_tf.host.console import Verbosity
from tests.conftest import DEMO_CHECKPOINT, ROOT, bert_tf

# The forms of TensorFlow's log, of absl's, of Python's; and Python's own warnings.
NOISE = re.compile(
    r"^\d{4}-\d\d-\d\d .*: [IWEF] |^[IWEF]\d{4} |^(DEBUG|INFO|WARNING|ERROR|CRITICAL):|retracing|absl::|Warning: "
)
DEMO = ["classifier", f"--config={ROOT}/configs/demo.json", f"--init_checkpoint={DEMO_CHECKPOINT}"]
SHORT = [*DEMO, "--num_train_epochs=0.03", "--batching=padded", "--max_seq_length=16"]
BENCHMARK = ["benchmark", *DEMO[1:], "--batching=padded", "--steps=1", "--requests=1", "--max_seq_length=16"]
OWN_LINES = {
    "demo": (SHORT, "exported "),
    "seeds": ([*SHORT, "--num_seeds=2"], "seed 12346 (2 of 2): "),
    "benchmark": (BENCHMARK, "timing products of matrices"),  # Compiles, as the whole run has many steps.
}


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-28 03:46:46.529532: E external/local_xla/xla/stream_executor/cuda/cuda_platform.cc:51] failed call",
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
        "I0000 00:00:1795837887.234288   21538 device_compiler.h:196] Compiled cluster using XLA!",
        "W0000 00:00:1795837891.578782   21338 op_level_cost_estimator.cc:699] Error in PredictCost() for the op",
        "WARNING:tensorflow:5 out of the last 5 calls to <function f> triggered tf.function retracing.",
    ],
)
def test_noise_is_recognized(line):
    assert NOISE.search(line)


@pytest.mark.slow
@pytest.mark.exhaustive  # Of make test, the run of test_start is looked at.
@pytest.mark.parametrize("name", OWN_LINES)
def test_a_run_tells_nothing_but_its_own_lines(tmp_path, monkeypatch, name):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")  # What the tests have set would count.
    words, own = OWN_LINES[name]
    folder = [] if name == "benchmark" else [f"--output_dir={tmp_path}/run"]
    done = bert_tf(*words, *folder)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stderr.splitlines()
    assert [line for line in lines if NOISE.search(line)] == []
    assert any(line.startswith(own) for line in lines)
    assert "\r" not in done.stderr


@pytest.fixture
def log(monkeypatch):
    """What TensorFlow's Python part logs."""
    logger, lines = logging.getLogger("tensorflow"), []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    level = logger.level
    logger.addHandler(handler)
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize(("verbosity", "is_told"), [("quiet", False), ("normal", False), ("debug", True)])
def test_tracing_the_same_function_for_many_models_is_no_news(log, verbosity, is_told):
    environment.prepare_environment(Verbosity(verbosity))

    traced = eval(f"lambda: len('{verbosity}')")  # Code of its own: each is warned of twice at most.
    for _ in range(12):
        tf.function(traced, autograph=False)()
    assert any("retracing" in line for line in log) == is_told
    tf.get_logger().error("an error")
    assert log[-1] == "an error"


def test_a_program_is_not_told_of_it_while_it_calls_the_package_and_as_ever_afterwards(log):
    def trace():
        traced = eval("lambda: len('a program')")
        for _ in range(12):
            tf.function(traced, autograph=False)()
        return [line for line in log if "retracing" in line]

    tf.get_logger().setLevel(logging.WARNING)
    filters = list(tf.get_logger().filters)
    with environment.retracing_untold():
        assert trace() == []
        tf.get_logger().warning("a warning")
    assert log == ["a warning"]
    assert trace()
    assert tf.get_logger().filters == filters


@pytest.mark.parametrize("level", ["0", "1", "2", "3"])
def test_a_level_that_is_set_is_left_alone(monkeypatch, log, level):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    environment.prepare_environment(Verbosity.NORMAL)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == level
    tf.get_logger().warning("a warning")
    assert log == ([] if level in "23" else ["a warning"])
