"""Labels as they are written become the numbers that a loss takes. Nothing here imports TensorFlow."""

import math

import numpy as np

from bert_tf.data.examples import Examples, label_ids
from bert_tf.data.readers.faults import SHOWN_OF_EACH_KIND, Fault, FaultKind, Faults
from bert_tf.errors import nearest
from bert_tf.tasks.task import Kind, Task


def targets(examples: Examples, task: Task) -> np.ndarray:
    """Returns what the loss of the task takes; zeros if there are no labels.

    Args:
        examples: A split of N examples.
        task: Gives the kind, and C labels or the range of values.

    Returns:
        int32 [N], the place of the label; for values float32 [N], scaled so that the range of the task becomes 0..1;
        for several labels float32 [N, C], 1 for a label that the example has.

    Raises:
        InputError: If a label is none of the task's, with its place.
    """
    if task.kind is Kind.REGRESSION:
        return _scaled_values(examples, task)
    if task.kind is Kind.MULTI_LABEL:
        return _label_sets(examples, task)
    return label_ids(examples, task.labels)


def parse_value(text: str) -> float:
    """Returns the number that a label of a regression is; not a number if it is none, or is not finite."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def split_labels(text: str, separator: str) -> list[str]:
    """Returns the labels of an example that may have several, without the space around them; none if there is none."""
    return [label for label in (part.strip() for part in text.split(separator)) if label]


def _scaled_values(examples: Examples, task: Task) -> np.ndarray:
    assert task.value_range is not None
    if examples.labels is None:
        return np.zeros(len(examples), np.float32)
    lowest, highest = task.value_range
    values = np.array([parse_value(label) for label in examples.labels], np.float64)
    faults = Faults(examples.origin)
    kind = FaultKind("The label of a regression must be a finite number", "Correct it, with a point and not a comma")
    for index in np.flatnonzero(np.isnan(values)).tolist():
        faults.add(kind, Fault(examples.location(index), examples.labels[index], "", examples.label_column))
    faults.raise_if_any(len(examples))
    return ((values - lowest) / (highest - lowest)).astype(np.float32)


def _label_sets(examples: Examples, task: Task) -> np.ndarray:
    result = np.zeros((len(examples), len(task.labels)), np.float32)
    position = {label: index for index, label in enumerate(task.labels)}
    faults = Faults(examples.origin)
    kind = FaultKind(f"A label must be one of the task's ({', '.join(task.labels[:20])})")
    for index, text in enumerate(examples.labels or []):
        for label in split_labels(text, task.label_separator):
            if label in position:
                result[index, position[label]] = 1
            else:
                hint = nearest(label, task.labels) if len(faults) < SHOWN_OF_EACH_KIND else ""
                faults.add(kind, Fault(examples.location(index), label, hint, examples.label_column))
    faults.raise_if_any(len(examples))
    return result
