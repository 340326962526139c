"""The files that evaluation and prediction write, in the formats of google-research/bert and one richer one.

The names of those that a report consists of are here, too; its contents are made in `bert_tf.experiments.report`.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf import files
from bert_tf.data.examples import Examples

EVAL_RESULTS = "eval_results.txt"
TEST_RESULTS = "test_results.tsv"
PREDICTIONS = "predictions.jsonl"
LABELS = "labels.txt"
REPORT, MODEL_CARD, FIGURES = "report.html", "model_card.md", "figures"


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


def write_test_results(folder: str, probabilities: np.ndarray) -> None:
    """Writes one line an example: the probability of each label, in their order, separated by tabs.

    Args:
        folder: Where to write `test_results.tsv`.
        probabilities: float [N, C].
    """
    lines = ("\t".join(str(value) for value in row) + "\n" for row in probabilities)
    files.write_text(os.path.join(folder, TEST_RESULTS), "".join(lines))


def write_predictions(folder: str, examples: Examples, probabilities: np.ndarray, labels: Sequence[str]) -> None:
    """Writes one JSON object an example: id, texts, the likeliest label, and the probability of each.

    Args:
        folder: Where to write `predictions.jsonl`.
        examples: The examples, in the order of the rows.
        probabilities: float [N, C].
        labels: The labels, in the order of the columns.
    """
    lines = (
        prediction_line(
            row,
            labels,
            {
                "id": examples.ids[index],
                "text": examples.first[index],
                **({} if examples.second is None else {"text_pair": examples.second[index]}),
            },
        )
        for index, row in enumerate(probabilities)
    )
    files.write_text(os.path.join(folder, PREDICTIONS), "".join(lines))


def prediction_line(probabilities: np.ndarray, labels: Sequence[str], example: Mapping[str, str]) -> str:
    """Returns one line of `predictions.jsonl`.

    Args:
        probabilities: float [C].
        labels: The labels, in the order of the probabilities.
        example: The fields that come first.
    """
    by_label = {label: round(float(value), 6) for label, value in zip(labels, probabilities, strict=True)}
    answer = {"label": labels[int(probabilities.argmax())], "probabilities": by_label}
    return json.dumps({**example, **answer}, ensure_ascii=False) + "\n"


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
