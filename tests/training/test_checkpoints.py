import json
import os

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.training.checkpoints import RunCheckpoints, Selection
from bert_tf.weights.google import list_tensors
from bert_tf.weights.manifest import FILE_SUFFIXES, Best
from bert_tf.weights.places import find_prefix

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
    assert checkpoints.select() == Selection(7, ())
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
        checkpoints.save(step, WEIGHTS, STATE, Best(2, "f1", 0.5) if step >= 2 else None)
    assert steps(tmp_path) == [2, 4, 5]
    assert not (tmp_path / "optimizer.ckpt-2.index").exists()
    assert find_prefix(str(tmp_path)) == str(tmp_path / "model.ckpt-2")
    assert checkpoints.select() == Selection(5, ())
    names = [f"manifest-{step}.json" for step in (2, 4, 5)]
    names += [f"model.ckpt-{step}{suffix}" for step in (2, 4, 5) for suffix in FILE_SUFFIXES]
    names += [f"optimizer.ckpt-{step}{suffix}" for step in (4, 5) for suffix in FILE_SUFFIXES]
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "checkpoint", "best_checkpoint.json"])


def test_the_best_as_of_an_older_step_is_kept_as_long_as_that_step(checkpoints, tmp_path):
    for step in range(1, 6):
        checkpoints.save(step, WEIGHTS, STATE, Best(1 if step < 5 else 5, "f1", step / 10))
    assert steps(tmp_path) == [1, 4, 5]
    assert find_prefix(str(tmp_path)) == str(tmp_path / "model.ckpt-5")
    (tmp_path / "optimizer.ckpt-5.index").unlink()
    assert checkpoints.select() == Selection(4, ("optimizer.ckpt-5.index is missing",))
    checkpoints.take_up(4)
    assert steps(tmp_path) == [1, 4]
    assert find_prefix(str(tmp_path)) == str(tmp_path / "model.ckpt-1")
    assert json.loads((tmp_path / "best_checkpoint.json").read_text())["checkpoint"] == "model.ckpt-1"
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-4")
    checkpoints.save(6, WEIGHTS, STATE, Best(6, "f1", 1.0))
    checkpoints.save(7, WEIGHTS, STATE, Best(6, "f1", 1.0))
    assert steps(tmp_path) == [6, 7]


class KilledError(BaseException):
    """Ends a save as a kill does: nothing but what was written stays."""


def save_and_be_killed(checkpoints, step, best, monkeypatch, operations):
    """Saves a step, but the disk takes only so many changes; returns whether that was enough."""
    left = [operations]

    def limited(change):
        def run(*arguments):
            if not left[0]:
                raise KilledError
            left[0] -= 1
            return change(*arguments)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(files, "remove", limited(files.remove))
        patch.setattr(files, "rename", limited(files.rename))
        try:
            checkpoints.save(step, WEIGHTS, STATE, best)
        except KilledError:
            return False
    return True


def test_a_save_that_is_killed_anywhere_leaves_the_former_or_the_new_one_in_charge(tmp_path, monkeypatch):
    best = {1: Best(1, "f1", 0.1), 2: Best(1, "f1", 0.1), 3: Best(3, "f1", 0.3)}
    selected = []
    for operations in range(100):
        folder = tmp_path / str(operations)
        folder.mkdir()
        checkpoints = RunCheckpoints(str(folder), keep=1)
        checkpoints.save(1, WEIGHTS, STATE, best[1])
        checkpoints.save(2, WEIGHTS, STATE, best[2])
        done = save_and_be_killed(checkpoints, 3, best[3], monkeypatch, operations)
        selection = checkpoints.select()
        assert selection.damaged == ()
        selected.append(selection.step)
        assert set(checkpoints.restore(selection.step)) == {*WEIGHTS, *STATE, "global_step"}
        chosen = find_prefix(str(folder))
        assert chosen == str(folder / f"model.ckpt-{best[selection.step].step}")
        np.testing.assert_array_equal(list_tensors(chosen).read("bert/a"), WEIGHTS["bert/a"])
        files.remove_leftovers(str(folder))
        checkpoints.take_up(selection.step)
        assert steps(folder) == ([1, 2] if selection.step == 2 else [3])
        assert tf.train.latest_checkpoint(str(folder)) == str(folder / f"model.ckpt-{selection.step}")
        checkpoints.save(3, WEIGHTS, STATE, best[3])
        names = set(os.listdir(folder))
        assert names == {
            "checkpoint",
            "best_checkpoint.json",
            "manifest-3.json",
            "model.ckpt-3.index",
            "optimizer.ckpt-3.index",
            "model.ckpt-3.data-00000-of-00001",
            "optimizer.ckpt-3.data-00000-of-00001",
        }
        if done:
            break
    assert done
    assert selected == sorted(selected)
    assert {2, 3} == set(selected)


