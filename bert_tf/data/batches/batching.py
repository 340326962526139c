"""Which examples form which batch and where in it they stand, decided before any tensor is made.

In training the order is a pure function of the seed and the step. A run that is resumed therefore needs to know its
step only, and finds the very batches that it would have seen.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator

import numpy as np

from bert_tf.data.batches.batch import Batch, Batching, lay_out
from bert_tf.data.batches.packing import RowShape, choose_rows, deal, pack
from bert_tf.data.batches.units import Units

_BATCHES_PER_WINDOW = 64
_ROW_LENGTHS = 8  # How many are tried out.
_SAMPLED_STEPS = 1000


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """The batches of a training run.

    The examples form an endless stream, one shuffled pass over the whole set after the other, and every batch takes
    the next `batch_size` of them: each example occurs once an epoch, and no batch is smaller. Then examples change
    places between the batches of an epoch. With bucketing these are divided into windows of at most 64; the examples of
    a window are ordered by length, cut into batches anew, and these are shuffled. With packing the examples are dealt
    so that all batches have about the same number of pieces; those few of the next epoch with which the last batch ends
    are dealt along. Padding shrinks, while what is learnt in which epoch stays as it was, but for these few.

    With `tokens_per_batch` a batch has as many examples as fit into so many pieces, padding included, and the last
    batch of an epoch has what is left.

    An example is a row here, unless `splits` says which rows are taken as a whole: of those then a batch takes so many,
    and none of them is divided.

    Attributes:
        lengths: int64 [N], pieces of each row.
        batch_size: Examples of a batch.
        max_length: Length of every batch if padded, and of the longest example otherwise.
        batching: How rows form batches.
        seed: Decides the order.
        parts: Parts of a batch: replicas times accumulation steps.
        tokens_per_batch: Bound on rows times length of a batch, in place of `batch_size`; 0 for none.
        splits: The rows that are taken as a whole; see `Units`.
    """

    lengths: np.ndarray
    batch_size: int
    max_length: int
    batching: Batching
    seed: int
    parts: int = 1
    tokens_per_batch: int = 0
    splits: np.ndarray | None = None

    @functools.cached_property
    def units(self) -> Units:
        """What a batch takes as a whole."""
        return Units(self.lengths, self.splits)

    def batches(self, first_step: int, last_step: int) -> Iterator[Batch]:
        """Yields the batches of the steps from `first_step` up to, but without, `last_step`."""
        step = first_step
        while step < last_step:
            first, groups = self._window(step)
            for group in groups[step - first : last_step - first]:
                shapes, slots = self.row_shapes, self._slots
                yield lay_out(
                    group, self.lengths, self.max_length, self.batching, self.parts, shapes, slots, self.units
                )
            step = first + len(groups)

    def batch(self, step: int) -> Batch:
        """Returns the batch of one step."""
        return next(self.batches(step, step + 1))

    def shapes(self, steps: int) -> list[RowShape]:
        """Returns rows and length of each batch of the first steps, of 1000 at most."""
        count = min(steps, _SAMPLED_STEPS)
        if len(self._first_shapes) < count:  # Asked for more than once, and for a large set it takes half a second.
            first = len(self._first_shapes)
            self._first_shapes.extend(RowShape(batch.rows, batch.length) for batch in self.batches(first, count))
        return self._first_shapes[:count]

    @functools.cached_property
    def _first_shapes(self) -> list[RowShape]:
        return []

    def count_steps(self, epochs: float) -> int:
        """Returns the number of steps of a run, rounded down as in google-research/bert."""
        if not self.tokens_per_batch:
            return int(len(self.units) / self.batch_size * epochs)
        whole = math.floor(epochs)
        count = sum(len(self._epoch(epoch)) for epoch in range(whole))
        return count + int(len(self._epoch(whole)) * (epochs - whole)) if epochs > whole else count

    @functools.cached_property
    def row_shapes(self) -> tuple[RowShape, ...]:
        """The rows of a part if the batches are packed: what almost every part fits into, with little to spare."""
        if self.batching is not Batching.PACKED:
            return ()
        if self.tokens_per_batch:
            room = self.tokens_per_batch // self.parts
            lengths = np.linspace(int(self.lengths.max()), min(self.max_length, room), _ROW_LENGTHS).astype(int)
            shapes = [RowShape(room // length, min(self.max_length, room // (room // length))) for length in lengths]
            return (max((shape for shape in shapes if shape.rows >= self.units.most_rows), key=self._filled_share),)
        parts = [self.lengths[self.units.rows(part)] for group in self._window(0)[1] for part in self._deal(group)]
        return choose_rows([part for part in parts if len(part)], self.max_length)

    @property
    def _slots(self) -> int:
        """Rows that a part has room for, where shapes are fixed; else 0, for as many as there are."""
        most = self.units.most_rows
        if self.batching is Batching.BUCKETED:
            return 0
        if not self.tokens_per_batch:
            return -(-self.batch_size // self.parts) * most
        if not self.row_shapes:
            return self.tokens_per_batch // self.parts // self.max_length
        (shape,) = self.row_shapes
        return int(1.25 * shape.rows * shape.length / self.lengths.mean()) + most

    @property
    def _most_examples(self) -> int:
        """Examples that surely have slots enough in a batch, if pieces are bounded and rows fixed."""
        return self._slots // self.units.most_rows * self.parts

    def _deal(self, group: np.ndarray) -> list[np.ndarray]:
        return deal(group, self.units.pieces, self.parts)

    def _window(self, step: int) -> tuple[int, list[np.ndarray]]:
        """The window that a step is in: its first step, and the examples of each of its batches."""
        if self.tokens_per_batch:
            first, epoch = 0, 0
            while step >= first + len(self._epoch(epoch)):
                first, epoch = first + len(self._epoch(epoch)), epoch + 1
            return first, self._epoch(epoch)
        first, last = self._borders(step)
        examples = self._stream(first * self.batch_size, last * self.batch_size)
        return first, self._divide(examples, last - first, first)

    def _borders(self, step: int) -> tuple[int, int]:
        """The steps [first, last) of the window that a step is in.

        A step in which an epoch ends and another begins is a window of its own, and no other window reaches over
        epochs: ordered by length, the copies of an example would meet in one batch. If packed, the window is the whole
        epoch with that step, so that the number of pieces hardly varies.
        """
        count, size = len(self.units), self.batch_size
        epoch = step * size // count
        first, last = -(-epoch * count // size), (epoch + 1) * count // size
        if self.batching is Batching.PACKED:
            return first, -(-(epoch + 1) * count // size)
        if step >= last:
            return step, step + 1
        windows = -(-(last - first) // _BATCHES_PER_WINDOW)
        borders = [first + (last - first) * index // windows for index in range(windows + 1)]
        return max(border for border in borders if border <= step), min(border for border in borders if border > step)

    def _divide(self, examples: np.ndarray, count: int, window: int) -> list[np.ndarray]:
        """Divides the examples of a window, in their shuffled order, into batches of equal size."""
        if self.batching is Batching.PADDED:
            return list(examples.reshape(count, -1))
        by = self.units.longest if self.batching is Batching.BUCKETED else self.units.pieces
        ordered = examples[np.argsort(-by[examples], kind="stable")]
        if self.batching is Batching.BUCKETED:
            groups = ordered.reshape(count, -1)
        else:  # To and fro like cards. Dealt by `deal`, batches are more alike still, and models seem to learn less.
            groups = ordered.reshape(-1, count).copy()
            groups[1::2] = groups[1::2, ::-1]
            groups = groups.T
        return list(groups[_generator(self.seed, 1, window).permutation(count)])

    @functools.cached_property
    def _epochs(self) -> dict[int, list[np.ndarray]]:
        return {}

    def _epoch(self, epoch: int) -> list[np.ndarray]:
        """The examples of each batch of an epoch, if pieces are bounded and not examples."""
        if epoch not in self._epochs:
            self._epochs[epoch] = self._cut_epoch(epoch)
        return self._epochs[epoch]

    def _cut_epoch(self, epoch: int) -> list[np.ndarray]:
        examples = self._shuffled(epoch)
        if self.row_shapes:
            return self._fill(examples, self.row_shapes[0])
        if self.batching is Batching.PADDED:
            return np.split(examples, range(0, len(examples), self._most_examples)[1:])
        # What an example takes in a part if its longest row is the longest there, and if all have as many rows.
        padded = self.units.longest * self.units.most_rows
        size = max(int(_BATCHES_PER_WINDOW * self.tokens_per_batch / self.units.pieces.mean()), 1)
        groups: list[np.ndarray] = []
        for start in range(0, len(examples), size):
            window = examples[start : start + size]
            window = window[np.argsort(-padded[window], kind="stable")]
            cut = _cut(window, padded[window], self.tokens_per_batch // self.parts, self.parts)
            groups += [cut[index] for index in _generator(self.seed, 2 + epoch, start).permutation(len(cut))]
        return groups

    def _fill(self, examples: np.ndarray, shape: RowShape) -> list[np.ndarray]:
        """Cuts examples, in their order, into groups that each take as many as the rows have room for."""
        ends = np.cumsum(self.units.pieces[examples])
        groups, start = [], 0
        while start < len(examples):
            room = shape.rows * shape.length * self.parts + (ends[start - 1] if start else 0)
            stop = min(int(np.searchsorted(ends, room, side="right")), start + self._most_examples)
            while not self._fits(examples[start:stop], shape):
                stop -= 1 + (stop - start) // 64
            groups.append(examples[start:stop])
            start = stop
        return groups

    def _filled_share(self, shape: RowShape) -> float:
        """What share of the bound on pieces the rows hold of as many shuffled examples as would just fill it."""
        room = self.tokens_per_batch // self.parts
        lengths = self.lengths[self.units.rows(self._shuffled(0))]
        sample = lengths[: np.searchsorted(np.cumsum(lengths), room, side="right")]
        starts, _ = pack(sample, shape)
        return float(sample[starts < shape.rows * shape.length].sum()) / room

    def _fits(self, group: np.ndarray, shape: RowShape) -> bool:
        shares = [self.lengths[self.units.rows(share)] for share in self._deal(group)]
        return all(pack(share, shape)[1] <= shape.rows for share in shares)

    def _stream(self, start: int, stop: int) -> np.ndarray:
        """The examples at positions [start, stop) of the endless stream."""
        count = len(self.units)
        epochs = range(start // count, (stop - 1) // count + 1)
        stream = np.concatenate([self._shuffled(epoch) for epoch in epochs])
        offset = start - epochs.start * count
        return stream[offset : offset + stop - start]

    def _shuffled(self, epoch: int) -> np.ndarray:
        return _generator(self.seed, 0, epoch).permutation(len(self.units)).astype(np.int32)


def _cut(examples: np.ndarray, lengths: np.ndarray, tokens: int, parts: int) -> list[np.ndarray]:
    """Cuts examples that are in order of length, the longest first, into groups whose rows have so many pieces at most.

    Args:
        examples: int32 [N].
        lengths: Pieces of each with its padding, int64 [N].
        tokens: Bound on the number of examples of a part times the pieces of the longest.
        parts: Parts of a group.
    """
    groups, start = [], 0
    while start < len(examples):
        stop = start + tokens // int(lengths[start]) * parts
        groups.append(examples[start:stop])
        start = stop
    return groups


def _generator(seed: int, purpose: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, purpose, index])))
