"""What earlier runs got on the same dev set, out of the model cards that they left.

A card ends with a comment that programs can read: task, checksum of the dev set, and scores. Runs are compared only if
the checksums are equal, which the same texts and labels in the same order have. Nothing here imports TensorFlow.
"""

import dataclasses
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bert_tf.errors import BertTfError
from bert_tf.host import files

MODEL_CARD = "model_card.md"
_MOST_FOLDERS = 200
_RECORD = re.compile(r"^<!-- bert_tf (\{.*\}) -->$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class EarlierRun:
    """An earlier run.

    Attributes:
        name: Its folder; empty for the folder of this run, which was evaluated before.
        step: Updates that its weights had; 0 if not known.
        scores: Its scores by name.
    """

    name: str
    step: int
    scores: Mapping[str, float]


def write_record(task: str, checksum: str, step: int, scores: Mapping[str, float]) -> str:
    """Returns the comment that ends a card.

    Args:
        task: Name of the task.
        checksum: That of the dev set.
        step: Updates that the weights had.
        scores: The scores by name; those that are not numbers are left out.
    """
    finite = {name: value for name, value in scores.items() if math.isfinite(value)}
    text = json.dumps({"task": task, "dev": checksum, "step": step, "scores": finite}, allow_nan=False)
    # Nothing in it may end the comment. These stand in strings alone: outside of them, JSON has no two signs in a row.
    for sign, escaped in (("--", "-\\u002d"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, escaped)
    return f"<!-- bert_tf {text} -->\n"


def find_earlier(output_dir: str, task: str, checksum: str) -> list[EarlierRun]:
    """Returns what was scored on a dev set before, in a folder and in the folders beside it.

    Folders on a store of objects are not looked through, since listing them may take long.

    Args:
        output_dir: The folder of this run, before its card is written.
        task: Name of the task.
        checksum: That of the dev set.
    """
    found = []
    for name, folder in _folders(output_dir):
        record = _read_record(os.path.join(folder, MODEL_CARD))
        if record.get("task") == task and record.get("dev") == checksum:
            found.append(EarlierRun(name, record["step"], record["scores"]))
    return found


def _folders(output_dir: str) -> Iterator[tuple[str, str]]:
    if files.is_remote(output_dir):
        yield "", output_dir
        return
    own = os.path.abspath(output_dir)
    yield "", own
    parent = os.path.dirname(own)
    try:
        names = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir())
    except OSError:
        return
    for name in names[:_MOST_FOLDERS]:
        if os.path.join(parent, name) != own:
            yield name, os.path.join(parent, name)


def _read_record(path: str) -> dict[str, Any]:
    """What the card at a path says for programs; nothing if there is no card, or it is not as it was written."""
    try:
        if not files.exists(path):
            return {}
        match = _RECORD.findall(files.read_bytes(path, "a model card", "").decode("utf-8", "replace"))
        record = json.loads(match[-1]) if match else {}
    except (BertTfError, OSError, ValueError, RecursionError):
        return {}
    scores = record.get("scores")
    if not isinstance(record.get("step"), int) or not isinstance(scores, dict):
        return {}
    return record if all(isinstance(value, (int, float)) for value in scores.values()) else {}
