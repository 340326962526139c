"""What pip installs: a wheel, made of the source archive, works in an environment of its own and from any folder."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile

import pytest

from bert_tf import __version__
from tests.conftest import DEMO_CHECKPOINT, ROOT
from tests.pages import README, bert_tf_words, commands

# All but the tests, which no build needs, and what lies about in a checkout.
SOURCES = (
    "bert_tf",
    "checkpoints",
    "configs",
    "docs",
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "pyproject.toml",
    "setup.py",
)
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
# Every command as its entry point runs it, in one process: TensorFlow takes long to load.
PROGRAM = """
import importlib.metadata, json, sys
import bert_tf
(entry,) = importlib.metadata.entry_points(group="console_scripts", name="bert-tf")
assert entry.load().__module__ == "bert_tf.cli.main"  # It ends the process; what it calls gives the status.
from bert_tf.cli.main import main
statuses = [main(words) for words in json.loads(sys.argv[1])]
print(json.dumps({"place": bert_tf.__file__, "version": bert_tf.__version__, "statuses": statuses}))
"""
QUICK = ["--max_seq_length=16", "--train_batch_size=8", "--noreport"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> pathlib.Path:
    """The wheel that is made of the source archive, which therefore must hold all that it takes."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    with tarfile.open(folder / build("build_sdist", source, folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    for path in ("configs/constraints.txt", "configs/demo.json", "docs/flags.md"):
        assert (unpacked / path).read_bytes() == (ROOT / path).read_bytes()
    return folder / build("build_wheel", unpacked, folder)


def build(what: str, source: pathlib.Path, target: pathlib.Path) -> str:
    """Builds as pip does and returns the name of the file."""
    command = [sys.executable, "-c", BUILD, what, str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def interpreter(wheel, tmp_path_factory) -> pathlib.Path:
    """The interpreter of an environment that has the wheel; its dependencies are those of the tests' environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    others = [path for path in sys.path if pathlib.Path(path).name in ("site-packages", "dist-packages")]
    (packages / "dependencies.pth").write_text("".join(f"{path}\n" for path in others))
    return folder / "bin" / "python"


def test_a_wheel_holds_the_package_and_the_demo_checkpoint_and_nothing_else(wheel):
    assert wheel.name == f"bert_tf-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        demo = {path.name: f"bert_tf/checkpoints/demo/{path.name}" for path in DEMO_CHECKPOINT.iterdir()}
        package = {str(path.relative_to(ROOT)) for path in (ROOT / "bert_tf").rglob("*.py")}
        assert names == package | {"bert_tf/py.typed", "bert_tf/__init__.pyi"} | set(demo.values())
        for name, packed in demo.items():
            assert archive.read(packed) == (DEMO_CHECKPOINT / name).read_bytes()


def shown(flag: str) -> list[str]:
    """The words of the README's first command with this flag; flags that are added after it override its own."""
    every = [words for each in commands(README) if (words := bert_tf_words(each)) and words[0] == "classifier"]
    return next(words for words in every if flag in words)


@pytest.mark.exhaustive
def test_an_installed_wheel_does_the_demo_and_own_data_from_any_folder(interpreter, tmp_path):
    (tmp_path / "reviews.csv").write_text("text,label\n" + "The cat sleeps.,good\nSleeps cat the.,bad\n" * 8)
    demo = [*shown("--task=demo"), "--do_train", "--num_train_epochs=0.002"]
    own = [*shown("--train_file=reviews.csv"), "--init_checkpoint=demo", "--eval_split=0.25", "--num_train_epochs=1"]
    command = [str(interpreter), "-c", PROGRAM, json.dumps([[*words, *QUICK] for words in (demo, own)])]
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"
    told = json.loads(done.stdout.splitlines()[-1])
    package = pathlib.Path(told["place"]).parent
    assert (told["version"], told["statuses"]) == (__version__, [0, 0])
    assert package.is_relative_to(interpreter.parent.parent)
    assert done.stderr.count(f"weights from {package / 'checkpoints' / 'demo' / 'bert_model.ckpt'}") == 2
    for folder in (tmp_path / "runs" / "demo", tmp_path / "runs" / "reviews"):
        assert (folder / "checkpoint").exists()
        assert json.loads((folder / "config.json").read_text())["model"]["init_checkpoint"] == "demo"
    assert "eval_accuracy = " in (folder / "eval_results.txt").read_text()
