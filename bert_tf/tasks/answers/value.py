"""A value: a number in a range, which the model sees scaled to 0..1. N examples."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.errors import InputError
from bert_tf.metrics.values import REGRESSION_METRICS
from bert_tf.tasks.answers.numbers import parse_value
from bert_tf.tasks.answers.one_label import lacks_labels
from bert_tf.tasks.answers.space import MISSING, VALUE, AnswerSpace, Evidence, Outputs, correlation

_NO_NUMBER = FaultKind(
    "The label of a regression must be a finite number",
    "Correct it, with a point and no comma, or choose another --kind",
)
_SMALLEST_SPREAD = 1e-3
_PARTS = 8
_LARGEST_VALUE = 1e16
_FLOAT32_STEP = 2.0**-23  # Beside 1.
_LEAST_STEPS = 1000  # Of float32 between the least and the greatest value.


@dataclasses.dataclass(frozen=True)
class Value(AnswerSpace):
    """A number. The output is the value of each example, float [N, 1], clipped to the range.

    Attributes:
        value_range: The lowest and the highest value; None before the training set has told it.
        is_bounded: Whether a label must lie in the range, because the task defines it and not its examples.
    """

    kind: ClassVar[str] = "regression"
    has_labels: ClassVar[bool] = False
    title: ClassVar[str] = "answer"
    noun: ClassVar[str] = "value"
    result: ClassVar[str] = VALUE
    default_metrics: ClassVar[tuple[str, ...]] = ("pearson", "spearman", "mean_squared_error", "mean_absolute_error")
    value_range: tuple[float, float] | None = None
    is_bounded: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        assert self.value_range is not None
        return self.value_range

    def fault_of(self, label: str) -> FaultKind | None:
        if not label or label.lower() == "nan":
            return MISSING
        value = parse_value(label)
        return None if value == value else _NO_NUMBER

    def named(self, labels: tuple[str, ...]) -> "Value":
        if labels:
            raise InputError("--labels needs labels, and a regression has values", received=",".join(labels))
        return self

    def completed(self, train: Examples | None) -> "Value":
        if self.value_range is not None:
            return self
        if train is None:
            raise lacks_labels()
        values = [parse_value(label) for label in train.labels or ()]
        lowest, highest = min(values), max(values)
        if lowest == highest:
            raise InputError(
                f"{train.origin} must have different values", received=f"{lowest:g} only", fix="Add other examples"
            )
        largest = max(abs(lowest), abs(highest))
        if largest > _LARGEST_VALUE:
            raise InputError(
                f"Values must not be larger than {_LARGEST_VALUE:g}, since float32 must hold their squares",
                received=f"{lowest:g} to {highest:g} in {train.origin}",
                fix="Scale them, for example to between 0 and 1",
            )
        if highest - lowest < _LEAST_STEPS * largest * _FLOAT32_STEP:
            raise InputError(
                "Values must differ by more than float32 can tell, with its seven digits",
                received=f"{lowest!r} to {highest!r} in {train.origin}",
                fix="Subtract the least of them from all",
            )
        return dataclasses.replace(self, value_range=(lowest, highest))

    def meaning(self, label: str) -> str:
        return repr(parse_value(label))

    def names(self, label: str) -> list[str]:
        return []

    def place(self, examples: Examples) -> np.ndarray:
        """Returns float32 [N], scaled so that the range becomes 0..1."""
        if examples.labels is None:
            return np.zeros(len(examples), np.float32)
        lowest, highest = self.ends
        values = np.array([parse_value(label) for label in examples.labels], np.float64)
        faults = Faults(examples.origin)
        for index in np.flatnonzero(np.isnan(values)).tolist():
            faults.add(_NO_NUMBER, Fault(examples.location(index), examples.labels[index], "", examples.label_column))
        if self.is_bounded:
            outside = FaultKind(f"A value of the task must lie between {lowest:g} and {highest:g}", "Correct it")
            for index in np.flatnonzero((values < lowest) | (values > highest)).tolist():
                faults.add(outside, Fault(examples.location(index), examples.labels[index], "", examples.label_column))
        faults.raise_if_any(len(examples))
        return ((values - lowest) / (highest - lowest)).astype(np.float32)

    def unscaled(self, targets: np.ndarray) -> np.ndarray:
        """Returns what targets are in the units of the values, float64 [N]."""
        lowest, highest = self.ends
        return targets.astype(np.float64) * (highest - lowest) + lowest

    def facts(self) -> dict[str, object]:
        return {"kind": self.kind, "range of values": list(self.ends)}

    def strata(self, examples: Examples) -> Sequence[str] | None:
        return None

    def describe(self, examples: Examples) -> str:
        return ""

    def summary(self, names: Sequence[str]) -> str:
        return "a value from {:g} to {:g}".format(*self.ends)

    def limits_told(self) -> list[str]:
        return ["values from {:g} to {:g}; predictions are clipped to this range".format(*self.ends)]

    def tally(self, examples: Examples) -> dict[str, int]:
        """Returns how many values lie in each part of the range; what is outside counts to its ends."""
        values = np.clip([parse_value(label) for label in examples.labels or ()], *self.ends)
        counts, edges = np.histogram(values, _PARTS, self.ends)
        return {
            f"{low:g} to {high:g}": int(count) for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        }

    def check_loss_options(self, given: Mapping[str, object]) -> None:
        for name, value in given.items():
            raise InputError(
                f"--{name} needs labels, and this task has values", received=f"--{name}={value}", fix="Leave it out"
            )

    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        raise AssertionError("The options of the loss were checked before.")

    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        return {"value": round(float(outputs[VALUE][index, 0]), 6)}

    @property
    def metrics(self) -> Mapping[str, Callable]:
        return REGRESSION_METRICS

    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        values = self.unscaled(targets)
        return {name: float(self.metrics[name](values, outputs[VALUE][:, 0])) for name in metrics}

    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """The correlation is the linear one; errors are squared differences."""
        values, predictions = self.unscaled(targets), outputs[VALUE][:, 0].astype(np.float64)
        lowest, highest = self.ends
        beats = np.mean((predictions - values) ** 2) < values.var()
        varies = np.ptp(predictions) / (highest - lowest) > _SMALLEST_SPREAD
        return Evidence(bool(varies), correlation(values, predictions), bool(beats), "of values")
