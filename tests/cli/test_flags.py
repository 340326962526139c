import json
import re
import subprocess
import sys
import time

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import help_text, parse
from bert_tf.config.commands import BenchmarkConfig, ConvertConfig, DoctorConfig
from bert_tf.config.options import options_of
from bert_tf.config.paths import PATH_OPTIONS
from bert_tf.config.run import OPTIONS
from bert_tf.errors import InputError
from tests.conftest import ROOT, bert_tf, run_python


def config_of(*arguments):
    return parse(arguments, OPTIONS).config()


def test_flags_become_options():
    config = config_of(
        "--task=cola", "--learning_rate=3e-5", "--do_train", "--nodo_eval", "--do_lower_case=False", "--seed", "7"
    )
    assert config.data.task_name == "cola"
    assert (config.train.learning_rate, config.train.seed) == (3e-5, 7)
    assert (config.action.do_train, config.action.do_eval, config.model.do_lower_case) == (True, False, False)


def test_task_is_short_for_task_name():
    assert config_of("--task=cola") == config_of("--task_name=cola")


def test_typed_flags_come_before_the_file_and_the_file_before_defaults(tmp_path):
    path = tmp_path / "my.json"
    path.write_text('{"train": {"learning_rate": 1e-5, "seed": 3}, "data": {"task_name": "cola"}}')
    config = config_of(f"--config={path}", "--seed=12345")
    assert (config.train.learning_rate, config.train.seed, config.data.task_name) == (1e-5, 12345, "cola")
    assert config.train.train_batch_size == 32


def test_a_file_of_flags_is_read(tmp_path):
    path = tmp_path / "flags.txt"
    path.write_text("--task_name=cola\n# a note\n--train_batch_size=8\n")
    config = config_of(f"--flagfile={path}", "--train_batch_size=16")
    assert (config.data.task_name, config.train.train_batch_size) == ("cola", 16)


def test_files_of_flags_may_name_others(tmp_path):
    (tmp_path / "a").write_text(f"--seed=1\n--flagfile={tmp_path}/b\n--train_batch_size=8\n")
    (tmp_path / "b").write_text("// a note\n\n  --seed=2\n--train_batch_size=4\n")
    config = config_of("--flagfile", str(tmp_path / "a"), f"--flagfile={tmp_path}/b", "--train_batch_size=3")
    assert (config.train.seed, config.train.train_batch_size) == (2, 3)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": b"--flagfile=a\n"}, "must not lead to itself"),
        ({"a": b"--flagfile=b\n", "b": b"--flagfile=./c\n", "c": b"--flagfile=a"}, "must not lead to itself"),
        ({"a": bytes(range(256))}, "must be UTF-8 text"),
        ({"a": b"--seed=1\n\0\0\n"}, "Received: 'a binary file'"),
        ({"a": b"\x7fELF\x00\x01"}, "Received: 'a binary file'"),
        ({"a": b"--flagfile=none\n"}, "There must be a file of flags, one a line at none"),
        ({"a": b"--sed=1\n"}, "Did you mean 'seed'"),
        ({"a": ("[" * 100_000).encode()}, None),
    ],
)
def test_a_file_of_flags_that_can_not_be_followed_is_told_in_one_line(tmp_path, monkeypatch, files, message):
    monkeypatch.chdir(tmp_path)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    if message is None:  # It is an argument, which the command refuses.
        assert len(parse(["--flagfile=a"], OPTIONS).arguments) == 1
        return
    with pytest.raises(InputError, match=message) as caught:
        config_of("--flagfile=a")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", PATH_OPTIONS)
def test_the_home_folder_may_be_written_short_in_every_path(tmp_path, monkeypatch, name):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my.json").write_text(json.dumps({OPTIONS[name].section: {name: "~/a/b"}}))
    for words in ([f"--{name}=~/a/b"], [f"--{name}", "~/a/b"], ["--config=~/my.json"]):
        config = config_of(*words)
        assert getattr(getattr(config, OPTIONS[name].section), name) == f"{tmp_path}/a/b"
    assert getattr(getattr(config_of(f"--{name}=a~/~"), OPTIONS[name].section), name) == "a~/~"


