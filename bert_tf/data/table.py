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
    """

    columns: Mapping[str, Column]
    row_splits: np.ndarray
    example_index: np.ndarray
    long_examples: int = 0

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
        """What the loss takes of whatever has an answer: each example, [M] or [M, C], or each word, [W]."""
        values = self.columns[features.LABEL_IDS].values
        return values if self.answering is None else values[self.answering]

    @property
    def counted_targets(self) -> np.ndarray:
        """The targets as often as the loss counts them: that of an example once a window, that of a word once."""
        return self.targets if self.answering is not None else self.by_row(Use.TARGET)[features.LABEL_IDS]

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
        """Returns the first rows alone, all if there are fewer."""
        splits, index = self.row_splits[: count + 1], self.example_index[:count]
        ends = {Axis.PIECE: splits[-1], Axis.ROW: len(index), Axis.EXAMPLE: index[-1] + 1 if len(index) else 0}
        columns = {
            name: dataclasses.replace(column, values=column.values[: ends[column.axis]])
            for name, column in self.columns.items()
        }
        return TokenTable(columns, splits, index, self.long_examples)

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


def table_of(
    input_ids: np.ndarray,
    segment_ids: np.ndarray,
    row_splits: np.ndarray,
    targets: np.ndarray,
    *,
    example_index: np.ndarray | None = None,
    long_examples: int = 0,
    anchors: Mapping[str, np.ndarray] | None = None,
) -> TokenTable:
    """Returns the table of a task that has one target an example, or one a word.

    Args:
        input_ids: int32 [T].
        segment_ids: int32 [T].
        row_splits: int64 [N + 1].
        targets: What the loss takes of each example, [M] or [M, C]; of each word, int32 [W], if pieces have anchors.
        example_index: int64 [N], the example of each row; None if every row is an example of its own.
        long_examples: How many examples have more pieces than a row holds.
        anchors: What leads back from each piece to the words, int32 [T] by name; none if examples have the answers.
    """
    columns = {
        features.INPUT_IDS: Column(Axis.PIECE, Use.INPUT, input_ids),
        features.SEGMENT_IDS: Column(Axis.PIECE, Use.INPUT, segment_ids),
        **(_targets_of_words(targets, anchors) if anchors else {}),
    }
    columns.setdefault(features.LABEL_IDS, Column(Axis.EXAMPLE, Use.TARGET, targets))
    index = np.arange(len(row_splits) - 1) if example_index is None else example_index
    return TokenTable(columns, row_splits, index, long_examples)


def _targets_of_words(targets: np.ndarray, anchors: Mapping[str, np.ndarray]) -> dict[str, Column]:
    """The columns that lead back to words, and the target of each at the piece that answers for it."""
    answers = anchors[features.IS_ANSWER].astype(bool)
    labels = np.zeros(len(answers), np.int32)
    labels[answers] = targets
    return {
        **{name: Column(Axis.PIECE, Use.ANCHOR, values) for name, values in anchors.items()},
        features.LABEL_IDS: Column(Axis.PIECE, Use.TARGET, labels),
        features.LABEL_WEIGHTS: Column(Axis.PIECE, Use.TARGET, answers.astype(np.float32)),
    }
