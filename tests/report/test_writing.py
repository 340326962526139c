import dataclasses
import os
import re
import shlex

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as peer

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.config.run import replace
from bert_tf.report.evaluated_run import checksum, repeating_command
from bert_tf.report.findings.findings import Findings
from bert_tf.report.findings.one_label import read_labels
from bert_tf.report.model_card import model_card
from bert_tf.report.run_sections import first_sections
from bert_tf.report.statistics.class_statistics import score_intervals
from bert_tf.report.writing import FINDINGS, write_report
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value
from tests.conftest import run_python
from tests.report.made_up import BAD_LABELS, ORDERED, answering, made_up_run

COMMON = [
    "Verdict",
    "Scores",
    "Learning curves",
    "Lengths",
    "Data",
    "Model",
    "Configuration",
    "Versions",
    "Repeating it",
]
OF_CLASSES = ["Labels", "Confusion matrix", "Calibration", "Precision and recall"]
OF_CLASSES += ["Most confident mistakes", "Likely label errors"]
OF_KIND = {
    OneLabel: OF_CLASSES,
    Value: ["Correlation", "Errors", "Largest errors"],
    LabelSet: ["Labels", "Label counts", "Calibration", "Precision and recall", "Most confident mistakes"],
    Ranks: ["Ranks", *OF_CLASSES, "Farthest mistakes"],
    Tags: ["Types", "Confusions", "Length of the sentence", "Sentences with most mistakes"],
    Spans: [
        "Answers",
        "Questions without an answer",
        "Lengths of questions and contexts",
        "First word of the question",
        "Worst answers",
    ],
}
FIGURES = {
    OneLabel: {"calibration", "class_scores", "confusion_matrix", "precision_recall"},
    Value: {"errors", "predictions"},
    LabelSet: {"calibration", "class_scores", "label_counts", "precision_recall"},
    Ranks: {"calibration", "class_scores", "confusion_matrix", "precision_recall", "rank_errors"},
    Tags: set(),
    Spans: {"null_threshold"},
}

OTHERS = (Value, LabelSet, Ranks, Tags, Spans)


def written(run, folder):
    write_report(run, str(folder))
    page, card = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "model_card.md"))
    return page, card


def headings(page):
    return re.findall(r"<h2>(.+)</h2>", page)


@pytest.mark.parametrize(
    "run",
    [
        made_up_run(),
        made_up_run(labels=BAD_LABELS, is_pair=True),
        made_up_run(examples=1),
        made_up_run(examples=2),
        *(made_up_run(kind=kind, labels=BAD_LABELS, is_pair=kind is not Tags) for kind in OTHERS),
    ],
    ids=[
        *("two labels", "bad labels and pairs", "one example", "two examples"),
        *(kind.kind for kind in OTHERS),
    ],
)
def test_page_card_and_figures_are_written_and_none_of_an_earlier_evaluation_stay(tmp_path, run):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "curve_of_a_label_that_was.png").write_bytes(b"")
    page, card = written(run, tmp_path)
    assert headings(page) == [*COMMON[:3], *OF_KIND[type(run.task.answers)], *COMMON[3:]]
    assert sorted(os.listdir(tmp_path)) == ["figures", "model_card.md", "report.html"]
    names = FIGURES[type(run.task.answers)] | {"learning_curves", "lengths"}
    if len(run.examples) == 1:  # One dot is no chart.
        names -= {"calibration", "precision_recall"}
    assert sorted(os.listdir(tmp_path / "figures")) == sorted(f"{name}.png" for name in names)
    assert page.count("<img ") == len(names)
    assert not re.search(r"<script|<h1>taken|onerror=\"alert", page)
    assert not re.search(r"(?<!\\)<(script|img|h1)", card)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("examples", [1, 2])
