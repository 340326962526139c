"""What README, the pages of docs/ and the example configs say is true of the code."""

import ast
import importlib.util
import json
import re

import pytest

import bert_tf
from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.cli.main import main
from bert_tf.config.run import OPTIONS, RunConfig, from_json, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.runs.devices import check_shared_paths
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.runs.folder import RUN_FILES
from bert_tf.tasks.registry import TASKS
from bert_tf.training.devices.cluster import find_cluster
from bert_tf.training.journal import Event
from tests.conftest import ROOT
from tests.flags_page import flags_page
from tests.pages import (
    CONTRIBUTING,
    DOCS,
    README,
    anchors,
    bert_tf_words,
    commands,
    flags_in_prose,
    links,
    python_blocks,
)
from tests.peers.report import render
from tests.peers.results import RESULTS, load

PAGES = [README, *DOCS, CONTRIBUTING]
SHOWN = [shown for page in PAGES for shown in commands(page)]
CONFIGS = sorted((ROOT / "configs").glob("*.json"))
TASK_FILES = sorted((ROOT / "configs" / "tasks").glob("*.json"))
CLUSTERS = sorted((ROOT / "configs" / "cluster").iterdir())
# Programs of others, and the tests themselves.
OTHER_PROGRAMS = {"pip", "uv", "echo", "pytest"}
FLAGS_OF_OTHERS = {
    "constraint",
    "help",
    "version",
    "config",
    "flagfile",
    "task",
    "name",
    "noname",
    "peer_python",
    "work",
}


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_the_readme_is_short_and_leads_to_every_page():
    assert len(README.read_bytes()) < 10_000
    assert {f"docs/{path.name}" for path in DOCS} <= set(links(README))
    assert {path.stem for path in DOCS} >= {"data", "tasks", "training", "results", "serving", "checkpoints", "errors"}


def test_the_page_of_flags_is_the_one_that_is_made_from_the_options():
    assert page("flags") == flags_page(), "run: make docs"


def test_every_link_leads_to_a_file_and_a_heading():
    for path in [*PAGES, ROOT / "CHANGELOG.md", ROOT / "BENCHMARKS.md"]:
        assert len(anchors(path)) == len(set(anchors(path))) or path.name == "CHANGELOG.md", path.name
        for link in links(path):
            target, _, anchor = link.partition("#")
            place = path.parent / target if target else path
            assert place.is_file(), f"{path.name}: {link}"
            assert not anchor or anchor in anchors(place), f"{path.name}: {link}"


def test_every_file_of_the_project_that_a_page_names_is_there():
    for path in PAGES:
        for name in re.findall(
            r"(?<![\w/.])(?:configs|tests|checkpoints|docs|bert_tf|\.ci)/[\w./-]*\w", path.read_text()
        ):
            assert (ROOT / name).exists(), f"{path.name}: {name}"


@pytest.mark.parametrize("shown", SHOWN, ids=str)
def test_a_command_that_a_page_shows_is_one_that_the_flags_allow(shown):
    words = bert_tf_words(shown)
    if words is None:
        check_other_program(shown.words)
        return
    command = COMMANDS[words[0]]
    typed = parse(words[1:], command.options, command.own_options)
    replace(RunConfig(), **typed.values)
    if command.own is not None:
        typed.own(command.own)
    if typed.config_file is not None and not typed.config_file.startswith("runs/"):
        from_json((ROOT / typed.config_file).read_text(), typed.config_file)
    wanted = re.sub(r"--\S+|\[flags\]", "", command.arguments).split()
    needed = [word for word in wanted if not word.startswith("[")]
    assert len(needed) <= len(typed.arguments) <= len(wanted)


def check_other_program(words):
    if words[0] == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    elif words[:2] == ("python", "-m"):
        assert importlib.util.find_spec(words[2])
    else:
        assert words[0].removeprefix(".venv/bin/") in OTHER_PROGRAMS


def test_every_command_is_shown():
    shown = {words[0] for each in SHOWN if (words := bert_tf_words(each))}
    assert shown == set(COMMANDS)


def test_every_flag_that_a_page_names_is_one_and_its_value_is_allowed():
    known = dict(OPTIONS) | {each.name: each for command in COMMANDS.values() for each in command.own_options}
    negated = {f"no{name}" for name, option in known.items() if option.kind is bool}
    for path in PAGES:
        for name, value in flags_in_prose(path):
            if name in negated | FLAGS_OF_OTHERS or name == "do_":
                continue
            assert name in known, f"{path.name}: --{name}"
            if value is not None and not value.isupper():  # N, DIR and FILE stand for values.
                check_value(known[name], value, path)


def check_value(option, text, path):
    value = text if option.kind is str else json.loads(text)
    assert option.check(value) == value, f"{path.name}: --{option.name}={text}"


@pytest.mark.parametrize("block", [block for path in PAGES for block in python_blocks(path)])
def test_a_block_of_python_calls_what_there_is(block):
    options = {"finetune": set(OPTIONS), "Predictor": set(COMMANDS["predict"].options)}
    calls = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
    for call in calls:
        name = ast.unparse(call.func).removeprefix("bert_tf.")
        if ast.unparse(call.func).startswith("bert_tf."):
            assert name in bert_tf.__all__
            assert {keyword.arg for keyword in call.keywords} <= options[name]


def test_the_demo_checkpoint_can_be_looked_into_as_the_page_says(capsys):
    (shown,) = [each for each in SHOWN if each.words == ("bert-tf", "inspect", "demo")]
    assert main(bert_tf_words(shown)) == 0
    assert "bert/embeddings/word_embeddings" in capsys.readouterr().out
    assert "1.3 million weights" in page("checkpoints")


def test_every_message_of_the_page_of_errors_is_in_the_code():
    trees = [ast.parse(path.read_text()) for path in (ROOT / "bert_tf").rglob("*.py")]
    strings = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    everything = "\n".join(value for value in strings if isinstance(value, str))
    messages = re.findall(r"^\| `([^`]+)` \|", page("errors"), re.MULTILINE)
    assert len(messages) > 9
    for part in (part.strip() for message in messages for part in message.split("...")):
        assert part in everything or f"--{part}" in everything, part


def test_every_file_of_a_run_and_every_event_stands_in_the_page_of_results():
    for name in RUN_FILES:
        assert f"`{name.replace('_mismatched', '')}" in page("results"), name
    for event in Event:
        assert f"`{event.value}`" in page("results"), event


def test_every_task_and_every_kind_stands_in_the_page_of_tasks():
    for name in (*TASKS, *OPTIONS["kind"].rules.choices):
        assert f"| `{name}` |" in page("tasks"), name


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
    assert f"`configs/tasks/{path.name}`" in page("tasks")


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
