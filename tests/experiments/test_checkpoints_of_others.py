"""Runs that begin with checkpoints of others: a fine-tuned one of the original's, and real weights."""

import re
import shutil

import pytest
import tensorflow as tf

from bert_tf.cli.main import main
from tests.conftest import bert_tf


@pytest.mark.slow
def test_a_fine_tuned_checkpoint_of_the_original_is_evaluated_and_predicted_from(golden, tmp_path, capfd):
    original = golden / "tiny_google_ckpt_finetuned"
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [f"x\t{i % 2}\t\tthe word number {i}" for i in range(13)]
    (folder / "dev.tsv").write_text("\n".join(rows))
    (folder / "test.tsv").write_text("index\tsentence\n" + "\n".join(f"{i}\tthe {i}" for i in range(7)))
    flags = ["--task=cola", f"--data_dir={folder}", "--do_eval", "--do_predict", "--max_seq_length=32"]
    arguments = [*flags, f"--init_checkpoint={original}/model.ckpt-123", f"--output_dir={tmp_path}/out"]
    assert main(["classifier", *arguments]) == 2  # It has three labels.
    assert "output_weights [3, 48]" in capfd.readouterr().err
    copy_with_two_labels(original, tmp_path / "two")
    arguments[-2] = f"--init_checkpoint={tmp_path}/two/model.ckpt-123"
    assert main(["classifier", *arguments]) == 0
    assert "global_step = 123" in (tmp_path / "out" / "eval_results.txt").read_text()
    assert len((tmp_path / "out" / "test_results.tsv").read_text().splitlines()) == 7


def copy_with_two_labels(original, target):
    """The same checkpoint, slots and all, written by TensorFlow 1's own op with one label fewer."""
    target.mkdir()
    for name in ("bert_config.json", "vocab.txt"):
        shutil.copy(original / name, target)
    reader = tf.train.load_checkpoint(str(original / "model.ckpt-123"))
    tensors = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    tensors = {name: value[:2] if name.startswith("output_") else value for name, value in tensors.items()}
    tf.raw_ops.SaveV2(
        prefix=str(target / "model.ckpt-123"),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )


def slice_of(source, target, step):
    """Every `step`th row of a task's published files."""
    target.mkdir()
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        lines = (source / name).read_text(encoding="utf-8").split("\n")
        (target / name).write_text("\n".join([lines[0], *lines[1::step]]), encoding="utf-8")


@pytest.mark.exhaustive
def test_real_weights_and_real_sentences(minilm, shared, tmp_path):
    """A slice of SST-2 with MiniLM, trained, scored and predicted: enough only for an encoder that was loaded right."""
    slice_of(shared / "data" / "glue" / "SST-2", tmp_path / "data", 37)
    shutil.copy(shared / "data" / "glue" / "SST-2" / "dev.tsv", tmp_path / "data" / "dev.tsv")
    flags = ["--task=sst-2", f"--data_dir={tmp_path}/data", f"--init_checkpoint={minilm}/bert_model.ckpt"]
    flags += ["--num_train_epochs=1", "--learning_rate=2e-4", "--eval_batch_size=32", f"--output_dir={tmp_path}/sst"]
    done = bert_tf("classifier", *flags, "--do_train", "--do_eval", "--do_predict", "--noreport")
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"loaded\s+103\n\s+missing\s+2  output_weights, output_bias", done.stderr)
    scores = dict(line.split(" = ") for line in (tmp_path / "sst" / "eval_results.txt").read_text().splitlines())
    assert float(scores["eval_accuracy"]) > 0.72  # The larger class is 0.51.
    tested = (tmp_path / "data" / "test.tsv").read_text(encoding="utf-8").rstrip("\n").count("\n")
    assert len((tmp_path / "sst" / "test_results.tsv").read_text().splitlines()) == tested
