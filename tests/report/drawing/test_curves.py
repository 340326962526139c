import io

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.report.drawing.curves import read_curves
from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from tests.training.runs import STEPS, make_job


def write_points(folder, *points):
    """One event file, as a start of a run leaves it. The names of files tell the time in seconds."""
    writer = tf.summary.create_file_writer(str(folder), filename_suffix=f".{len(list(folder.glob('*')))}")
    with writer.as_default():
        for step, loss in points:
            tf.summary.scalar("loss", loss, step=step)
    writer.close()


def test_where_files_overlap_the_later_one_counts(tmp_path):
    folder = tmp_path / "train"
    folder.mkdir()
    write_points(folder, (10, 1.0), (20, 0.5), (30, 0.25))
    write_points(folder, (20, 0.75), (40, 0.125))
    loss = read_curves(str(folder))["loss"]
    assert loss.steps.tolist() == [10, 20, 30, 40]
    assert loss.values.tolist() == [1.0, 0.75, 0.25, 0.125]


def test_a_file_that_was_cut_off_gives_what_it_has(tmp_path):
    write_points(tmp_path, (10, 1.0), (20, 0.5))
    (path,) = tmp_path.glob("*tfevents*")
    path.write_bytes(path.read_bytes()[:-7])
    assert read_curves(str(tmp_path))["loss"].steps.tolist() == [10]


def test_no_folder_has_no_curves(tmp_path):
    assert read_curves(str(tmp_path / "train")) == {}


@pytest.mark.exhaustive
def test_a_run_that_was_stopped_and_resumed_has_all_its_steps_and_evaluations(tmp_path):
    class StoppedError(Exception):
        pass

    evaluations = []

    def evaluate():
        evaluations.append(len(evaluations))
        if len(evaluations) == 3:  # At step 15; the last checkpoint is that of step 10.
            raise StoppedError
        return {"accuracy": 0.125 * len(evaluations), "loss": 1.0}

    options = {"evaluate": evaluate, "eval_every": 5}
    with pytest.raises(StoppedError):
        TrainingRun(make_job(**options), str(tmp_path)).train(Progress(STEPS, 0, io.StringIO()))
    run = TrainingRun(make_job(**options), str(tmp_path))
    assert run.resumed_from == 10
    run.train(Progress(STEPS, 10, io.StringIO()))
    train, scores = (read_curves(str(tmp_path / name)) for name in ("train", "eval"))
    assert train["loss"].steps.tolist() == scores["accuracy"].steps.tolist() == [5, 10, 15, 20]
    assert np.isfinite(train["loss"].values).all()
    assert train["learning_rate"].values[-1] < train["learning_rate"].values[1]
    assert scores["accuracy"].values.tolist() == [0.125, 0.25, 0.5, 0.625]
