"""Tags, chains of tags, spans and choices: several devices, accumulation, and runs that are continued."""

import io

import numpy as np
import pytest

from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from tests.training.runs import KIND_CASES, KINDS, LEARNING_RATE, STEPS, make_job, make_task, train_case, weights_of
from tests.training.test_equality import is_weight, tolerance, train, train_workers

# What adds the same to the scores of all choices, or of all pieces, which softmax undoes: its gradient is rounding
# noise, and Adam divides noise by noise. A weight with a gradient moves by up to 1e-2 in these steps.
_NOISE = 5e-4
UNDONE = {"choices": ("output_bias",), "spans": ("output_bias", "bert/encoder/layer_0/output/LayerNorm/beta")}


def chosen(request):
    """The cases of the tests that were asked for: of those that have no case of their own, all."""
    items = [item for item in request.session.items if item.path == request.path]
    own = {item.callspec.params["case"] for item in items if item.originalname == test_two_devices_equal_one.__name__}
    takes_all = any("one" in item.fixturenames and "mirrored" not in item.fixturenames for item in items)
    return list(KIND_CASES) if takes_all else sorted(own)


@pytest.fixture(scope="module")
def mirrored(request, tmp_path_factory):
    """The weights and scores of each case on two devices."""
    return train(2, tmp_path_factory.mktemp("mirrored") / "found.npz", chosen(request))


@pytest.fixture(scope="module")
def one(request, tmp_path_factory):
    """The same on one."""
    folder = tmp_path_factory.mktemp("one")
    return {case: train_case(None, case, str(folder / case)) for case in chosen(request)}


def allowed(case, name):
    return _NOISE if name in UNDONE.get(case.partition("-")[0], ()) else tolerance(name)


def assert_equals_one(found, one, case):
    moved = 0.0
    for name, value in one[case].items():
        other = found[f"{case}:{name}"]
        if is_weight(f"{case}:{name}"):
            np.testing.assert_allclose(other, value, atol=allowed(case, name), err_msg=name)
            moved = max(moved, np.abs(value).max())
        elif name == "scores/loss":
            assert float(other) == pytest.approx(float(value), abs=1e-6)
        elif name.startswith("scores/"):
            assert other == pytest.approx(value, nan_ok=True, abs=0), name
    assert moved > 0.1


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("case", KIND_CASES)
def test_two_devices_equal_one(mirrored, one, case):
    assert_equals_one(mirrored, one, case)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_two_workers_equal_one_device(one, tmp_path):
    for found in train_workers(tmp_path, list(KIND_CASES)):
        for case in KIND_CASES:
            assert_equals_one(found, one, case)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batching", ["bucketed", "packed"])
def test_accumulation_equals_the_large_batch(one, kind, batching):
    parts = {"bucketed": "accumulated", "packed": "packed-accumulated"}[batching]
    for name, value in one[f"{kind}-{batching}"].items():
        if is_weight(f":{name}"):
            other = one[f"{kind}-{parts}"][name]
            np.testing.assert_allclose(other, value, atol=allowed(kind, name), err_msg=name)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_stopped_is_continued_to_the_same_bits(kind, tmp_path):
    task, table = make_task(kind)
    options = {"dropout": 0.1, "task": task, "table": table, "train_batch_size": 4, "learning_rate": LEARNING_RATE}

    def run_to_the_end(folder):
        job = make_job(batching="packed", gradient_accumulation_steps=2, **options)
        run = TrainingRun(job, str(tmp_path / folder))
        started = run.resumed_from
        run.train(Progress(STEPS, run.step, io.StringIO()))
        return started, weights_of(job)

    _, whole = run_to_the_end("whole")
    half = TrainingRun(make_job(batching="packed", gradient_accumulation_steps=2, **options), str(tmp_path / "half"))
    half._trainer.train(STEPS // 2)
    half._save()
    half._state.wait()
    started, weights = run_to_the_end("half")
    assert started == STEPS // 2
    for name, value in whole.items():
        np.testing.assert_array_equal(weights[name], value, err_msg=name)
