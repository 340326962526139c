"""The files that evaluation and prediction write, in the formats of google-research/bert and one richer one."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.json_objects import json_line
from bert_tf.tasks.answers.choice import columns_of_choices
from bert_tf.tasks.answers.space import ENDS, SPLITS, STARTS, Outputs
from bert_tf.tasks.task import Task

EVAL_RESULTS = "eval_results.txt"
DEV_RESULTS = "dev_results.tsv"
TEST_RESULTS = "test_results.tsv"
PREDICTIONS = "predictions.jsonl"
LABELS = "labels.txt"


def write_eval_results(folder: str, scores: Mapping[str, float], global_step: int) -> str:
    """Writes `key = value` lines in the order of their keys, and returns them.

    Args:
        folder: Where to write `eval_results.txt`.
        scores: `loss` and the task's metrics; each becomes `eval_<name>`.
        global_step: Updates that the weights had.
    """
    values: dict[str, float | int] = {f"eval_{name}": value for name, value in scores.items()}
    values.update(loss=scores["loss"], global_step=global_step)
    lines = "".join(f"{key} = {values[key]}\n" for key in sorted(values))
    files.write_text(os.path.join(folder, EVAL_RESULTS), lines)
    return lines


def with_suffix(name: str, suffix: str) -> str:
    """Returns the name of a result of another split, such as `test_results_mismatched.tsv`."""
    stem, ending = os.path.splitext(name)
    return stem + suffix + ending


def write_results(folder: str, name: str, outputs: Outputs, task: Task) -> None:
    """Writes one line an example: the probability of each label, in their order, separated by tabs; or the value.

    Args:
        folder: Where to write it.
        name: Such as `test_results.tsv`.
        outputs: What a model says of the examples.
        task: Knows the column.
    """
    lines = ("\t".join(str(value) for value in row) + "\n" for row in outputs[task.answers.result])
    files.write_text(os.path.join(folder, name), "".join(lines))


def read_results(folder: str, name: str, examples: int, task: Task) -> dict[str, np.ndarray]:
    """Reads the answers that `write_results` wrote, not decided on: one column, float32 [N, C].

    Args:
        folder: Where the file is.
        name: Its name.
        examples: N, how many lines it must have.
        task: Knows the column.

    Raises:
        InputError: If there is no such file, or it is not of this form.
    """
    path, fix = os.path.join(folder, name), "Evaluate or predict again"
    lines = files.read_text(path, "the answers of a run", fix).splitlines()
    try:
        answers = np.array([line.split("\t") for line in lines], np.float32)
    except ValueError as error:
        raise InputError(f"{path} must hold numbers, as many in each line", received=str(error), fix=fix) from error
    if len(answers) != examples:
        raise InputError(f"{path} must have a line for each of {examples:,} examples", received=len(answers), fix=fix)
    return {task.answers.result: answers}


def splits_of(examples: Examples) -> dict[str, np.ndarray]:
    """Returns the column that tells whose answers are whose, where words have them; none where examples have."""
    if examples.words is None:
        return {}
    return {SPLITS: np.concatenate([[0], np.cumsum([len(words) for words in examples.words])]).astype(np.int64)}


def write_scores(folder: str, scores: Mapping[str, float], name: str = EVAL_RESULTS, prefix: str = "eval_") -> None:
    """Writes `<prefix><score> = value` lines alone, without a step."""
    lines = "".join(f"{prefix}{score} = {scores[score]}\n" for score in sorted(scores))
    files.write_text(os.path.join(folder, name), lines)


def write_predictions(folder: str, name: str, examples: Examples, outputs: Outputs, task: Task) -> None:
    """Writes one JSON object an example: id, texts, and what the model says of them.

    Args:
        folder: Where to write it.
        name: Such as `predictions.jsonl`.
        examples: The examples, in the order of the outputs.
        outputs: What a model says of them.
        task: Knows what outputs mean.
    """
    if examples.choices is not None:
        outputs = {**outputs, **columns_of_choices(examples.choices, examples.choice_labels or ())}
    if examples.words is not None:
        outputs = {**outputs, **dict(zip((STARTS, ENDS), map(np.array, examples.word_spans()), strict=True))}
    names = task.answers.template.fields
    lines = (prediction_line(outputs, index, task, _told(examples, index, names)) for index in range(len(examples)))
    files.write_text(os.path.join(folder, name), "".join(lines))


def write_extra_files(folder: str, suffix: str, examples: Examples, outputs: Outputs, task: Task) -> list[str]:
    """Writes the files that only predictions of the task's kind have, and returns their names.

    Args:
        folder: Where to write them.
        suffix: That of the split.
        examples: The examples.
        outputs: What a model says of them, decided.
        task: Knows the files.
    """
    found = task.answers.extra_files(examples, outputs)
    for name, text in found.items():
        files.write_text(os.path.join(folder, with_suffix(name, suffix)), text)
    return [with_suffix(name, suffix) for name in found]


def _told(examples: Examples, index: int, names: Sequence[str]) -> dict[str, Any]:
    """What a line of `predictions.jsonl` says of an example, before what is predicted."""
    told: dict[str, Any] = {"id": examples.ids[index], names[0]: examples.first[index]}
    if examples.choices is not None:
        starts = {} if examples.second is None else {"start": examples.second[index]}
        return {**told, **starts, names[1]: examples.choices[index]}
    if examples.second is not None:
        told[names[1]] = examples.second[index]
    if examples.words is not None:
        told["tokens"] = examples.words[index]
    return told


def prediction_line(outputs: Outputs, index: int, task: Task, example: Mapping[str, Any]) -> str:
    """Returns one line of `predictions.jsonl`.

    Args:
        outputs: What a model says of some examples.
        index: Which of them.
        task: Knows what outputs mean.
        example: The fields that come first.
    """
    return json_line({**example, **task.answers.read(outputs, index)})


def write_labels(folder: str, labels: Sequence[str]) -> None:
    """Writes the labels, one a line, in the order of the logits."""
    files.write_text(os.path.join(folder, LABELS), "".join(f"{label}\n" for label in labels))


def read_labels(folder: str) -> tuple[str, ...] | None:
    """Returns the labels that were written beside a checkpoint, None if there are none."""
    path = os.path.join(folder, LABELS)
    if not files.exists(path):
        return None
    return tuple(files.read_text(path, "the labels", "Remove it").split("\n")[:-1])


def format_scores(scores: Mapping[str, float]) -> str:
    """One line of scores for people."""
    return "  ".join(f"{name} {'nan' if math.isnan(value) else format(value, '.4f')}" for name, value in scores.items())
