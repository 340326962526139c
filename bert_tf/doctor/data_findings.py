"""What is found in the examples alone, before TensorFlow is loaded. The classifier tells the short of it."""

import dataclasses
from collections.abc import Mapping

from bert_tf.data.examples import Examples
from bert_tf.data.health import Oddities, find_oddities, gives_no_piece
from bert_tf.data.splits import TRAIN, Split
from bert_tf.doctor.findings import Finding, Section, Severity, blocker, ok, percent, told_rows, warning
from bert_tf.doctor.label_findings import imbalance
from bert_tf.doctor.label_oddities import odd_labels
from bert_tf.host.console import counted
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

_SHOWN_WORDS = 3
_OWN = "bert-tf doctor --fix writes a copy of the training file without them"


def compare_splits(task: Task, splits: Mapping[Split, Examples]) -> dict[Split, Oddities]:
    """Returns what is odd about the rows of each split, where labels count as equal if they mean the same."""
    return find_oddities({split: _with_plain_labels(examples, task) for split, examples in splits.items()})


def look_at_rows(
    task: Task,
    splits: Mapping[Split, Examples],
    oddities: Mapping[Split, Oddities],
    *,
    can_fix: bool,
    needs_dev: bool = True,
) -> Section:
    """Tells how much was read, and of the rows that may be mistakes.

    Args:
        task: The task.
        splits: The examples.
        oddities: What is odd about them.
        can_fix: Whether they are files of the user, of which a copy can be made.
        needs_dev: Whether there should be a dev set.
    """
    findings = [
        finding
        for split, examples in splits.items()
        for finding in odd_rows(task, split, examples, oddities[split], can_fix=can_fix)
    ]
    findings += [
        warning(f"{split.name}: {line}", "Mark where each document begins")
        for split, examples in splits.items()
        for line in examples.warnings
    ]
    if not any(len(found.empty) + len(found.invisible) for found in oddities.values()):
        findings.insert(0, ok("no empty texts"))
    if not any(len(found.repeated) + len(found.shared) for found in oddities.values()):
        findings.append(ok("no text stands twice with the same label, or in two of the sets"))
    if needs_dev and not any(split is not TRAIN and not split.is_test for split in splits):
        findings.append(warning("there is no dev set, so nothing tells how good the model is", _dev_fix(task)))
    return Section("data", [f"{split.name:<8}{examples.summary()}" for split, examples in splits.items()], findings)


def odd_rows(task: Task, split: Split, examples: Examples, found: Oddities, *, can_fix: bool) -> list[Finding]:
    """Returns a finding for each kind of rows in a split that may be mistakes."""
    count, name, noun = len(examples), split.name, task.answers.noun
    has_several = task.answers.template is Template.WORDS
    own, others, is_right = (f"{noun}s", f"other {noun}s", "are") if has_several else (noun, f"another {noun}", "is")
    fix = _OWN if can_fix and split is TRAIN else ""
    findings = []
    if len(found.empty) + len(found.invisible) == count:
        fix_all = "Set --text_column to the column of the texts" if can_fix else "Correct the file"
        unseen = ", or one of invisible characters alone" if len(found.invisible) else ""
        return [blocker(f"{name}: every example has an empty text{unseen}", fix_all)]
    if len(found.empty):
        findings.append(warning(f"{name}: {told_rows(examples, found.empty)} an empty text", fix))
    if len(found.invisible):
        what = f"{name}: {told_rows(examples, found.invisible)} a text of invisible characters alone, without any piece"
        findings.append(warning(what, fix))
    findings += _words_without_pieces(name, examples)
    if len(found.headers):
        what = f"{name}: {told_rows(examples, found.headers)} the names of the columns in place of text and {noun}"
        findings.append(warning(what, "Take these lines out of the file"))
    if len(found.repeated):
        same = f", with the same {own}" if examples.labels is not None else ""
        findings.append(
            warning(f"{name}: {told_rows(examples, found.repeated)} the texts of an earlier one{same}", fix)
        )
    if len(found.contradicting):
        what = f"{name}: {told_rows(examples, found.contradicting)} texts that others have with {others}"
        left = "; --fix leaves them as they are" if fix else ""
        is_asked = task.answers.template is Template.CONTEXT  # There, several answers may be right.
        several = "Where several are right, give one question all of them, so that each counts in scoring"
        findings.append(warning(what, several if is_asked else f"Decide which {own} {is_right} right{left}"))
    if len(found.shared) and split is not TRAIN:
        other = f", {len(found.mislabelled):,} of them with {others}" if len(found.mislabelled) else ""
        share = percent(len(found.shared), count)
        what = f"{name}: {told_rows(examples, found.shared)} texts that are in train too ({share}){other}"
        findings.append(warning(what, f"Its scores flatter; {_OWN}" if can_fix else "Its scores flatter"))
    return findings


def _words_without_pieces(split: str, examples: Examples) -> list[Finding]:
    """A finding if words that have labels are of characters that the tokenizer takes out."""
    found = [
        f"{examples.location(index)} word {place + 1}"
        for index, words in enumerate(examples.words or ())
        for place, word in enumerate(words)
        if gives_no_piece(word)
    ]
    if not found:
        return []
    more = ", ..." if len(found) > _SHOWN_WORDS else ""
    what = f"{split}: {counted(len(found), 'word')} of invisible characters alone, without any piece, read as [UNK] "
    return [ok(f"{what}({', '.join(found[:_SHOWN_WORDS])}{more})")]


def short_warnings(task: Task, splits: Mapping[Split, Examples]) -> list[str]:
    """Returns one line for each kind of trouble in what a run trains and is scored on; none for generated examples.

    Of a run that trains nothing, only what showed when its examples were read.
    """
    told = [f"{split.name}: {line}" for split, examples in splits.items() for line in examples.warnings]
    if TRAIN not in splits or task.generate is not None:
        return told
    oddities = compare_splits(task, splits)
    findings = [
        finding
        for split, examples in splits.items()
        for finding in odd_rows(task, split, examples, oddities[split], can_fix=False)
    ]
    findings += [*imbalance(task, splits[TRAIN]), *odd_labels(task, splits)]
    return [*told, *(finding.what for finding in findings if finding.severity is not Severity.OK)]


def _with_plain_labels(examples: Examples, task: Task) -> Examples:
    """The examples with labels that are equal only if they mean the same, such as `a|b` for `b | a`."""
    if examples.labels is None:
        return examples
    return dataclasses.replace(examples, labels=list(map(task.answers.meaning, examples.labels)))


def _dev_fix(task: Task) -> str:
    if task.generate is None and task.tsv is None and task.tfds is None:
        return "Set --eval_file, or --eval_split=0.1 to set a tenth of the training file aside"
    return ""
