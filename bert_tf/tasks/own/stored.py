"""A task of the user's own data, as it is written beside the model that learnt it."""

import dataclasses
import json
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from bert_tf.data.choices import LabelForm
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.tasks.answers.kinds import KINDS, own_fields, space_from_tree, space_to_tree
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.task import Task
from bert_tf.weights.side_files import replace_side_file

TASK_FILE = "task.json"


def write_task(folder: str, task: Task) -> None:
    """Writes what the user's files made of the task, `task.json`."""
    told = space_to_tree(task.answers)
    first = {"kind": told.pop("kind"), "labels": told.pop("labels"), "metrics": task.metrics, "is_pair": task.is_pair}
    tree = {**first, **told}
    replace_side_file(folder, TASK_FILE, json.dumps(tree, indent=2, ensure_ascii=False) + "\n")


def read_task(folder: str) -> Task | None:
    """Returns the task that was written, None if none was.

    Raises:
        InputError: If the file is damaged.
    """
    path = os.path.join(folder, TASK_FILE)
    if not files.exists(path):
        return None
    fix = "Copy it again from where the model was trained, or train again"
    tree = parse_json_object(files.read_text(path, "the task", fix), path, fix)
    tree.setdefault("scheme", None)  # Version 0.1 knew of none.
    broken = _broken(tree)
    if broken:
        received = f"{broken} {json.dumps(tree[broken])[:80]}" if broken in tree else f"no {broken}"
        raise InputError(f"{path} must be as bert_tf wrote it", received=received, fix=fix)
    return dataclasses.replace(
        CUSTOM, answers=space_from_tree(tree), metrics=tuple(tree["metrics"]), is_pair=tree["is_pair"]
    )


def _broken(tree: dict[str, Any]) -> str:
    """The first field that is not there, or not as it must be; empty if there is none."""
    for name, is_sound in _RULES.items():
        if name not in tree or not is_sound(tree[name], tree):
            return name
    own = own_fields(KINDS[tree["kind"]])
    return next((name for name in own if name not in tree or not _OWN_RULES[name](tree[name])), "")


def _are_labels(labels: Any, tree: dict[str, Any]) -> bool:
    """Where answers are labels there are some, different ones, each a line of `labels.txt`."""
    if not isinstance(labels, list) or bool(labels) is not KINDS[tree["kind"]].has_labels:
        return False
    are_lines = all(isinstance(label, str) and label and "\n" not in label for label in labels)
    return are_lines and len(set(labels)) == len(labels)


def _are_metrics(metrics: Any, tree: dict[str, Any]) -> bool:
    known = KINDS[tree["kind"]]().metrics
    return isinstance(metrics, list) and bool(metrics) and all(isinstance(x, str) and x in known for x in metrics)


def _are_thresholds(values: Any, tree: dict[str, Any]) -> bool:
    """There are none, or one a label, each a probability."""
    if not isinstance(values, list) or len(values) not in (0, len(tree["labels"])):
        return False
    return all(_is_number(value) and 0 <= value <= 1 for value in values)


def _is_range(ends: Any, tree: dict[str, Any]) -> bool:
    if KINDS[tree["kind"]] is not Value:
        return ends is None
    return isinstance(ends, list) and len(ends) == 2 and all(map(_is_number, ends)) and ends[0] < ends[1]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


# What each field must be; those that others depend on come first.
_LABEL_FORMS = {form.value for form in LabelForm}
_SCHEMES = {scheme.value for scheme in Scheme}
_RULES: Mapping[str, Callable[[Any, dict[str, Any]], bool]] = {
    "kind": lambda value, _: isinstance(value, str) and value in KINDS,
    "labels": _are_labels,
    "metrics": _are_metrics,
    "is_pair": lambda value, _: isinstance(value, bool),
    "value_range": _is_range,
    "thresholds": _are_thresholds,
    "label_separator": lambda value, _: isinstance(value, str) and bool(value),
    "scheme": lambda value, tree: value in _SCHEMES if KINDS[tree["kind"]] is Tags else value is None,
}
# The same of what only some kinds have.
_OWN_RULES: Mapping[str, Callable[[Any], bool]] = {
    "crf": lambda value: isinstance(value, bool),
    "label_all_pieces": lambda value: isinstance(value, bool),
    "n_best_size": lambda value: type(value) is int and value > 0,
    "max_answer_length": lambda value: type(value) is int and value > 0,
    "version_2_with_negative": lambda value: isinstance(value, bool),
    "null_threshold": lambda value: value is None or _is_number(value),
    "label_form": lambda value: value is None or value in _LABEL_FORMS,
}