def test_the_home_folder_may_be_written_short_in_arguments_and_files_of_one_command(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "flags").write_text("--fix\n")
    assert parse(["~/a", "b", "~"], ()).arguments == (f"{tmp_path}/a", "b", str(tmp_path))
    for section, names in ((BenchmarkConfig, ("json", "trace")), (DoctorConfig, ("fixed_file",))):
        for name in names:
            own = parse([f"--{name}=~/x"], (), list(options_of(section, ""))).own(section)
            assert getattr(own, name) == f"{tmp_path}/x"
    assert parse(["--flagfile=~/flags"], (), list(options_of(DoctorConfig, ""))).own(DoctorConfig).fix


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--lerning_rate=1", r"Received: '--lerning_rate'. Did you mean 'learning_rate'"),
        ("--learning_rate=fast", r"--learning_rate must be a number\. Received: 'fast'\. .*--learning_rate=0\.1"),
        ("--learning_rate=", r"--learning_rate must be a number\. Received: ''\."),
        ("--seed=", r"--seed must be a whole number\. Received: ''\. Write a value, such as --seed=8, or leave it out"),
        ("--seed=1: 2", r"--seed must be a whole number\. Received: '1: 2'\."),
        ("--do_train=", r"--do_train must be true or false\. Received: ''\."),
        ("--question_column=", r"--question_column must name a column\. Received: ''\."),
        ("--label_column= ", "--label_column must name a column"),
        ("--learning_rate=-1", "--learning_rate must be greater than 0"),
        ("--do_train=perhaps", r"--do_train must be true or false\. Received: 'perhaps'\. .*--do_train=true"),
        ("--flagfile=/nowhere/flags", "There must be a file of flags, one a line at /nowhere/flags"),
        ("--noreport=true", "--noreport=true does not take an argument"),
        ("--noreport=", "does not take an argument"),
        ("--flagfile", "--flagfile must name a file"),
        ("--flagfile=/", "There must be a file of flags"),
        ("--seed=" + "9" * 5000, f"--seed must be a whole number. Received: '{'9' * 80}'"),
        ("--labels=a,\udcff", "--labels must be text of Unicode without NUL"),
        ("--output_dir=a\0b", "--output_dir must be text of Unicode without NUL"),
        ("--num_train_epochs=1e18", "--num_train_epochs must be at most 10,000"),
        ("--num_train_epochs=inf", "--num_train_epochs must be a finite number"),
        ("--config=/nowhere/config.json", "There must be a config at /nowhere/config.json"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(argument, message):
    with pytest.raises(InputError, match=message) as caught:
        config_of(argument)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if not option.holds_text])
@pytest.mark.parametrize("value", ["", "maybe"])
def test_no_value_is_told_in_the_words_of_a_library(name, value):
    with pytest.raises(InputError, match=rf"^--{name} must be .*\. Received: '{value}'\. Write") as caught:
        config_of(f"--{name}={value}")
    assert not any(word in str(caught.value) for word in ("literal", "argument", "convert", "flag"))


def test_help_names_every_flag_with_its_default_and_choices():
    text = help_text("bert-tf classifier", "Summary.", OPTIONS, ())
    for name, option in OPTIONS.items():
        assert f"--{'[no]' if option.kind is bool else ''}{name}" in text
    assert "(default: 5e-05)" in text
    words = " ".join(text.split())
    assert "(one of padded, bucketed, packed; default: bucketed)" in words
    assert max(map(len, text.split("\n"))) <= 100


def test_a_command_has_options_of_its_own():
    own = COMMANDS["benchmark"].own_options
    typed = parse(["--steps=3", "--seed=5", "--json=out"], ["seed"], own)
    assert typed.own(BenchmarkConfig) == BenchmarkConfig(steps=3, json="out")
    assert typed.config().train.seed == 5
    assert parse(["--noencoder_only"], [], COMMANDS["convert"].own_options).own(ConvertConfig) == ConvertConfig()
    with pytest.raises(InputError, match=r"--steps must be at least 1\. Received: 0"):
        parse(["--steps=0"], [], own).own(BenchmarkConfig)
    text = help_text("bert-tf benchmark", "Summary.", ["seed"], own)
    assert re.search(r"This command:\n  --steps +Training steps that are timed. \(default: 10\)\n", text)


def test_no_option_has_two_meanings():
    names = [option.name for command in COMMANDS.values() for option in command.own_options]
    assert len({*names, *OPTIONS}) == len(names) + len(OPTIONS)


@pytest.mark.parametrize("words", [("classifier", "--help"), ("--help",), ("--version",), ("predict", "-h")])
def test_help_loads_no_tensorflow(words):
    code = (
        f"import sys; from bert_tf.cli.main import main; main({list(words)!r}); assert 'tensorflow' not in sys.modules"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_script_of_the_original_is_the_classifier():
    script = subprocess.run(
        [sys.executable, ROOT / "run_classifier.py", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert script.stdout == bert_tf("classifier", "--help").stdout
    assert script.returncode == 0


def test_a_mistake_is_told_before_tensorflow_is_loaded():
    started = time.monotonic()
    done = bert_tf("classifier", "--task=colla", "--do_train", "--output_dir=/tmp/none")
    assert (done.returncode, done.stdout) == (2, "")
    rule = "bert-tf: --task must be a known task."
    assert done.stderr == f"{rule} Received: 'colla'. Did you mean 'cola' or 'conll2003'?\n"
    assert time.monotonic() - started < 5  # Loading TensorFlow takes longer.
