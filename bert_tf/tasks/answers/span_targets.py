"""Where the answers to questions stand among the pieces of their windows. M questions, N windows."""

import numpy as np

from bert_tf import features
from bert_tf.data.table import Rows

_NOWHERE = np.iinfo(np.int32).max


def pieces_of_answers(targets: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last piece of each question's context that has a character of the learnt answer, int [M].

    Where there is none, they are the largest int32 and -1.
    """
    learnt = [asked.learnt for asked in targets]
    begins = np.array([-1 if answer is None else answer.start for answer in learnt], np.int32)
    ends = np.array([-1 if answer is None else answer.start + len(answer.text) for answer in learnt], np.int32)
    counts = np.diff(rows.row_splits)
    asked = np.repeat(rows.example_index, counts)
    first_chars, end_chars = rows.anchors[features.FIRST_CHARS], rows.anchors[features.END_CHARS]
    is_inside = (first_chars >= 0) & (end_chars > begins[asked]) & (first_chars < ends[asked])
    pieces = rows.anchors[features.PIECE_INDEX]
    by_question = rows.row_splits[np.searchsorted(rows.example_index, np.arange(len(targets)))]
    firsts = np.minimum.reduceat(np.where(is_inside, pieces, _NOWHERE), by_question)
    lasts = np.maximum.reduceat(np.where(is_inside, pieces, -1), by_question)
    return firsts, lasts


def positions_in_rows(places: np.ndarray, rows: Rows) -> np.ndarray:
    """Where in each row a piece of its question's context stands, int64 [N]; 0 where the row is without it."""
    counts = np.diff(rows.row_splits)
    wanted = np.repeat(places[rows.example_index], counts)
    found = np.flatnonzero((rows.anchors[features.PIECE_INDEX] == wanted) & (wanted >= 0))
    row = np.searchsorted(rows.row_splits, found, side="right") - 1
    positions = np.zeros(len(counts), np.int64)
    positions[row] = found - rows.row_splits[row]
    return positions