def test_few_examples_of_any_kind_are_enough(tmp_path, kind, examples):
    run = made_up_run(kind=kind, examples=examples, labels=ORDERED)
    page, _ = written(run, tmp_path)
    assert headings(page) == [*COMMON[:3], *OF_KIND[kind], *COMMON[3:]]
    has_no_label = kind is LabelSet and not run.targets.any()
    assert ("No example of the dev set has any label" in page) == has_no_label


def test_every_kind_has_findings():
    assert set(FINDINGS) == set(KINDS.values())


def rows_of(page, title):
    """The cells of the tables of a section."""
    section = page.split(f"<h2>{title}</h2>")[1].split("</section>")[0]
    section = re.sub(r"</?bdi[^>]*>", "", section)
    return [re.findall(r"<td.*?>(.*?)</td>", row) for row in re.findall(r"<tr>(<td.*?)</tr>", section, re.DOTALL)]


def test_a_regression_is_told_in_the_unit_of_its_values(tmp_path):
    run = made_up_run(kind=Value)
    values, predictions = 1 + 4 * run.targets.astype(float), run.answers[:, 0].astype(float)
    page, card = written(run, tmp_path)
    scores = {name: (value, reach) for name, value, reach, _ in rows_of(page, "Scores")[:-1]}
    expected = {
        "pearson": stats.pearsonr(values, predictions).statistic,
        "spearman": stats.spearmanr(values, predictions).statistic,
        "mean_squared_error": peer.mean_squared_error(values, predictions),
        "mean_absolute_error": peer.mean_absolute_error(values, predictions),
    }
    assert {name: float(value) for name, (value, _) in scores.items()} == pytest.approx(expected, abs=1e-4)
    for value, reach in scores.values():
        low, high = map(float, reach.split(" to "))
        assert low < float(value) < high
    errors = dict(row[:2] for row in rows_of(page, "Errors")[:4])
    assert float(errors["mean error"]) == pytest.approx((predictions - values).mean(), abs=1e-4)
    worst = rows_of(page, "Largest errors")
    order = np.argsort(-np.abs(predictions - values))
    assert [row[0] for row in worst] == [f"line {index + 1}" for index in order[:20]]
    assert float(worst[0][3]) == pytest.approx((predictions - values)[order[0]], rel=1e-3)
    assert "| answer | a value from 1 to 5 |" in card
    assert sum(int(row[1]) for row in rows_of(page, "Errors")[4:]) == 203


def test_several_labels_are_told_by_themselves_and_with_their_thresholds(tmp_path):
    run = made_up_run(kind=LabelSet, labels=ORDERED)
    chosen = run.answers >= np.array(run.task.answers.thresholds, np.float32)
    page, card = written(run, tmp_path)
    rows = rows_of(page, "Labels")
    assert [row[0] for row in rows] == list(ORDERED)
    assert [float(row[1]) for row in rows] == pytest.approx(run.task.answers.thresholds, abs=1e-3)
    f1 = peer.f1_score(run.targets, chosen, average=None)
    assert [float(row[4].split()[0]) for row in rows] == pytest.approx(f1, abs=1e-3)
    assert [int(row[5]) for row in rows] == run.targets.sum(axis=0).tolist()
    assert [int(row[6]) for row in rows] == chosen.sum(axis=0).tolist()
    sizes = {row[0]: row[1:] for row in rows_of(page, "Label counts")}
    assert int(sizes["0"][0]) == int((run.targets.sum(axis=1) == 0).sum())
    precisions = [peer.average_precision_score(run.targets[:, i], run.answers[:, i]) for i in range(5)]
    assert f"The mean of the average precisions is {np.mean(precisions):.4f}" in page
    first = rows_of(page, "Most confident mistakes")[0]
    sureness = np.where(chosen, run.answers, 1 - run.answers) * (chosen != (run.targets > 0.5))
    example, label = np.unravel_index(sureness.argmax(), sureness.shape)
    assert first[:3] == [f"line {example + 1}", ORDERED[label], "yes" if run.targets[example, label] else "no"]
    assert "| awful | 0.300 |" in card


