"""A tag for each word: names of persons and places, or parts of speech. M examples with W words in all, C tags."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf import features
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.conll import conll_text
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.readers.sentences import Sentences
from bert_tf.data.table import Axis, Column, Rows, Use
from bert_tf.errors import InputError, nearest
from bert_tf.host.console import counted
from bert_tf.metrics.entities import TAG_METRICS, count_tags
from bert_tf.tasks.answers.one_label import evidence_of_places, lacks_labels
from bert_tf.tasks.answers.space import (
    ENDS,
    PLACE,
    PROBABILITIES,
    SPLITS,
    STARTS,
    WORDS,
    AnswerSpace,
    Evidence,
    Outputs,
)
from bert_tf.tasks.answers.tag_schemes import OUTSIDE, Entity, Scheme, convert, entities, illegal, recognize, split
from bert_tf.text.template import Template

TAGGED = "predictions.conll"
FIRST, LAST = 1, 2  # Bits of `features.SENTENCE_BORDERS`.
_AUTO = "auto"
_SHOWN_TAGS, _SHOWN_PLACES = 5, 3


@dataclasses.dataclass(frozen=True)
class Tags(AnswerSpace):
    """A tag for each word. Outputs are the probability of each tag, [W, C], and the place of the one chosen, [W].

    Attributes:
        scheme: How tags spell entities; NONE if they stand for themselves, as parts of speech do.
        crf: Whether the tags of a sentence are learnt together, by a chain.
        label_all_pieces: Whether each piece of a word counts in the loss, and not the first alone.
        wanted: The scheme in which entities shall be learnt, as long as no tag is known; None for that of the files.
        written: The scheme in which predicted entities are written; None for that which is learnt.
    """

    kind: ClassVar[str] = "tags"
    command: ClassVar[str] = "tagger"
    title: ClassVar[str] = "a tag for each word"
    noun: ClassVar[str] = "tag"
    counted_noun: ClassVar[str] = "word"
    default_metrics: ClassVar[tuple[str, ...]] = ("f1", "precision", "recall", "accuracy")
    template: ClassVar[Template] = Template.WORDS
    file_names: ClassVar[tuple[str, ...]] = (TAGGED,)
    # Sentences are short, and their scores are those of batches of like length or above: see tests/peers/NOTES.md.
    defaults: ClassVar[Mapping[str, object]] = {"batching": "packed"}
    scheme: Scheme = Scheme.IOB2
    crf: bool = False
    label_all_pieces: bool = False
    wanted: Scheme | None = None
    written: Scheme | None = None

    def configured(self, config: RunConfig) -> "Tags":
        options = config.tagging
        # What is not typed stays as the model has learnt it.
        crf = self.crf if options.crf is None else options.crf
        all_pieces = self.label_all_pieces if options.label_all_pieces is None else options.label_all_pieces
        if crf and all_pieces:
            raise InputError(
                "A chain of tags has one tag a word, so --crf learns from the first piece of each",
                received="--crf with --label_all_pieces",
                fix="Leave one of them out; --nocrf and --nolabel_all_pieces take back what a model was trained with",
            )
        wanted, written = (
            None if name == _AUTO else Scheme(name) for name in (options.tag_scheme, options.written_tag_scheme)
        )
        chosen = dataclasses.replace(self, crf=crf, label_all_pieces=all_pieces, wanted=wanted, written=written)
        return chosen._in(wanted) if self.labels and wanted is not None else chosen

    def _in(self, scheme: Scheme) -> "Tags":
        """The same types of entities, spelled in another scheme."""
        if scheme is self.scheme:
            return self
        if not self.has_entities:
            raise _no_entities(scheme)
        return dataclasses.replace(self, scheme=scheme, labels=_spelled(self.labels, scheme))

    def read_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        """Returns sentences with tags in the scheme of the task, or, before it is known, in that of the file.

        IOB1 becomes IOB2. What the scheme of a file doesn't allow is read as conlleval does, and counted.
        """
        if examples.labels is None:
            return examples
        sentences = list(map(self.names, examples.labels))
        try:
            found = recognize(sentences, lambda index, word: f"{examples.location(index)}, word {word + 1}")
        except InputError as error:
            error.args = (f"{examples.origin}: {error}",)
            raise
        own = found.scheme
        wanted = self.scheme if known else self.wanted or (Scheme.IOB2 if own is Scheme.IOB1 else own)
        if Scheme.NONE in (own, wanted):
            if not known and self.wanted is not None:
                raise _no_entities(self.wanted)
            return dataclasses.replace(examples, notes=(*examples.notes, found.reason))
        notes = ([] if examples.are_spans else [found.reason]) + (
            [f"read as {wanted.name}"] if own is not wanted else []
        )
        labels = [" ".join(convert(tags, own, wanted)) for tags in sentences]
        doubts = (*examples.doubts, *_illegal_told(examples, sentences, own))
        return dataclasses.replace(examples, labels=labels, notes=(*examples.notes, *notes), doubts=doubts)

    def read_test_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        """Returns sentences as `read_cells` does; without tags, so that they are not scored, where the column of a file
        holds something else than tags of the task, or `O` alone in place of what shall be found.
        """
        found = {tag for label in examples.labels or () for tag in self.names(label)}
        types = {split(tag)[1] for tag in self.labels if tag != OUTSIDE}
        strange = sorted(
            tag for tag in found if tag not in self.labels and (not split(tag)[0] or split(tag)[1] not in types)
        )
        if examples.labels is None or (not strange and (found != {OUTSIDE} or not self.has_entities)):
            return self.read_cells(examples, known)
        why = f"{strange[0]!r} is no tag of the task" if strange else f"all tags are {OUTSIDE}"
        return dataclasses.replace(examples, labels=None, notes=(*examples.notes, f"not scored, since {why}"))

    def fault_of(self, label: str) -> FaultKind | None:
        return None  # The reader of sentences has looked at every tag.

    def completed(self, train: Examples | None) -> "Tags":
        """With the tags of the training set, and of each type of entity those that the scheme has beside."""
        if self.labels:
            return self
        if train is None or train.labels is None:
            raise lacks_labels()
        found = {tag for tags in map(self.names, train.labels) for tag in tags}
        if len(found) < 2:
            raise InputError(
                f"{train.origin} must have at least 2 different tags", received=", ".join(found), fix="Add sentences"
            )
        scheme = recognize(map(self.names, train.labels)).scheme
        if scheme is Scheme.NONE:
            return dataclasses.replace(self, scheme=scheme, labels=tuple(sorted(found)))
        return dataclasses.replace(self, scheme=scheme, labels=_spelled(found, scheme))

    def idle_options(self) -> dict[str, str]:
        of_chains = {} if self.crf else {"crf_learning_rate": "it only matters with --crf, and the model has no chain"}
        of_schemes = {} if self.has_entities else {"written_tag_scheme": "the tags spell no entities"}
        return {**of_chains, **of_schemes}

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

    def spelled(self, examples: Examples) -> dict[str, int]:
        """Returns how many entities of each type there are, the most frequent first."""
        sentences = map(self.names, examples.labels or ())
        return dict(Counter(each.type for tags in sentences for each in self.entities_of(tags)).most_common())

    def place(self, examples: Examples) -> np.ndarray:
        """Returns int32 [W], the place of the tag of each word."""
        places = {tag: place for place, tag in enumerate(self.labels)}
        if examples.labels is None:
            return np.zeros(sum(map(len, examples.words or ())), np.int32)
        sentences = list(map(self.names, examples.labels))
        if not places.keys() >= set(itertools.chain.from_iterable(sentences)):
            raise self._unknown(examples, sentences)
        return np.array([places[tag] for tags in sentences for tag in tags], np.int32)

    def _unknown(self, examples: Examples, sentences: Sequence[Sequence[str]]) -> InputError:
        """The error of tags that the task doesn't have, with how many there are of each and the place of the first."""
        wrong = [
            (tag, f"{tag!r} of word {word + 1} at {examples.location(index)}")
            for index, tags in enumerate(sentences)
            for word, tag in enumerate(tags)
            if tag not in self.labels
        ]
        counts = Counter(tag for tag, _ in wrong)
        told = ", ".join(f"{tag} {count:,}" for tag, count in counts.most_common(_SHOWN_TAGS))
        more = f" and {len(counts) - _SHOWN_TAGS} others" if len(counts) > _SHOWN_TAGS else ""
        return InputError(
            f"A tag must be one of the task's tags ({', '.join(self.labels[:20])}); words with others: {told}{more}",
            received=wrong[0][1],
            fix=nearest(wrong[0][0], self.labels),
        )

    def columns(self, targets: np.ndarray, rows: Rows) -> dict[str, Column]:
        """Returns the tag of each word at the piece that answers for it, and the weight of that piece in the loss; or
        at all its pieces in the row of that one. With a chain also where sentences begin and end.
        """
        is_answer = rows.anchors[features.IS_ANSWER].astype(bool)
        labels = np.zeros(len(is_answer), np.int32)
        labels[is_answer] = targets
        counts = is_answer
        if self.label_all_pieces:
            words, row = rows.anchors[features.WORD_INDEX], np.repeat(np.arange(len(rows.row_splits) - 1), _sizes(rows))
            counts = (words >= 0) & (row == row[is_answer][words])
            labels[counts] = targets[words[counts]]
        values = {features.LABEL_IDS: labels, features.LABEL_WEIGHTS: counts.astype(np.float32)}
        if self.crf:
            values[features.SENTENCE_BORDERS] = _borders(rows, is_answer)
        return {name: Column(Axis.PIECE, Use.TARGET, each) for name, each in values.items()}

    def facts(self) -> dict[str, object]:
        own = {"crf": self.crf, "label_all_pieces": self.label_all_pieces}
        return {**super().facts(), "scheme": self.scheme.value, **{name: value for name, value in own.items() if value}}

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

        Where words come with the outputs they are told too, as `tokens`, with their first characters and the ones after
        their last. An entity has its type, the characters of the text from `start` to `end` if words have their places,
        the number of its first word, and the least of the probabilities of its tags.
        """
        start, end = outputs[SPLITS][index : index + 2]
        tags = [self.labels[place] for place in outputs[PLACE][start:end]]
        names = {"tokens": WORDS, STARTS: STARTS, ENDS: ENDS} if WORDS in outputs else {}
        words = {told: outputs[name][start:end].tolist() for told, name in names.items()}
        if not self.has_entities:
            return {"tags": tags, **words}
        written = list(convert(tags, self.scheme, self.written or self.scheme))
        chosen = outputs[PROBABILITIES][np.arange(start, end), outputs[PLACE][start:end]]
        found = []
        for each in entities(tags, self.scheme):
            first, last = start + each.start, start + each.end - 1
            place = {"start": int(outputs[STARTS][first]), "end": int(outputs[ENDS][last])} if STARTS in outputs else {}
            probability = round(float(chosen[each.start : each.end].min()), 6)
            found.append({"type": each.type, **place, "first_word": each.start, "probability": probability})
        return {"tags": written, **words, "entities": found}

    def extra_files(self, examples: Examples, outputs: Outputs) -> dict[str, str]:
        """Returns `predictions.conll`, which conlleval takes as it is: the lines of a file in columns with one more
        column, the tag that each word is given. Of what was no such file, one word a line with the tag that it should
        have, if that is known, and the one it is given; a blank line behind each sentence.
        """
        given = [self.read(outputs, index)["tags"] for index in range(len(examples))]
        tags = None if examples.labels is None else [tuple(self.names(label)) for label in examples.labels]
        lines = [line if isinstance(line, int) else index for index, line in enumerate(examples.lines or examples.ids)]
        plain = Sentences(examples.origin, list(examples.words or ()), tags, lines, range(len(examples)))
        return {TAGGED: conll_text(examples.columns or plain, given)}

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
        return evidence_of_places(outputs[PLACE], targets, len(self.labels), "the tags of words")

    def commonest(self, examples: Examples) -> str:
        counts = self.count(examples)
        return max(counts, key=lambda tag: counts[tag])


def _no_entities(scheme: Scheme) -> InputError:
    return InputError(
        "A scheme is for tags of entities, and these stand for themselves",
        received=f"--tag_scheme={scheme.value}",
        fix="Leave it out",
    )


def _spelled(tags: Iterable[str], scheme: Scheme) -> tuple[str, ...]:
    """All tags that a scheme has for the types of entities of some tags, O first."""
    types = sorted({split(tag)[1] for tag in tags if tag != OUTSIDE})
    letters = "BIES" if scheme is Scheme.BIOES else "BI"
    return (OUTSIDE, *(f"{letter}-{kind}" if kind else letter for kind in types for letter in letters))


def _illegal_told(examples: Examples, sentences: Sequence[Sequence[str]], scheme: Scheme) -> list[str]:
    """One line on tags that may not stand where they stand: how many, which, and the first places; none if all may."""
    wrong = [(index, word) for index, tags in enumerate(sentences) for word in illegal(tags, scheme)]
    if not wrong:
        return []
    counts = Counter(_with_the_one_before(sentences[index], word) for index, word in wrong)
    told = ", ".join(f"{which} {count:,}" for which, count in counts.most_common(_SHOWN_TAGS))
    more = f" and {len(counts) - _SHOWN_TAGS} others" if len(counts) > _SHOWN_TAGS else ""
    places = ", ".join(f"{examples.location(index)} word {word + 1}" for index, word in wrong[:_SHOWN_PLACES])
    end = ", ..." if len(wrong) > _SHOWN_PLACES else ""
    return [
        f"{counted(len(wrong), 'tag')} that {scheme.name} doesn't allow, read as conlleval does: {told}{more} "
        f"({places}{end})"
    ]


def _with_the_one_before(tags: Sequence[str], word: int) -> str:
    return f"{tags[word]} behind {tags[word - 1]}" if word else f"{tags[word]} first"


def _sizes(rows: Rows) -> np.ndarray:
    """How many pieces each row has."""
    return np.diff(rows.row_splits)


def _borders(rows: Rows, is_answer: np.ndarray) -> np.ndarray:
    """Where the first and the last word of each sentence answers, int32 [T]: `FIRST`, `LAST`, or both."""
    example = np.repeat(rows.example_index, _sizes(rows))[is_answer]
    around = np.concatenate([[-1], example, [-1]])
    found = np.zeros(len(is_answer), np.int32)
    found[is_answer] = FIRST * (around[:-2] != example) + LAST * (around[2:] != example)
    return found
