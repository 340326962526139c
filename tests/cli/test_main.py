"""Wrong input: one line with the rule, what was received and the fix; exit status 2; nothing written."""

import io
import json
import os
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.main import main
from bert_tf.cli.predict import LinesOfStream
from bert_tf.cli.predict_inputs import lines_of_file, texts_of_line
from bert_tf.errors import InputError
from bert_tf.tasks.known.glue import COLA
from bert_tf.weights.google import list_tensors, write_checkpoint
from tests.conftest import DEMO_CHECKPOINT, run_python

ROWS = "x\t1\t\tThe cat sleeps.\nx\t0\t\tThe cat sleep.\n" * 8


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("train.tsv", "dev.tsv"):
        (folder / name).write_text(ROWS)
    (folder / "test.tsv").write_text("index\tsentence\n0\tThe dog.\n")
    return folder


@pytest.fixture
def checkpoint(tmp_path):
    shutil.copytree(DEMO_CHECKPOINT, tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def flags(data, checkpoint, output, **changes):
    values = {
        "task": "cola",
        "data_dir": data,
        "init_checkpoint": checkpoint,
        "output_dir": output,
        "max_seq_length": 32,
        "do_train": True,
        **changes,
    }
    return [f"--{name}={value}" for name, value in values.items() if value is not None]


def told(capsys, arguments, output, status=2):
    """Runs the classifier and returns its one line of complaint."""
    assert main(["classifier", *arguments]) == status
    captured = capsys.readouterr()
    complaints = [line for line in captured.err.splitlines() if line.startswith("bert-tf: ")]
    assert len(complaints) == 1
    assert captured.err.splitlines()[-1] == complaints[0]
    assert "Traceback" not in captured.err
    assert not os.path.exists(output), os.listdir(output)
    return complaints[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "collla"}, "Did you mean 'cola'"),
        ({"task": None}, "--task must name the task"),
        ({"output_dir": None}, "--output_dir must be set"),
        ({"train_batch_size": 1000}, "Training must have at least one step"),
        (
            {"max_seq_length": 1024},
            "--max_seq_length must not be larger than the model's 128 positions. Received: 1024.",
        ),
        ({"data_dir": "/nowhere"}, "There must be a data file at /nowhere/train.tsv"),
        ({"init_checkpoint": "/nowhere/bert_model.ckpt"}, "There must be a checkpoint at the path"),
        ({"init_checkpoint": "/nowhere.zip"}, "There must be an archive at the path"),
        ({"init_checkpoint": None}, "There must be a checkpoint to start from"),
        ({"init_checkpoint": None, "do_train": False, "do_eval": True}, "There must be a trained checkpoint"),
        ({"tokens_per_batch": 4}, "--tokens_per_batch must leave room for the longest row"),
        ({"batching": "packd"}, "--batching must be one of padded, bucketed, packed. Received: 'packd'. Did you mean"),
        ({"early_stopping_patience": 2}, "Received: '--early_stopping_patience=2 without --eval_every'"),
        ({"vocab_file": "/nowhere/vocab.txt"}, "There must be the model's vocabulary at /nowhere/vocab.txt"),
        ({"bert_config_file": "/nowhere/config"}, "There must be the model's config at /nowhere/config"),
        ({"gradient_accumulation_steps": 33}, "--train_batch_size must be at least 33"),
        ({"do_train": False, "do_eval": True}, "need a head that was trained"),
        ({"do_train": False, "do_eval": False}, "At least one of --do_train"),
        ({"task": "cola extra"}, "--task must be a known task"),
        ({"cache_dir": "/dev/null/cache"}, "The output folder must be writable. Received: '/dev/null, which is not a"),
        ({"cache_dir": "/dev/null/cache"}, "Choose another --cache_dir."),
        ({"distribution": "mirored"}, "tpu. Received: 'mirored'. Did you mean 'mirrored'"),
        ({"distribution": "multi_worker"}, "--distribution=multi_worker needs to know the workers"),
        ({"worker_hosts": "a:1,b:2", "task_index": 2}, "--task_index must be less than the 2 --worker_hosts"),
        ({"use_tpu": True}, "With a remote TPU, paths must be on Google Cloud Storage"),
    ],
)
def test_a_wrong_flag(capsys, tmp_path, data, checkpoint, changes, message):
    output = tmp_path / "out"
    assert message in told(capsys, flags(data, checkpoint, output, **changes), output)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.tsv", b"", "must hold at least one row"),
        ("train.tsv", b"x\t1\n", "must have at least 4 columns, separated by tabs. Received: '2 in its first line'"),
        (
            "train.tsv",
            ROWS.encode() + b"x\t2\t\tText.\n",
            "train.tsv:17; 1 fault in 17 rows of ",
        ),
        ("train.tsv", ROWS.encode() + b"x\t1\t\t\xff\n", "train.tsv:17; "),
        ("dev.tsv", b"source\tlabel\t\tsentence\n", "It looks like a header"),
        ("test.tsv", b"0\tThe dog.\n", "must name its columns, 'sentence' as number 2"),
    ],
)
def test_a_wrong_data_file(capsys, tmp_path, data, checkpoint, name, content, message):
    (data / name).write_bytes(content)
    output = tmp_path / "out"
    arguments = flags(data, checkpoint, output, do_eval=True, do_predict=True)
    assert message in told(capsys, arguments, output)


