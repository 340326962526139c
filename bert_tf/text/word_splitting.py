"""The words of texts in graph, by the rule of `word_borders`."""

import dataclasses

import numpy as np
import tensorflow as tf

from bert_tf.text.word_borders import Part, parts_of_all

_PAGE_BITS = 8


@dataclasses.dataclass(frozen=True)
class Words:
    """The words of N texts.

    Attributes:
        pieces: int32 [N, (words), (pieces)].
        starts: int32 [N, (words)], the first character of each word, in the text as written.
        ends: int32 [N, (words)], the one after its last.
    """

    pieces: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


@dataclasses.dataclass(frozen=True)
class WordTexts:
    """The same, not cut into pieces yet.

    Attributes:
        texts: string [N, (words)], UTF-8.
        starts: int32 [N, (words)].
        ends: int32 [N, (words)].
    """

    texts: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


class WordSplitter:
    """Finds the words of texts. Stateless apart from constants."""

    def __init__(self) -> None:
        """Builds the table, in two stages."""
        pages, page_of_block = np.unique(parts_of_all().reshape(-1, 1 << _PAGE_BITS), axis=0, return_inverse=True)
        self._parts = tf.constant(pages.reshape(-1).astype(np.int32))
        self._pages = tf.constant(page_of_block.reshape(-1).astype(np.int32))

    def split(self, texts: tf.Tensor) -> WordTexts:
        """Returns the words of texts: string [N], UTF-8; bytes that are no UTF-8 count for nothing."""
        written = tf.strings.unicode_decode(texts, "UTF-8", errors="ignore")
        starts, ends = self._spans(written)
        by_text = tf.searchsorted(starts, written.row_splits, out_type=tf.int64)
        texts_of_words = tf.strings.unicode_encode(_slices(written.values, starts, ends), "UTF-8")
        origins = tf.repeat(written.row_starts(), by_text[1:] - by_text[:-1])
        columns = (texts_of_words, tf.cast(starts - origins, tf.int32), tf.cast(ends - origins, tf.int32))
        return WordTexts(*(tf.RaggedTensor.from_row_splits(each, by_text, validate=False) for each in columns))

    def _spans(self, written: tf.RaggedTensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Where words begin and end among the characters of all texts, int32 [N, (characters)]: int64 [W] twice."""
        parts, count = self._parts_of(written.values), tf.size(written.values, tf.int64)
        places = tf.where((parts != Part.MARK) & (parts != Part.NOTHING))[:, 0]
        part, text = tf.gather(parts, places), tf.gather(written.value_rowids(), places)
        before = tf.pad(part[:-1], [[1, 0]], constant_values=Part.GAP)[: tf.size(part)]
        text_before = tf.pad(text[:-1], [[1, 0]], constant_values=-1)[: tf.size(text)]
        continues = (part == Part.INNER) & (before == Part.INNER) & (text == text_before)
        is_of_word = part != Part.GAP
        begins = is_of_word & ~continues
        word = tf.boolean_mask(tf.cumsum(tf.cast(begins, tf.int64)) - 1, is_of_word)
        starts = tf.boolean_mask(places, begins)
        lasts = tf.math.unsorted_segment_max(tf.boolean_mask(places, is_of_word), word, tf.size(starts, tf.int64))
        others = tf.pad(tf.where(parts != Part.MARK)[:, 0], [[0, 1]], constant_values=count)
        behind_marks = tf.gather(others, tf.searchsorted(others, lasts + 1))
        limits = tf.gather(written.row_limits(), tf.gather(written.value_rowids(), lasts))
        return starts, tf.minimum(behind_marks, limits)

    def _parts_of(self, code_points: tf.Tensor) -> tf.Tensor:
        page = tf.gather(self._pages, tf.bitwise.right_shift(code_points, _PAGE_BITS))
        return tf.gather(
            self._parts, page * (1 << _PAGE_BITS) + tf.bitwise.bitwise_and(code_points, (1 << _PAGE_BITS) - 1)
        )


def _slices(values: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor) -> tf.RaggedTensor:
    """Parts of a list: int32 [C], int64 [W] twice -> int32 [W, (characters)]."""
    places = tf.ragged.range(starts, ends)
    return places.with_values(tf.gather(values, places.values))
