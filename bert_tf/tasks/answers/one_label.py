"""One of several labels, and one of several labels in order. N examples, C labels."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.readers.rules import CONTROL, control_fault
from bert_tf.errors import InputError
from bert_tf.metrics.classes import (
    CLASSIFICATION_METRICS,
    OF_TWO_LABELS,
    ORDINAL_METRICS,
    confusion_matrix,
    matthews_correlation,
)
from bert_tf.tasks.answers.labels import are_whole, discover_labels, label_places
from bert_tf.tasks.answers.numbers import parse_value
from bert_tf.tasks.answers.space import (
    MISSING,
    PLACE,
    PROBABILITIES,
    TWO_LINES,
    AnswerSpace,
    Evidence,
    Outputs,
    correlation,
    refuse_lacking,
)

_FRACTION = FaultKind(
    "A label must be a name or a whole number, not a number with a fraction",
    "Set --kind=regression, write 1 in place of 1.0, or name such labels by --labels or --labels_file",
)
_SHOWN_LABELS = 20


@dataclasses.dataclass(frozen=True)
class OneLabel(AnswerSpace):
    """One of several labels. Outputs are the probability of each, [N, C], and the place of the one chosen, int [N]."""

    kind: ClassVar[str] = "classification"
    title: ClassVar[str] = "labels, one of them"
    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy", "f1_macro", "matthews_correlation")

    def fault_of(self, label: str) -> FaultKind | None:
        return fault_of_name(label)

    def completed(self, train: Examples | None) -> "OneLabel":
        if self.labels or train is None:
            return _with_labels(self)
        return dataclasses.replace(self, labels=discover_labels(train.origin, train.labels or (), 2))

    def own_metrics(self) -> tuple[str, ...]:
        """With two labels, the second one is the positive one of F1."""
        of_two = ("f1",) if len(self.labels) == 2 and "f1" in self.metrics else ()
        return (*self.default_metrics, *of_two)

    def place(self, examples: Examples) -> np.ndarray:
        """Returns int32 [N], the place of the label."""
        return label_places(examples, self.labels)

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        """Returns examples / (labels * examples of the label), so that the mean weight of an example is 1."""
        counts = np.bincount(targets, minlength=len(self.labels))
        refuse_lacking(self.labels, counts)
        return np.asarray(len(targets) / (len(counts) * counts))

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        return {
            "label": self.labels[int(outputs[PLACE][index])],
            "probabilities": named_probabilities(self.labels, outputs[PROBABILITIES][index]),
        }

    @property
    def metrics(self) -> Mapping[str, Callable]:
        """Those of two labels are of the second one, and there are none such with more."""
        if len(self.labels) <= 2:
            return CLASSIFICATION_METRICS
        return {name: metric for name, metric in CLASSIFICATION_METRICS.items() if name not in OF_TWO_LABELS}

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        matrix = confusion_matrix(targets, outputs[PLACE], len(self.labels))
        return {name: float(self.metrics[name](matrix)) for name in metrics}

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is that of Matthews; errors are wrong answers."""
        return evidence_of_places(outputs[PLACE], targets, len(self.labels), "labels")

    def commonest(self, examples: Examples) -> str:
        counts = self.count(examples)
        return max(counts, key=lambda label: counts[label])


@dataclasses.dataclass(frozen=True)
class Ranks(OneLabel):
    """One of several labels that go from the lowest to the highest. Outputs are those of `OneLabel`."""

    kind: ClassVar[str] = "ordinal"
    title: ClassVar[str] = "labels, one of them, the lowest first"
    default_metrics: ClassVar[tuple[str, ...]] = ("quadratic_kappa", "accuracy", "mean_rank_error", "f1_macro")

    def completed(self, train: Examples | None) -> "Ranks":
        found = super().completed(train)
        if not self.labels and not are_whole(found.labels):
            raise InputError(
                "Ordinal labels that are no whole numbers must be given in order",
                received=", ".join(found.labels[:_SHOWN_LABELS]),
                fix="Set --labels, such as --labels=poor,fair,good",
            )
        return dataclasses.replace(self, labels=found.labels)

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return ORDINAL_METRICS

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is that of places; errors are places off."""
        places = outputs[PLACE]
        of_constants = [np.abs(targets - place).sum() for place in range(len(self.labels))]
        beats = np.abs(targets - places).sum() < min(of_constants)
        return Evidence(bool(np.ptp(places) > 0), correlation(targets, places), bool(beats), "of the places of labels")


def evidence_of_places(places: np.ndarray, targets: np.ndarray, labels: int, what: str) -> Evidence:
    """Returns what chosen labels have to do with the right ones, by their places, int [N] each; `what` they are."""
    matrix = confusion_matrix(targets, places, labels)
    beats = np.trace(matrix) > matrix.sum(axis=1).max()
    return Evidence(bool(np.ptp(places) > 0), matthews_correlation(matrix), bool(beats), f"of Matthews, of {what}")


def fault_of_name(label: str) -> FaultKind | None:
    """Returns why a text can't be the name of a label; None if it can."""
    if "\n" in label:
        return TWO_LINES
    if not label or label.lower() == "nan":
        return MISSING
    if control_fault(label):
        return CONTROL
    return _FRACTION if _has_fraction(label) else None


def _has_fraction(label: str) -> bool:
    """Whether it is a number that is no whole one, or is written as if it were none; 1E50 is a name."""
    value = parse_value(label)
    return math.isfinite(value) and ("." in label or not value.is_integer())


def named_probabilities(labels: Sequence[str], row: np.ndarray) -> dict[str, float]:
    """Returns the probability of each label, to six places."""
    return {label: round(float(value), 6) for label, value in zip(labels, row, strict=True)}


def _with_labels(space: OneLabel) -> OneLabel:
    """The space, if it has labels."""
    if not space.labels:
        raise lacks_labels()
    return space


def lacks_labels() -> InputError:
    """The error of a task whose labels nobody tells."""
    return InputError(
        "The labels of the task must be known",
        received="neither a training file nor the folder of a trained model",
        fix="Set --train_file, or --output_dir or --init_checkpoint to the folder of a model that was trained here",
    )
