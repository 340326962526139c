"""Questions on contexts as they are read, with their answers and where these stand in the context. M questions."""

import dataclasses
from collections.abc import Sequence

from bert_tf.host.console import counted


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A right answer.

    Attributes:
        text: The answer as written.
        start: The character of the context at which it begins, as the file has it; -1 where that is unknown.
        is_in_place: Whether the context has the text there. Where it has not, nothing can be learnt from the answer,
            while a prediction is compared with its text all the same.
    """

    text: str
    start: int
    is_in_place: bool

    @property
    def span(self) -> tuple[int, int]:
        """The first character of the context that it has, and the one after its last."""
        return self.start, self.start + len(self.text)


@dataclasses.dataclass(frozen=True)
class Questions:
    """The questions of one file, column by column.

    Attributes:
        origin: Name of the file, for messages.
        ids: The id of each question.
        questions: The text of each question.
        contexts: The different contexts.
        context_index: Which of them each question is about.
        answers: All right answers of each question; None if nobody tells them.
        is_impossible: Whether each question has no answer; None if nobody tells.
        titles: The title of the article that each question is about; empty if there is none.
        places: Where each question stands in the file: a line, or a JSON path such as `data[3].paragraphs[0].qas[2]`.
        notes: What else there is to say of how it was read.
    """

    origin: str
    ids: Sequence[str]
    questions: Sequence[str]
    contexts: Sequence[str]
    context_index: Sequence[int]
    answers: Sequence[tuple[Answer, ...]] | None
    is_impossible: Sequence[bool] | None
    titles: Sequence[str]
    places: Sequence[str]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.questions)

    def context(self, index: int) -> str:
        """The context of a question."""
        return self.contexts[self.context_index[index]]

    def location(self, index: int) -> str:
        """Where a question stands, such as `train.json:data[3].paragraphs[0].qas[2]`."""
        return f"{self.origin}:{self.places[index]}"

    def summary(self) -> str:
        """One line on how much was read."""
        notes = "; ".join(self.notes)
        return f"{counted(len(self), 'question')} from {self.origin}" + (f" ({notes})" if notes else "")

    def learnt_answer(self, index: int) -> Answer | None:
        """The answer that is learnt: the first one that is in its place, None if there is none."""
        found = self.answers[index] if self.answers is not None else ()
        return next((answer for answer in found if answer.is_in_place), None)

    def learnable(self) -> list[int]:
        """The questions that can be learnt from: those with an answer in its place, and those that have none at all."""
        impossible = self.is_impossible or [False] * len(self)
        return [index for index in range(len(self)) if impossible[index] or self.learnt_answer(index) is not None]
