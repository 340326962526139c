"""Where the texts and labels of a task stand in its files. Values only: nothing here imports TensorFlow."""

import enum


class Split(enum.Enum):
    """A part of a data set. The value is its name in file names.

    MNLI has two more: texts from sources that its training set has none of.
    """

    TRAIN = "train"
    DEV = "dev"
    DEV_MISMATCHED = "dev_mismatched"
    TEST = "test"
    TEST_MISMATCHED = "test_mismatched"

    @property
    def is_test(self) -> bool:
        """Whether it is predicted, and need not be labelled."""
        return self in (Split.TEST, Split.TEST_MISMATCHED)

    @property
    def suffix(self) -> str:
        """What the names of its results have more than those of `dev` and `test`, such as `_mismatched`."""
        return self.value.partition("_")[1] + self.value.partition("_")[2]
