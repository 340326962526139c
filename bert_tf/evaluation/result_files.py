"""The files that evaluation and prediction write, in the formats of google-research/bert and one richer one.

The names of those that a report consists of are here, too; its contents are made in `bert_tf.experiments.report`.
"""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.evaluation.answers import LABEL_PLACES, chosen_labels
from bert_tf.host import files
from bert_tf.host.json_objects import json_line
from bert_tf.tasks.task import Kind, Task

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


def write_test_results(folder: str, answers: np.ndarray, suffix: str = "", name: str = TEST_RESULTS) -> None:
    """Writes one line an example: the probability of each label, in their order, separated by tabs; or the value.

    Args:
        folder: Where to write `test_results.tsv`.
        answers: float32 [N, C], or [N, 1] for values.
        suffix: What is added to the name.
        name: Another name, such as `dev_results.tsv`.
    """
    lines = ("\t".join(str(value) for value in row) + "\n" for row in answers)
    files.write_text(os.path.join(folder, with_suffix(name, suffix)), "".join(lines))


def read_results(folder: str, name: str, examples: int) -> np.ndarray:
    """Reads what `write_test_results` wrote: float32 [N, C].

    Args:
        folder: Where the file is.
        name: Its name.
        examples: N, how many lines it must have.

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
    return answers


def write_scores(folder: str, scores: Mapping[str, float]) -> None:
    """Writes `eval_<name> = value` lines alone, where there is no model with a loss and a step."""
    lines = "".join(f"eval_{name} = {scores[name]}\n" for name in sorted(scores))
    files.write_text(os.path.join(folder, EVAL_RESULTS), lines)


def write_predictions(folder: str, examples: Examples, answers: np.ndarray, task: Task, suffix: str = "") -> None:
    """Writes one JSON object an example: id, texts, and what the model says of them.

    Args:
        folder: Where to write `predictions.jsonl`.
        examples: The examples, in the order of the rows.
        answers: float [N, C], or [N, 1] for values.
        task: Gives the labels and how they are chosen.
        suffix: What is added to the name.
    """
    lines = (
        prediction_line(
            row,
            task,
            {
                "id": examples.ids[index],
                "text": examples.first[index],
                **({} if examples.second is None else {"text_pair": examples.second[index]}),
            },
        )
        for index, row in enumerate(answers)
    )
    files.write_text(os.path.join(folder, with_suffix(PREDICTIONS, suffix)), "".join(lines))


def prediction_line(answer: np.ndarray, task: Task, example: Mapping[str, str]) -> str:
    """Returns one line of `predictions.jsonl`.

    Args:
        answer: float [C], or [1] for a value.
        task: Gives the labels and how they are chosen.
        example: The fields that come first.
    """
    return json_line({**example, **read_answer(answer, task)})


def read_answer(answer: np.ndarray, task: Task) -> dict[str, Any]:
    """Returns what an answer means: `label` or `labels` with `probabilities`, or `value`.

    Args:
        answer: float [C], or [1] for a value.
        task: Gives the labels and how they are chosen.
    """
    if task.kind is Kind.REGRESSION:
        return {"value": round(float(answer[0]), 6)}
    probabilities = {label: round(float(value), 6) for label, value in zip(task.labels, answer, strict=True)}
    if task.kind is Kind.MULTI_LABEL:
        is_chosen = chosen_labels(answer[np.newaxis], task)[0]
        chosen = [label for label, chooses in zip(task.labels, is_chosen, strict=True) if chooses]
        return {"labels": chosen, "probabilities": probabilities}
    place = int(LABEL_PLACES[task.kind](answer[np.newaxis])[0])
    return {"label": task.labels[place], "probabilities": probabilities}


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
