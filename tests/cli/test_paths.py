"""Every path of every command that can't be reached: one line, status 2, at once, and nothing written."""

import time

import pytest

import bert_tf
from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.main import main
from bert_tf.config.commands import OWN_PATH_OPTIONS
from bert_tf.config.options import options_of
from bert_tf.config.paths import PATH_OPTIONS
from bert_tf.config.run import OPTIONS
from tests.conftest import DEMO_CHECKPOINT

# The last two have a file system, which does not answer here: a name that nobody has, and a path that is none.
SCHEMES = ("s3://b/x", "http://h/x", "https://h/x.csv", "hdfs://n/x", "abfs+x://a/b", "s3:/b/x", "gs://b/x", "gs://")
NO_PATHS = {  # Every other option that is a text.
    *("verbosity", "hidden_act", "task_name", "language", "long_text", "batching", "file_format", "text_column"),
    *("text_pair_column", "label_column", "id_column", "header", "delimiter", "kind", "labels", "label_separator"),
    *("optimizer", "class_weights", "on_nan", "precision", "distribution", "worker_hosts", "tpu_name", "tpu_zone"),
    *("gcp_project", "master", "metric", "result_name", "tag_scheme", "written_tag_scheme", "question_column"),
    *("context_column", "answer_column", "answer_start_column", "choice_columns", "choice_label_form", "start_column"),
}
NEEDED = {
    "classifier": ["--task=cola", "--output_dir=out"],
    "predict": ["--output_dir=out"],
    "export": ["--output_dir=out"],
    "convert": [],
    "benchmark": [],
    "doctor": ["--task=cola"],
}
POSITIONAL = [("inspect", [""]), ("convert", ["", "out"]), ("convert", [str(DEMO_CHECKPOINT), ""])]
POSITIONAL += [("predict", ["--output_dir=out", ""]), ("predict", ["--output_dir=out", "lines.txt", ""])]


def flags_that_are_paths():
    for name, command in COMMANDS.items():
        own = options_of(command.own, "") if command.own else ()
        known = {*command.options, *(option.name for option in own), "config"}
        for flag in (*PATH_OPTIONS, *OWN_PATH_OPTIONS, "config"):
            if flag in known:
                yield name, flag


def test_every_option_of_text_is_known_to_be_a_path_or_none():
    """A new option has to be put where it belongs."""
    owns = [options_of(command.own, "") for command in COMMANDS.values() if command.own]
    texts = {option.name for options in (OPTIONS.values(), *owns) for option in options if option.kind is str}
    assert texts == NO_PATHS | {*PATH_OPTIONS, *OWN_PATH_OPTIONS}
    assert len(list(flags_that_are_paths())) > 30


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory, from where no network is reached."""
    monkeypatch.chdir(tmp_path)
    for name in ("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://nowhere.invalid:1")
    return tmp_path


@pytest.mark.parametrize("path", SCHEMES)
def test_a_path_that_can_not_be_reached(elsewhere, capfd, path):
    cases = [(name, [*NEEDED.get(name, []), f"--{flag}={path}"]) for name, flag in flags_that_are_paths()]
    cases += [(name, [word or path for word in words]) for name, words in POSITIONAL]
    for name, words in cases:
        begin = time.monotonic()
        assert main([name, *words]) == 2, (name, words)
        told = capfd.readouterr()
        lines = [line for line in told.err.splitlines() if line.startswith("bert-tf: ")]
        assert len(lines) == 1, (name, words, told.err)
        assert "Traceback" not in told.err
        assert path.split("://")[0] in lines[0]
        assert "reach" in lines[0] or "file system" in lines[0] or "slashes" in lines[0], (name, words, lines)
        assert told.out == ""
        assert time.monotonic() - begin < 30
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("path", SCHEMES)
def test_the_same_from_python(elsewhere, path):
    for name in PATH_OPTIONS:
        with pytest.raises(bert_tf.BertTfError, match=r"reach|file system|slashes") as raised:
            bert_tf.finetune(**{"task": "cola", "output_dir": "out", name: path})
        assert name in str(raised.value) or path in str(raised.value)
        assert f"--{name}" not in str(raised.value)
    with pytest.raises(bert_tf.BertTfError, match=r"reach|file system|slashes"):
        bert_tf.Predictor(path)
    assert list(elsewhere.iterdir()) == []


def test_what_a_config_names_is_tried_as_well(elsewhere, capfd):
    (elsewhere / "a.json").write_text('{"model": {"init_checkpoint": "s3://b/x"}}')
    assert main(["classifier", "--task=cola", "--output_dir=out", "--config=a.json"]) == 2
    assert "--init_checkpoint must be on this machine or in a file system" in capfd.readouterr().err
