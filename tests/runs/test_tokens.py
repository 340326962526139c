import dataclasses
import os

import numpy as np
import pytest

from bert_tf.config.run import RunConfig, differing_options, replace
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TEST
from bert_tf.errors import InputError
from bert_tf.runs.tokens import token_tables
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.registry import read_split
from bert_tf.text.excerpts import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary
from tests.conftest import DEMO_CHECKPOINT
from tests.data.tables import assert_same_table

LENGTH = 9  # Shorter than some sentences of the task.


@pytest.fixture(scope="module")
def splits():
    return {split: read_split(DEMO, split, RunConfig()) for split in (DEV, TEST)}


@pytest.fixture(scope="module")
def step():
    vocabulary = parse_vocabulary((DEMO_CHECKPOINT / "vocab.txt").read_bytes(), "vocab.txt")
    return TextStep(vocabulary, lower_case=True, max_seq_length=LENGTH)


def assert_equal(first, second):
    assert list(first) == list(second)
    for split, table in first.items():
        assert_same_table(table, second[split])


# Every kind, and of each kind all that its targets depend on: answers, labels as written, targets.
EVERY_KIND = {
    "one label": (OneLabel(("a", "b", "c")), ["a", "c", "b"], np.array([0, 2, 1], np.int32)),
    "another order": (OneLabel(("c", "b", "a")), ["a", "c", "b"], np.array([2, 0, 1], np.int32)),
    "a label more": (OneLabel(("a", "b", "c", "d")), ["a", "c", "b"], np.array([0, 2, 1], np.int32)),
    "ranks": (Ranks(("a", "b", "c")), ["a", "c", "b"], np.array([0, 2, 1], np.int32)),
    "ranks the other way": (Ranks(("c", "b", "a")), ["a", "c", "b"], np.array([2, 0, 1], np.int32)),
    "label sets": (LabelSet(("a", "b", "c")), ["a", "c", "b"], np.eye(3, dtype=np.float32)[[0, 2, 1]]),
    "label sets, another order": (LabelSet(("b", "a", "c")), ["a", "c", "b"], np.eye(3, dtype=np.float32)[[1, 2, 0]]),
    "label sets, another separator": (
        LabelSet(("a", "b", "c"), label_separator="+"),
        ["a", "c", "b"],
        np.eye(3, dtype=np.float32)[[0, 2, 1]],
    ),
    "values": (Value(value_range=(0.0, 4.0)), ["1", "3", "2"], np.array([0.25, 0.75, 0.5], np.float32)),
    "values, another range": (
        Value(value_range=(-4.0, 4.0)),
        ["1", "3", "2"],
        np.array([0.625, 0.875, 0.75], np.float32),
    ),
    "numbers as labels": (OneLabel(("1", "2", "3")), ["1", "3", "2"], np.array([0, 2, 1], np.int32)),
}


def of_kind(name):
    """The splits and the task of a kind."""
    answers, labels, targets = EVERY_KIND[name]
    splits = {DEV: Examples("x", ["the cat", "a dog", "the dog"], None, labels, ["0", "1", "2"])}
    return splits, CUSTOM.answering(answers), targets


@pytest.mark.parametrize("name", EVERY_KIND)
def test_the_cache_gives_every_kind_its_columns_back_and_no_kind_those_of_another(name, step, tmp_path):
    splits, task, targets = of_kind(name)
    written = token_tables(splits, task, step, str(tmp_path))
    np.testing.assert_array_equal(written[DEV].targets, targets)
    assert written[DEV].targets.dtype == targets.dtype
    assert_equal(token_tables(splits, task, step, str(tmp_path)), written)
    whole = (tmp_path / f"custom-dev-{LENGTH}.tf_record").read_bytes()
    for other in EVERY_KIND.keys() - {name}:
        splits, task, _ = of_kind(other)
        with pytest.raises(InputError, match="must have been made from the data and options of this run"):
            token_tables(splits, task, step, str(tmp_path))
    assert (tmp_path / f"custom-dev-{LENGTH}.tf_record").read_bytes() == whole


