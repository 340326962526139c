"""The same training on one device, on two, and on two workers in processes of their own.

python -m tests.training.test_equality prints a table of the largest differences.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest

from bert_tf.training.watch.not_finite import LEFT_OUT_FILE
from tests.conftest import ROOT, free_ports, run_python
from tests.training.runs import CASES

LAYOUTS = ("mirrored", "workers")
EACH_LAYOUT = [
    "mirrored",
    pytest.param("workers", marks=pytest.mark.exhaustive),
]  # Of make test, test_membership trains.
SEEDED = "dropout-uneven-accumulated"
EVALUATIONS = [f"evaluation-{batching}-{size}" for batching in ("padded", "bucketed", "packed") for size in (8, 13)]
# What is tried each time; `make exhaustive` tries all.
AGAIN = f"{SEEDED}-again"
FEW = ("even", "even-accumulated")


def each_of(cases):
    return [case if case in FEW else pytest.param(case, marks=pytest.mark.exhaustive) for case in cases]


def tolerance(name):
    # A bias of the keys adds the same to all scores of a row, which softmax undoes: its gradient is rounding noise, and
    # Adam divides noise by noise.
    return 1e-5 if name.endswith("key/bias") else 1e-6


def assert_close(found, expected, name):
    np.testing.assert_allclose(found, expected, atol=tolerance(name), err_msg=name)


def train(devices, path, cases):
    done = run_python("-m", "tests.training.runs", devices, path, *cases)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(path))


def train_workers(folder, cases):
    """Trains on two workers at the same time, and returns what each has in the end."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    paths = [folder / f"worker-{index}.npz" for index in range(2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.runs", f"{index}@{hosts}", path, *cases],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index, path in enumerate(paths)
    ]
    try:
        errors = [process.communicate(timeout=600)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(error[-2000:] for error in errors)
    return [dict(np.load(path)) for path in paths]


def run_all(folder, cases=(*CASES, *EVALUATIONS, SEEDED, AGAIN), *, has_workers=True):
    """Trains the cases everywhere: what each has in the end, by name."""
    found = {}
    if has_workers:
        chief, other = train_workers(folder, [*cases, f"rollback={folder}/rollback"])
        found = {"workers": chief, "other worker": other}
    one = train(1, folder / "1.npz", [*cases, *(["skip"] if has_workers else [])])
    return {"one": one, "mirrored": train(2, folder / "2.npz", cases), **found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("equality")


@pytest.fixture(scope="module")
def results(folder, request):
    wants_all = any(item.get_closest_marker("exhaustive") for item in request.session.items)
    return run_all(folder) if wants_all else run_all(folder, FEW, has_workers=False)


def is_weight(name):
    return ":bert/" in name or ":output_" in name


def values_of(results, layout, case):
    found = {name: value for name, value in results[layout].items() if name.startswith(f"{case}:")}
    assert len(found) > (5 if case in EVALUATIONS else 25)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("layout", EACH_LAYOUT)
@pytest.mark.parametrize("case", each_of(CASES))
def test_several_devices_equal_one(results, case, layout):
    found = values_of(results, layout, case)
    for name, value in values_of(results, "one", case).items():
        if is_weight(name):
            assert_close(found[name], value, name)


@pytest.mark.slow
@pytest.mark.parametrize("layout", EACH_LAYOUT)
@pytest.mark.parametrize("case", each_of([*CASES, *EVALUATIONS]))
def test_their_metrics_are_exactly_those_of_one(results, case, layout):
    found, expected = (values_of(results, each, case) for each in (layout, "one"))
    for name, value in expected.items():
        if name.endswith(":scores/loss"):
            assert float(found[name]) == pytest.approx(float(value), abs=1e-6)
        elif ":scores/" in name:
            assert found[name] == value, name


@pytest.mark.slow
@pytest.mark.exhaustive
def test_both_workers_end_with_the_same_weights_and_only_the_first_writes(results, folder):
    assert set(results["workers"]) == set(results["other worker"])
    for name, value in results["workers"].items():
        np.testing.assert_array_equal(value, results["other worker"][name], err_msg=name)
    assert (folder / "worker-0.npz-even" / "checkpoint").exists()
    assert not list(folder.glob("worker-1.npz-*"))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_workers_that_begin_with_other_weights_are_told_so(results):
    for worker in ("workers", "other worker"):
        message = str(results[worker]["disagreement"])
        assert message.startswith("All workers must begin with the same weights and moments. Received: 'others on work")
    assert str(results["one"]["disagreement"]) == ""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_workers_go_back_together_from_a_step_that_is_not_finite_and_end_as_one_device_does_that_skips_it(
    results, folder
):
    skipped = {name: value for name, value in results["one"].items() if name.startswith("skip:")}
    assert len(skipped) > 20
    for name, value in skipped.items():
        assert_close(results["workers"][name.replace("skip:", "rollback:")], value, name)
    steps = json.loads((folder / "rollback" / LEFT_OUT_FILE).read_text())["steps"]
    assert 1 <= len(steps) < 5


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["one", *EACH_LAYOUT])
def test_accumulation_equals_the_large_batch(results, layout):
    for name, value in results[layout].items():
        if name.startswith("even:bert"):
            assert_close(results[layout][name.replace("even:", "even-accumulated:")], value, name)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("layout", ["one", *LAYOUTS])
def test_with_dropout_a_layout_is_reproducible_by_its_seed(results, layout):
    again = values_of(results, layout, AGAIN)
    for name, value in values_of(results, layout, SEEDED).items():
        np.testing.assert_array_equal(again[name.replace(":", "-again:", 1)], value, err_msg=name)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_replicas_draw_different_dropout_masks_and_the_same_in_whatever_process(results):
    one, mirrored = (values_of(results, layout, SEEDED) for layout in ("one", "mirrored"))
    workers = values_of(results, "workers", SEEDED) if "workers" in results else mirrored
    assert max(np.abs(one[name] - mirrored[name]).max() for name in one if ":bert/" in name) > 1e-4
    for name, value in mirrored.items():
        if ":bert/" in name:
            assert_close(workers[name], value, name)


@pytest.mark.slow
def test_training_moved_the_weights(results):
    assert np.abs(results["one"]["even:bert/pooler/dense/bias"]).max() > 1e-3  # It begins at 0.


def table(results):
    """The largest differences to one device, one row a case."""
    lines = [
        "| case | weights, mirrored | weights, workers | key biases | metrics | loss |",
        "|---|---|---|---|---|---|",
    ]
    for case in [*CASES, *EVALUATIONS]:
        one = values_of(results, "one", case)
        gaps = {
            layout: {name: np.abs(results[layout][name] - value).max() for name, value in one.items()}
            for layout in LAYOUTS
        }
        biases = [[gap for name, gap in gaps[layout].items() if name.endswith("key/bias")] for layout in LAYOUTS]
        weights = [
            [gap for name, gap in gaps[layout].items() if is_weight(name) and not name.endswith("key/bias")]
            for layout in LAYOUTS
        ]
        losses = [gaps[layout][f"{case}:scores/loss"] for layout in LAYOUTS]
        metrics = [
            gap
            for layout in LAYOUTS
            for name, gap in gaps[layout].items()
            if ":scores/" in name and not name.endswith("/loss")
        ]
        columns = [*weights, [*biases[0], *biases[1]], metrics, losses]
        lines.append(f"| {case} | " + " | ".join(f"{max(column):.1e}" if column else "" for column in columns) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(table(run_all(pathlib.Path(name))))
