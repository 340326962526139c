"""Which evaluation was best, and whether it is time to stop."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_PREFIX = "early_stopping/"


@dataclasses.dataclass(frozen=True)
class Standing:
    """How the evaluations of a run went so far.

    Attributes:
        best_value: The best score of the metric; not a number before the first evaluation.
        best_step: Its step.
        without_improvement: Evaluations since.
        stopped: Whether patience ran out.
    """

    best_value: float = math.nan
    best_step: int = 0
    without_improvement: int = 0
    stopped: bool = False

    def after(self, step: int, value: float, patience: int, *, is_best: bool) -> "Standing":
        """Returns the standing after one more evaluation.

        Args:
            step: Updates done.
            value: The score.
            patience: Evaluations without improvement after which to stop; 0 for never.
            is_best: Whether it is better than all before.
        """
        if is_best:
            return Standing(value, step)
        waited = self.without_improvement + 1
        return dataclasses.replace(self, without_improvement=waited, stopped=bool(patience) and waited >= patience)

    def evaluated_step(self, interval: int) -> int:
        """The step of the last evaluation, of those that come at each interval.

        Args:
            interval: Steps between evaluations. The last one of a run may come sooner; then this is a later step.
        """
        return self.best_step + self.without_improvement * interval

    def to_state(self) -> dict[str, np.ndarray]:
        """The standing as tensors for a checkpoint."""
        return {f"{_PREFIX}{name}": np.asarray(value, np.float64) for name, value in dataclasses.asdict(self).items()}

    def to_json(self) -> dict[str, object]:
        """The standing in what JSON can hold."""
        return {**dataclasses.asdict(self), "best_value": None if math.isnan(self.best_value) else self.best_value}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> "Standing":
        """The reverse of `to_json`."""
        return cls(**{**tree, "best_value": math.nan if tree["best_value"] is None else tree["best_value"]})

    @classmethod
    def from_state(cls, state: Mapping[str, np.ndarray]) -> "Standing":
        """The reverse of `to_state`."""
        value = {field.name: float(state[f"{_PREFIX}{field.name}"]) for field in dataclasses.fields(cls)}
        return cls(
            best_value=value["best_value"],
            best_step=int(value["best_step"]),
            without_improvement=int(value["without_improvement"]),
            stopped=bool(value["stopped"]),
        )
