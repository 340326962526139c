import numpy as np
import pytest

from bert_tf.errors import InputError
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.weights.manifest import Best
from bert_tf.weights.places import find_prefix
from bert_tf.weights.selection import holds_run, saved_steps

WEIGHTS = {"bert/a": np.arange(6, dtype="f").reshape(2, 3)}
STATE = {"bert/a/adam_m": np.ones((2, 3), "f")}


@pytest.fixture
def folder(tmp_path):
    """Steps 1 to 4, of which 2 is the best, and 3 and 4 are the newest."""
    checkpoints = RunCheckpoints(str(tmp_path), keep=2)
    for step in range(1, 5):
        checkpoints.save(step, WEIGHTS, STATE, Best(2, "f1", 0.5) if step >= 2 else None)
    return tmp_path


def chosen(folder):
    return find_prefix(str(folder)).removeprefix(f"{folder}/")


def test_the_best_model_is_chosen_without_a_word(folder, capfd):
    assert chosen(folder) == "model.ckpt-2"
    assert capfd.readouterr().err == ""
    assert holds_run(str(folder))
    assert not holds_run(str(folder / "train"))
    assert saved_steps(str(folder)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("damaged", "choice"), [(["model.ckpt-2.index"], "4"), (["model.ckpt-2.index", "model.ckpt-4.index"], "3")]
)
def test_a_damaged_model_is_passed_over_and_that_is_told_in_a_line(folder, capfd, damaged, choice):
    for name in damaged:
        (folder / name).write_bytes(b"no table")
    assert chosen(folder) == f"model.ckpt-{choice}"
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("model.ckpt-2.index is damaged (8 bytes instead of ")
    assert line.endswith(f"); using model.ckpt-{choice} in its place")


def test_damage_of_the_optimizer_state_does_not_matter_to_the_model(folder, capfd):
    (folder / "optimizer.ckpt-4.index").unlink()
    assert chosen(folder) == "model.ckpt-2"
    assert capfd.readouterr().err == ""


def test_neither_the_note_on_the_best_nor_the_list_of_checkpoints_needs_to_be_whole(folder, capfd):
    (folder / "best_checkpoint.json").write_bytes(b"{")
    (folder / "checkpoint").write_bytes(b"\xff\0")
    assert chosen(folder) == "model.ckpt-2"
    assert capfd.readouterr().err == ""


def test_a_damaged_list_of_files_hides_its_step_alone(folder, capfd):
    (folder / "manifest-4.json").write_bytes(b"{}")
    assert chosen(folder) == "model.ckpt-2"
    assert capfd.readouterr().err == "manifest-4.json is damaged; using model.ckpt-2 in its place\n"


def test_without_an_intact_model_there_is_none(folder):
    for step in (2, 3, 4):
        (folder / f"model.ckpt-{step}.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(InputError, match=r"must hold a model that is intact.*model.ckpt-2.data.*0 bytes instead of"):
        chosen(folder)


def test_a_damaged_model_is_refused_if_it_is_named(folder):
    (folder / "model.ckpt-3.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(InputError, match=r"must be as it was saved.*0 bytes instead of"):
        find_prefix(str(folder / "model.ckpt-3"))
    with pytest.raises(InputError, match="must be as it was saved"):
        find_prefix(str(folder / "model.ckpt-3.index"))
    assert find_prefix(str(folder / "model.ckpt-4")) == str(folder / "model.ckpt-4")


def test_what_an_older_version_saved_is_still_chosen(folder, capfd):
    for step in (2, 3, 4):
        (folder / f"manifest-{step}.json").unlink()
    assert chosen(folder) == "model.ckpt-2"
    (folder / "best_checkpoint.json").unlink()
    assert chosen(folder) == "model.ckpt-4"
    assert capfd.readouterr().err == ""