@pytest.mark.exhaustive
@pytest.mark.parametrize("content", ["\ufeff" + ROWS.replace("\n", "\r\n\r\n")])
def test_line_ends_marks_and_blank_lines_are_survived(capsys, tmp_path, data, checkpoint, content):
    (data / "train.tsv").write_bytes(content.encode())
    output = tmp_path / "out"
    # Only the last check before training stops the run, so all rows were read.
    assert "step" in told(capsys, flags(data, checkpoint, output, train_batch_size=17, num_train_epochs=1), output)
    assert main(["classifier", *flags(data, checkpoint, output, train_batch_size=16, num_train_epochs=1)]) == 0
    assert "16 examples from" in capsys.readouterr().err


def change_config(checkpoint, **changes):
    path = checkpoint / "bert_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def damage(checkpoint, how):
    data, index = (checkpoint / f"bert_model.ckpt.{suffix}" for suffix in ("data-00000-of-00001", "index"))
    match how:
        case "data missing":
            data.unlink()
        case "data cut":
            data.write_bytes(data.read_bytes()[:100000])
        case "index cut":
            index.write_bytes(index.read_bytes()[:100])
        case "vocabulary missing":
            (checkpoint / "vocab.txt").unlink()
        case "config missing":
            (checkpoint / "bert_config.json").unlink()
        case "other config":
            change_config(checkpoint, hidden_size=64)
        case "more layers":
            change_config(checkpoint, num_hidden_layers=7)
        case "fewer layers":
            change_config(checkpoint, num_hidden_layers=1)
        case "a million layers":
            change_config(checkpoint, num_hidden_layers=10**6)
        case "more words":
            change_config(checkpoint, vocab_size=2 * 10**9)
        case "as many words as a library":
            change_config(checkpoint, vocab_size=10**30)
        case "a key twice":
            config = (checkpoint / "bert_config.json").read_text()
            (checkpoint / "bert_config.json").write_text(config.replace("{", '{"vocab_size": 3,', 1))
        case "not finite":
            tensors = list_tensors(str(checkpoint / "bert_model.ckpt"))
            weights = tensors.read_all(tensors.weights)
            weights["bert/pooler/dense/bias"][5] = np.nan
            write_checkpoint(str(checkpoint / "bert_model.ckpt"), weights)
        case "of Hugging Face":
            index.unlink()
            data.rename(checkpoint / "pytorch_model.bin")
        case "other model":
            write_checkpoint(str(checkpoint / "bert_model.ckpt"), {"gpt/wte": np.zeros((3, 4), "f")})
        case "other labels":
            tensors = list_tensors(str(checkpoint / "bert_model.ckpt"))
            weights = tensors.read_all(tensors.weights)
            head = {"output_weights": np.zeros((3, 128), "f"), "output_bias": np.zeros(3, "f")}
            write_checkpoint(str(checkpoint / "bert_model.ckpt"), {**weights, **head})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("data missing", "The data file is missing, cut off or damaged"),
        ("data cut", "The data file is missing, cut off or damaged"),
        ("index cut", "must be a checkpoint of TensorFlow"),
        ("vocabulary missing", "Set --vocab_file to its vocab.txt"),
        ("config missing", "Set --bert_config_file to its bert_config.json"),
        (
            "other config",
            "The shapes of the checkpoint must be those of the config. Received: 'hidden_size 64 by the config, 1",
        ),
        ("more words", "vocab_size 2,000,000,000 by the config, 286 in"),
        ("more layers", "num_hidden_layers 7 by the config, 6 in"),
        ("fewer layers", "num_hidden_layers 1 by the config, 6 in"),
        ("a million layers", "num_hidden_layers must be at most 1,000"),
        ("as many words as a library", "vocab_size must be at most 2,147,483,647. Received: 'a number of 31 digits'"),
        ("a key twice", "the key 'vocab_size' stands twice in one object"),
        (
            "not finite",
            "must be finite numbers. Received: 'bert/pooler/dense/bias with 1 NaN or infinite of 128 numbers'",
        ),
        ("of Hugging Face", "A checkpoint must be in Google's format"),
        ("other model", "matched. Received: 'gpt/wte'"),
        ("other labels", "output_weights [3, 128]"),
    ],
)
def test_a_wrong_checkpoint(capsys, tmp_path, data, checkpoint, how, message):
    damage(checkpoint, how)
    output = tmp_path / "out"
    assert message in told(capsys, flags(data, checkpoint, output), output)