@pytest.mark.parametrize("name", EVERY_KIND)
def test_windows_of_every_kind_come_back_from_the_cache(name, step, tmp_path):
    splits, task, targets = of_kind(name)
    splits = {DEV: dataclasses.replace(splits[DEV], first=["the cat", "a dog " * 9, "the dog"])}
    windows = TextStep(
        step.vocabulary, lower_case=True, max_seq_length=LENGTH, reading=Reading(LongText.WINDOW_MEAN, 3)
    )
    written = token_tables(splits, task, windows, str(tmp_path))
    assert written[DEV].has_windows
    np.testing.assert_array_equal(written[DEV].targets, targets)
    assert_equal(token_tables(splits, task, windows, str(tmp_path)), written)


def test_with_and_without_a_cache_the_tokens_are_the_same(splits, step, tmp_path, capsys):
    plain = token_tables(splits, DEMO, step, None)
    cut = plain[DEV].long_examples
    assert cut > 0
    said = f"dev: {cut:,} of 600 examples ({cut / 600:.1%}) are cut to {LENGTH} word pieces\n"
    assert capsys.readouterr().err.startswith(said)
    written = token_tables(splits, DEMO, step, str(tmp_path / "cache"))
    path = f"{tmp_path}/cache/demo-dev-{LENGTH}.tf_record"
    assert capsys.readouterr().err.startswith(f"dev: tokens written to cache {path}\n{said}")
    read = token_tables(splits, DEMO, step, str(tmp_path / "cache"))
    assert capsys.readouterr().err.startswith(f"dev: tokens from cache {path}\n{said}")
    assert_equal(plain, written)
    assert_equal(plain, read)
    assert sorted(os.listdir(tmp_path / "cache")) == [f"demo-dev-{LENGTH}.tf_record", f"demo-test-{LENGTH}.tf_record"]


def changed(splits, **columns):
    return {**splits, TEST: dataclasses.replace(splits[TEST], **columns)}


def test_one_stale_split_ends_the_run_before_another_is_written(splits, step, tmp_path):
    token_tables({TEST: splits[TEST]}, DEMO, step, str(tmp_path))
    for other, task, found in (
        (changed(splits, labels=["0"] * 600), DEMO, "other labels"),
        (changed(splits, first=splits[TEST].first[::-1]), DEMO, "other texts"),
        (splits, DEMO.answering(OneLabel(DEMO.labels[::-1])), "other order of labels"),
    ):
        with pytest.raises(InputError, match=rf"demo-test-{LENGTH}.tf_record \({found}\)"):
            token_tables(other, task, step, str(tmp_path))
    assert os.listdir(tmp_path) == [f"demo-test-{LENGTH}.tf_record"]


def test_another_text_step_makes_a_cache_stale(splits, step, tmp_path):
    test = {TEST: splits[TEST]}
    token_tables(test, DEMO, step, str(tmp_path))
    entries = list(step.vocabulary.entries)
    more = parse_vocabulary("\n".join([*entries, "more"]).encode(), "vocab.txt")
    for other, found in (
        (TextStep(more, lower_case=True, max_seq_length=LENGTH), "other vocabulary"),
        (
            TextStep(step.vocabulary, lower_case=False, max_seq_length=LENGTH),
            "lower_case True, now False, strip_accents True, now False",
        ),
    ):
        with pytest.raises(InputError, match=rf"\({found}\)"):
            token_tables(test, DEMO, other, str(tmp_path))
    longer = TextStep(step.vocabulary, lower_case=True, max_seq_length=LENGTH + 1)
    token_tables(test, DEMO, longer, str(tmp_path))  # Has a file of its own.
    assert len(os.listdir(tmp_path)) == 2


def test_a_run_is_resumed_with_or_without_a_cache():
    assert differing_options(RunConfig(), replace(RunConfig(), cache_dir="x")) == {}
