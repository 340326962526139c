"""JSON as its standard has it: what Python's parser lets pass is refused in one line, with its name."""

import json

import pytest

from bert_tf.config.encoder import parse_encoder_config
from bert_tf.config.run import from_json
from bert_tf.errors import InputError
from bert_tf.host.json_objects import parse_json, parse_json_object
from bert_tf.tasks.own.stored import TASK_FILE, read_task
from bert_tf.training.watch.not_finite import LEFT_OUT_FILE, LeftOut
from bert_tf.weights.places import BEST_FILE, best_prefix

# Each with what is told of it.
MALFORMED = {
    '{"a": 1, "a": 1}': "'a' stands twice",
    '{"b": {"a": 1, "c": 2, "a": 3}}': "'a' stands twice",
    '{"x": [{"k": {"\\u0061": 0, "a": 0}}]}': "'a' stands twice",
    '{"a": NaN}': "NaN, which is no number",
    '{"a": [Infinity]}': "Infinity, which is no number",
    '{"a": -Infinity}': "-Infinity, which is no number",
    '{"a": 1e999}': "1e999, which is too large",
    '{"a": -1e999}': "-1e999, which is too large",
    '{"a": "\\ud800"}': "half of a surrogate pair",
    '{"\\udfff": 1}': "half of a surrogate pair",
    '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}": "nested so deep",
    '{"a":' * 100_000 + "1" + "}" * 100_000: "nested so deep",
    '{"a": 1': "delimiter",
    "": "Expecting value",
    '{"a": ' + "9" * 5000 + "}": "4300",
    "[]": "a list",
    "null": "null",
    '"text"': "str",
}


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:40])
def test_what_is_malformed_is_told_in_one_line(text):
    with pytest.raises(InputError) as caught:
        parse_json_object(text, "x.json", "Mend it")
    told = str(caught.value)
    assert told.startswith("x.json must ")
    assert MALFORMED[text] in told
    assert told.endswith("Mend it.")
    assert len(told) < 400


def test_what_is_sound_is_what_python_makes_of_it():
    for tree in ({}, {"a": [1, 2.5, None, True, "\U0001f600", {"a": {"a": 1}}]}, {"é": -1e308, "": 0}):
        assert parse_json_object(json.dumps(tree), "x") == tree
    assert parse_json("[1e300]", "x") == [1e300]


def readers(folder):
    """Everything that reads a JSON object of a file, by the name of the file."""
    return {
        "config.json": lambda text: from_json(text, "config.json"),
        "bert_config.json": lambda text: parse_encoder_config(text, "bert_config.json"),
        TASK_FILE: lambda text: read_task(str(folder)),
        LEFT_OUT_FILE: lambda text: LeftOut.read(str(folder)),
        BEST_FILE: lambda text: best_prefix(str(folder)),
    }


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:40])
def test_every_file_is_read_so(tmp_path, text):
    for name, read in readers(tmp_path).items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError) as caught:
            read(text)
        assert name in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
