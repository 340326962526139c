"""A task of the user's own data, as it is written beside the model that learnt it."""

import dataclasses
import json
import os

from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.tasks.answers.kinds import space_from_tree, space_to_tree
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.task import Task

TASK_FILE = "task.json"


def write_task(folder: str, task: Task) -> None:
    """Writes what the user's files made of the task, `task.json`."""
    told = space_to_tree(task.answers)
    first = {"kind": told.pop("kind"), "labels": told.pop("labels"), "metrics": task.metrics, "is_pair": task.is_pair}
    tree = {**first, **told}
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
        metrics = tuple(map(str, tree["metrics"]))
        return dataclasses.replace(
            CUSTOM, answers=space_from_tree(tree), metrics=metrics, is_pair=bool(tree["is_pair"])
        )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} must be as bert_tf wrote it", received=repr(error), fix="Train again") from error
