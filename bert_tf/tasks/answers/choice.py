"""One of the choices that a question brings along. M questions, K the most choices of one, N rows: one a choice."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf import features
from bert_tf.data.choices import LabelForm
from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.table import Axis, Column, Rows, Use
from bert_tf.errors import InputError
from bert_tf.metrics.choices import CHOICE_METRICS
from bert_tf.tasks.answers.one_label import evidence_of_places
from bert_tf.tasks.answers.space import CHOICE_LABELS, CHOICES, PLACE, PROBABILITIES, AnswerSpace, Evidence, Outputs
from bert_tf.text.template import Template


@dataclasses.dataclass(frozen=True)
class Choice(AnswerSpace):
    """One of the choices of a question. Outputs are the probability of each, float32 [M, K], 0 behind the last, and the
    place of the likeliest, int [M].

    Attributes:
        label_form: How labels name choices; None if each question of the files says that itself.
    """

    kind: ClassVar[str] = "choices"
    command: ClassVar[str] = "choice"
    title: ClassVar[str] = "one of the choices of each question"
    noun: ClassVar[str] = "answer"
    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy",)
    template: ClassVar[Template] = Template.CHOICES
    has_labels: ClassVar[bool] = False
    # The shapes of packed rows are few, and scores those of the peer: see tests/peers/NOTES.md.
    defaults: ClassVar[Mapping[str, object]] = {"batching": "packed"}
    label_form: LabelForm | None = None

    # --- Answers as they are written ---

    def fault_of(self, label: str) -> FaultKind | None:
        return None  # The reader of questions has looked at every label.

    def completed(self, train: Examples | None) -> "Choice":
        """With the way in which the labels of the training set name choices."""
        return self if train is None else dataclasses.replace(self, label_form=train.label_form)

    def named(self, labels: tuple[str, ...]) -> "Choice":
        if labels:
            raise InputError("--labels needs the same labels in all examples, and each question has its own choices")
        return self

    def names(self, label: str) -> list[str]:
        return []

    def labels_of(self, choices: Sequence[str]) -> tuple[str, ...]:
        """Returns what the choices of a question are called if nobody says: letters, unless the training set told."""
        return (self.label_form or LabelForm.LETTER).labels_of(choices)

    def place(self, examples: Examples) -> np.ndarray:
        """Returns the place of the right choice of each question, int32 [M]."""
        return np.array(examples.labels or np.zeros(len(examples)), np.int32)

    def columns(self, targets: np.ndarray, rows: Rows) -> dict[str, Column]:
        """Returns the targets, and the place of each row among those of its question."""
        index = rows.example_index
        places = np.arange(len(index)) - np.searchsorted(index, index)
        return {
            features.LABEL_IDS: Column(Axis.EXAMPLE, Use.TARGET, targets),
            features.CHOICE_PLACES: Column(Axis.ROW, Use.TARGET, places.astype(np.int32)),
        }

    def facts(self) -> dict[str, object]:
        return {"kind": self.kind}

    def strata(self, examples: Examples) -> None:
        return

    def tally(self, examples: Examples) -> dict[str, int]:
        """Returns how many questions have the right choice at each place."""
        most = max(map(len, examples.choices or ()), default=0)
        counts = np.bincount(self.place(examples), minlength=most).tolist()
        return {f"choice {place + 1}": count for place, count in enumerate(counts)}

    def describe(self, examples: Examples) -> str:
        told = [f"{count:,} at {place}" for place, count in self.tally(examples).items()]
        return f"right answers by their place: {', '.join(told)}"

    def summary(self, names: Sequence[str]) -> str:
        return "the likeliest one"

    def limits_told(self) -> list[str]:
        return []

    def check_loss_options(self, given: Mapping[str, object]) -> None:
        if given:
            raise InputError(f"--{next(iter(given))} is for labels of whole texts", received="a task with choices")

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        raise InputError("--class_weights is for labels of whole texts", received="a task with choices")

    # --- What outputs mean ---

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        """Returns the label and the text of the likeliest choice, and the probabilities in the order of the choices."""
        choices, place = outputs[CHOICES][index], int(outputs[PLACE][index])
        shown = outputs[PROBABILITIES][index][: len(choices)].tolist()
        return {
            "label": outputs[CHOICE_LABELS][index][place],
            "answer": choices[place],
            "probabilities": [round(value, 6) for value in shown],
        }

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return CHOICE_METRICS

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        is_right = np.asarray(outputs[PLACE] == targets)
        return {name: float(self.metrics[name](is_right)) for name in metrics}

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is that of Matthews, of places; errors are wrong answers."""
        return evidence_of_places(outputs[PLACE], targets, outputs[PROBABILITIES].shape[1], "the places of choices")


def columns_of_unnamed(answers: AnswerSpace, choices: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Returns the columns of choices that nobody has named: they are called as in training."""
    assert isinstance(answers, Choice)
    return columns_of_choices(choices, list(map(answers.labels_of, choices)))


def columns_of_choices(choices: Sequence[Sequence[str]], labels: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Returns the columns that `Choice.read` takes beside the outputs: texts and labels of choices, object [M] each."""
    columns = {}
    for name, values in ((CHOICES, choices), (CHOICE_LABELS, labels)):
        columns[name] = np.empty(len(values), object)
        columns[name][:] = [tuple(each) for each in values]
    return columns
