"""The parts of a data set. Values only: nothing here imports TensorFlow."""

import dataclasses
import enum


class Role(enum.Enum):
    """What a part of a data set is for."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


@dataclasses.dataclass(frozen=True)
class Split:
    """A part of a data set.

    Attributes:
        role: What it is for. What is there to be tested is predicted, and need not be labelled.
        suffix: What the names of its results have more than those of the first part with this role, such as
            `_mismatched`; empty for the first.
    """

    role: Role
    suffix: str = ""

    @property
    def name(self) -> str:
        """Its name in messages and file names."""
        return self.role.value + self.suffix

    @property
    def is_dev(self) -> bool:
        """Whether a model is scored on it."""
        return self.role is Role.DEV

    @property
    def is_test(self) -> bool:
        """Whether it is predicted, and need not be labelled."""
        return self.role is Role.TEST

    @property
    def is_extra(self) -> bool:
        """Whether only some tasks have it, beside the usual ones."""
        return bool(self.suffix)

    @property
    def prefix(self) -> str:
        """What the names of its scores have before those of the first part with this role, such as `mismatched_`."""
        return f"{self.suffix.removeprefix('_')}_" if self.suffix else ""

    def __str__(self) -> str:
        return self.name.replace("_", " ")


TRAIN, DEV, TEST = Split(Role.TRAIN), Split(Role.DEV), Split(Role.TEST)
USUAL = (TRAIN, DEV, TEST)
