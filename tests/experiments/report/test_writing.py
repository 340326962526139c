import dataclasses
import os
import re
import shlex

import numpy as np
import pytest

from bert_tf.cli.flags import parse
from bert_tf.cli.main import COMMANDS
from bert_tf.config import replace
from bert_tf.experiments.report.evaluated_run import checksum, repeating_command
from bert_tf.experiments.report.writing import FINDINGS, write_report
from bert_tf.tasks.task import Kind
from tests.conftest import run_python
from tests.experiments.report.made_up import BAD_LABELS, made_up_run

COMMON = ["Scores", "Learning curves", "Lengths", "Data", "Model", "Configuration", "Versions", "Repeating it"]
OF_CLASSES = ["Labels", "Confusion matrix", "Calibration", "Precision and recall"]
OF_CLASSES += ["Most confident mistakes", "Likely label errors"]


def written(run, folder):
    write_report(run, str(folder))
    page, card = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "model_card.md"))
    return page, card


def headings(page):
    return re.findall(r"<h2>(.+)</h2>", page)


@pytest.mark.parametrize(
    "run",
    [made_up_run(), made_up_run(labels=BAD_LABELS, is_pair=True), made_up_run(examples=1), made_up_run(examples=2)],
    ids=["two labels", "bad labels and pairs", "one example", "two examples"],
)
def test_page_card_and_figures_are_written(tmp_path, run):
    page, _ = written(run, tmp_path)
    assert headings(page) == [*COMMON[:2], *OF_CLASSES, *COMMON[2:]]
    assert sorted(os.listdir(tmp_path)) == ["figures", "model_card.md", "report.html"]
    names = ["calibration", "class_scores", "confusion_matrix", "learning_curves", "lengths", "precision_recall"]
    assert sorted(os.listdir(tmp_path / "figures")) == [f"{name}.png" for name in names]
    assert page.count("<img ") == len(names)
    assert not re.search(r"<script|<h1>taken|onerror=\"alert", page)


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_report(made_up_run(), str(tmp_path / name))
    for name in ("report.html", "model_card.md", "figures/calibration.png"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_model_that_was_trained_elsewhere_has_no_learning_curves(tmp_path):
    run = dataclasses.replace(made_up_run(), train_curves={}, eval_curves={}, is_own=False)
    page, _ = written(run, tmp_path)
    assert headings(page) == [COMMON[0], *OF_CLASSES, *COMMON[2:]]
    assert "--do_train" not in repeating_command(run)


def test_a_kind_without_findings_has_the_sections_that_every_kind_has(tmp_path, monkeypatch):
    monkeypatch.delitem(FINDINGS, Kind.CLASSIFICATION)
    page, card = written(made_up_run(), tmp_path)
    assert headings(page) == COMMON
    assert "| accuracy | " in card


def test_all_answers_right_leave_no_mistakes(tmp_path):
    run = made_up_run()
    sure = np.eye(2, dtype=np.float32)[run.targets]
    page, _ = written(dataclasses.replace(run, answers=sure), tmp_path)
    assert "There are none: all answers are right." in page
    assert "No example has a label with a probability below 5.0 %" in page


def test_the_command_repeats_the_options_in_another_folder():
    run = made_up_run(data_dir="a folder/with $signs", precision="auto", report=False, seed=1)
    words = shlex.split(repeating_command(run))
    assert words[:2] == ["bert-tf", "classifier"]
    command = COMMANDS["classifier"]
    config = parse(words[2:], command.options, command.own_options).config()
    assert config == replace(
        run.config, output_dir="/home/somebody/runs/first-again", do_eval=True, overwrite_output_dir=False
    )


def test_the_fingerprint_depends_on_texts_and_labels_and_not_on_the_place():
    run = made_up_run(is_pair=True)
    same = checksum(dataclasses.replace(run.examples, origin="elsewhere", ids=["x"] * 203), run.task)
    assert same == checksum(run.examples, run.task)
    changed = [
        dataclasses.replace(run.examples, **{name: [*getattr(run.examples, name)[:-1], "other"]})
        for name in ("first", "second", "labels")
    ]
    assert len({same, *(checksum(examples, run.task) for examples in changed)}) == 4


def test_neither_tensorflow_nor_matplotlib_is_loaded_before_something_is_drawn():
    program = (
        "import sys, bert_tf.experiments.report.writing\n"
        "print([name for name in ('tensorflow', 'keras', 'matplotlib') if name in sys.modules])"
    )
    done = run_python("-c", program)
    assert done.stdout == "[]\n", done.stderr
