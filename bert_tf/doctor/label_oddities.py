"""Labels that may be mistakes: names that look alike, and cells of several labels that may have been split wrongly."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN, Split
from bert_tf.doctor.findings import Finding, told_rows, warning
from bert_tf.tasks.task import Task

_SHOWN_GROUPS = 5
_UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def odd_labels(task: Task, splits: Mapping[Split, Examples]) -> list[Finding]:
    """Returns a finding for each kind of labels that may be mistakes; a published task has none.

    Args:
        task: The task with its labels.
        splits: The examples, of which those with labels count.
    """
    if task.tsv is not None or task.tfds is not None or task.generate is not None:
        return []
    findings = look_alike(task.labels)
    if task.answers.joint:
        findings += _odd_sets(task, splits)
    return findings


def look_alike(labels: Sequence[str]) -> list[Finding]:
    """Returns a finding if labels differ in nothing but case, spaces, how a character is coded, or what isn't seen."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        groups[_as_it_looks(label)].append(label)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return []
    told = "; ".join(" and ".join(map(_shown, group)) for group in alike[:_SHOWN_GROUPS])
    more = f"; and {len(alike) - _SHOWN_GROUPS} more" if len(alike) > _SHOWN_GROUPS else ""
    what = f"labels look alike and are learnt as different ones: {told}{more}"
    return [warning(what, "Write each in one way if they are meant to be the same")]


def _odd_sets(task: Task, splits: Mapping[Split, Examples]) -> list[Finding]:
    """Examples of several labels that have none but one, and such as have one label twice."""
    separator, findings = task.answers.joint, []
    found = {
        split: [task.answers.names(text) for text in examples.labels]
        for split, examples in splits.items()
        if examples.labels is not None and not split.is_test
    }
    if TRAIN in found and len(task.labels) > 1 and all(len(set(labels)) < 2 for labels in found[TRAIN]):
        fix = f"Set --label_separator if labels are joined by something else than {separator!r}, or "
        fix += "--kind=classification if each example has one"
        findings.append(warning("train: no example has two labels", fix))
    for split, sets in found.items():
        twice = np.array([index for index, labels in enumerate(sets) if max(Counter(labels).values(), default=0) > 1])
        if len(twice):
            what = f"{split.name}: {told_rows(splits[split], twice)} one label twice, which counts once"
            findings.append(warning(what, "Correct them, or see whether the labels are what they should be"))
    return findings


def _as_it_looks(label: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return "".join(char for char in folded if unicodedata.category(char) not in _UNSEEN)


def _shown(label: str) -> str:
    """A label in quotation marks, with escapes for what can't be told apart by eye."""
    return repr(label) if label.isascii() else f"{label!r} ({label!a})"
