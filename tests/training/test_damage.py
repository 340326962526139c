"""A checkpoint that was cut off or changed on the disk is noticed, and the one before takes its place."""

import dataclasses
import io
import random
import re
import shutil

import numpy as np
import pytest

from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from bert_tf.weights.places import find_prefix
from tests.training.runs import STEPS, make_job, weights_of

NAMES = [f"{kind}.ckpt-15.{suffix}" for kind in ("model", "optimizer") for suffix in ("index", "data-00000-of-00001")]
NAMES += ["manifest-15.json"]


@dataclasses.dataclass(frozen=True)
class Damage:
    """A file's end at a share of its length, or one of its bits turned over."""

    name: str
    cut: float | None = None
    bit: float | None = None

    def apply(self, folder):
        path = folder / self.name
        data = bytearray(path.read_bytes())
        if self.cut is not None:
            data = data[: int(self.cut * len(data))]
        else:
            place = int(self.bit * 8 * len(data))
            data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)


_RANDOM = random.Random(4)
CUTS = [Damage(name, cut=cut) for name in NAMES for cut in (0.0, *(_RANDOM.random() for _ in range(3)))]
FLIPS = [Damage(name, bit=_RANDOM.random()) for name in NAMES for _ in range(10)]


def train(job, folder):
    run = TrainingRun(job, str(folder))
    run.train(Progress(run.total_steps, run.step, io.StringIO()))
    return run


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """The folder of a run that ended at step 15 of 20, and the weights that it would have ended with."""
    whole, folder = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("interrupted")
    job = make_job(dropout=0.1)
    train(job, whole)
    expected = weights_of(job)
    job = make_job(dropout=0.1, save_checkpoints_steps=5)
    run = TrainingRun(job, str(folder))

    class EndError(Exception):
        pass

    save = run._save

    def save_and_end():
        save()
        if run.step == 15:
            raise EndError

    run._save = save_and_end
    with pytest.raises(EndError):
        run.train(Progress(STEPS, 0, io.StringIO()))
    return folder, expected


def test_there_are_twenty_cuts_and_fifty_flips_over_all_files():
    assert (len(CUTS), len(FLIPS)) == (20, 50)
    assert {damage.name for damage in CUTS} == {damage.name for damage in FLIPS} == set(NAMES)


def test_each_is_noticed_and_the_one_before_takes_its_place(interrupted, tmp_path, capfd):
    folder, _ = interrupted
    for number, damage in enumerate([*CUTS, *FLIPS]):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        assert RunCheckpoints(str(copy), keep=2).select().step == 15
        assert find_prefix(str(copy)) == str(copy / "model.ckpt-15")
        damage.apply(copy)
        selection = RunCheckpoints(str(copy), keep=2).select()
        assert selection.step == 10, damage
        assert re.fullmatch(
            rf"{re.escape(damage.name)} is damaged.*; continuing at step 10, which is intact", str(selection)
        ), damage
        touches_model = not damage.name.startswith("optimizer")
        assert find_prefix(str(copy)) == str(copy / f"model.ckpt-{10 if touches_model else 15}"), damage
        told = capfd.readouterr().err
        assert told.startswith(f"{damage.name} is damaged") if touches_model else told == ""
        shutil.rmtree(copy)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [CUTS[5], CUTS[9], FLIPS[0], FLIPS[30], FLIPS[45]], ids=lambda damage: f"{damage.name}-{damage.cut}"
)
def test_the_run_goes_on_to_the_very_same_weights(interrupted, tmp_path, damage):
    folder, expected = interrupted
    shutil.copytree(folder, tmp_path / "copy")
    damage.apply(tmp_path / "copy")
    job = make_job(dropout=0.1, save_checkpoints_steps=5)
    run = train(job, tmp_path / "copy")
    assert run.resumed_from == 10
    (note,) = run.notes
    assert note.startswith(f"{damage.name} is damaged")
    for name, value in weights_of(job).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert TrainingRun(make_job(dropout=0.1), str(tmp_path / "copy")).resumed_from == STEPS
