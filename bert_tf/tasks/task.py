"""What a task is made of. Values only: nothing here imports TensorFlow."""

import dataclasses
from collections.abc import Callable, Mapping

from bert_tf.data.examples import Examples
from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.readers.tsv import TsvFile
from bert_tf.data.splits import USUAL, Split
from bert_tf.tasks.answers.space import AnswerSpace


@dataclasses.dataclass(frozen=True)
class Submission:
    """A file that the GLUE server takes.

    Attributes:
        name: Its name.
        rows: How many predictions it must have, which is how many the published test set has.
    """

    name: str
    rows: int


@dataclasses.dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: What --task says.
        title: One line about it.
        answers: All answers that it may have: how labels are read, what outputs mean, how they are scored.
        metrics: Names of metrics of its answers; the first one decides which checkpoint is best.
        combined: Those of them whose mean is the task's official `combined_score`.
        tsv: The files of its published form, by split.
        tfds: Its form in TensorFlow Datasets.
        generate: Makes its examples without any file.
        is_pair: Whether an example has two texts.
        submissions: What the GLUE server takes of it, by split.
        learnt_as: Name of the task whose training set and head are used, if it has none itself.
    """

    name: str
    title: str
    answers: AnswerSpace
    metrics: tuple[str, ...]
    combined: tuple[str, ...] = ()
    tsv: Mapping[Split, TsvFile] | None = None
    tfds: TfdsData | None = None
    generate: Callable[[Split], Examples] | None = None
    is_pair: bool = False
    submissions: Mapping[Split, Submission] = dataclasses.field(default_factory=dict)
    learnt_as: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the logits; none if answers are no labels."""
        return self.answers.labels

    @property
    def splits(self) -> tuple[Split, ...]:
        """Its parts; those of a task that makes its own data, or reads the user's, are the usual three."""
        if self.tsv is None and self.tfds is None:
            return USUAL
        return tuple(dict.fromkeys((*(self.tsv or ()), *(self.tfds.splits if self.tfds else ()))))

    def answering(self, answers: AnswerSpace) -> "Task":
        """Returns the task with other answers."""
        return dataclasses.replace(self, answers=answers)
