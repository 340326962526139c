import re
import subprocess
import sys
import time

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import help_text, parse
from bert_tf.config.commands import BenchmarkConfig, ConvertConfig
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


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--lerning_rate=1", r"Received: '--lerning_rate'. Did you mean 'learning_rate'"),
        ("--learning_rate=fast", "must have a value of its type. Received: .*learning_rate=fast"),
        ("--learning_rate=-1", "--learning_rate must be greater than 0"),
        ("--do_train=perhaps", "must have a value of its type"),
        ("--flagfile=/nowhere/flags", "Unable to open flagfile"),
        ("--config=/nowhere/config.json", "There must be a config at /nowhere/config.json"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(argument, message):
    with pytest.raises(InputError, match=message) as caught:
        config_of(argument)
    assert "\n" not in str(caught.value)


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
    assert done.stderr == "bert-tf: --task must be a known task. Received: 'colla'. Did you mean 'cola'?\n"
    assert time.monotonic() - started < 5  # Loading TensorFlow takes longer.
