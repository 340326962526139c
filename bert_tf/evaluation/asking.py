"""Many texts for one predictor: in batches of like lengths and about as many pieces, answered in their order."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from typing import NamedTuple, TypeVar

import numpy as np

Answer = TypeVar("Answer")
_MOST_PIECES = 2**31 - 1
_BATCHES_PER_CHUNK, _MOST_TEXTS_PER_CHUNK = 64, 4096


class Sizes(NamedTuple):
    """How large each of N texts is.

    Attributes:
        rows: Rows that it makes, int64 [N].
        longest: Pieces of its longest row, int64 [N].
        is_cut: Whether it has more pieces than are read, bool [N].
    """

    rows: np.ndarray
    longest: np.ndarray
    is_cut: np.ndarray


@dataclasses.dataclass(frozen=True)
class Room:
    """How much is asked at once.

    A batch has the pieces of `size` texts that are as long as they may be. So memory has the same bound whatever the
    texts are, and short ones are not asked a few at a time.

    Attributes:
        size: Texts of a batch if all are as long as they may be.
        max_length: Pieces of the longest row that a text can have.
        batches: How many batches are asked at a time.
        most_pieces: A lower bound on the pieces of a batch, where larger ones are slower; None for none.
    """

    size: int
    max_length: int
    batches: int = 1
    most_pieces: int | None = None

    @property
    def pieces(self) -> int:
        """Pieces that a batch may have with its padding."""
        return min(self.size * self.max_length, _MOST_PIECES if self.most_pieces is None else self.most_pieces)

    @property
    def texts(self) -> int:
        """Texts that are ordered by their length together: the more there are, the later comes the first answer."""
        return min(_BATCHES_PER_CHUNK * self.size, _MOST_TEXTS_PER_CHUNK)


def batches_of_like_length(sizes: Sizes, room: Room) -> Iterator[np.ndarray]:
    """Yields the texts of each batch, int64 [B], the longest first: as many as have room, and one at least."""
    order = np.argsort(-sizes.longest, kind="stable")
    start = 0
    while start < len(order):
        taken = np.cumsum(sizes.rows[order[start:]]) * sizes.longest[order[start]]
        stop = start + max(int(np.searchsorted(taken, room.pieces, side="right")), 1)
        yield order[start:stop]
        start = stop


def answer_in_batches(
    batches: Sequence[np.ndarray],
    at_a_time: int,
    ask: Callable[[np.ndarray], list[Answer]],
    report: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """Returns the answers to N texts, in their order.

    Args:
        batches: The texts of each batch, int64 [B]; all of 0 to N - 1 once.
        at_a_time: How many batches are asked at a time.
        ask: A batch -> its answers.
        report: Is told after each batch how many texts are answered.
    """
    answers: dict[int, Answer] = {}
    with futures.ThreadPoolExecutor(at_a_time) as threads:
        # A single batch is no work for threads, whose end would have to be waited for when a signal comes.
        found = threads.map(ask, batches) if len(batches) > 1 else map(ask, batches)
        try:
            for batch, of_batch in zip(batches, found, strict=True):
                answers |= zip(batch.tolist(), of_batch, strict=True)
                report(len(answers))
        finally:
            threads.shutdown(cancel_futures=True)
    return [answers[index] for index in range(len(answers))]
