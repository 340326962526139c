"""What is found out about a model that gives each word a tag. M sentences, W words."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from bert_tf.metrics.entities import count_tags
from bert_tf.report.drawing.page import Cell, Paragraph, Part, Passage, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of
from bert_tf.report.findings.findings import Constant, Findings, interval_note, number, percent
from bert_tf.report.statistics.bootstrap import count_intervals
from bert_tf.report.statistics.entity_statistics import (
    NOTHING,
    confused_types,
    counts_by_sentence,
    weighted_entity_scores,
)
from bert_tf.tasks.answers.space import PLACE, SPLITS
from bert_tf.tasks.answers.tag_schemes import Entity
from bert_tf.tasks.answers.tags import Tags

_LENGTHS = (1, 10, 20, 40, 80)  # The least words of sentences that are counted together.
_SHOWN_TYPES = 50


@dataclasses.dataclass(frozen=True)
class _Tagged:
    """The tags of a run, as they are and as they should be."""

    run: EvaluatedRun

    @property
    def space(self) -> Tags:
        assert isinstance(self.run.task.answers, Tags)
        return self.run.task.answers

    @property
    def splits(self) -> np.ndarray:
        return np.asarray(self.run.outputs[SPLITS])

    @functools.cached_property
    def is_right(self) -> np.ndarray:
        """Whether each word has the right tag, bool [W]."""
        return np.asarray(self.run.targets == self.run.outputs[PLACE])

    @functools.cached_property
    def wanted(self) -> list[list[Entity]]:
        return self.space.entities(self.run.targets, self.splits)

    @functools.cached_property
    def found(self) -> list[list[Entity]]:
        return self.space.entities(self.run.outputs[PLACE], self.splits)

    def by_sentence(self, values: np.ndarray) -> np.ndarray:
        """The sum over the words of each sentence, int64 [M]."""
        return np.diff(np.concatenate([[0], np.cumsum(values)])[self.splits])


def tag_findings(run: EvaluatedRun) -> Findings:
    """Returns what the tags tell of each type of entity, or of each tag where these stand for themselves."""
    tagged = _Tagged(run)
    counts = counts_by_sentence(tagged.wanted, tagged.found)
    words = np.column_stack([tagged.by_sentence(tagged.is_right), np.diff(tagged.splits)])
    intervals = count_intervals(
        lambda drawn: weighted_entity_scores(counts, words, drawn), len(counts), run.config.train.seed
    )
    table = _type_table(tagged) if tagged.space.has_entities else _tag_table(tagged)
    sections = [Section("Types" if tagged.space.has_entities else "Tags", [table, Paragraph(interval_note(run))])]
    if tagged.space.has_entities:
        sections.append(Section("Confusions", _confusion_parts(tagged)))
    sections.append(Section("Length of the sentence", [_length_table(tagged, counts)]))
    sections.append(Section("Sentences with most mistakes", _example_parts(tagged)))
    return Findings(
        intervals={name: intervals[name] for name in run.scores if name in intervals},
        sections=sections,
        details=table,
        constant=_constant(tagged),
    )


def _constant(tagged: _Tagged) -> Constant:
    """What always the commonest tag would get: with entities that is O, which finds none."""
    run = tagged.run
    commonest = int(np.bincount(run.targets, minlength=len(run.task.labels)).argmax())
    columns = {PLACE: np.full_like(run.targets, commonest), SPLITS: tagged.splits}
    name = run.task.labels[commonest]
    return Constant("Giving every word the commonest tag", f"always {name}", run.task.score(columns, run.targets))


def _type_table(tagged: _Tagged) -> Table:
    space = tagged.space
    labels, predictions = (
        space.tags(places, tagged.splits) for places in (tagged.run.targets, tagged.run.outputs[PLACE])
    )
    counts = count_tags(labels, predictions, space.entities_of).by_type
    rows = []
    for kind, each in sorted(counts.items(), key=lambda item: -item[1].labelled)[:_SHOWN_TYPES]:
        scores = each.scores
        shares = number(scores.precision), number(scores.recall), number(scores.f1)
        rows.append((kind, *shares, f"{each.labelled:,}", f"{each.predicted:,}"))
    return Table(("type", "precision", "recall", "F1", "entities", "found"), rows)


def _tag_table(tagged: _Tagged) -> Table:
    targets, places = tagged.run.targets, tagged.run.outputs[PLACE]
    size = len(tagged.run.task.labels)
    wanted, found, right = (np.bincount(each, minlength=size) for each in (targets, places, targets[tagged.is_right]))
    shown = np.argsort(-wanted, kind="stable")[:_SHOWN_TYPES]
    rows = [
        (
            tagged.run.labels[place],
            percent(right[place] / max(found[place], 1)),
            percent(right[place] / max(wanted[place], 1)),
            f"{wanted[place]:,}",
            f"{found[place]:,}",
        )
        for place in shown
    ]
    return Table(("tag", "precision", "recall", "words", "found"), rows)


def _confusion_parts(tagged: _Tagged) -> list[Part]:
    confused = confused_types(tagged.wanted, tagged.found)
    rows = [
        (one, two, f"{count:,}")
        for (one, two), count in confused.most_common()
        if one != two
    ][:SHOWN_EXAMPLES]  # fmt: skip
    text = (
        f"What an entity was taken for, by its words: {NOTHING} is found where other words, or none, were taken for an "
        f"entity; from {NOTHING} come words that are none."
    )
    return (
        [Table(("is", "was taken for", "entities"), rows, words=2), Paragraph(text)] if rows else [Paragraph("None.")]
    )


def _length_table(tagged: _Tagged, counts: np.ndarray) -> Table:
    lengths, right = np.diff(tagged.splits), tagged.by_sentence(tagged.is_right)
    rows: list[tuple[Cell, ...]] = []
    for first, last in zip(_LENGTHS, (*_LENGTHS[1:], np.inf), strict=True):
        chosen = (lengths >= first) & (lengths < last)
        if not chosen.any():
            continue
        name = f"{first} to {last - 1:g}" if np.isfinite(last) else f"{first} or more"
        words = int(lengths[chosen].sum())
        correct, found, wanted = counts[chosen].sum(axis=0)
        f1 = number(2 * correct / (found + wanted)) if tagged.space.has_entities and found + wanted else ""
        rows.append((name, f"{int(chosen.sum()):,}", percent(right[chosen].sum() / words), f1))
    return Table(("words", "sentences", "tags that are right", "F1"), rows)


def _example_parts(tagged: _Tagged) -> list[Part]:
    wrong = tagged.by_sentence(~tagged.is_right)
    order = [index for index in np.argsort(-wrong, kind="stable").tolist() if wrong[index]]
    if not order:
        return [Paragraph("None: every tag is right.")]
    rows = [
        (
            place_of(tagged.run, index),
            f"{wrong[index]:,}",
            Passage(_marked(tagged, index, tagged.run.targets, tagged.wanted)),
            Passage(_marked(tagged, index, tagged.run.outputs[PLACE], tagged.found)),
        )
        for index in order[:SHOWN_EXAMPLES]
    ]
    text = (
        f"{how_many_are_shown(len(order))} of {len(order):,} sentences in which a tag is wrong, those with most first."
    )
    return [Paragraph(text), Table(("where", "wrong tags", "as it is", "as it was tagged"), rows, words=0)]


def _marked(tagged: _Tagged, index: int, places: np.ndarray, entities: Sequence[Sequence[Entity]]) -> str:
    """A sentence with its entities in brackets, or with the tag of each word behind it."""
    words = list((tagged.run.examples.words or ())[index])
    if not tagged.space.has_entities:
        start = tagged.splits[index]
        return " ".join(f"{word}/{tagged.run.labels[places[start + at]]}" for at, word in enumerate(words))
    for each in entities[index]:
        words[each.start] = f"[{words[each.start]}"
        words[each.end - 1] = f"{words[each.end - 1]} {each.type}]"
    return " ".join(words)
