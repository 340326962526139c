"""Where the texts and labels of a task stand in its files. Values only: nothing here imports TensorFlow."""

import dataclasses
import enum


class Split(enum.Enum):
    """A part of a data set. The value is its name in file names."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


@dataclasses.dataclass(frozen=True)
class TsvFile:
    """One tab-separated file without quoting. Columns are numbered from 0.

    Attributes:
        name: Name of the file in --data_dir.
        first: Column of the text, or of the first text of a pair.
        second: Column of the second text of a pair.
        label: Column of the label; None if the file has none.
        id: Column of the example's id; None if the row number is its id.
        header: Name of the column `first` in the first line; None if the first line is a row.
    """

    name: str
    first: int
    second: int | None = None
    label: int | None = None
    id: int | None = None
    header: str | None = None

    @property
    def columns(self) -> int:
        """How many columns a row must have at least."""
        return 1 + max(column for column in (self.first, self.second, self.label, self.id) if column is not None)


@dataclasses.dataclass(frozen=True)
class TfdsData:
    """A data set of TensorFlow Datasets.

    Attributes:
        name: Its name there, with its configuration.
        first: Feature that holds the text, or the first text of a pair.
        second: Feature that holds the second text of a pair.
        label: Feature that holds the label as a number, which is its position among the task's labels.
        id: Feature that holds the example's id.
        url: Where TensorFlow Datasets would download it from.
    """

    name: str
    first: str
    second: str | None = None
    label: str = "label"
    id: str = "idx"
    url: str = ""

    def split_name(self, split: Split) -> str:
        """The name that TensorFlow Datasets gives to a split."""
        return {"dev": "validation"}.get(split.value, split.value)
