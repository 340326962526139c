"""The files beside the weights of a run: any that is not what it was is refused, by every command."""

import json
import re

import numpy as np
import pytest

from bert_tf.cli.main import main
from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE
from bert_tf.config.run import CONFIG_FILE, RunConfig, replace, to_json
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import LABELS
from bert_tf.host import files
from bert_tf.tasks.own.stored import TASK_FILE
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.weights import side_files
from bert_tf.weights.places import find_prefix
from bert_tf.weights.side_files import SIDE_FILES, SIDE_MANIFEST, check_side_files, keep_side_files, replace_side_file
from tests.conftest import DEMO_CHECKPOINT

CONTENTS = {name: (DEMO_CHECKPOINT / name).read_bytes() for name in (ENCODER_CONFIG_FILE, VOCABULARY_FILE)}
TASK = {
    "kind": "multi_label",
    "labels": ["a", "b"],
    "metrics": ["f1_micro"],
    "is_pair": False,
    "value_range": None,
    "thresholds": [0.25, 0.5],
    "label_separator": "|",
}


@pytest.fixture
def run(tmp_path):
    """The folder of a run of own data, with weights that nobody reads."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name, data in CONTENTS.items():
        (folder / name).write_bytes(data)
    (folder / LABELS).write_text("a\nb\n")
    (folder / TASK_FILE).write_text(json.dumps(TASK))
    config = replace(RunConfig(), task_name="custom", output_dir=str(folder), max_seq_length=32, train_file="x.csv")
    (folder / CONFIG_FILE).write_text(to_json(config))
    keep_side_files(str(folder))
    RunCheckpoints(str(folder), keep=1).save(1, {"bert/a": np.zeros(2, "f")}, {"bert/a/adam_m": np.zeros(2, "f")})
    return folder


def swap_lines(text):
    lines = text.split("\n")
    lines[100], lines[101] = lines[101], lines[100]
    return "\n".join(lines)


CHANGES = {
    "two words swapped": (VOCABULARY_FILE, swap_lines),
    "fewer heads": (ENCODER_CONFIG_FILE, lambda text: text.replace('heads": 4', 'heads": 2')),
    "another activation": (ENCODER_CONFIG_FILE, lambda text: text.replace("gelu", "relu")),
    "fewer layers": (ENCODER_CONFIG_FILE, lambda text: text.replace('layers": 6', 'layers": 1')),
    "labels swapped": (LABELS, lambda text: "b\na\n"),
    "another threshold": (TASK_FILE, lambda text: text.replace("0.25", "0.75")),
    "labels of the task swapped": (TASK_FILE, lambda text: text.replace('"a", "b"', '"b", "a"')),
}


def commands(folder, tmp_path):
    own = f"--output_dir={folder}"
    start = [f"--init_checkpoint={folder}", f"--output_dir={tmp_path}/new", "--task=demo"]
    return [
        ["predict", own],
        ["export", own],
        ["classifier", own, "--do_eval", "--train_file=x.csv"],
        ["classifier", own, "--do_train", "--train_file=x.csv", "--max_seq_length=32"],
        ["classifier", *start],
        ["convert", str(folder), f"{tmp_path}/new"],
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_refused_by_every_command_in_one_line(run, tmp_path, capsys, change):
    name, apply = CHANGES[change]
    text = (run / name).read_text()
    assert apply(text) != text
    (run / name).write_text(apply(text))
    for words in commands(run, tmp_path):
        assert main(words) == 2, words
        line = capsys.readouterr().err.splitlines()[-1]
        assert "must be those with which it was trained" in line, words
        assert f"Received: '{name} is damaged (" in line
    with pytest.raises(InputError, match="must be those with which it was trained"):
        find_prefix(str(run))
    with pytest.raises(InputError, match="must be those with which it was trained"):
        find_prefix(str(run / "model.ckpt-1"))


def test_a_file_that_is_missing_or_new_is_refused(run):
    (run / VOCABULARY_FILE).rename(run / "elsewhere")
    with pytest.raises(InputError, match=r"Received: 'vocab.txt is missing'"):
        check_side_files(str(run))
    (run / "elsewhere").rename(run / VOCABULARY_FILE)
    (run / TASK_FILE).unlink()
    keep_side_files(str(run))
    (run / TASK_FILE).write_text(json.dumps(TASK))
    with pytest.raises(InputError, match=r"task.json was not there when the model was trained"):
        check_side_files(str(run))


def test_any_changed_byte_of_the_list_itself_is_damage(run):
    path = run / SIDE_MANIFEST
    data = path.read_bytes()
    for place in re.finditer(rb"\w", data):
        changed = bytearray(data)
        changed[place.start()] ^= 1
        path.write_bytes(changed)
        with pytest.raises(InputError, match=r"must be those with which it was trained"):
            check_side_files(str(run))
    for content in (b"", b"[]", b"{", b"[" * 100_000, b"\xff"):
        path.write_bytes(content)
        with pytest.raises(InputError):
            check_side_files(str(run))


def test_the_folder_of_an_older_version_still_works_and_that_is_told(run):
    (run / SIDE_MANIFEST).unlink()
    told = []
    assert find_prefix(str(run), told.append) == str(run / "model.ckpt-1")
    (line,) = told
    assert line.startswith(
        f"{run} has no manifest.json, so bert_config.json, vocab.txt, labels.txt, task.json can't be"
    )


def test_a_published_checkpoint_has_nothing_to_tell(capfd):
    find_prefix(str(DEMO_CHECKPOINT))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("killed_after", range(4))
def test_what_the_run_replaces_itself_is_good_whenever_it_is_killed(run, monkeypatch, killed_after):
    writes = []

    def write_until_killed(path, text):
        if len(writes) == killed_after:
            raise KeyboardInterrupt
        writes.append(path)
        files.write_bytes(path, text.encode())

    monkeypatch.setattr(side_files.files, "write_text", write_until_killed)
    new = json.dumps({**TASK, "thresholds": [0.9, 0.9]})
    if killed_after < 3:
        with pytest.raises(KeyboardInterrupt):
            replace_side_file(str(run), TASK_FILE, new)
    else:
        replace_side_file(str(run), TASK_FILE, new)
    check_side_files(str(run))
    monkeypatch.undo()
    replace_side_file(str(run), TASK_FILE, new)
    check_side_files(str(run))
    assert (run / TASK_FILE).read_text() == new
    (run / TASK_FILE).write_text(json.dumps(TASK))
    with pytest.raises(InputError, match=r"task.json is damaged"):
        check_side_files(str(run))


def test_the_names_are_those_by_which_others_know_the_files():
    assert set(SIDE_FILES) == {ENCODER_CONFIG_FILE, VOCABULARY_FILE, LABELS, TASK_FILE}


def test_a_new_run_forgets_the_files_of_the_old_one(run):
    RunCheckpoints(str(run), keep=1).remove_all()
    assert not (run / SIDE_MANIFEST).exists()