@pytest.mark.parametrize("how", ["fewer layers", "a million layers", "more words", "as many words as a library"])
def test_a_config_of_other_sizes_is_refused_by_every_command_that_builds_a_model(capsys, tmp_path, checkpoint, how):
    damage(checkpoint, how)
    start, size = f"--init_checkpoint={checkpoint}", "--max_seq_length=32"
    config = f"--bert_config_file={checkpoint}/bert_config.json"
    for words in (
        ["doctor", "--task=demo", size, start],
        ["benchmark", start],
        ["benchmark", start, "--task=demo", size],
        *([["benchmark", config], ["doctor", "--task=demo", size, config]] if how != "fewer layers" else []),
        ["convert", str(checkpoint), f"{tmp_path}/new"],
    ):
        assert main(words) == (1 if words[0] == "doctor" else 2), words
        told = " ".join(capsys.readouterr())
        assert re.search("num_hidden_layers|layer_[1-5]|vocab_size|must fit in memory", told), words
        assert "Traceback" not in told
    assert not os.path.exists(tmp_path / "new")


def test_a_folder_that_was_removed_under_the_process_is_told(capsys, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for name, command in COMMANDS.items():
        assert main([name, "x", "y"][: 1 + command.arguments.count(" ")]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == (
            "bert-tf: The working directory must be there. Received: 'one that was removed'. Change to another with cd."
        )
    monkeypatch.chdir(tmp_path)


def test_a_folder_that_cannot_be_written(capsys, tmp_path, data, checkpoint):
    (tmp_path / "file").write_text("")
    output = tmp_path / "file" / "out"
    assert "The output folder must be writable" in told(capsys, flags(data, checkpoint, output), output)


@pytest.mark.parametrize("folder", ["train", "eval/deep"])
def test_a_cache_where_a_new_run_removes_files(capsys, tmp_path, data, checkpoint, folder):
    output = tmp_path / "out"
    message = told(capsys, flags(data, checkpoint, output, cache_dir=output / folder), output)
    assert "--cache_dir must not lie in a folder that a new run removes" in message


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_cache_of_other_sentences_is_refused_and_left_alone(capsys, tmp_path, data, checkpoint):
    cache, output = tmp_path / "cache", tmp_path / "out"
    arguments = flags(data, checkpoint, output, cache_dir=cache, train_batch_size=16, num_train_epochs=1)
    assert main(["classifier", *arguments]) == 0
    said = capsys.readouterr().err
    assert f"train: tokens written to cache {cache}/cola-train-32.tf_record" in said
    assert re.search(r"trained 1 step in .*; share of time waiting for input \d+\.\d%; checkpoints", said)
    before = (cache / "cola-train-32.tf_record").read_bytes()
    again = [*arguments, f"--output_dir={tmp_path}/again"]
    assert main(["classifier", *again]) == 0
    assert f"train: tokens from cache {cache}/cola-train-32.tf_record" in capsys.readouterr().err
    first, second = (tf.train.load_checkpoint(str(folder)) for folder in (output, tmp_path / "again"))
    for name in first.get_variable_to_shape_map():
        np.testing.assert_array_equal(first.get_tensor(name), second.get_tensor(name), err_msg=name)
    (data / "train.tsv").write_text(ROWS.replace("cat", "dog"))
    third = [*arguments, "--do_eval", f"--output_dir={tmp_path}/third"]
    message = told(capsys, third, tmp_path / "third")
    assert "cola-train-32.tf_record (other texts)'. Remove the file, or choose another --cache_dir." in message
    assert os.listdir(cache) == ["cola-train-32.tf_record"]
    assert (cache / "cola-train-32.tf_record").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["clasifier"], "Did you mean 'classifier'?"),
        (["classifier", "file.txt"], "The classifier takes flags only"),
        (["predict", "--output_dir=/nowhere"], "must be the folder of a trained model"),
        (["export"], "--output_dir must be set"),
        (["inspect"], "inspect takes one checkpoint"),
        (["inspect", "/nowhere"], "There must be a checkpoint at the path"),
        (["convert", "/nowhere"], "convert takes a checkpoint and a folder"),
        (["convert", str(DEMO_CHECKPOINT), str(DEMO_CHECKPOINT)], "convert must not replace a checkpoint"),
    ],
)
def test_other_commands_tell_mistakes_in_one_line(capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("overwrite", [True, False])
def test_the_data_of_somebody_else_is_not_removed(capsys, tmp_path, data, checkpoint, overwrite):
    output = tmp_path / "project"
    (output / "train").mkdir(parents=True)
    (output / "train" / "mine.txt").write_text("mine")
    assert main(["classifier", *flags(data, checkpoint, output, overwrite_output_dir=overwrite)]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "--output_dir must be a new folder or that of an earlier run" in message
    assert "which has train but no config.json" in message
    assert (output / "train" / "mine.txt").read_text() == "mine"


def test_an_empty_file_or_wrong_bytes_are_not_predicted(tmp_path):
    (tmp_path / "empty").write_text("")
    with pytest.raises(InputError, match="must hold one text a line"):
        lines_of_file(str(tmp_path / "empty"))
    lines = LinesOfStream(io.BytesIO(b"\xef\xbb\xbfone\r\ntwo\n\xff\n")).chunks(1)
    assert [next(lines), next(lines)] == [[(1, "one")], [(2, "two")]]
    with pytest.raises(InputError, match="Received: 'byte 0xff in line 3'"):
        next(lines)
    with pytest.raises(
        InputError, match=r"must hold no NUL characters\. Received: 'NUL as character 2 in line 7 of a.txt'"
    ):
        texts_of_line("a.txt", 7, "a\0b", COLA)


def test_flags_without_meaning_are_named(capsys, tmp_path, data, checkpoint):
    output = tmp_path / "out"
    changes = {"num_tpu_cores": 8, "iterations_per_loop": 100, "do_train": False, "do_eval": True, "new_head": True}
    changes |= {"tokens_per_batch": 512, "train_batch_size": 32}
    main(["classifier", *flags(data, checkpoint, output, **changes)])
    lines = capsys.readouterr().err.splitlines()
    assert "--num_tpu_cores has no effect: the TPU itself says how many cores it has" in lines
    assert "--iterations_per_loop has no effect: it only matters with --use_tpu" in lines
    assert "--train_batch_size has no effect: --tokens_per_batch bounds the step" in lines
    assert "--new_head has no effect: it only matters with --do_train" in lines


def test_keras_loads_without_packages_that_it_can_do_without_and_they_can_be_had_afterwards():
    program = (
        "import sys; from bert_tf.host.environment import light_imports\n"
        "with light_imports(): import keras\n"
        "print([name for name in ('sklearn', 'pandas', 'matplotlib') if name in sys.modules])\n"
        "import pandas; print(pandas.DataFrame({'a': [1]}).shape)"
    )
    done = run_python("-c", program)
    assert done.stdout.splitlines() == ["[]", "(1, 1)"], done.stderr
