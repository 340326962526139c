"""`bert-tf convert` writes a whole checkpoint into a folder that has none of its files, or nothing."""

import json
import os
import shutil

import numpy as np
import pytest

from bert_tf.cli import convert
from bert_tf.cli.main import main
from bert_tf.host import files, locks
from bert_tf.weights.google import list_tensors, write_checkpoint
from tests.conftest import DEMO_CHECKPOINT

NAMES = sorted(os.listdir(DEMO_CHECKPOINT))
LAYER_BIAS = "bert/encoder/layer_0/output/dense/bias"


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def told(capsys, *words):
    assert main(["convert", *map(str, words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.fixture
def source(tmp_path):
    shutil.copytree(DEMO_CHECKPOINT, tmp_path / "source")
    return tmp_path / "source"


@pytest.mark.parametrize("is_there", [False, True])
def test_what_is_written_is_the_same_checkpoint(source, tmp_path, is_there):
    target = tmp_path / "target"
    if is_there:
        target.mkdir()
        (target / "notes.md").write_text("mine")
    assert main(["convert", str(source), str(target)]) == 0
    assert sorted(os.listdir(target)) == sorted([*NAMES, *(["notes.md"] if is_there else [])])
    old, new = (list_tensors(str(folder / "bert_model.ckpt")) for folder in (source, target))
    for name in old.weights:
        np.testing.assert_array_equal(new.read(name), old.read(name))


@pytest.mark.parametrize("slot", ["Adam", "Adam_1", "adam_m", "lamb_v", "ExponentialMovingAverage", "Momentum"])
def test_slots_and_counters_are_left_behind(source, tmp_path, slot):
    checkpoint = list_tensors(str(source / "bert_model.ckpt"))
    weights = checkpoint.read_all(checkpoint.weights)
    extra = {f"{LAYER_BIAS}/{slot}": np.ones(128, "f"), "beta1_power": np.float32(0.9), "loss_scale": np.float32(1)}
    write_checkpoint(str(source / "bert_model.ckpt"), {**weights, **extra})
    assert main(["convert", str(source), str(tmp_path / "target")]) == 0
    assert set(list_tensors(str(tmp_path / "target" / "bert_model.ckpt")).shapes) == set(weights)


@pytest.mark.parametrize("name", [*NAMES, "labels.txt", "config.json", "checkpoint"])
def test_a_folder_that_holds_any_of_its_files_is_left_alone(source, tmp_path, capsys, name):
    target = tmp_path / "target"
    target.mkdir()
    (target / name).write_text("mine")
    line = told(capsys, source, target)
    assert (
        f"convert must not replace a checkpoint or what belongs to one. Received: '{target}, which has {name}'" in line
    )
    assert contents(target) == {name: b"mine"}


def test_a_folder_in_which_another_process_writes_is_left_alone(source, tmp_path, capsys):
    with locks.holding(str(tmp_path / "target")):
        assert "Only one process at a time may write in an output folder" in told(capsys, source, tmp_path / "target")


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("step", [0, 1, 3, 5, 7])
def test_a_disk_that_gets_full_leaves_nothing(source, tmp_path, capsys, monkeypatch, step, is_there):
    """Of the vocabulary, the config, the two files of the tensors, and of the four when they are moved."""
    target = tmp_path / "target"
    if is_there:
        target.mkdir()
    done = []

    def full(act):
        def attempt(*arguments, **options):
            done.append(act)
            if len(done) > step:
                raise OSError(28, "No space left on device")
            return act(*arguments, **options)

        return attempt

    monkeypatch.setattr(files, "rename", full(files.rename))
    assert "No space left on device" in told(capsys, source, target)
    assert target.exists() is is_there
    assert not is_there or os.listdir(target) == []


def test_a_disk_that_is_too_small_is_noticed_before(source, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("bert_tf.host.disk.free_bytes", lambda folder: 1000)
    assert "There must be room for the checkpoint" in told(capsys, source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 1}, "num_hidden_layers 1 by the config, 6 in"),
        ({"vocab_size": 10**30}, "vocab_size must be at most 2,147,483,647"),
        ({"num_hidden_layers": 10**6}, "num_hidden_layers must be at most 1,000"),
    ],
)
def test_a_config_of_another_model_is_refused(source, tmp_path, capsys, change, message):
    config = json.loads((source / "bert_config.json").read_text())
    (source / "bert_config.json").write_text(json.dumps({**config, **change}))
    assert message in told(capsys, source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_what_is_moved_last_is_what_makes_the_checkpoint_visible():
    assert convert._WRITTEN[-1] == "bert_model.ckpt.index"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("bert/encoder/layer_1/output/dense/kernel"), "must hold every weight of the enc"),
        (
            lambda weights: transpose(weights, "bert/encoder/layer_0/output/dense/kernel"),
            "shapes of the checkpoint must",
        ),
        (lambda weights: rename(weights, "bert/", "model/bert/"), "The checkpoint must hold weights of BERT"),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--encoder_only"]])
def test_what_is_no_whole_encoder_is_not_converted(source, tmp_path, capsys, change, message, flags):
    tensors = list_tensors(str(source / "bert_model.ckpt"))
    weights = tensors.read_all(tensors.weights)
    change(weights)
    write_checkpoint(str(source / "bert_model.ckpt"), weights)
    assert message in told(capsys, *flags, source, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def transpose(weights, name):
    weights[name] = np.ascontiguousarray(weights[name].T)


def rename(weights, old, new):
    for name in list(weights):
        weights[name.replace(old, new, 1)] = weights.pop(name)


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_of_a_folder_is_refused(source, capsys, name):
    assert "Received: 'an empty name of a folder'" in told(capsys, source, name)
