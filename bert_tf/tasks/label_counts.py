"""How often each label of a task occurs in its examples. Nothing here imports TensorFlow."""

import dataclasses
from collections import Counter
from collections.abc import Mapping

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.tasks.targets import parse_value, split_labels
from bert_tf.tasks.task import Kind, Task


def with_plain_labels(examples: Examples, task: Task) -> Examples:
    """Returns the examples with labels that are equal only if they mean the same, such as `a|b` for `b | a`.

    Args:
        examples: A split; what has no labels stays as it is.
        task: Gives the kind.
    """
    if examples.labels is None or task.kind not in (Kind.REGRESSION, Kind.MULTI_LABEL):
        return examples
    if task.kind is Kind.REGRESSION:
        return dataclasses.replace(examples, labels=[repr(parse_value(label)) for label in examples.labels])
    joined = (sorted(set(split_labels(label, task.label_separator))) for label in examples.labels)
    return dataclasses.replace(examples, labels=[task.label_separator.join(labels) for labels in joined])


def count_labels(examples: Examples, task: Task) -> dict[str, int]:
    """Returns how many examples have each label of the task, in its order; none for a regression."""
    found = Counter(examples.labels or ())
    if task.kind is Kind.MULTI_LABEL:
        sets = {text: set(split_labels(text, task.label_separator)) for text in found}
        return {label: sum(found[text] for text in sets if label in sets[text]) for label in task.labels}
    return {label: found[label] for label in task.labels}


def count_values(examples: Examples, task: Task, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns how many values of a regression lie in each part of the task's range.

    Args:
        examples: A split with labels.
        task: Gives the range; what lies outside counts to its ends.
        bins: How many parts of equal width.

    Returns:
        int64 [bins], and float64 [bins + 1], where the parts begin and end.
    """
    assert task.value_range is not None
    assert examples.labels is not None
    values = np.clip([parse_value(label) for label in examples.labels], *task.value_range)
    return np.histogram(values, bins, task.value_range)


def rare_labels(counts: Mapping[str, int], times: int) -> list[str]:
    """Returns the labels that occur, but so many times less often than the most frequent one, rarest first."""
    most = max(counts.values(), default=0)
    rare = [label for label, count in counts.items() if 0 < count * times <= most]
    return sorted(rare, key=lambda label: counts[label])
