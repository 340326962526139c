"""The parts of a run's state as they are kept: arrays by name, wherever they are in memory."""

import dataclasses
from typing import Protocol

import numpy as np
import tensorflow as tf


class Stored(Protocol):
    """Something that a checkpoint holds under a name of its own."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""

    def read(self) -> np.ndarray:
        """Returns a copy that later steps don't touch."""

    def write(self, value: np.ndarray) -> None:
        """Sets it."""


@dataclasses.dataclass(frozen=True)
class Whole:
    """A variable.

    Attributes:
        variable: The variable.
    """

    variable: tf.Variable

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.variable.shape)

    def read(self) -> np.ndarray:
        """Returns a copy that later steps don't touch."""
        return np.array(tf.convert_to_tensor(self.variable))

    def write(self, value: np.ndarray) -> None:
        """Sets it."""
        self.variable.assign(value)


@dataclasses.dataclass(frozen=True)
class Slice:
    """A part of a variable of one axis.

    Attributes:
        variable: The variable.
        start: Where the part begins.
        stop: Where it has ended.
    """

    variable: tf.Variable
    start: int
    stop: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return (self.stop - self.start,)

    def read(self) -> np.ndarray:
        """Returns a copy that later steps don't touch."""
        return Whole(self.variable).read()[self.start : self.stop].copy()

    def write(self, value: np.ndarray) -> None:
        """Sets it."""
        values = Whole(self.variable).read()
        values[self.start : self.stop] = value
        self.variable.assign(values)


def whole(variables: dict[str, tf.Variable]) -> dict[str, Stored]:
    """Returns variables by their names as what is stored."""
    return {name: Whole(variable) for name, variable in variables.items()}
