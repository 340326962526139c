import dataclasses
import functools
import json

import numpy as np
import pytest
from sklearn import metrics as peer

from bert_tf.report.circumstances import Circumstances, read_circumstances
from bert_tf.report.drawing.page import Table
from bert_tf.report.earlier_runs import EarlierRun, find_earlier, write_record
from bert_tf.report.findings.findings import Findings, constant_answer
from bert_tf.report.findings.one_label import classification_findings, read_labels
from bert_tf.report.model_card import model_card
from bert_tf.report.run_sections import learning_panels
from bert_tf.report.statistics.class_statistics import score_intervals
from bert_tf.report.verdict import duration, sentences_of, verdict_section
from bert_tf.report.writing import FINDINGS
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import PLACE
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA, MRPC, QQP, SST_2, WNLI
from bert_tf.training.journal import Event, Journal
from tests.report.made_up import ORDERED, VALUE_RANGE, made_up_run


@functools.cache
def found_of(kind):
    """A run of a kind and what is found of it, which takes a while, since all charts are drawn."""
    run = made_up_run(kind=kind, labels=ORDERED)
    return run, FINDINGS[kind](run)


def findings_of(run):
    """What the verdict needs of the findings on a run that gives two labels."""
    matrix = read_labels(run).matrix
    most = np.bincount(run.targets).argmax()
    constant = constant_answer(run, "Always the same", "always", **{PLACE: most})
    return Findings(intervals=score_intervals(matrix, run.scores, 1), constant=constant)


def said(run, findings=None):
    return " ".join(sentences_of(run, findings or findings_of(run))[0])


def with_answers(run, answers):
    """The same run, of a model that answers otherwise; its accuracy is told anew."""
    accuracy = float((answers.argmax(axis=1) == run.targets).mean())
    outputs = {"probabilities": answers, PLACE: answers.argmax(axis=1)}
    return dataclasses.replace(run, outputs=outputs, scores={**run.scores, "accuracy": accuracy})


def test_the_constant_of_one_label_is_the_most_frequent_one():
    run, findings = found_of(OneLabel)
    counts = np.bincount(run.targets, minlength=5)
    found = findings.constant
    assert found.scores["accuracy"] == pytest.approx(counts.max() / 203)
    share = counts.max() / 203
    assert found.scores["f1_macro"] == pytest.approx(2 * share / (1 + share) / 5)
    assert found.cell.word == ORDERED[counts.argmax()]
    assert f"Always answering the most frequent label would get {share:.4f}: the model is better." in said(
        run, findings
    )


def test_the_constant_of_labels_in_order_has_no_kappa_above_chance():
    run, findings = found_of(Ranks)
    most = np.bincount(run.targets).argmax()
    found = findings.constant.scores
    assert found["quadratic_kappa"] == pytest.approx(0)
    assert found["mean_rank_error"] == pytest.approx(np.abs(run.targets - most).mean())


def test_the_constant_of_sets_of_labels_is_the_best_set_of_the_commonest():
    run, findings = found_of(LabelSet)
    found, order = findings.constant.scores, np.argsort(-run.targets.sum(axis=0), kind="stable")
    by_size = {}
    for size in range(run.targets.shape[1] + 1):
        chosen = np.broadcast_to(np.isin(np.arange(run.targets.shape[1]), order[:size]), run.targets.shape)
        by_size[peer.f1_score(run.targets, chosen, average="micro", zero_division=0)] = size, chosen
    best = max(by_size)
    size, chosen = by_size[best]
    assert size > 0
    assert found["f1_micro"] == pytest.approx(best)
    assert found["hamming_loss"] == pytest.approx((run.targets != chosen).mean())
    name = "the commonest label" if size == 1 else f"the {size} commonest labels"
    assert f"Giving every example {name} would get {best:.4f}" in said(run, findings)


def test_the_constant_of_values_is_their_mean_and_has_no_correlation():
    run, findings = found_of(Value)
    values = VALUE_RANGE[0] + (VALUE_RANGE[1] - VALUE_RANGE[0]) * run.targets.astype(float)
    found = findings.constant.scores
    assert found["mean_squared_error"] == pytest.approx(values.var())
    assert found["mean_absolute_error"] == pytest.approx(np.abs(values - values.mean()).mean())
    assert np.isnan(found["pearson"])
    text = said(run, findings)
    own = peer.mean_squared_error(values, run.answers[:, 0])
    assert (
        f"Always answering the mean value has no pearson; as mean squared error it would get {values.var():.4f}, and "
        f"the model {own:.4f}: the model is better." in text
    )


