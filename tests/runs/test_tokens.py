import dataclasses
import os

import numpy as np
import pytest

from bert_tf.config.run import RunConfig, differing_options, replace
from bert_tf.data.splits import Split
from bert_tf.data.table import TokenTable
from bert_tf.errors import InputError
from bert_tf.runs.tokens import token_tables
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.registry import read_split
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary
from tests.conftest import DEMO_CHECKPOINT

LENGTH = 9  # Shorter than some sentences of the task.


@pytest.fixture(scope="module")
def splits():
    return {split: read_split(DEMO, split, RunConfig().data) for split in (Split.DEV, Split.TEST)}


@pytest.fixture(scope="module")
def step():
    vocabulary = parse_vocabulary((DEMO_CHECKPOINT / "vocab.txt").read_bytes(), "vocab.txt")
    return TextStep(vocabulary, lower_case=True, max_seq_length=LENGTH)


def assert_equal(first, second):
    assert list(first) == list(second)
    for split, table in first.items():
        for field in dataclasses.fields(TokenTable):
            one, other = getattr(table, field.name), getattr(second[split], field.name)
            np.testing.assert_array_equal(one, other, err_msg=field.name)
            assert np.asarray(one).dtype == np.asarray(other).dtype, field.name


def test_with_and_without_a_cache_the_tokens_are_the_same(splits, step, tmp_path, capsys):
    plain = token_tables(splits, DEMO, step, None)
    cut = plain[Split.DEV].long_examples
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
    return {**splits, Split.TEST: dataclasses.replace(splits[Split.TEST], **columns)}


def test_one_stale_split_ends_the_run_before_another_is_written(splits, step, tmp_path):
    token_tables({Split.TEST: splits[Split.TEST]}, DEMO, step, str(tmp_path))
    for other, task, found in (
        (changed(splits, labels=["0"] * 600), DEMO, "other labels"),
        (changed(splits, first=splits[Split.TEST].first[::-1]), DEMO, "other texts"),
        (splits, dataclasses.replace(DEMO, labels=DEMO.labels[::-1]), "other order of labels"),
    ):
        with pytest.raises(InputError, match=rf"demo-test-{LENGTH}.tf_record \({found}\)"):
            token_tables(other, task, step, str(tmp_path))
    assert os.listdir(tmp_path) == [f"demo-test-{LENGTH}.tf_record"]


def test_another_text_step_makes_a_cache_stale(splits, step, tmp_path):
    test = {Split.TEST: splits[Split.TEST]}
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
