"""A data set as word pieces: columns on three axes. Nothing here imports TensorFlow.

Everything known of a data set is a column: what the model takes, what the loss takes, what leads back from a piece to
the text. This class lists them, digests them and takes rows of them; nobody else names them one by one.
"""

import dataclasses
import enum
import functools
import hashlib
from collections.abc import Mapping

import numpy as np

from bert_tf import features


class Axis(enum.Enum):
    """Of what a column has a value each: T pieces of N rows of M examples."""

    PIECE = "piece"
    ROW = "row"
    EXAMPLE = "example"


class Use(enum.Enum):
    """Who takes a column: the model, the loss, or the host, which finds its way back to the text by it."""

    INPUT = "input"
    TARGET = "target"
    ANCHOR = "anchor"


@dataclasses.dataclass(frozen=True)
class Column:
    """One thing that is known of a data set.

    Attributes:
        axis: Of what it has a value each.
        use: Who takes it.
        values: The values, [T, ...], [N, ...] or [M, ...]; may be a memory map.
    """

    axis: Axis
    use: Use
    values: np.ndarray


@dataclasses.dataclass(frozen=True)
class TokenTable:
    """Rows of word pieces of different lengths, and all that is known of them. T pieces, N rows, M examples.

    Attributes:
        columns: By name; those of the model and the loss have the names of `features`.
        row_splits: int64 [N + 1]; row i has the pieces [row_splits[i], row_splits[i + 1]).
        example_index: int64 [N], the example that each row is of, in ascending order; every example has a row.
        long_examples: How many examples have more pieces than a row holds.
        truth: What is right of each example, [M], where that is no column: texts, for example. None if it is one.
    """

    columns: Mapping[str, Column]
    row_splits: np.ndarray
    example_index: np.ndarray
    long_examples: int = 0
    truth: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.example_index)

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each row, int64 [N]."""
        return np.diff(self.row_splits)

    @functools.cached_property
    def example_count(self) -> int:
        """How many examples there are, M."""
        return int(self.example_index[-1]) + 1 if len(self) else 0

    @property
    def has_windows(self) -> bool:
        """Whether an example has several rows."""
        return self.example_count < len(self)

    @functools.cached_property
    def example_splits(self) -> np.ndarray:
        """Example i has the rows [example_splits[i], example_splits[i + 1]), int64 [M + 1]."""
        return np.searchsorted(self.example_index, np.arange(self.example_count + 1))

    @property
    def whole_examples(self) -> np.ndarray | None:
        """`example_splits` where a batch must take all rows of an example, which are compared; None elsewhere."""
        return self.example_splits if features.CHOICE_PLACES in self.columns else None

    @functools.cached_property
    def answering(self) -> np.ndarray | None:
        """The pieces that answer for their words, int64 [W], in the order of the words; None if examples answer."""
        if features.IS_ANSWER not in self.columns:
            return None
        return np.flatnonzero(self.columns[features.IS_ANSWER].values)

    @functools.cached_property
    def word_splits(self) -> np.ndarray | None:
        """Example i has the words [word_splits[i], word_splits[i + 1]), int64 [M + 1]; None if examples answer."""
        if self.answering is None:
            return None
        rows = np.searchsorted(self.row_splits, self.answering, side="right") - 1
        counts = np.bincount(self.example_index[rows], minlength=self.example_count)
        return np.concatenate([[0], np.cumsum(counts)])

    @property
    def targets(self) -> np.ndarray:
        """What is right of whatever has an answer: each example, [M] or [M, C], or each word, [W]."""
        if self.truth is not None:
            return self.truth
        values = self.columns[features.LABEL_IDS].values
        return values if self.answering is None else values[self.answering]

    @property
    def counted_targets(self) -> np.ndarray:
        """The targets as often as the loss counts them: that of an example once a window, that of a word once."""
        is_once = self.answering is not None or self.whole_examples is not None
        return self.targets if is_once else self.targets[self.example_index]

    def select(self, axis: Axis, use: Use) -> dict[str, np.ndarray]:
        """Returns the values of some columns by their names."""
        return {name: each.values for name, each in self.columns.items() if (each.axis, each.use) == (axis, use)}

    def by_row(self, use: Use) -> dict[str, np.ndarray]:
        """Returns the values that rows and their examples have, one a row: [N, ...] by name."""
        of_examples = self.select(Axis.EXAMPLE, use)
        if self.has_windows:
            of_examples = {name: values[self.example_index] for name, values in of_examples.items()}
        return {**self.select(Axis.ROW, use), **of_examples}

    def first_rows(self, count: int) -> "TokenTable":
        """Returns the first rows alone, all if there are fewer; of examples that must stay whole, so many of these."""
        if self.whole_examples is not None:
            count = int(self.whole_examples[min(count, self.example_count)])
        splits, index = self.row_splits[: count + 1], self.example_index[:count]
        ends = {Axis.PIECE: splits[-1], Axis.ROW: len(index), Axis.EXAMPLE: index[-1] + 1 if len(index) else 0}
        columns = {
            name: dataclasses.replace(column, values=column.values[: ends[column.axis]])
            for name, column in self.columns.items()
        }
        truth = None if self.truth is None else self.truth[: ends[Axis.EXAMPLE]]
        return TokenTable(columns, splits, index, self.long_examples, truth)

    def digest(self) -> str:
        """Returns SHA-256 of everything, in hexadecimal; the same on every machine."""
        digest = hashlib.sha256(f"{len(self)} {self.long_examples}".encode())
        own = {
            "row_splits": Column(Axis.ROW, Use.ANCHOR, self.row_splits),
            "example_index": Column(Axis.ROW, Use.ANCHOR, self.example_index),
        }
        for name, column in sorted({**self.columns, **own}.items()):
            values = np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("<"))
            digest.update(f"{name} {column.axis.value} {column.use.value} {values.dtype.str} {values.shape}".encode())
            digest.update(values.data if values.size else b"")
        return digest.hexdigest()


@dataclasses.dataclass(frozen=True)
class Rows:
    """The rows that a text step makes of a data set. T pieces, N rows, M examples.

    Attributes:
        input_ids: int32 [T].
        segment_ids: int32 [T].
        row_splits: int64 [N + 1].
        example_index: int64 [N], the example of each row, in ascending order.
        long_examples: How many examples have more pieces than a row holds.
        anchors: What leads back from each piece to the text, [T] by name; none if examples have the answers.
        example_anchors: What else is known of each example, [M] by name.
    """

    input_ids: np.ndarray
    segment_ids: np.ndarray
    row_splits: np.ndarray
    example_index: np.ndarray
    long_examples: int = 0
    anchors: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    example_anchors: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def table(self, supervision: Mapping[str, Column]) -> TokenTable:
        """Returns the rows as a table, with the columns that the loss takes."""
        columns = {
            features.INPUT_IDS: Column(Axis.PIECE, Use.INPUT, self.input_ids),
            features.SEGMENT_IDS: Column(Axis.PIECE, Use.INPUT, self.segment_ids),
            **{name: Column(Axis.PIECE, Use.ANCHOR, values) for name, values in self.anchors.items()},
            **{name: Column(Axis.EXAMPLE, Use.ANCHOR, values) for name, values in self.example_anchors.items()},
            **supervision,
        }
        return TokenTable(columns, self.row_splits, self.example_index, self.long_examples)


def table_of(input_ids: np.ndarray, segment_ids: np.ndarray, row_splits: np.ndarray, targets: np.ndarray) -> TokenTable:
    """Returns the table of examples that have a row and a target each.

    Args:
        input_ids: int32 [T].
        segment_ids: int32 [T].
        row_splits: int64 [N + 1].
        targets: What the loss takes of each example, [N] or [N, C].
    """
    rows = Rows(input_ids, segment_ids, row_splits, np.arange(len(row_splits) - 1))
    return rows.table(target_of_examples(targets, rows))


def target_of_examples(targets: np.ndarray, rows: Rows) -> dict[str, Column]:
    """Returns the column of a task that has one target an example, [M] or [M, C], whatever its rows are."""
    del rows
    return {features.LABEL_IDS: Column(Axis.EXAMPLE, Use.TARGET, targets)}
