"""Which examples form which batch, decided before any tensor is made.

In training the order is a pure function of the seed and the step. A run that is resumed therefore needs to know its
step only, and finds the very batches that it would have seen.
"""

import dataclasses
import enum
from collections.abc import Iterator

import numpy as np

_MAX_BATCHES_PER_WINDOW = 64


class Batching(enum.Enum):
    """How rows form batches."""

    PADDED = "padded"
    BUCKETED = "bucketed"


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch, by the numbers of its examples.

    Attributes:
        indices: Integers [B], positions in the data set; -1 for a row that only fills the batch up.
        length: Pieces to which every row is padded.
    """

    indices: np.ndarray
    length: int


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """The batches of a training run.

    The examples form an endless stream, one shuffled pass over the whole set after the other, and every batch takes
    the next `batch_size` of them: each example occurs once an epoch, and no batch is smaller. With bucketing, the
    batches within an epoch are divided into windows of at most 64; the examples of a window are ordered by length, cut
    into batches anew, and these are shuffled. Padding shrinks, while what is learnt in which epoch stays as it was.

    Attributes:
        lengths: int64 [N], pieces of each row.
        batch_size: Examples of a batch.
        max_length: Length of every batch if padded, and the longest one if bucketed.
        batching: How rows form batches.
        seed: Decides the order.
    """

    lengths: np.ndarray
    batch_size: int
    max_length: int
    batching: Batching
    seed: int

    def batches(self, first_step: int, last_step: int) -> Iterator[Batch]:
        """Yields the batches of the steps from `first_step` up to, but without, `last_step`."""
        step = first_step
        while step < last_step:
            first, last = self._window(step)
            for indices in self._rows(first, last)[step - first : last_step - first]:
                yield Batch(indices, _padded_length(self.lengths[indices], self.max_length, self.batching))
            step = last

    def batch(self, step: int) -> Batch:
        """Returns the batch of one step."""
        return next(self.batches(step, step + 1))

    def _window(self, step: int) -> tuple[int, int]:
        """The steps [first, last) of the window that a step is in.

        A step in which an epoch ends and another begins is a window of its own, and no other window reaches over
        epochs: ordered by length, the copies of an example would meet in one batch.
        """
        count, size = len(self.lengths), self.batch_size
        epoch = step * size // count
        first, last = -(-epoch * count // size), (epoch + 1) * count // size
        if step >= last:
            return step, step + 1
        windows = -(-(last - first) // _MAX_BATCHES_PER_WINDOW)
        borders = [first + (last - first) * index // windows for index in range(windows + 1)]
        return max(border for border in borders if border <= step), min(border for border in borders if border > step)

    def _rows(self, first: int, last: int) -> np.ndarray:
        """The examples of the steps [first, last), which are one window: int64 [steps, batch_size]."""
        examples = self._stream(first * self.batch_size, last * self.batch_size)
        if self.batching is Batching.BUCKETED:
            examples = examples[np.argsort(self.lengths[examples], kind="stable")]
            order = _generator(self.seed, 1, first).permutation(last - first)
            return examples.reshape(-1, self.batch_size)[order]
        return examples.reshape(-1, self.batch_size)

    def _stream(self, start: int, stop: int) -> np.ndarray:
        """The examples at positions [start, stop) of the endless stream."""
        count = len(self.lengths)
        epochs = range(start // count, (stop - 1) // count + 1)
        stream = np.concatenate([_generator(self.seed, 0, epoch).permutation(count) for epoch in epochs])
        offset = start - epochs.start * count
        return stream[offset : offset + stop - start]


def evaluation_batches(
    lengths: np.ndarray, batch_size: int, max_length: int, batching: Batching, multiple: int
) -> Iterator[Batch]:
    """Yields batches that hold every example once.

    Args:
        lengths: int64 [N], pieces of each row.
        batch_size: Examples of a batch.
        max_length: Length of every batch if padded, and the longest one if bucketed.
        batching: With bucketing, the examples come in order of their length, the longest first.
        multiple: The last batch is filled up with rows of -1 to a multiple of this.
    """
    order = np.arange(len(lengths))
    if batching is Batching.BUCKETED:
        order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        indices = order[start : start + batch_size]
        filling = -len(indices) % multiple
        yield Batch(
            np.concatenate([indices, np.full(filling, -1, indices.dtype)]),
            _padded_length(lengths[indices], max_length, batching),
        )


def _padded_length(lengths: np.ndarray, max_length: int, batching: Batching) -> int:
    return max_length if batching is Batching.PADDED else int(lengths.max())


def _generator(seed: int, purpose: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, purpose, index])))
