"""Where the texts and labels of a task stand in its files. Values only: nothing here imports TensorFlow."""

import dataclasses
import enum
from collections.abc import Mapping


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
        only: A column, and the value that it has in the rows that count; None if all rows do. `{language}` in it, or in
            the name, stands for --language.
        aliases: Labels that the file writes in two ways: what is written, and what is meant.
        has_broken_rows: Whether rows are known to lack columns in the published file; they are passed over and counted.
    """

    name: str
    first: int
    second: int | None = None
    label: int | None = None
    id: int | None = None
    header: str | None = None
    only: tuple[int, str] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    has_broken_rows: bool = False

    def in_language(self, language: str) -> "TsvFile":
        """Returns the file of a language; the file itself if there is but one."""
        only = None if self.only is None else (self.only[0], self.only[1].format(language=language))
        return dataclasses.replace(self, name=self.name.format(language=language), only=only)

    @property
    def columns(self) -> int:
        """How many columns a row must have at least."""
        return 1 + max(column for column in (self.first, self.second, self.label, self.id) if column is not None)


@dataclasses.dataclass(frozen=True)
class TfdsData:
    """A data set of TensorFlow Datasets.

    Attributes:
        name: Its name there, with its configuration.
        first: Feature that holds the text, or the first text of a pair; one that holds several languages is asked for
            that of --language.
        second: Feature that holds the second text of a pair.
        label: Feature that holds the label as a number.
        id: Feature that holds the example's id; None if the position is its id.
        url: Where TensorFlow Datasets would download it from.
        labels: The task's labels by their numbers there; empty if a label is the number itself.
        splits: The parts that it has, by their names there.
    """

    name: str
    first: str
    second: str | None = None
    label: str = "label"
    id: str | None = "idx"
    url: str = ""
    labels: tuple[str, ...] = ()
    splits: Mapping[Split, str] = dataclasses.field(
        default_factory=lambda: {Split.TRAIN: "train", Split.DEV: "validation", Split.TEST: "test"}
    )
