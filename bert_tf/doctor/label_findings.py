"""How labels or values are spread over the examples."""

from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.config.run import TrainConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import Split
from bert_tf.doctor.findings import Finding, Section, aligned, bar, blocking, name, ok, percent, warning
from bert_tf.doctor.label_oddities import odd_labels
from bert_tf.tasks.answers.class_weights import parse_class_weights
from bert_tf.tasks.label_counts import count_labels, count_values, rare_labels
from bert_tf.tasks.targets import split_labels, targets
from bert_tf.tasks.task import Kind, Task

IMBALANCE = 10  # A label is rare if the most frequent one is this many times as frequent.
_BINS = 8
_MOST_LABELS = 16  # More are told by those at both ends.
_SHOWN_NAMES = 5


def look_at_labels(task: Task, splits: Mapping[Split, Examples], train: TrainConfig) -> Section:
    """Tells how many examples each label has, or how the values of a regression are spread.

    Args:
        task: The task.
        splits: The examples; of them, those with labels count.
        train: The options of the loss.
    """
    labelled = {split: examples for split, examples in splits.items() if examples.labels is not None}
    findings: list[Finding] = []
    if task.kind is Kind.REGRESSION:
        return Section("values", _table_of_values(task, labelled))
    findings += [*imbalance(task, labelled[Split.TRAIN]), *odd_labels(task, labelled)]
    findings += _absent(task, labelled)
    with blocking(findings):
        parse_class_weights(train.class_weights, task, targets(labelled[Split.TRAIN], task))
    if not findings:
        findings.append(ok(f"no label has {IMBALANCE} times as many examples as another"))
    findings += _baseline(task, labelled)
    return Section("labels", _table_of_labels(task, labelled), findings)


def imbalance(task: Task, train: Examples) -> list[Finding]:
    """Returns a finding if some labels are far more frequent than others."""
    if task.kind is Kind.REGRESSION:
        return []
    counts = count_labels(train, task)
    rare = rare_labels(counts, IMBALANCE)
    if not rare:
        return []
    most = max(counts, key=lambda label: counts[label])
    told = ", ".join(f"{name(label)} {counts[label]:,}" for label in rare[:_SHOWN_NAMES])
    more = f" and {len(rare) - _SHOWN_NAMES} more labels" if len(rare) > _SHOWN_NAMES else ""
    what = f"train: {told}{more} against {counts[most]:,} examples of {name(most)}: the labels are not balanced"
    return [
        warning(what, "Look at a score that counts each label alike, such as f1_macro; try --class_weights=balanced")
    ]


def _absent(task: Task, labelled: Mapping[Split, Examples]) -> list[Finding]:
    """Labels of the task that a split has no example of."""
    findings = []
    for split, examples in labelled.items():
        lacking = [label for label, count in count_labels(examples, task).items() if not count]
        if not lacking or split.is_test:
            continue
        told = ", ".join(map(name, lacking[:_SHOWN_NAMES])) + (", ..." if len(lacking) > _SHOWN_NAMES else "")
        end = "can't be learnt" if split is Split.TRAIN else "can't be scored"
        what = f"{split.value}: {len(lacking)} of {len(task.labels)} labels have no example and {end}: {told}"
        findings.append(warning(what, "Add examples of them"))
    return findings


def _baseline(task: Task, labelled: Mapping[Split, Examples]) -> list[Finding]:
    """What a model without any knowledge would get, which a score has to be compared with."""
    if task.kind is Kind.MULTI_LABEL or Split.DEV not in labelled:
        return []
    counts = {split: count_labels(labelled[split], task) for split in (Split.TRAIN, Split.DEV)}
    most = max(counts[Split.TRAIN], key=lambda label: counts[Split.TRAIN][label])
    share = percent(counts[Split.DEV][most], len(labelled[Split.DEV]))
    return [ok(f"to compare with: whoever always says {name(most)} is right in {share} of dev")]


def _table_of_labels(task: Task, labelled: Mapping[Split, Examples]) -> list[str]:
    counts = {split: count_labels(examples, task) for split, examples in labelled.items()}
    train = counts[Split.TRAIN]
    shown = list(task.labels)
    if len(shown) > _MOST_LABELS:
        by_count = sorted(shown, key=lambda label: -train[label])
        shown = [*by_count[: _MOST_LABELS // 2], *by_count[-_MOST_LABELS // 2 :]]
    rows = [_head(labelled)]
    for label in shown:
        cells = [
            cell
            for split, found in counts.items()
            for cell in (f"{found[label]:,}", percent(found[label], len(labelled[split])))
        ]
        rows.append([name(label), *cells, bar(train[label], max(train.values()))])
    if task.kind is Kind.MULTI_LABEL:
        separator = task.label_separator
        none = [sum(not split_labels(x, separator) for x in examples.labels or ()) for examples in labelled.values()]
        pairs = zip(none, labelled.values(), strict=True)
        rows.append(["(none)", *(cell for n, each in pairs for cell in (f"{n:,}", percent(n, len(each))))])
    lines = aligned(rows)
    if len(shown) < len(task.labels):
        lines.insert(1 + _MOST_LABELS // 2, f"... {len(task.labels) - len(shown)} labels between these")
    return lines


def _table_of_values(task: Task, labelled: Mapping[Split, Examples]) -> list[str]:
    found = {split: count_values(examples, task, _BINS) for split, examples in labelled.items()}
    counts, edges = found[Split.TRAIN]
    rows = [_head(labelled)]
    for place in range(_BINS):
        pairs = ((each[place], len(labelled[split])) for split, (each, _) in found.items())
        cells = [cell for count, whole in pairs for cell in (f"{count:,}", percent(count, whole))]
        rows.append([f"{edges[place]:g} to {edges[place + 1]:g}", *cells, bar(int(counts[place]), int(np.max(counts)))])
    return aligned(rows)


def _head(labelled: Mapping[Split, Examples]) -> Sequence[str]:
    return ["", *(cell for split in labelled for cell in (split.value, ""))]
