"""JSON from a file or a stranger, with faults in one line."""

import json
from typing import Any

from bert_tf.errors import InputError


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
