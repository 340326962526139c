"""Questions with several choices, one of which is right, as they are read. M questions."""

import dataclasses
import enum
import string
from collections.abc import Sequence

from bert_tf.host.console import counted

FEWEST_CHOICES, MOST_CHOICES = 2, 10
COUNT_RULE = f"A question must have {FEWEST_CHOICES} to {MOST_CHOICES} choices with text"


class LabelForm(enum.Enum):
    """How a label names one of the choices."""

    FROM_0 = "from_0"
    FROM_1 = "from_1"
    LETTER = "letter"
    TEXT = "text"

    def labels_of(self, choices: Sequence[str]) -> tuple[str, ...]:
        """The label of each choice."""
        if self is LabelForm.TEXT:
            return tuple(map(str.strip, choices))
        if self is LabelForm.LETTER:
            return tuple(string.ascii_uppercase[: len(choices)])
        return tuple(str(place + (self is LabelForm.FROM_1)) for place in range(len(choices)))


def begun(start: str, choices: Sequence[str]) -> tuple[str, ...]:
    """Returns choices with what each of them begins with, if there is something."""
    return tuple(f"{start} {choice}" if start else choice for choice in choices)


@dataclasses.dataclass(frozen=True)
class ChoiceQuestions:
    """The questions of one file, column by column.

    Attributes:
        origin: Name of the file, for messages.
        ids: The id of each question.
        questions: The text that all choices of a question follow on.
        starts: What each choice begins with, such as the beginning of a sentence that is to be ended; empty for none.
        choices: The choices of each question, from 2 to 10.
        labels: The place of the right one of each question, from 0; None if nobody tells them.
        choice_labels: What the file calls each choice of each question, such as `A` or `0`.
        lines: Line of the file on which each question stands, from 1.
        notes: What else there is to say of how it was read.
        label_form: How labels name choices; None if each question says that itself.
    """

    origin: str
    ids: Sequence[str]
    questions: Sequence[str]
    starts: Sequence[str]
    choices: Sequence[tuple[str, ...]]
    labels: Sequence[int] | None
    choice_labels: Sequence[tuple[str, ...]]
    lines: Sequence[int]
    notes: tuple[str, ...] = ()
    label_form: LabelForm | None = None

    def __len__(self) -> int:
        return len(self.questions)

    def location(self, index: int) -> str:
        """Where a question stands, such as `train.jsonl:17`."""
        return f"{self.origin}:{self.lines[index]}"

    def summary(self) -> str:
        """One line on how much was read."""
        notes = "; ".join(self.notes)
        return f"{counted(len(self), 'question')} from {self.origin}" + (f" ({notes})" if notes else "")
