import os

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.weights.google import find_prefix, list_tensors

WEIGHTS = {"bert/a": np.arange(6, dtype="f").reshape(2, 3), "output_bias": np.ones(2, "f")}
STATE = {"bert/a/adam_m": np.ones((2, 3), "f"), "loss_scale/scale": np.float32(4)}


@pytest.fixture
def checkpoints(tmp_path):
    return RunCheckpoints(str(tmp_path), keep=2)


def steps(folder):
    return sorted(
        int(name.split("-")[1].split(".")[0])
        for name in os.listdir(folder)
        if name.startswith("model") and name.endswith("index")
    )


def test_reading_what_was_saved_gives_the_same_state(checkpoints):
    checkpoints.save(7, WEIGHTS, STATE)
    assert checkpoints.latest_step() == 7
    tensors = checkpoints.restore(7)
    assert set(tensors) == {*WEIGHTS, *STATE, "global_step"}
    for name, value in {**WEIGHTS, **STATE, "global_step": 7}.items():
        np.testing.assert_array_equal(tensors[name], value)


def test_the_model_file_has_the_weights_alone(checkpoints, tmp_path):
    checkpoints.save(7, WEIGHTS, STATE)
    assert set(list_tensors(find_prefix(str(tmp_path))).shapes) == {*WEIGHTS, "global_step"}
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-7")


def test_the_newest_and_the_best_are_kept(checkpoints, tmp_path):
    for step in range(1, 6):
        checkpoints.save(step, WEIGHTS, STATE, best=("f1", 0.5) if step == 2 else None)
    assert steps(tmp_path) == [2, 4, 5]
    assert not (tmp_path / "optimizer.ckpt-2.index").exists()
    assert find_prefix(str(tmp_path)) == str(tmp_path / "model.ckpt-2")
    assert checkpoints.latest_step() == 5


def test_a_save_that_was_killed_leaves_the_former_one_in_charge(checkpoints, tmp_path):
    checkpoints.save(1, WEIGHTS, STATE)
    state = (tmp_path / "checkpoint").read_bytes()
    checkpoints.save(2, WEIGHTS, STATE)
    (tmp_path / "checkpoint").write_bytes(state)  # As if the process had ended before the last file.
    os.remove(tmp_path / "model.ckpt-2.index")
    assert checkpoints.latest_step() == 1
    checkpoints.save(2, WEIGHTS, STATE)
    assert steps(tmp_path) == [1, 2]


def test_a_checkpoint_without_optimizer_state_is_not_resumed(checkpoints, tmp_path):
    checkpoints.save(1, WEIGHTS, STATE)
    os.remove(tmp_path / "optimizer.ckpt-1.index")
    with pytest.raises(InputError, match="without the state that training would resume from"):
        checkpoints.latest_step()


def test_starting_anew_removes_checkpoints_and_leftovers_but_no_other_file(checkpoints, tmp_path):
    checkpoints.save(1, WEIGHTS, STATE, best=("f1", 0.5))
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".tmp-model.ckpt-2-0a1b2c3d").mkdir()
    (tmp_path / "optimizer.ckpt-9.index").write_text("of a run that was killed before the model was written")
    checkpoints.remove_all()
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_folder_with_a_number_for_its_name_is_no_checkpoint(checkpoints, tmp_path):
    (tmp_path / "2024").mkdir()
    for step in (1, 2, 3):
        checkpoints.save(step, WEIGHTS, STATE)
    assert steps(tmp_path) == [2, 3]
    assert "2024" not in (tmp_path / "checkpoint").read_text()
