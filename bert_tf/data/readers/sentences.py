"""Sentences as they are read: words, tags as written, and where each stood."""

import dataclasses
import itertools
from collections.abc import Sequence

from bert_tf.data.readers.faults import FaultKind
from bert_tf.host.console import counted

NO_TAG = FaultKind("A tag must be a string with a character, and without white space in it", "Correct it")
EMPTY_TOKEN = FaultKind("A token must have a character", "Write it, or remove it with its tag")

UNWRITABLE = FaultKind(
    "A token must be one that a line of columns can hold, as predictions.conll has them: no tab, no line end, no byte "
    "order mark at its beginning, and no mark of a document",
    "Correct it, or leave the sentence out",
)


@dataclasses.dataclass(frozen=True)
class Sentences:
    """The sentences of one split.

    Attributes:
        origin: Name of the file, for messages.
        words: The words of each sentence, at least one.
        tags: The tags of each, as many as words; None if they are not read.
        lines: Line of the file on which each begins, from 1. In columns its words follow one a line.
        documents: The document that each belongs to, ascending from 0. Where the file marks none, each sentence is its
            own: nothing is known of what belongs together.
        rows: All lines of a file in columns, with their ends; None if it is not in columns.
        separator: What stands between columns where one is appended.
        texts: The text of each sentence, if words were cut out of one.
        offsets: The first character of each word of each text, and the one behind it; None if there are no texts.
        notes: How the file was read.
        ids: What the file calls each sentence; None if it doesn't say, or nobody asks.
    """

    origin: str
    words: Sequence[tuple[str, ...]]
    tags: Sequence[tuple[str, ...]] | None
    lines: Sequence[int]
    documents: Sequence[int]
    rows: Sequence[str] | None = None
    separator: str = "\t"
    texts: Sequence[str] | None = None
    offsets: Sequence[tuple[tuple[int, int], ...]] | None = None
    notes: tuple[str, ...] = ()
    ids: Sequence[str] | None = None

    @property
    def marks_documents(self) -> bool:
        """Whether it is known what belongs together."""
        return not isinstance(self.documents, range)

    def contexts(self, most: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Returns the words before and those after each sentence, in its document.

        Args:
            most: How many words on each side at most.
        """
        found = list[tuple[tuple[str, ...], tuple[str, ...]]]()
        for _, group in itertools.groupby(range(len(self)), key=lambda index: self.documents[index]):
            sentences = [self.words[index] for index in group]
            words, end = tuple(itertools.chain.from_iterable(sentences)), 0
            for sentence in sentences:
                start, end = end, end + len(sentence)
                found.append((words[max(start - most, 0) : start], words[end : end + most]))
        return found

    def __len__(self) -> int:
        return len(self.words)

    def location(self, index: int, word: int = 0) -> str:
        """Where a word of a sentence stands, such as `train.conll:17`."""
        return f"{self.origin}:{self.lines[index] + (word if self.rows is not None else 0)}"

    def summary(self) -> str:
        """One line on how much was read."""
        told = "; ".join([counted(sum(map(len, self.words)), "token"), *self.notes])
        return f"{counted(len(self), 'sentence')} from {self.origin} ({told})"
