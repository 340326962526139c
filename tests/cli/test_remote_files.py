"""Every path of a run may be where only TensorFlow reaches: here in its in-memory file system, as gs:// would be."""

import json

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.cli.main import main
from bert_tf.host.files import list_folder
from tests.cli.test_main import ROWS
from tests.conftest import DEMO_CHECKPOINT

ROOT = "ram://bucket"
FLAGS = ["--task=cola", f"--data_dir={ROOT}/data", f"--cache_dir={ROOT}/cache", "--max_seq_length=32"]
FLAGS += ["--train_batch_size=8", "--num_train_epochs=2", "--save_checkpoints_steps=2", "--eval_every=2"]
# Without an export: that file system takes the folder `assets.extra` for a part of `assets`, which has nothing in it.
ACTIONS = ["--do_train", "--do_eval", "--do_predict"]


@pytest.fixture(scope="module")
def bucket():
    """A bucket with data and checkpoint."""
    for name in ("train.tsv", "dev.tsv"):
        write(f"{ROOT}/data/{name}", ROWS.encode())
    write(f"{ROOT}/data/test.tsv", b"index\tsentence\n0\tThe dog.\n")
    for path in DEMO_CHECKPOINT.iterdir():
        write(f"{ROOT}/checkpoint/{path.name}", path.read_bytes())


def write(path, data):
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(data)


def read(path):
    with tf.io.gfile.GFile(path, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def runs(bucket, tmp_path_factory):
    """The same run with all paths there, and with all paths on the disk."""
    local = tmp_path_factory.mktemp("local")
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        (local / name).write_bytes(read(f"{ROOT}/data/{name}"))
    remote = [*FLAGS, *ACTIONS, f"--init_checkpoint={ROOT}/checkpoint", f"--output_dir={ROOT}/run"]
    assert main(["classifier", *remote]) == 0
    here = [f"--data_dir={local}", f"--cache_dir={local}/cache", f"--init_checkpoint={DEMO_CHECKPOINT}"]
    assert main(["classifier", *FLAGS, *ACTIONS, *here, f"--output_dir={local}/run"]) == 0
    return f"{ROOT}/run", str(local / "run")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_leaves_there_what_it_leaves_on_a_disk(runs):
    remote, local = (list_folder(folder) for folder in runs)
    assert remote == local
    assert list_folder(f"{ROOT}/cache") == [
        "cola-dev-32.tf_record",
        "cola-test-32.tf_record",
        "cola-train-32.tf_record",
    ]
    for name in ("eval_results.txt", "test_results.tsv", "predictions.jsonl", "checkpoint"):
        assert read(f"{runs[0]}/{name}") == read(f"{runs[1]}/{name}"), name
    first, second = (tf.compat.v1.train.NewCheckpointReader(tf.train.latest_checkpoint(folder)) for folder in runs)
    for name in first.get_variable_to_shape_map():
        np.testing.assert_array_equal(first.get_tensor(name), second.get_tensor(name), err_msg=name)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_there_goes_on_and_answers(runs, capfd, tmp_path):
    remote, _ = runs
    options = [*FLAGS, "--do_train", f"--init_checkpoint={ROOT}/checkpoint", f"--output_dir={remote}"]
    assert main(["classifier", *options]) == 0
    assert f"the run in {remote} is finished at step 4" in capfd.readouterr().err
    write(f"{ROOT}/lines.txt", b"The cat sleeps.\n")
    assert main(["predict", f"--output_dir={remote}", f"{ROOT}/lines.txt"]) == 0
    assert json.loads(capfd.readouterr().out)["label"] in ("0", "1")
    assert main(["inspect", remote]) == 0
    assert "output_weights" in capfd.readouterr().out
    assert main(["convert", "--encoder_only", remote, f"{ROOT}/further"]) == 0
    assert "vocab.txt" in list_folder(f"{ROOT}/further")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_starting_anew_there_removes_what_was_there(runs):
    options = [*FLAGS, "--do_train", "--num_train_epochs=1", f"--output_dir={ROOT}/again"]
    start = [f"--init_checkpoint={runs[0]}"]
    for _ in range(2):
        assert main(["classifier", *options, *start, "--overwrite_output_dir"]) == 0
    assert [name for name in list_folder(f"{ROOT}/again") if "tmp" in name] == []
    assert "model.ckpt-2.index" in list_folder(f"{ROOT}/again")


def test_a_mistake_there_is_told_as_one_on_a_disk(bucket, capfd):
    output = f"{ROOT}/nothing"
    assert main(["classifier", *FLAGS, "--do_train", f"--init_checkpoint={ROOT}/none", f"--output_dir={output}"]) == 2
    assert capfd.readouterr().err.splitlines()[-1].startswith("bert-tf: There must be a checkpoint at the path.")
    assert not tf.io.gfile.exists(output)