def test_the_scores_of_labels_in_order_are_those_of_their_medians():
    run = made_up_run(kind=Ranks, labels=ORDERED)
    median = (np.cumsum(run.answers, axis=1) < 0.5).sum(axis=1)
    kappa = score_intervals(read_labels(run).matrix, ["quadratic_kappa"], 1, 200)["quadratic_kappa"]
    assert kappa.value == pytest.approx(peer.cohen_kappa_score(run.targets, median, weights="quadratic"))
    assert kappa.low < kappa.value < kappa.high


def test_labels_in_order_are_read_by_their_median(tmp_path):
    run = made_up_run(kind=Ranks, labels=ORDERED)
    # The likeliest label of every example is the lowest, and the median the second.
    answers = np.tile(np.array([0.4, 0.3, 0.3, 0.0, 0.0], np.float32), (203, 1))
    page, _ = written(answering(run, answers), tmp_path)
    ranks = {row[0]: row[1:] for row in rows_of(page, "Ranks")}
    distance = np.abs(run.targets - 1)
    assert float(ranks["mean_rank_error"][0]) == pytest.approx(distance.mean(), abs=1e-4)
    assert float(ranks["share at most one place off"][0]) == pytest.approx((distance <= 1).mean(), abs=1e-4)
    assert float(ranks["share that is right"][0]) == pytest.approx((distance == 0).mean(), abs=1e-4)
    assert all(row[2].startswith("poor (") for row in rows_of(page, "Most confident mistakes"))
    assert all(row[1].startswith("superb (") for row in rows_of(page, "Farthest mistakes"))


def test_scores_of_a_second_dev_set_are_listed():
    run = made_up_run()
    run = dataclasses.replace(run, scores={**run.scores, "mismatched_accuracy": 0.625, "mismatched_loss": 1.5})
    (table,) = first_sections(run, Findings())[1].parts
    assert ("mismatched_accuracy", "0.6250", "", "") in table.rows
    assert "| mismatched_accuracy | 0.6250 |" in model_card(run, Findings())


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_report(made_up_run(), str(tmp_path / name))
    for name in ("report.html", "model_card.md", "figures/calibration.png"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_model_that_was_trained_elsewhere_has_no_learning_curves(tmp_path):
    run = dataclasses.replace(made_up_run(), train_curves={}, eval_curves={}, is_own=False)
    page, _ = written(run, tmp_path)
    assert headings(page) == [*COMMON[:2], *OF_CLASSES, *COMMON[3:]]
    assert "--do_train" not in repeating_command(run)


def test_all_answers_right_leave_no_mistakes(tmp_path):
    run = made_up_run()
    sure = np.eye(2, dtype=np.float32)[run.targets]
    page, _ = written(answering(run, sure), tmp_path)
    assert "There are none: all answers are right." in page
    assert "No example has a label with a probability below 5.0 %" in page


@pytest.mark.slow
@pytest.mark.exhaustive
def test_answers_that_are_all_right_or_all_the_same_are_survived_in_every_kind(tmp_path):
    run = made_up_run(kind=LabelSet, labels=ORDERED)
    page, _ = written(answering(run, run.targets), tmp_path)
    assert "There are none: all decisions are right." in page
    run = made_up_run(kind=Ranks, labels=ORDERED)
    page, _ = written(answering(run, np.eye(5, dtype=np.float32)[run.targets]), tmp_path)
    assert "There are none: no prediction is more than one place off." in page
    run = made_up_run(kind=Value)
    page, _ = written(answering(run, np.full((203, 1), 3, np.float32)), tmp_path)
    assert "not a number" in page  # The correlation with a constant.


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
        "import sys, bert_tf.report.writing\n"
        "print([name for name in ('tensorflow', 'keras', 'matplotlib') if name in sys.modules])"
    )
    done = run_python("-c", program)
    assert done.stdout == "[]\n", done.stderr
