"""One set of rules: the same fault gets the same answer from every reader that can meet it, and what is sound is read.

A reader can't meet what its format can't hold: CSV has no numbers, UTF-8 no half of a pair, Parquet no lacking name.
"""

import dataclasses
import math
import re

import pytest

from bert_tf.data.examples import Examples
from bert_tf.data.readers.own_files import Layout, read_own_file
from bert_tf.data.readers.rules import check_texts
from bert_tf.errors import InputError
from tests.data.readers.tables import DELIMITED, READERS, SECOND_ROW, TYPED, read

NAMES = ("text", "label")
JSON = ("jsonl", "json")
MEMORY = ("frame", "dictionaries")
BY_NAME = tuple(reader for reader in READERS if reader != "dictionaries")  # A dictionary has each name once.

# What is wrong with the second of two rows, the rule that is told, and who can meet it.
SECOND = {
    "NUL in a text": (("a\0b", "no"), "must hold no NUL", READERS),
    "NUL in a label": (("a", "n\0o"), "must hold no NUL", READERS),
    "half of a pair in a text": (("a\ud83d", "no"), "must hold whole characters", (*JSON, "dictionaries")),
    "half of a pair in a label": (("a", "\ude00"), "must hold whole characters", (*JSON, "dictionaries")),
    "a field too many": (("a", "no", "more"), "as many columns as the first one", DELIMITED),
    "a field too few": (("a",), "as many columns as the first one", DELIMITED),
    "no label at all": (("a",), "must have the same names", (*JSON, "dictionaries")),
    "a list in a label": (("a", [["no"]]), "must be a string or a number", (*JSON, *MEMORY)),
}
# The same for both rows, as a column of Parquet and pandas has one type.
BOTH = {
    "an endless number": ([("a", 1.0), ("b", math.inf)], "A number must be finite", TYPED, 2),
    "no number": ([("a", 1.0), ("b", math.nan)], "A label must be a string or a number", ("parquet", *MEMORY), 2),
    "no number in JSON": ([("a", 1.0), ("b", math.nan)], "NaN is no JSON", JSON, 2),
    "a number as text": ([(1, "no"), (2, "yes")], "A text must be a string", TYPED, 1),
    "a missing text": ([("a", "no"), (None, "yes")], "A text must be a string", TYPED, 2),
    "a missing label": ([("a", "no"), ("b", None)], "A label must be a string or a number", TYPED, 2),
}


def cases(table):
    return [(reader, kind) for kind, (_, _, readers, *_) in table.items() for reader in readers]


@pytest.mark.parametrize(("reader", "kind"), cases(SECOND))
def test_a_row_at_fault_is_told_by_the_same_rule_with_its_place(tmp_path, reader, kind):
    row, rule, _ = SECOND[kind]
    with pytest.raises(InputError, match=f"{rule}.*{re.escape(SECOND_ROW[reader])}"):
        read(reader, tmp_path, NAMES, [("one", "yes"), row])


@pytest.mark.parametrize(("reader", "kind"), cases(BOTH))
def test_values_of_a_wrong_kind_are_told_by_the_same_rule(tmp_path, reader, kind):
    rows, rule, _, place = BOTH[kind]
    with pytest.raises(InputError, match=rule) as caught:
        read(reader, tmp_path, NAMES, rows)
    assert place == 1 or SECOND_ROW[reader] in "\n".join((str(caught.value), *caught.value.details))


@pytest.mark.parametrize("reader", BY_NAME)
def test_a_column_that_is_read_must_be_there_once(tmp_path, reader):
    with pytest.raises(InputError, match=r"A column that is read must be there once.*'text'.*Rename or remove"):
        read(reader, tmp_path, ("text", "label", "text"), [("a", "no", "x"), ("b", "yes", "y")])


@pytest.mark.parametrize("reader", BY_NAME)
def test_of_a_column_that_is_not_read_there_may_be_several(tmp_path, reader):
    examples = read(reader, tmp_path, ("text", "label", "note", "note"), [("a", "no", "x", ""), ("b", "yes", "", "y")])
    assert (list(examples.first), list(examples.labels)) == (["a", "b"], ["no", "yes"])


@pytest.mark.parametrize("reader", READERS)
def test_another_name_and_no_row_are_told(tmp_path, reader):
    with pytest.raises(InputError, match=r"must have (a column|objects with) 'text'|must name its columns, 'text'"):
        read(reader, tmp_path, ("txt", "label"), [("a", "no")])
    with pytest.raises(InputError, match=r"must hold (a header and )?at least one row"):
        read(reader, tmp_path, NAMES, [])


@pytest.mark.parametrize("reader", READERS)
def test_every_character_that_text_may_hold_is_read_by_all(tmp_path, reader):
    texts = ["\x01\x1f", "\ufeffa\u200b", "😀 \u2028 \u0085", '"', "\ufffe", "NaN", " "]
    rows = [(text, "\ufeff1e999"[index % 2 :]) for index, text in enumerate(texts)]
    examples = read(reader, tmp_path, NAMES, rows)
    assert list(zip(examples.first, examples.labels, strict=True)) == rows


@pytest.mark.parametrize("reader", JSON)
def test_lists_in_one_another_a_hundred_thousand_times_are_told_in_a_line(tmp_path, reader):
    deep = "[" * 100_000
    data = {"jsonl": '{"text": "a", "label": "x"}\n' + deep, "json": '[{"text": "a", "label": "x"},\n' + deep}[reader]
    path = tmp_path / f"a.{reader}"
    path.write_text(data)
    with pytest.raises(InputError, match=rf"too many lists or objects in one another|a\.{reader}:2") as caught:
        read_own_file(str(path), Layout(), is_labelled=True)
    assert len(str(caught.value)) < 1000
    path.write_text('{"text": "a", "label": ' + "[" * 900 + "]" * 900 + "}")
    with pytest.raises(InputError):
        read_own_file(str(path), Layout(), is_labelled=True)


def test_texts_of_a_data_set_keep_to_the_rules_too():
    sound = Examples("imdb (train)", ["a\x01", "é"], ["b", "c"], None, ["0", "1"])
    check_texts(sound)
    with pytest.raises(InputError, match=r"must hold no NUL characters \(imdb \(train\), example 1; 1 fault in 2 rows"):
        check_texts(dataclasses.replace(sound, second=["b", "c\0"]))
