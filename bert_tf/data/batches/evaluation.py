"""The batches of an evaluation, which hold every row once."""

from collections.abc import Iterator

import numpy as np

from bert_tf.data.batches.batch import Batch, Batching, lay_out
from bert_tf.data.batches.packing import RowShape, choose_rows, deal
from bert_tf.data.batches.units import Units


def evaluation_batches(
    lengths: np.ndarray,
    batch_size: int,
    max_length: int,
    batching: Batching,
    parts: int,
    *,
    fixed_size: bool = False,
    splits: np.ndarray | None = None,
) -> Iterator[Batch]:
    """Yields batches that hold every row once.

    Args:
        lengths: int64 [N], pieces of each row.
        batch_size: Rows of a batch, or examples whose rows are taken as a whole.
        max_length: Length of every batch if padded, and of the longest example otherwise.
        batching: With bucketing, the examples come in order of their length, the longest first; with packing they are
            dealt so that all batches have about the same number of pieces.
        parts: Replicas.
        fixed_size: Whether all batches have as many slots, as a TPU wants it.
        splits: The rows that are taken as a whole; see `Units`.
    """
    units = Units(lengths, splits)
    order = np.arange(len(units), dtype=np.int32)
    if batching is Batching.BUCKETED:
        order = order[np.argsort(-units.longest, kind="stable")]
    if batching is Batching.PACKED:
        groups = deal(order, units.pieces, -(-len(order) // batch_size))
    else:
        groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    shapes: tuple[RowShape, ...] = ()
    if batching is Batching.PACKED:
        dealt = [units.rows(part) for group in groups for part in deal(group, units.pieces, parts)]
        shapes = choose_rows([lengths[rows] for rows in dealt if len(rows)], max_length)
    slots = -(-batch_size // parts) * units.most_rows if fixed_size or batching is Batching.PACKED else 0
    for group in groups:
        yield lay_out(group, lengths, max_length, batching, parts, shapes, slots, units)
