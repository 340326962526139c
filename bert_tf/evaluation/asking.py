"""Many texts for one predictor: in batches of like lengths and about as many pieces, answered in their order."""

import dataclasses
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import TypeVar

import numpy as np

Answer = TypeVar("Answer")
_BATCHES_PER_CHUNK = 64


def batches_of_like_length(rows: np.ndarray, longest: np.ndarray, room: int) -> Iterator[np.ndarray]:
    """Yields the texts of each batch, int64 [B], the longest first: as many as have room, and one at least.

    Args:
        rows: Rows that each text makes, int [N].
        longest: Pieces of the longest row of each, int [N].
        room: Pieces that a batch may have with its padding.
    """
    order = np.argsort(-longest, kind="stable")
    start = 0
    while start < len(order):
        taken = np.cumsum(rows[order[start:]]) * longest[order[start]]
        stop = start + max(int(np.searchsorted(taken, room, side="right")), 1)
        yield order[start:stop]
        start = stop


@dataclasses.dataclass(frozen=True)
class Room:
    """How much is asked at once.

    A batch has the pieces of `size` texts that are as long as they may be. So memory has the same bound whatever the
    texts are, and short ones are not asked a few at a time.

    Attributes:
        size: So many texts are one batch, whatever their lengths.
        max_length: Pieces of the longest row that a text can have.
        batches: How many batches are asked at a time.
    """

    size: int
    max_length: int
    batches: int = 1

    @property
    def texts(self) -> int:
        """Texts that are ordered by their length together: the more there are, the later comes the first answer."""
        return _BATCHES_PER_CHUNK * self.size

    @property
    def pieces(self) -> int:
        """Pieces that a batch may have with its padding."""
        return self.size * self.max_length


def answer_in_batches(
    count: int,
    room: Room,
    sizes: Callable[[], tuple[np.ndarray, np.ndarray]],
    ask: Callable[[np.ndarray], list[Answer]],
    report: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """Returns the answers to texts, in their order.

    Args:
        count: How many texts there are.
        room: How much is asked at once.
        sizes: Gives rows and longest row of each text, int [N] each; not called for a single batch.
        ask: Positions of texts, int64 [B] -> their answers.
        report: Is told after each batch how many texts are answered.
    """
    if count <= room.size:
        return ask(np.arange(count)) if count else []
    batches = list(batches_of_like_length(*sizes(), room.pieces))
    answers: dict[int, Answer] = {}
    with futures.ThreadPoolExecutor(room.batches) as threads:
        try:
            for batch, found in zip(batches, threads.map(ask, batches), strict=True):
                answers |= zip(batch.tolist(), found, strict=True)
                report(len(answers))
        finally:
            threads.shutdown(cancel_futures=True)
    return [answers[index] for index in range(count)]
