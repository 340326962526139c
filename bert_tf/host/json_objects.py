"""JSON from a file or a stranger, with faults in one line; and JSON for people and programs alike."""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from bert_tf.errors import InputError
from bert_tf.host.console import visible

_TYPES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


def parse_json(text: str, name: str, fix: str = "") -> Any:
    """Parses JSON as its standard has it, which Python's own parser does not.

    Args:
        text: The text.
        name: What it is, for messages, such as the path of a file.
        fix: What to do if it is not sound.

    Raises:
        InputError: If it is no JSON, a key stands twice in an object, a number is not finite, a text has half of a
            character, or it is nested too deep.
    """
    try:
        tree = json.loads(text, object_pairs_hook=_refuse_doubles, parse_constant=_refuse_constant, parse_float=_finite)
        json.dumps(tree, ensure_ascii=False).encode()
    except RecursionError as error:
        raise InputError(f"{name} must not be nested so deep", received="hundreds of levels", fix=fix) from error
    except UnicodeEncodeError as error:
        found = f"half of a surrogate pair, \\u{ord(error.object[error.start]):04x}"
        raise InputError(f"{name} must hold whole characters", received=found, fix=fix) from error
    except ValueError as error:
        raise InputError(f"{name} must be a JSON file", received=str(error)[:200], fix=fix) from error
    return tree


def parse_json_object(text: str, path: str, fix: str = "") -> dict[str, Any]:
    """Parses a JSON file whose top level is an object; takes and raises what `parse_json` does.

    Raises:
        InputError: Also if it is something else.
    """
    tree = parse_json(text, path, fix)
    if not isinstance(tree, dict):
        raise InputError(f"{path} must hold a JSON object", received=type_of_json(tree), fix=fix)
    return tree


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if key in tree:
            raise ValueError(f"the key {key!r} stands twice in one object")
        tree[key] = value
    return tree


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text}, which is too large a number")
    return value


def json_line(values: Mapping[str, Any]) -> str:
    """Returns an object as a line of JSON, which says exactly what the object does.

    Letters of all scripts stand as they are. What a terminal would obey or hide, and what some readers take for the
    end of a line, such as U+2028, is escaped.
    """
    return visible(json.dumps(values, ensure_ascii=False), _escape_as_json) + "\n"


def _escape_as_json(char: str) -> str:
    return json.dumps(char)[1:-1]


def type_of_json(value: object) -> str:
    """Returns what JSON calls the type of a value."""
    return _TYPES[type(value)]
