"""Any number of labels: one decision a label. N examples, C labels."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import SHOWN_OF_EACH_KIND, Fault, FaultKind, Faults
from bert_tf.errors import InputError, nearest
from bert_tf.metrics.label_sets import MULTI_LABEL_METRICS, best_thresholds
from bert_tf.tasks.answers.label_cells import read_label_cells, split_labels
from bert_tf.tasks.answers.labels import discover_labels
from bert_tf.tasks.answers.one_label import fault_of_name, lacks_labels, named_probabilities
from bert_tf.tasks.answers.space import (
    CHOSEN,
    PROBABILITIES,
    TWO_LINES,
    AnswerSpace,
    Evidence,
    Outputs,
    correlation,
    refuse_lacking,
)

_THRESHOLD = 0.5
SEPARATOR = "|"


@dataclasses.dataclass(frozen=True)
class LabelSet(AnswerSpace):
    """Any number of labels. Outputs are the probability of each, [N, C], and which are chosen, bool [N, C].

    Attributes:
        thresholds: The probability from which on each label is chosen; none for a half each.
        label_separator: What joins the labels of an example.
    """

    kind: ClassVar[str] = "multi_label"
    title: ClassVar[str] = "labels, any number of them"
    default_metrics: ClassVar[tuple[str, ...]] = (
        "f1_micro",
        "f1_macro",
        "f1_samples",
        "subset_accuracy",
        "hamming_loss",
    )
    thresholds: tuple[float, ...] = ()
    label_separator: str = SEPARATOR

    @property
    def limits(self) -> tuple[float, ...]:
        """The probability from which on each label is chosen, one a label."""
        return self.thresholds or (_THRESHOLD,) * len(self.labels)

    @property
    def joint(self) -> str:
        return self.label_separator

    def read_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        return read_label_cells(examples, known, self.label_separator)

    def fault_of(self, label: str) -> FaultKind | None:
        """No label at all is an answer, too; each of several must be one that an example could have alone."""
        if "\n" in label:
            return TWO_LINES
        return next((found for name in self.names(label) if (found := fault_of_name(name))), None)

    def completed(self, train: Examples | None) -> "LabelSet":
        if self.labels:
            return self
        if train is None:
            raise lacks_labels()
        found = (label for text in train.labels or () for label in self.names(text))
        return dataclasses.replace(self, labels=discover_labels(train.origin, found, 1))

    def names(self, label: str) -> list[str]:
        """Returns the labels without the space around them; none if there is none."""
        return split_labels(label, self.label_separator)

    def meaning(self, label: str) -> str:
        return self.label_separator.join(sorted(set(self.names(label))))

    def tally(self, examples: Examples) -> dict[str, int]:
        none = sum(not self.names(label) for label in examples.labels or ())
        return {**self.count(examples), "(none)": none}

    def place(self, examples: Examples) -> np.ndarray:
        """Returns float32 [N, C], 1 for a label that the example has."""
        result = np.zeros((len(examples), len(self.labels)), np.float32)
        position = {label: index for index, label in enumerate(self.labels)}
        faults = Faults(examples.origin)
        kind = FaultKind(f"A label must be one of the task's ({', '.join(self.labels[:20])})")
        for index, text in enumerate(examples.labels or ()):
            for label in self.names(text):
                if label in position:
                    result[index, position[label]] = 1
                else:
                    hint = nearest(label, self.labels) if len(faults) < SHOWN_OF_EACH_KIND else ""
                    faults.add(kind, Fault(examples.location(index), label, hint, examples.label_column))
        faults.raise_if_any(len(examples))
        return result

    def facts(self) -> dict[str, object]:
        return {**super().facts(), "label_separator": self.label_separator}

    def strata(self, examples: Examples) -> Sequence[str] | None:
        return None

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        """Returns the number of examples without the label for each one with it."""
        counts = targets.sum(axis=0)
        refuse_lacking(self.labels, counts)
        always = [label for label, count in zip(self.labels, counts, strict=True) if count == len(targets)]
        if always:
            raise InputError(
                "--class_weights=balanced needs examples with and without every label in the training set",
                received=f"only such with {', '.join(always)}",
                fix="Add others, or give the weights as numbers",
            )
        return np.asarray((len(targets) - counts) / counts)

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        chosen = [label for label, is_chosen in zip(self.labels, outputs[CHOSEN][index], strict=True) if is_chosen]
        return {"labels": chosen, "probabilities": named_probabilities(self.labels, outputs[PROBABILITIES][index])}

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return MULTI_LABEL_METRICS

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        return {name: float(self.metrics[name](targets > 0.5, outputs[CHOSEN])) for name in metrics}

    def fitted(self, outputs: Outputs, targets: np.ndarray) -> "LabelSet":
        """Returns the space with the thresholds that give each label its best F1."""
        return dataclasses.replace(self, thresholds=best_thresholds(targets > 0.5, outputs[PROBABILITIES]))

    def fitted_like(self, other: AnswerSpace | None) -> "LabelSet":
        return dataclasses.replace(self, thresholds=other.thresholds if isinstance(other, LabelSet) else ())

    def tell_fit(self) -> str:
        shown = ", ".join(f"{label} {value:g}" for label, value in zip(self.labels, self.limits, strict=True))
        return f"thresholds with the best F1 on dev, so that its scores flatter: {shown}"

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is the mean of those of each probability with its label; errors are wrong decisions."""
        chosen, labels, probabilities = outputs[CHOSEN], targets > 0.5, outputs[PROBABILITIES]
        told = np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0))
        mean = float(np.mean([correlation(labels[:, index], probabilities[:, index]) for index in told]))
        shares = labels.mean(axis=0)
        beats = (chosen != labels).mean() < np.minimum(shares, 1 - shares).mean()
        return Evidence(
            bool((chosen != chosen[0]).any()), mean, bool(beats), "of probabilities with labels, the mean over these"
        )
