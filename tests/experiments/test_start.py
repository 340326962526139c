"""The whole workflow on the demonstration's data and checkpoint."""

import getpass
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.cli.main import main
from bert_tf.report.writing import FIGURES, MODEL_CARD
from tests.cli.test_noise import NOISE
from tests.conftest import DEMO_CHECKPOINT, ROOT, bert_tf

# About 60 steps of a real run.
SHORT = ["--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--num_train_epochs=0.5"]
SHORT += ["--learning_rate=3e-4", "--eval_batch_size=64", "--predict_batch_size=64", "--log_every=10"]
SHORT += ["--precision=float32"]


def weights(folder):
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def assert_equal(first, second):
    assert set(first) == set(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run that did everything, and what it said."""
    folder = tmp_path_factory.mktemp("runs") / "demo"
    actions = ["--do_train", "--do_eval", "--do_predict", "--do_export"]
    command = [sys.executable, "-m", "bert_tf", "classifier", *SHORT, *actions, f"--output_dir={folder}"]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done


@pytest.mark.slow
def test_it_told_nothing_but_its_own_lines(finished):
    lines = finished[1].stderr.splitlines()
    assert [line for line in lines if NOISE.search(line)] == []
    assert any(line.startswith("exported ") for line in lines)


@pytest.mark.slow
def test_the_folder_has_every_file_of_the_contract(finished):
    folder, done = finished
    keys = "eval_accuracy eval_f1 eval_loss eval_matthews_correlation eval_precision eval_recall global_step loss"
    lines = (folder / "eval_results.txt").read_text().splitlines()
    assert [line.split(" = ")[0] for line in lines] == keys.split()
    rows = [line.split("\t") for line in (folder / "test_results.tsv").read_text().splitlines()]
    assert (len(rows), {len(row) for row in rows}) == (600, {2})
    assert all(abs(sum(map(float, row)) - 1) < 1e-5 for row in rows)
    predictions = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert [str(np.argmax([float(p) for p in row])) for row in rows] == [entry["label"] for entry in predictions]
    assert [entry["id"] for entry in predictions] == [str(i) for i in range(600)]
    assert (folder / "labels.txt").read_text() == "0\n1\n"
    assert re.search(r"^demo dev: matthews_correlation [\d.]+  accuracy", done.stdout)
    assert (folder / "export" / "1" / "saved_model.pb").exists()
    assert not [name for name in os.listdir(folder) if name.startswith(".tmp")]


@pytest.mark.slow
def test_it_learnt_something(finished):
    scores = dict(line.split(" = ") for line in (finished[0] / "eval_results.txt").read_text().splitlines())
    assert float(scores["eval_accuracy"]) > 0.55
    assert scores["global_step"] == "62"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_config_of_the_folder_repeats_the_run(finished, tmp_path):
    folder, _ = finished
    words = ["--do_export=false", "--noreport", f"--output_dir={tmp_path}/again"]
    assert main(["classifier", f"--config={folder}/config.json", *words]) == 0
    assert_equal(weights(folder), weights(tmp_path / "again"))
    assert (folder / "eval_results.txt").read_bytes() == (tmp_path / "again" / "eval_results.txt").read_bytes()
    assert (folder / "predictions.jsonl").read_bytes() == (tmp_path / "again" / "predictions.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("wait", [0, 1.5])
def test_a_run_that_was_killed_goes_on_to_the_very_same_weights(finished, tmp_path, wait):
    arguments = [*SHORT, "--do_train", "--save_checkpoints_steps=10", f"--output_dir={tmp_path}/killed"]
    command = [sys.executable, "-m", "bert_tf", "classifier", *arguments]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "checkpoint").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert "model.ckpt-62" not in (tmp_path / "killed" / "checkpoint").read_text()
    done = bert_tf("classifier", *arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"resuming the run in .* at step \d0 of 62", done.stderr)
    assert_equal(weights(finished[0]), weights(tmp_path / "killed"))


def events(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_that_was_told_to_stop_goes_on_to_the_very_same_weights(finished, tmp_path):
    folder = tmp_path / "stopped"
    arguments = [*SHORT, "--do_train", "--save_checkpoints_steps=1000", f"--output_dir={folder}"]
    command = [sys.executable, "-m", "bert_tf", "classifier", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("step 1/62"):
                process.send_signal(signal.SIGTERM)
                break
        last = process.stderr.read().splitlines()[-1]
    assert process.returncode == 75
    told = re.fullmatch(r"bert-tf: Training was stopped by SIGTERM at step (\d+) of 62. That step is saved; .*", last)
    assert told
    done = bert_tf("classifier", *arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"resuming the run in {folder} at step {told[1]} of 62" in done.stderr
    assert_equal(weights(finished[0]), weights(folder))
    names = [entry["event"] for entry in events(folder)]
    assert names == ["start", "save", "stop_signal", "end", "start", "resume", "save", "end"]
    assert [entry["status"] for entry in events(folder) if entry["event"] == "end"] == [75, 0]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_an_export_that_is_told_to_stop_leaves_nothing_by_halves(finished, tmp_path):
    shutil.copytree(finished[0], tmp_path / "copy")
    command = [sys.executable, "-m", "bert_tf", "export", f"--output_dir={tmp_path}/copy"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while process.poll() is None and len(os.listdir(tmp_path / "copy" / "export")) == 1:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (143, "")
    assert err.splitlines()[-1] == "bert-tf: Ended by SIGTERM; what was saved before stays valid."
    assert os.listdir(tmp_path / "copy" / "export") == ["1"]


@pytest.mark.slow
def test_the_journal_tells_what_happened(finished):
    folder, _ = finished
    start, save, evaluation, end = events(folder)[:4]
    assert (start["event"], start["task"], start["steps"], start["seed"]) == ("start", "demo", 62, 12345)
    assert start["actions"] == ["do_train", "do_eval", "do_predict", "do_export"]
    assert start["versions"]["tensorflow"] == tf.__version__
    assert (save["event"], save["step"]) == ("save", 62)
    assert (evaluation["event"], evaluation["step"]) == ("evaluate", 62)
    lines = (folder / "eval_results.txt").read_text().splitlines()
    written = {line.split(" = ")[0]: float(line.split(" = ")[1]) for line in lines}
    assert {f"eval_{name}": value for name, value in evaluation["scores"].items()} == {
        name: value for name, value in written.items() if name.startswith("eval_")
    }
    assert (end["event"], end["status"], end["step"]) == ("end", 0, 62)


@pytest.mark.slow
def test_nothing_that_is_handed_on_tells_of_the_machine_or_its_user(finished):
    folder, _ = finished
    private = {str(folder), str(folder.parent), str(ROOT), os.path.expanduser("~") + "/", os.getcwd() + "/"}
    private |= {name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 5}
    paths = [*(path for path in (folder / "export").rglob("*") if path.is_file()), folder / "events.jsonl"]
    paths += [*folder.glob("*.ckpt-*"), *(folder / FIGURES).iterdir()]
    paths += [folder / name for name in ("checkpoint", "vocab.txt", "bert_config.json", MODEL_CARD)]
    assert len(paths) > 15
    for path in paths:
        content = path.read_bytes()
        assert [text for text in private if text.encode() in content] == [], path


@pytest.mark.slow
def test_quiet_leaves_the_results(finished, tmp_path, capfd):
    shutil.copytree(finished[0], tmp_path / "copy")
    words = ["--do_eval", "--noreport", "--verbosity=quiet", f"--output_dir={tmp_path}/copy"]
    assert main(["classifier", *words]) == 0
    told = capfd.readouterr()
    assert told.err == ""
    assert told.out.startswith("demo dev: matthews_correlation ")


@pytest.mark.slow
def test_a_finished_run_says_so_and_stays_as_it_is(finished, capfd):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.ckpt-*")}
    assert main(["classifier", *SHORT, "--do_train", f"--output_dir={folder}"]) == 0
    assert f"the run in {folder} is finished at step 62; nothing is left to train" in capfd.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("*.ckpt-*")}


@pytest.mark.slow
def test_other_options_in_a_used_folder_are_named(finished, capfd):
    folder, _ = finished
    arguments = [*SHORT, "--do_train", "--learning_rate=1e-3", "--seed=1", f"--output_dir={folder}"]
    assert main(["classifier", *arguments]) == 2
    message = capfd.readouterr().err
    assert "belongs to a run with other options" in message
    assert "learning_rate was 0.0003 and is 0.001, seed was 12345 and is 1" in message
    assert "--overwrite_output_dir" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--do_train", "--vocab_file={other}/vocab.txt"], "--vocab_file must be that of the run"),
        (["--do_train", "--bert_config_file={other}/bert_config.json"], "--bert_config_file must be that of the run"),
        (["--do_eval", "--init_checkpoint={other}"], "holds a run of its own, whose weights are used"),
        (["--do_eval", "--task=cola", "--data_dir={other}"], "must be one of cola. Received: 'demo'"),
        (["--do_eval", "--eval_batch_size=0"], "--eval_batch_size must be at least 1"),
    ],
)
def test_what_contradicts_the_run_of_the_folder_is_refused(finished, tmp_path, capfd, flags, message):
    folder, _ = finished
    shutil.copytree(DEMO_CHECKPOINT, tmp_path / "other")
    with open(tmp_path / "other" / "vocab.txt", "a") as file:
        file.write("more\n")
    config = json.loads((tmp_path / "other" / "bert_config.json").read_text())
    (tmp_path / "other" / "bert_config.json").write_text(json.dumps({**config, "hidden_dropout_prob": 0.2}))
    (tmp_path / "other" / "dev.tsv").write_text("x\t1\t\tThe cat sleeps.\n")
    before = (folder / "eval_results.txt").read_bytes()
    arguments = [*SHORT, *(flag.format(other=tmp_path / "other") for flag in flags), f"--output_dir={folder}"]
    assert main(["classifier", *arguments]) == 2
    assert message in capfd.readouterr().err.splitlines()[-1]
    assert (folder / "eval_results.txt").read_bytes() == before


@pytest.mark.slow
@pytest.mark.exhaustive
def test_starting_anew_replaces_the_run(finished, tmp_path, capfd):
    shutil.copytree(finished[0], tmp_path / "copy")
    (tmp_path / "copy" / "notes.txt").write_text("mine")
    arguments = [
        *SHORT,
        "--do_train",
        "--num_train_epochs=0.04",
        "--overwrite_output_dir",
        f"--output_dir={tmp_path}/copy",
    ]
    assert main(["classifier", *arguments]) == 0
    assert weights(tmp_path / "copy")["global_step"] == 5
    assert json.loads((tmp_path / "copy" / "config.json").read_text())["action"]["overwrite_output_dir"] is False
    names = set(os.listdir(tmp_path / "copy"))
    assert {"notes.txt", "export"} <= names
    assert not {"eval_results.txt", "model.ckpt-62.index"} & names


@pytest.mark.slow
def test_prediction_needs_the_folder_alone(finished, tmp_path, capfd):
    folder, _ = finished
    shutil.copytree(folder, tmp_path / "copy")
    before = (folder / "test_results.tsv").read_bytes()
    for name in ("test_results.tsv", "predictions.jsonl"):
        (tmp_path / "copy" / name).unlink()
    assert main(["classifier", "--do_predict", "--do_eval", "--noreport", f"--output_dir={tmp_path}/copy"]) == 0
    assert (tmp_path / "copy" / "test_results.tsv").read_bytes() == before
    assert (tmp_path / "copy" / "eval_results.txt").read_bytes() == (folder / "eval_results.txt").read_bytes()


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("batching", ["packed", "padded"])
def test_batching_changes_no_answer(finished, tmp_path, batching):
    folder, _ = finished
    shutil.copytree(folder, tmp_path / "copy")
    arguments = ["--do_predict", "--do_eval", f"--batching={batching}", "--noreport", f"--output_dir={tmp_path}/copy"]
    assert main(["classifier", *arguments]) == 0
    expected, found = (np.loadtxt(path / "test_results.tsv") for path in (folder, tmp_path / "copy"))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    scores = [
        dict(line.split(" = ") for line in (path / "eval_results.txt").read_text().splitlines())
        for path in (folder, tmp_path / "copy")
    ]
    assert float(scores[0]["eval_loss"]) == pytest.approx(float(scores[1]["eval_loss"]), abs=1e-5)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_precision_that_was_chosen_is_told_and_kept(tmp_path, capfd):
    flags = [*SHORT, "--precision=auto", "--num_train_epochs=0.02", "--do_train", f"--output_dir={tmp_path}/auto"]
    assert main(["classifier", *flags]) == 0
    told = re.search(
        r"weights, lower-cased, accents removed, (float32|mixed_bfloat16) \((.+)\), on 1 CPU", capfd.readouterr().err
    )
    assert told
    config = json.loads((tmp_path / "auto" / "config.json").read_text())
    assert config["device"]["precision"] == told[1]
    assert main(["classifier", *flags]) == 0
    assert "nothing is left to train" in capfd.readouterr().err
    other = "float32" if told[1] == "mixed_bfloat16" else "mixed_bfloat16"
    assert main(["classifier", *flags, f"--precision={other}"]) == 2
    assert f"precision was '{told[1]}' and is '{other}'" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_model_that_was_trained_in_bfloat16_is_exported_in_float32(finished, tmp_path, capfd):
    shutil.copytree(finished[0], tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "export")
    flags = ["--do_export", "--precision=mixed_bfloat16", f"--output_dir={tmp_path}/copy"]
    assert main(["classifier", *flags]) == 0
    assert main(["export", "--precision=mixed_bfloat16", f"--output_dir={tmp_path}/copy"]) == 0
    exports = [finished[0] / "export" / "1", *(tmp_path / "copy" / "export" / version for version in "12")]
    text = tf.constant(["The cat sleeps.", "Cat the sleeps."])
    answers = [
        tf.saved_model.load(str(export)).signatures["serving_default"](text=text)["logits"].numpy()
        for export in exports
    ]
    np.testing.assert_array_equal(answers[1], answers[0])
    assert 0 < np.abs(answers[2] - answers[0]).max() < 0.1


@pytest.mark.slow
@pytest.mark.exhaustive
def test_training_on_packed_rows_learns_as_much(finished, tmp_path):
    flags = [*SHORT, "--do_train", "--do_eval", "--batching=packed", "--tokens_per_batch=512"]
    done = bert_tf("classifier", *flags, f"--output_dir={tmp_path}/packed")
    assert done.returncode == 0, done.stderr[-3000:]
    useful = [float(share) for share in re.findall(r"useful tokens ([\d.]+)%", done.stderr)]
    assert 90 < min(useful) <= max(useful) <= 100
    scores = [
        dict(line.split(" = ") for line in (path / "eval_results.txt").read_text().splitlines())
        for path in (finished[0], tmp_path / "packed")
    ]
    assert float(scores[1]["eval_loss"]) < float(scores[0]["eval_loss"]) + 0.03


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_folder_answers_lines_of_standard_input(finished):
    folder, _ = finished
    (first,) = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()[:1]]
    done = bert_tf("predict", f"--output_dir={folder}", input=f"{first['text']}\n\nThe cat.\r\n")
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == [first["text"], "", "The cat."]
    assert rows[0]["probabilities"] == pytest.approx(first["probabilities"], abs=2e-6)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_folder_is_exported_converted_and_inspected(finished, tmp_path, capfd):
    folder, _ = finished
    shutil.copytree(folder, tmp_path / "copy")
    assert main(["export", f"--output_dir={tmp_path}/copy"]) == 0
    assert capfd.readouterr().out == f"{tmp_path}/copy/export/2\n"
    assert main(["convert", str(folder), f"{tmp_path}/small"]) == 0
    assert main(["convert", "--encoder_only", str(folder), f"{tmp_path}/encoder"]) == 0
    capfd.readouterr()
    assert main(["inspect", f"{tmp_path}/small"]) == 0
    listed = capfd.readouterr().out
    assert "output_weights" in listed
    assert listed.endswith("105 tensors, 105 of them weights with 1,259,906 numbers\n")
    assert main(["inspect", f"{tmp_path}/encoder"]) == 0
    assert "output_weights" not in capfd.readouterr().out
    # A converted checkpoint is evaluated like one of the original program.
    flags = ["--task=demo", "--do_eval", "--max_seq_length=32", "--eval_batch_size=64", "--precision=float32"]
    assert main(["classifier", *flags, f"--init_checkpoint={tmp_path}/small", f"--output_dir={tmp_path}/eval"]) == 0
    old, new = ((path / "eval_results.txt").read_text().splitlines() for path in (folder, tmp_path / "eval"))
    assert [line for line in old if "global_step" not in line] == [line for line in new if "global_step" not in line]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_full_disk_is_told_in_one_line_and_keeps_the_last_checkpoint(tmp_path):
    # A limit on the size of files fails the writes as a full disk does; only the larger file with the slots meets it.
    script = f"ulimit -f 7000; exec {sys.executable} -m bert_tf classifier " + " ".join(SHORT)
    command = f"{script} --do_train --save_checkpoints_steps=10 --output_dir={tmp_path}/full"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    assert done.returncode == 2, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("bert-tf: It must be possible to write")
    assert not [name for name in os.listdir(tmp_path / "full") if ".ckpt" in name]
