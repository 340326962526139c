"""A tag for each word: names of persons and places, or parts of speech. M examples with W words in all, C tags."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf import features
from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.table import Axis, Column, Rows, Use
from bert_tf.errors import InputError, nearest
from bert_tf.host.console import counted
from bert_tf.metrics.entities import TAG_METRICS, count_tags
from bert_tf.tasks.answers.one_label import evidence_of_places, lacks_labels
from bert_tf.tasks.answers.space import ENDS, PLACE, PROBABILITIES, SPLITS, STARTS, AnswerSpace, Evidence, Outputs
from bert_tf.tasks.answers.tag_schemes import OUTSIDE, Entity, Scheme, convert, entities, illegal, recognize, split
from bert_tf.text.template import Template

TAGGED = "predictions.conll"


@dataclasses.dataclass(frozen=True)
class Tags(AnswerSpace):
    """A tag for each word. Outputs are the probability of each tag, [W, C], and the place of the one chosen, [W].

    Attributes:
        scheme: How tags spell entities; NONE if they stand for themselves, as parts of speech do.
    """

    kind: ClassVar[str] = "tags"
    command: ClassVar[str] = "tagger"
    title: ClassVar[str] = "a tag for each word"
    noun: ClassVar[str] = "tag"
    default_metrics: ClassVar[tuple[str, ...]] = ("f1", "precision", "recall", "accuracy")
    template: ClassVar[Template] = Template.WORDS
    file_names: ClassVar[tuple[str, ...]] = (TAGGED,)
    scheme: Scheme = Scheme.IOB2

    def read_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        """Returns sentences with tags in the scheme of the task, or, before it is known, in that of the file.

        IOB1 becomes IOB2. What the scheme of a file doesn't allow is read as conlleval does, and counted.
        """
        sentences = [self.names(label) for label in examples.labels or ()]
        try:
            found = recognize(sentences)
        except InputError as error:
            error.args = (f"{examples.origin}: {error}",)
            raise
        own = found.scheme
        wanted = self.scheme if known else Scheme.IOB2 if own is Scheme.IOB1 else own
        if Scheme.NONE in (own, wanted):
            return examples
        wrong = sum(len(illegal(tags, own)) for tags in sentences)
        notes = [found.reason] + ([f"read as {wanted.name}"] if own is not wanted else [])
        if wrong:
            notes.append(f"{counted(wrong, 'tag')} that {own.name} doesn't allow, read as conlleval does")
        labels = [" ".join(convert(tags, own, wanted)) for tags in sentences]
        return dataclasses.replace(examples, labels=labels, notes=(*examples.notes, *notes))

    def fault_of(self, label: str) -> FaultKind | None:
        return None  # The reader of sentences has looked at every tag.

    def completed(self, train: Examples | None) -> "Tags":
        """With the tags of the training set, and of each type of entity those that the scheme has beside."""
        if self.labels:
            return self
        if train is None or train.labels is None:
            raise lacks_labels()
        found = {tag for tags in map(self.names, train.labels) for tag in tags}
        scheme = recognize(map(self.names, train.labels)).scheme
        if scheme is Scheme.NONE:
            return dataclasses.replace(self, scheme=scheme, labels=tuple(sorted(found)))
        types = sorted({split(tag)[1] for tag in found if tag != OUTSIDE})
        letters = "BIES" if scheme is Scheme.BIOES else "BI"
        spelled = [f"{letter}-{kind}" if kind else letter for kind in types for letter in letters]
        return dataclasses.replace(self, scheme=scheme, labels=(OUTSIDE, *spelled))

    def own_metrics(self) -> tuple[str, ...]:
        return self.default_metrics if self.has_entities else ("accuracy",)

    @property
    def has_entities(self) -> bool:
        """Whether tags spell entities."""
        return self.scheme is not Scheme.NONE

    def names(self, label: str) -> list[str]:
        """Returns the tags of a sentence."""
        return label.split()

    def count(self, examples: Examples) -> dict[str, int]:
        """Returns how many words have each tag, in the order of the tags."""
        found = Counter(tag for label in examples.labels or () for tag in self.names(label))
        return {tag: found[tag] for tag in self.labels}

    def place(self, examples: Examples) -> np.ndarray:
        """Returns int32 [W], the place of the tag of each word."""
        places = {tag: place for place, tag in enumerate(self.labels)}
        if examples.labels is None:
            return np.zeros(sum(map(len, examples.words or ())), np.int32)
        found: list[int] = []
        for index, label in enumerate(examples.labels):
            for word, tag in enumerate(self.names(label)):
                if tag not in places:
                    raise InputError(
                        f"A tag must be one of the task's tags ({', '.join(self.labels[:20])})",
                        received=f"{tag!r} of word {word + 1} at {examples.location(index)}",
                        fix=nearest(tag, self.labels),
                    )
                found.append(places[tag])
        return np.array(found, np.int32)

    def columns(self, targets: np.ndarray, rows: Rows) -> dict[str, Column]:
        """Returns the tag of each word at the piece that answers for it, and the weight of that piece in the loss."""
        is_answer = rows.anchors[features.IS_ANSWER].astype(bool)
        labels = np.zeros(len(is_answer), np.int32)
        labels[is_answer] = targets
        return {
            features.LABEL_IDS: Column(Axis.PIECE, Use.TARGET, labels),
            features.LABEL_WEIGHTS: Column(Axis.PIECE, Use.TARGET, is_answer.astype(np.float32)),
        }

    def facts(self) -> dict[str, object]:
        return {**super().facts(), "scheme": self.scheme.value}

    def strata(self, examples: Examples) -> None:
        """Sentences are not set apart by their tags, of which they have many."""
        return

    def check_loss_options(self, given: Mapping[str, object]) -> None:
        if given:
            raise InputError(f"--{next(iter(given))} is for labels of whole texts", received="a task with tags")

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        raise InputError("--class_weights is for labels of whole texts", received="a task with tags")

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        """Returns the tags of a sentence, and the entities that they spell.

        An entity has its type, the characters of the text from `start` to `end` if words have their places, the number
        of its first word, and the least of the probabilities of its tags.
        """
        start, end = outputs[SPLITS][index : index + 2]
        tags = [self.labels[place] for place in outputs[PLACE][start:end]]
        if not self.has_entities:
            return {"tags": tags}
        chosen = outputs[PROBABILITIES][np.arange(start, end), outputs[PLACE][start:end]]
        found = []
        for each in entities(tags, self.scheme):
            first, last = start + each.start, start + each.end - 1
            place = {"start": int(outputs[STARTS][first]), "end": int(outputs[ENDS][last])} if STARTS in outputs else {}
            probability = round(float(chosen[each.start : each.end].min()), 6)
            found.append({"type": each.type, **place, "first_word": each.start, "probability": probability})
        return {"tags": tags, "entities": found}

    def extra_files(self, examples: Examples, outputs: Outputs) -> dict[str, str]:
        """Returns `predictions.conll`: one word a line with the tag that it should have, if that is known, and the one
        it is given; a blank line behind each sentence. conlleval takes it as it is.
        """
        lines = []
        for index, words in enumerate(examples.words or ()):
            given = self.read(outputs, index)["tags"]
            columns = [words, given] if examples.labels is None else [words, examples.labels[index].split(), given]
            lines += ["\t".join(row) + "\n" for row in zip(*columns, strict=True)] + ["\n"]
        return {TAGGED: "".join(lines)}

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return TAG_METRICS

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        sentences = [self.tags(places, outputs[SPLITS]) for places in (targets, outputs[PLACE])]
        labels, predictions = sentences
        counts = count_tags(labels, predictions, self.entities_of)
        return {name: float(self.metrics[name](counts)) for name in metrics}

    def tags(self, places: np.ndarray, splits: np.ndarray) -> list[list[str]]:
        """Returns the tags of each sentence.

        Args:
            places: The place of the tag of each word, [W].
            splits: Where each sentence begins among the words, and the last one ends, [M + 1].
        """
        tags = [self.labels[place] for place in places]
        return [tags[start:end] for start, end in itertools.pairwise(splits)]

    def entities(self, places: np.ndarray, splits: np.ndarray) -> list[list[Entity]]:
        """Returns the entities of each sentence; takes what `tags` does."""
        return list(map(self.entities_of, self.tags(places, splits)))

    def entities_of(self, tags: Sequence[str]) -> list[Entity]:
        """Returns the entities of a sentence by its tags."""
        return entities(tags, self.scheme)

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is that of Matthews; errors are wrong tags."""
        return evidence_of_places(outputs[PLACE], targets, len(self.labels))

    def commonest(self, examples: Examples) -> str:
        counts = self.count(examples)
        return max(counts, key=lambda tag: counts[tag])