def test_saving_a_step_again_that_is_damaged_makes_it_whole(checkpoints, tmp_path):
    for step in (1, 2):
        checkpoints.save(step, WEIGHTS, STATE)
    (tmp_path / "model.ckpt-2.index").write_bytes(b"")
    assert checkpoints.select().step == 1
    checkpoints.save(2, WEIGHTS, STATE)
    assert checkpoints.select() == Selection(2, ())


def test_without_an_intact_checkpoint_nothing_is_resumed(tmp_path):
    checkpoints = RunCheckpoints(str(tmp_path), keep=1)
    checkpoints.save(1, WEIGHTS, STATE)
    checkpoints.save(2, WEIGHTS, STATE)
    os.remove(tmp_path / "optimizer.ckpt-2.index")
    message = (
        r"must hold a checkpoint that is intact .* 'optimizer.ckpt-2.index is missing'.*--keep_checkpoints=2 or more"
    )
    with pytest.raises(InputError, match=message):
        checkpoints.select()


def test_a_checkpoint_without_optimizer_state_is_not_resumed(checkpoints, tmp_path):
    checkpoints.save(1, WEIGHTS, STATE)
    for name in ("optimizer.ckpt-1.index", "manifest-1.json"):
        os.remove(tmp_path / name)
    with pytest.raises(InputError, match="without the state that training would resume from"):
        checkpoints.select()


def test_what_an_older_version_saved_is_resumed_by_the_checks_of_its_tables(checkpoints, tmp_path):
    for step in (1, 2):
        checkpoints.save(step, WEIGHTS, STATE, Best(1, "f1", 0.5))
        os.remove(tmp_path / f"manifest-{step}.json")
    assert checkpoints.select() == Selection(2, ())
    data = bytearray((tmp_path / "model.ckpt-2.data-00000-of-00001").read_bytes())
    data[5] ^= 1
    (tmp_path / "model.ckpt-2.data-00000-of-00001").write_bytes(data)
    selection = checkpoints.select()
    assert selection.step == 1
    assert "must be possible to read bert/a from" in selection.damaged[0]
    checkpoints.take_up(1)
    checkpoints.save(3, WEIGHTS, STATE, Best(1, "f1", 0.5))
    checkpoints.save(4, WEIGHTS, STATE, Best(1, "f1", 0.5))
    assert steps(tmp_path) == [1, 3, 4]


def test_the_disk_must_have_room_for_all_that_is_kept(checkpoints, tmp_path):
    checkpoints.check_room(1000)
    with pytest.raises(InputError, match=r"room for 3 checkpoints and the best model, .*lower --keep_checkpoints"):
        checkpoints.check_room(10**13)
    weights = {"bert/a": np.broadcast_to(np.float32(1), (2**40,))}  # Four tebibytes that take no memory.
    with pytest.raises(InputError, match=r"room for the checkpoint of step 1, .* MiB"):
        checkpoints.save(1, weights, STATE)
    assert os.listdir(tmp_path) == []


def test_neither_clock_nor_dates_of_files_decide_which_is_newest(checkpoints, tmp_path):
    for step in (1, 2):
        checkpoints.save(step, WEIGHTS, STATE)
    for name in os.listdir(tmp_path):  # As if the clock had been set back by years between the two.
        age = 10**9 if "-2" in name else 0
        os.utime(tmp_path / name, (1.7e9 - age, 1.7e9 - age))
    assert checkpoints.select() == Selection(2, ())
    assert find_prefix(str(tmp_path)) == str(tmp_path / "model.ckpt-2")


def test_starting_anew_removes_checkpoints_and_leftovers_but_no_other_file(checkpoints, tmp_path):
    checkpoints.save(1, WEIGHTS, STATE, Best(1, "f1", 0.5))
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


def test_an_adopted_model_is_the_only_one_and_cannot_be_trained_on(checkpoints, tmp_path):
    other = {**WEIGHTS, "output_bias": np.zeros(2, "f")}
    for step, weights in ((7, WEIGHTS), (7, other), (5, WEIGHTS)):
        checkpoints.adopt(step, weights)
        found = list_tensors(find_prefix(str(tmp_path)))
        assert (found.prefix, found.global_step) == (str(tmp_path / f"model.ckpt-{step}"), step)
        np.testing.assert_array_equal(found.read("output_bias"), weights["output_bias"])
        names = {f"manifest-{step}.json", "checkpoint", *(f"model.ckpt-{step}{suffix}" for suffix in FILE_SUFFIXES)}
        assert set(os.listdir(tmp_path)) == names
        assert tf.train.latest_checkpoint(str(tmp_path)) == found.prefix
    with pytest.raises(InputError, match="without the state that training would resume from"):
        checkpoints.latest_step()
