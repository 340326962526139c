"""What README and the example configs say is true of the code."""

import json
import re

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.config.run import OPTIONS, from_json, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.runs.devices import check_shared_paths
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.tasks.registry import TASKS
from bert_tf.training.devices.cluster import find_cluster
from tests.conftest import ROOT
from tests.peers.report import render
from tests.peers.results import RESULTS, load

README = (ROOT / "README.md").read_text()
CONFIGS = sorted((ROOT / "configs").glob("*.json"))
TASK_FILES = sorted((ROOT / "configs" / "tasks").glob("*.json"))
CLUSTERS = sorted((ROOT / "configs" / "cluster").iterdir())


def test_the_table_of_flags_holds_every_option_with_its_default_and_its_help():
    rows = re.findall(r"^\| `--(\w+)` \| (?:`(.*?)`)? \| (.*) \|$", README, re.MULTILINE)
    expected = []
    own = [option for command in COMMANDS.values() for option in command.own_options]
    for option in [*OPTIONS.values(), *own]:
        default = option.default
        shown = "" if default is None else str(default).lower() if option.kind is bool else str(default)
        shown = shown.replace("|", "\\|")  # Else it would end the cell, even within a code span.
        choices = ", ".join(f"`{choice}`" for choice in option.rules.choices)
        expected.append((option.name, shown, option.rules.help + (f" One of {choices}." if choices else "")))
    assert rows == expected


def test_every_task_stands_in_the_table_of_tasks():
    for name in TASKS:
        assert f"| `{name}` |" in README, name


def test_every_command_line_of_the_readme_names_a_command():
    commands = re.findall(r"^    bert-tf (\w+)", README, re.MULTILINE)
    assert set(commands) == set(COMMANDS) - {"classifier"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_an_example_config_can_be_read_and_tells_its_command(path):
    text = path.read_text()
    from_json(text, path.name)
    program, *words = json.loads(text)["_command"].split()
    words = words[1:] if program == "python" or words[0] == "classifier" else words
    assert parse(words, OPTIONS).config_file == f"configs/{path.name}"
    assert re.search(r"eval_\w+ about 0\.\d\d", json.loads(text)["_expected"])


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: path.name)
def test_a_task_in_a_file_names_options_that_there_are_and_tells_its_command(path):
    """An unknown section or option is an error of `from_json`."""
    tree, config = json.loads(path.read_text()), from_json(path.read_text(), path.name)
    assert config.own_data.train_file
    program, command, *words = tree["_command"].split()
    assert (program, command) == ("bert-tf", "classifier")
    typed = parse(words, OPTIONS)
    assert typed.config_file == f"configs/tasks/{path.name}"
    assert typed.values["output_dir"] == f"runs/{path.stem}"
    assert f"`configs/tasks/{path.name}`" in README


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: path.name)
def test_a_task_in_a_file_fits_its_data(shared, path):
    tree = json.loads(path.read_text())
    config = from_json(path.read_text(), path.name)
    splits = {"train_file": TRAIN, "eval_file": DEV, "predict_file": TEST}
    given = {name: path for name in splits if (path := getattr(config.own_data, name))}
    here = {name: str(shared / path) for name, path in given.items()}
    found = read_examples(name_own_task(replace(config, **here)), [splits[name] for name in given])
    counts = [f"{len(examples):,}" for examples in found.splits.values()]
    assert re.findall(r"\d[\d,]*\d(?=,| and| rows)", tree["_data"]) == counts


@pytest.mark.parametrize("path", CLUSTERS, ids=lambda path: path.name)
def test_an_example_for_a_cluster_starts_a_run_that_the_flags_allow(path):
    text = path.read_text()
    words = re.findall(r"(--\w+(?:=(?:\"[^\"]*\"|[^\s\"'#\\]+))?)", text[text.index("--distribution=") :])
    words = words[: next(n for n, word in enumerate(words) if word.startswith("--output_dir=")) + 1]
    values = {"$(TASK_INDEX)": "0", '"$SLURM_PROCID"': "0", '"$hosts"': "a:1,b:2", "$bucket": "gs://bucket"}
    for old, new in values.items():
        words = [word.replace(old, new) for word in words]
    config = parse(words, OPTIONS).config()
    assert config.action.do_train
    assert (config.data.task_name, config.train.train_batch_size) == ("cola", 64)
    if config.device.distribution == "tpu":
        assert config.data.data_dir == "gs://bucket/CoLA"
        check_shared_paths(config)
    else:
        assert find_cluster(config.device, {}).task_index == 0
        assert len(find_cluster(config.device, {}).hosts) == 2


def test_the_benchmarks_are_those_of_the_figures_that_are_kept():
    assert (ROOT / "BENCHMARKS.md").read_text() == render(load(RESULTS))
