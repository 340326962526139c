"""JSON from a file or a stranger, with faults in one line; and JSON for people and programs alike."""

import json
from collections.abc import Mapping
from typing import Any

from bert_tf.errors import InputError
from bert_tf.host.console import visible


def parse_json_object(text: str, path: str) -> dict[str, Any]:
    """Parses a JSON file whose top level is an object.

    Raises:
        InputError: With the line of the fault.
    """
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path} must be a JSON file", received=str(error)) from error
    if not isinstance(tree, dict):
        raise InputError(f"{path} must hold a JSON object", received=type(tree).__name__)
    return tree


def json_line(values: Mapping[str, Any]) -> str:
    """Returns an object as a line of JSON, which says exactly what the object does.

    Letters of all scripts stand as they are. What a terminal would obey or hide, and what some readers take for the
    end of a line, such as U+2028, is escaped.
    """
    return visible(json.dumps(values, ensure_ascii=False), _escape_as_json) + "\n"


def _escape_as_json(char: str) -> str:
    return json.dumps(char)[1:-1]
