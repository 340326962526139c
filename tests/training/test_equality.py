"""The same training on one device and on two."""

import numpy as np
import pytest

from tests.conftest import run_python
from tests.training.runs import CASES


def assert_close(found, expected, name):
    # A bias of the keys adds the same to all scores of a row, which softmax undoes: its gradient is rounding noise, and
    # Adam divides noise by noise. A rare word comes near to that: 1.1e-6 on one kind of processor, 0.3e-6 on another.
    tolerance = 1e-4 if name.endswith("key/bias") else 2e-6 if name.endswith("word_embeddings") else 1e-6
    np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=name)


def train(devices, path, cases):
    done = run_python("-m", "tests.training.runs", devices, path, *cases)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(path))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("equality")
    cases = [*CASES, "dropout-even"]
    return {devices: train(devices, folder / f"{devices}.npz", cases) for devices in (1, 2)}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_devices_equal_one(results, case):
    names = [name for name in results[1] if name.startswith(f"{case}:")]
    assert len(names) > 30
    for name in names:
        assert_close(results[2][name], results[1][name], name)


@pytest.mark.slow
@pytest.mark.parametrize("devices", [1, 2])
def test_accumulation_equals_the_large_batch(results, devices):
    for name, value in results[devices].items():
        if name.startswith("even:"):
            accumulated = results[devices][name.replace("even:", "even-accumulated:")]
            assert_close(accumulated, value, name)


@pytest.mark.slow
def test_replicas_draw_different_dropout_masks(results):
    names = [name for name in results[1] if name.startswith("dropout-even:")]
    assert max(np.abs(results[1][name] - results[2][name]).max() for name in names) > 1e-4


@pytest.mark.slow
def test_training_moved_the_weights(results):
    moved = results[1]["even:bert/pooler/dense/kernel"] - results[1]["uneven:bert/pooler/dense/kernel"]
    assert np.abs(moved).max() > 1e-3
