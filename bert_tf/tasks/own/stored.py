"""A task of the user's own data, as it is written beside the model that learnt it."""

import dataclasses
import json
import os
from typing import Any

from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.task import Kind, Task

TASK_FILE = "task.json"
_LISTS = ("labels", "metrics", "thresholds")


def write_task(folder: str, task: Task) -> None:
    """Writes what the user's files made of the task, `task.json`."""
    tree = {
        "kind": task.kind.value,
        "labels": task.labels,
        "metrics": task.metrics,
        "is_pair": task.is_pair,
        "value_range": task.value_range,
        "thresholds": task.thresholds,
        "label_separator": task.label_separator,
    }
    files.write_text(os.path.join(folder, TASK_FILE), json.dumps(tree, indent=2, ensure_ascii=False) + "\n")


def read_task(folder: str) -> Task | None:
    """Returns the task that was written, None if none was.

    Raises:
        InputError: If the file is damaged.
    """
    path = os.path.join(folder, TASK_FILE)
    if not files.exists(path):
        return None
    tree = parse_json_object(files.read_text(path, "the task", "Train again"), path)
    try:
        return dataclasses.replace(CUSTOM, **_fields(tree))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} must be as bert_tf wrote it", received=repr(error), fix="Train again") from error


def _fields(tree: dict[str, Any]) -> dict[str, Any]:
    value_range = tree["value_range"]
    return {
        "kind": Kind(tree["kind"]),
        "is_pair": bool(tree["is_pair"]),
        "label_separator": str(tree["label_separator"]),
        "value_range": None if value_range is None else (float(value_range[0]), float(value_range[1])),
        **{name: tuple(tree[name]) for name in _LISTS},
    }
