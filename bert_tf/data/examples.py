"""Examples as they are read: text, labels as written, and where each stood."""

import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Any

from bert_tf.data.choices import LabelForm, begun
from bert_tf.data.readers.sentences import Sentences
from bert_tf.host.console import counted

COLUMNS = ("first", "second", "labels", "ids", "lines", "words", "choices", "choice_labels", "groups", "contexts")


@dataclasses.dataclass(frozen=True)
class Examples:
    """The rows of one split, column by column.

    Attributes:
        origin: Name of the file or data set, for messages.
        first: The text of each example, or the first text of a pair.
        second: The second text of each pair; None if the task has single texts.
        labels: The label of each example as written; None if the split is not labelled.
        ids: The id of each example.
        lines: Line of the file on which each example stands, from 1, or its JSON path; None if it is not from a file.
        blank_lines: Lines without any character, which were passed over.
        notes: What else there is to say of how it was read.
        label_column: Name of the column that the labels stand in; empty if it has none.
        text_column: The same of the text, or the first text of a pair.
        words: The words of each text, where each has a label of its own; a label is then those of all words, parted by
            spaces. None if an example has one label.
        choices: The choices of each question; its label is the place of the right one, from 0, and its second text what
            each of them begins with. None if there are none.
        choice_labels: What the file calls the choices of each question, such as `A`; None if there are none.
        label_form: How labels of the file name choices; None if there are none, or each question says that itself.
        groups: What each example is a part of, such as the document of a sentence or the article of a question: what
            belongs together is never learnt in one part and tested in another. None if each stands alone.
        contexts: The words before and the words after those of each text, in its document; they have no labels. None if
            texts are read alone.
        doubts: What may be mistakes in the labels, one line each, as far as it showed when they were read.
        warnings: What a person is warned of that showed when they were read, one line each.
        columns: The file in columns that all of the examples are, to which a column can be added; None if they are not
            the whole of one.
        are_spans: Whether the tags of words were made of entities that the file has by their characters.
    """

    origin: str
    first: Sequence[str]
    second: Sequence[str] | None
    labels: Sequence[str] | None
    ids: Sequence[str]
    lines: Sequence[int | str] | None = None
    blank_lines: int = 0
    notes: tuple[str, ...] = ()
    label_column: str = ""
    text_column: str = ""
    words: Sequence[tuple[str, ...]] | None = None
    choices: Sequence[tuple[str, ...]] | None = None
    choice_labels: Sequence[tuple[str, ...]] | None = None
    label_form: LabelForm | None = None
    groups: Sequence[str] | None = None
    contexts: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] | None = None
    doubts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    columns: Sentences | None = None
    are_spans: bool = False

    @property
    def name(self) -> str:
        """What the data are called: the name of the file without its folders, or of the data set."""
        return data_name(self.origin)

    def __len__(self) -> int:
        return len(self.first)

    def location(self, index: int) -> str:
        """Where an example stands, such as `train.tsv:17`."""
        return f"{self.origin}:{self.lines[index]}" if self.lines else f"{self.origin}, example {self.ids[index]}"

    def place(self, index: int) -> str:
        """Where in its file an example stands, such as `line 17` or `data[0].paragraphs[3].qas[1]`; else its id."""
        if not self.lines:
            return str(self.ids[index])
        place = str(self.lines[index])
        return f"line {place}" if place.isdecimal() else place

    def summary(self) -> str:
        """One line on how much was read."""
        blank = [f"{counted(self.blank_lines, 'blank line')} passed over"] if self.blank_lines else []
        words = [] if self.words is None else [counted(self.answer_count, "word")]
        notes = "; ".join([*words, *self.notes, *self.doubts, *blank])
        return f"{counted(len(self), 'example')} from {self.origin}" + (f" ({notes})" if notes else "")

    @property
    def answer_count(self) -> int:
        """How many answers there are: one an example, or one a word."""
        return len(self) if self.words is None else sum(map(len, self.words))

    def word_spans(self) -> tuple[list[int], list[int]]:
        """Returns where each word begins and ends in its text, in characters; words stand there in their order."""
        starts, ends = [], []
        for text, words in zip(self.first, self.words or (), strict=True):
            end = 0
            for word in words:
                start = text.index(word, end)
                end = start + len(word)
                starts.append(start)
                ends.append(end)
        return starts, ends

    def continuations(self) -> list[tuple[str, ...]]:
        """Returns the choices of each question with what they begin with: the second texts of their rows."""
        starts = self.second or [""] * len(self)
        return [begun(start, choices) for start, choices in zip(starts, self.choices or (), strict=True)]

    def rows(self, indices: Sequence[int]) -> "Examples":
        """Returns some of the examples, in the order of their indices."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        chosen: dict[str, Any] = {
            name: [column[index] for index in indices] for name, column in columns.items() if column is not None
        }
        return dataclasses.replace(self, columns=None, **chosen)


def data_name(origin: str) -> str:
    """Returns what a file is called without its folders; a pipe has no name of its own, a data set keeps its own."""
    if re.fullmatch(r"/(dev|proc/self)/fd/\d+", origin):
        return "a pipe"
    return os.path.basename(origin.replace(os.sep, "/").rstrip("/")) or origin