def test_a_model_that_gives_all_the_same_label_is_no_better_than_that():
    run = made_up_run()
    most = np.bincount(run.targets).argmax()
    run = with_answers(run, np.tile(np.eye(2, dtype=np.float32)[most], (203, 1)))
    sentences, is_good = sentences_of(run, findings_of(run))
    assert is_good is False
    assert sentences[1].endswith("the model is no better than that.")


def test_a_model_that_is_right_once_more_is_not_called_better_without_a_doubt():
    run = made_up_run()
    counts = np.bincount(run.targets)
    answers = np.tile(np.eye(2, dtype=np.float32)[counts.argmax()], (203, 1))
    answers[np.flatnonzero(run.targets == counts.argmin())[0]] = np.eye(2)[counts.argmin()]
    sentences, is_good = sentences_of(with_answers(run, answers), findings_of(with_answers(run, answers)))
    assert is_good is None
    assert "by less than what another dev set of this size might change" in sentences[1]


@pytest.mark.parametrize(("others", "words"), [((0.5, 0.99), "worse"), ((0.25, 0.125), "better")])
def test_the_best_earlier_run_is_compared(others, words):
    earlier = tuple(EarlierRun(f"run-{score}", 5, {"accuracy": score}) for score in others)
    run = made_up_run()
    run = dataclasses.replace(run, circumstances=Circumstances(earlier=earlier))
    count = f"The best of 2 earlier runs on the same dev set got {max(others):.4f}: this one is {words}."
    assert count in said(run)
    first = verdict_section(run, findings_of(run)).parts[1].rows
    assert [row[1] for row in first[2:]] == [f"{score:.4f}" for score in sorted(others, reverse=True)]


def test_the_same_weights_evaluated_again_are_no_earlier_run():
    run = made_up_run()
    earlier = (EarlierRun("", run.global_step, run.scores), EarlierRun("", 3, {"another": 1.0}))
    run = dataclasses.replace(run, circumstances=Circumstances(earlier=earlier))
    assert "No earlier run with a score on the same dev set" in said(run)


def test_earlier_runs_are_those_with_the_same_task_and_dev_set(tmp_path):
    run = made_up_run()
    scores = {**run.scores, "odd --> <b>": 1e-05, "nan": float("nan")}
    cards = {
        "same": model_card(dataclasses.replace(run, scores=scores), Findings()),
        "other-task": write_record("another", run.dev.checksum, 1, scores),
        "other-data": write_record("made-up", "0" * 64, 1, scores),
        "damaged": '<!-- bert_tf {"task": "made-up", "step": -->\n<!-- bert_tf {"step": 1, "scores": ["a"]} -->\n',
        "nested": "<!-- bert_tf " + '{"a":' * 90_000 + "} -->\n",
        "none": "# A card of somebody\n",
    }
    for name, card in cards.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_card.md").write_text(card, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (found,) = find_earlier(str(tmp_path / "new"), "made-up", run.dev.checksum)
    assert found == EarlierRun("same", 200, {name: value for name, value in scores.items() if name != "nan"})
    (own,) = find_earlier(str(tmp_path / "same"), "made-up", run.dev.checksum)
    assert own.name == ""
    assert cards["same"].count("-->") == 1


def written_journal(folder, *commands):
    path = folder / "events.jsonl"
    for entries in commands:
        journal = Journal(str(path))
        for event, values in entries:
            journal.note(event, **values)
    return path


def test_a_journal_tells_warnings_duration_and_devices(tmp_path):
    trained = {"actions": ["do_train"], "devices": "2 GPUs"}
    first = [(Event.START, trained), (Event.WARN, {"text": "a"}), (Event.END, {"status": 75, "seconds": 10.5})]
    second = [(Event.START, trained), (Event.WARN, {"text": "a"}), (Event.WARN, {"kind": "b"})]
    third = [(Event.START, {"actions": ["do_eval"], "devices": "1 CPU"})]
    path = written_journal(tmp_path, first, second, third)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for second_of_day, line in enumerate(lines):
        line["time"] = f"2026-01-02T03:04:{second_of_day:02d}.500+00:00"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    found = read_circumstances(str(tmp_path), is_own=True)
    assert found.warnings == (("a", 2), ("b", 1))
    assert (found.seconds, found.commands) == (10.5 + 2 + 0, 3)
    assert (found.trained_on, found.devices) == ("2 GPUs", "1 CPU")
    foreign = read_circumstances(str(tmp_path), is_own=False)
    assert (foreign.commands, foreign.trained_on, foreign.warnings) == (1, "", ())


