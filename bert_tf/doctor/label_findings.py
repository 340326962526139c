"""How labels or values are spread over the examples."""

from collections.abc import Mapping, Sequence

from bert_tf.config.run import TrainConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN, Split
from bert_tf.doctor.findings import Finding, Section, aligned, bar, blocking, name, ok, percent, warning
from bert_tf.doctor.label_oddities import odd_labels
from bert_tf.tasks.answers.class_weights import parse_class_weights
from bert_tf.tasks.answers.labels import rare_labels
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

IMBALANCE = 10  # A label is rare if the most frequent one is this many times as frequent.
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
    table = _table(task, labelled)
    if not task.labels:
        return Section(f"{task.answers.noun}s", table)
    table += _spelled(task, labelled)
    findings = [
        warning(f"{split.name}: {doubt}", "Correct the tags")
        for split, examples in labelled.items()
        for doubt in examples.doubts
    ]
    findings += [*imbalance(task, labelled[TRAIN]), *odd_labels(task, labelled)]
    findings += _absent(task, labelled)
    with blocking(findings):
        parse_class_weights(train.class_weights, task.answers, task.answers.place(labelled[TRAIN]))
    if not findings:
        whole = f"no label has {IMBALANCE} times as many examples as another"
        findings.append(ok(whole if task.answers.template is not Template.WORDS else "no tag stands where it may not"))
    findings += _baseline(task, labelled)
    return Section(f"{task.answers.noun}s", table, findings)


def imbalance(task: Task, train: Examples) -> list[Finding]:
    """Returns a finding if some labels are far more frequent than others."""
    counts = task.answers.count(train)
    rare = rare_labels(counts, IMBALANCE)
    if not rare or task.answers.template is Template.WORDS:  # Most words are no names, and no weights make up for that.
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
        lacking = [label for label, count in task.answers.count(examples).items() if not count]
        if not lacking or split.is_test:
            continue
        told = ", ".join(map(name, lacking[:_SHOWN_NAMES])) + (", ..." if len(lacking) > _SHOWN_NAMES else "")
        end = "can't be learnt" if split is TRAIN else "can't be scored"
        what = f"{split.name}: {len(lacking)} of {len(task.labels)} labels have no example and {end}: {told}"
        findings.append(warning(what, "Add examples of them"))
    return findings


def _baseline(task: Task, labelled: Mapping[Split, Examples]) -> list[Finding]:
    """What a model without any knowledge would get, which a score has to be compared with."""
    most = task.answers.commonest(labelled[TRAIN])
    if not most or DEV not in labelled:
        return []
    share = percent(task.answers.count(labelled[DEV])[most], labelled[DEV].answer_count)
    return [ok(f"to compare with: whoever always says {name(most)} is right in {share} of dev")]


def _table(task: Task, labelled: Mapping[Split, Examples]) -> list[str]:
    """How many examples each label, or each part of a range, has; of many labels, those at both ends."""
    counts = {split: task.answers.tally(examples) for split, examples in labelled.items()}
    places = dict.fromkeys(each for found in counts.values() for each in found)
    counts = {split: {each: found.get(each, 0) for each in places} for split, found in counts.items()}
    train = counts[TRAIN]
    shown = list(train)
    if len(task.labels) > _MOST_LABELS:
        by_count = sorted(task.labels, key=lambda label: -train[label])
        others = [each for each in train if each not in task.labels]
        shown = [*by_count[: _MOST_LABELS // 2], *by_count[-_MOST_LABELS // 2 :], *others]
    rows = [_head(labelled)]
    for each in shown:
        pairs = ((found[each], labelled[split].answer_count) for split, found in counts.items())
        cells = [cell for count, whole in pairs for cell in (f"{count:,}", percent(count, whole))]
        shown_name = name(each) if each in task.labels else each
        rows.append([shown_name, *cells, bar(train[each], max(train.values()))])
    lines = aligned(rows)
    if len(task.labels) > _MOST_LABELS:
        lines.insert(1 + _MOST_LABELS // 2, f"... {len(task.labels) - _MOST_LABELS} labels between these")
    return lines


def _spelled(task: Task, labelled: Mapping[Split, Examples]) -> list[str]:
    """How many of each type there are of what the labels of words spell, one line a split."""
    lines = []
    for split, examples in labelled.items():
        found = task.answers.spelled(examples)
        shown = [
            f"{name(kind) if kind else 'of no type'} {count:,}" for kind, count in list(found.items())[:_MOST_LABELS]
        ]
        more = f", and {len(found) - _MOST_LABELS} types more" if len(found) > _MOST_LABELS else ""
        lines += [f"{split.name}: {sum(found.values()):,} entities: {', '.join(shown)}{more}"] if found else []
    return lines


def _head(labelled: Mapping[Split, Examples]) -> Sequence[str]:
    return ["", *(cell for split in labelled for cell in (split.name, ""))]
