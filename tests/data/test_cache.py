import dataclasses
import os

import pytest

from bert_tf.data.cache import cache_path, differences, fingerprint
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.tasks.answers.one_label import OneLabel

EXAMPLES = Examples("x.tsv", ["a b", "c"], ["d", ""], ["0", "1"], ["7", "8"])
STEP = {"max_seq_length": 16, "lower_case": True}


def meaning(known=("0", "1"), step=STEP, **changes):
    return fingerprint(dataclasses.replace(EXAMPLES, **changes), OneLabel(known).facts(), step)


def test_a_file_is_named_after_task_split_and_longest_row():
    assert cache_path("gs://there/cache", "sst-2", DEV, 64) == "gs://there/cache/sst-2-dev-64.tf_record"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../etc/passwd", "/etc/passwd", ".tmp-x", "a b", "Größe", "\ud800", "a\nb", "x" * 999]
)
def test_no_name_of_a_task_leads_out_of_the_folder(name):
    path = cache_path("folder", name, TRAIN, 16)
    folder, file = os.path.split(path)
    assert folder == "folder"
    assert os.path.normpath(path) == path
    assert file.isascii()
    assert file.isprintable()
    assert not file.startswith(".")
    assert len(file) < 128


def test_tasks_whose_names_are_alike_have_files_of_their_own():
    names = ["cola", "Cola", "co/la", "co_la", "co\\la", "co:la", "", "_", "x" * 999, "x" * 998]
    assert len({cache_path("", name, TRAIN, 16).lower() for name in names}) == len(names)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"first": ["a", "b c"]}, "other texts"),
        ({"first": ["c", "a b"]}, "other texts"),
        ({"second": ["", "d"]}, "other second texts"),
        ({"second": None}, "other second texts"),
        ({"labels": ["1", "0"]}, "other labels"),
        ({"labels": None}, "other labels"),
        ({"labels": ("1", "0"), "first": ["a b", "c", ""]}, "other texts, other labels"),
    ],
)
def test_a_change_of_the_examples_is_named(changes, difference):
    assert differences(meaning(), meaning(**changes)) == difference


def test_a_change_of_settings_is_named_with_both_values():
    assert differences(meaning(), meaning(known=("1", "0"))) == "other order of labels"
    changed = meaning(step={"max_seq_length": 32, "lower_case": False})
    assert differences(meaning(), changed) == "max_seq_length 16, now 32, lower_case True, now False"
    assert differences(meaning(), meaning(step={})) == "other max_seq_length, other lower_case"
    assert differences(meaning(step={}), meaning()) == "other max_seq_length, other lower_case"


def test_what_does_not_reach_the_tokens_does_not_matter():
    assert differences(meaning(), meaning(origin="y.tsv", ids=["1", "2"], lines=[4, 5], blank_lines=3)) == ""
    assert differences(meaning(), meaning(first=("a b", "c"))) == ""
