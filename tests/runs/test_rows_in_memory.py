"""Rows in memory as the file that a run reads, whatever an example consists of."""

import json

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.runs.rows_in_memory import as_json_lines, wanted_columns

ROWS = {
    "classification": ({"text": "a", "label": "x"}, {}),
    "spans": ({"question": "a", "context": "b", "answer": "b", "answer_start": 0}, {}),
    "choices": ({"question": "a", "b": "c", "d": "", "label": "A"}, {"choice_columns": "b,d"}),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_every_kind_are_kept_as_they_are_without_other_columns(kind):
    row, options = ROWS[kind]
    columns = wanted_columns(replace(RunConfig(), kind=kind, **options), is_labelled=True)
    assert set(columns.names) == set(row)
    assert [json.loads(line) for line in as_json_lines("x", [{**row, "other": 1}], columns).splitlines()] == [row]


@pytest.mark.parametrize(
    ("kind", "column", "value", "rule"),
    [
        ("spans", "answer_start", "soon", "Where an answer begins must be a whole number"),
        ("choices", "b", 7, "A text must be a string"),
        ("choices", "label", None, "label"),
    ],
)
def test_a_value_is_refused_by_the_rule_of_its_column(kind, column, value, rule):
    row, options = ROWS[kind]
    columns = wanted_columns(replace(RunConfig(), kind=kind, **options), is_labelled=True)
    with pytest.raises(InputError, match=rule) as caught:
        as_json_lines("x", [{**row, column: value}], columns)
    assert f"column '{column}'" in str(caught.value)