def test_a_warning_of_what_was_given_counts_once_however_often_a_run_is_continued(tmp_path):
    given = (Event.WARN, {"kind": "given", "text": "a text stands twice"})
    path = written_journal(tmp_path, *[[(Event.START, {}), given, (Event.WARN, {"text": "b"})]] * 3)
    assert path.exists()
    found = read_circumstances(str(tmp_path), is_own=True)
    assert found.warnings == (("a text stands twice", 1), ("b", 3))


def test_damaged_lines_of_a_journal_are_told(tmp_path):
    path = written_journal(tmp_path, [(Event.START, {}), (Event.WARN, {"text": "a"})])
    path.write_text(path.read_text() + '[1]\nnonsense\n{"torn')
    found = read_circumstances(str(tmp_path), is_own=True)
    damaged = "some lines of the journal can't be read, so that warnings may be missing"
    assert found.warnings == (("a", 1), (damaged, 3))


def test_without_a_journal_nothing_is_claimed(tmp_path):
    found = read_circumstances(str(tmp_path), is_own=True)
    assert (found.warnings, found.seconds, found.devices) == (None, None, "")
    run = dataclasses.replace(made_up_run(), circumstances=found)
    assert "warning" not in said(run)
    assert "## Warnings" not in model_card(run, Findings())


def test_warnings_are_in_the_card_and_nothing_of_the_machine():
    run = made_up_run()
    card = model_card(run, Findings())
    assert "| the loss runs away | 1 |" in card
    assert r"right to left \\u202e" in card
    assert "processor" not in card
    assert "15 min" not in card
    none = dataclasses.replace(run, circumstances=Circumstances(warnings=()))
    assert "The run gave no warning." in model_card(none, Findings())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 1 s"), (3599.7, "1 h 0 min"), (90_061, "25 h 1 min")],
)
def test_durations_are_told_in_their_unit(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("task", [COLA, SST_2, MRPC, QQP, WNLI], ids=lambda task: task.name)
def test_labels_that_are_numbers_have_names(task):
    run = dataclasses.replace(made_up_run(), task=dataclasses.replace(task, combined=()))
    assert run.labels == tuple(f"{label} ({name})" for label, name in zip("01", task.label_names, strict=True))
    assert run.labels[0] in model_card(run, Findings())


def test_own_files_are_named_by_their_data():
    run = dataclasses.replace(made_up_run(), task=CUSTOM.answering(OneLabel(made_up_run().task.labels)))
    assert run.subject == "dev.tsv"
    assert model_card(run, Findings()).startswith("# dev.tsv\n\nClassification of texts, 2 labels.")
    assert made_up_run(train_file="/a/reviews.csv").subject == "made-up"


def test_curves_of_one_point_are_not_drawn():
    run = made_up_run()
    one = {
        name: dataclasses.replace(curve, steps=curve.steps[:1], values=curve.values[:1])
        for name, curve in run.train_curves.items()
    }
    assert learning_panels(dataclasses.replace(run, train_curves=one, eval_curves={})) == {}
    assert list(learning_panels(dataclasses.replace(run, train_curves=one)))[:1] == ["Loss"]


def test_of_many_labels_the_worst_are_listed_and_all_are_in_the_file():
    labels = tuple(f"label, {index}" for index in range(120))
    run = made_up_run(labels=labels, examples=400)
    found = classification_findings(run)
    assert len(found.details.rows) == 50
    lines = found.files["label_scores.csv"].splitlines()
    assert len(lines) == 121
    f1 = peer.f1_score(run.targets, run.answers.argmax(axis=1), average=None, labels=range(120), zero_division=0)
    assert [float(line.split(",")[8]) for line in lines[1:]] == pytest.approx(f1, abs=1e-6)
    has = np.bincount(run.targets, minlength=120) > 0
    worst = sorted(np.flatnonzero(has), key=lambda index: f1[index])[:50]
    assert [row[0] for row in found.details.rows] == [labels[index] for index in worst]
    assert found_of(OneLabel)[1].files == {}


def test_what_cannot_be_seen_is_written_out_in_the_card():
    run = made_up_run(labels=("a\u202eb", "c\u200b|`<d\ne"))
    card = model_card(run, Findings(details=Table(("label", ""), [(label, "") for label in run.labels])))
    assert r"| a\\u202eb |" in card
    assert r"| c\\u200b\|\`\<d\\ne |" in card
    assert not any(mark in card for mark in "\u202e\u200b")
