"""How values that are at fault are shown: as the file writes them, whatever Python makes of them."""

import json

import pytest

from bert_tf.data.readers.faults import Fault, FaultKind, Faults, shorten
from bert_tf.errors import InputError


@pytest.mark.parametrize("written", ["true", "false", "null", '[true, null, "\u00e9"]', '{"a": [false]}', "3", "2.5"])
def test_a_value_of_json_is_quoted_as_json_writes_it(written):
    value = json.loads(written)
    faults = Faults("a.json")
    faults.add(FaultKind("A rule"), Fault("a.json:1", value))
    with pytest.raises(InputError) as caught:
        faults.raise_if_any(1)
    shown = str(caught.value).partition("Received: ")[2]
    assert shown in (f"{written}.", f"'{written}'.")
    assert caught.value.details[1] == f"  a.json:1: {written}"


def test_texts_are_quoted_and_what_json_has_not_is_shown_as_python_does():
    assert shorten("true") == "'true'"
    assert shorten([b"a"]) == "[b'a']"
    assert len(shorten([True] * 100)) < 100
