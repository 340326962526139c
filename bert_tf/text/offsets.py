"""Where the pieces of a text stand in the text as it is written, in characters: answers and entities are cut by them.

Offsets are indices into the Python `str` of the text, so `text[start:end]` is what a piece stands for, with the case,
the accents, the width and the spaces that the tokenizer takes away. Of bytes, that `str` is
`text.decode("utf-8", errors="ignore")`: bytes that are not UTF-8 are no characters and count for nothing.

1. A character that becomes several (an accent or a Hangul syllable that is decomposed) may be split over two pieces.
   It belongs to both.
2. A piece ends behind the nonspacing marks that follow its last character and were removed as accents: "e" with a
   combining accent comes back whole. A mark with another dropped character before it, or at the beginning of a line,
   is in no piece.
3. Characters that are dropped (control characters, zero-width ones) are in a piece if it continues behind them, and in
   none at its beginning or end.
4. A word that becomes [UNK], also for its length, is one piece from its first character to its last.

The matcher gives bytes of the normal form. A byte belongs to a character of the normal form, which belongs to the
character that it was made of; lines of plain ASCII are their own normal form up to the case, where bytes are
characters.
"""

import dataclasses

import tensorflow as tf

from bert_tf.text.characters import marks
from bert_tf.text.normal_form import NormalForm, is_in


@dataclasses.dataclass(frozen=True)
class Pieces:
    """The word pieces of N texts and where they stand: the three have the same rows.

    Attributes:
        ids: int32 [N, (pieces)].
        starts: int32 [N, (pieces)], the first character of each.
        ends: int32 [N, (pieces)], the one after its last.
    """

    ids: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def in_source_characters(pieces: Pieces, lines: tf.Tensor, form: NormalForm) -> Pieces:
    """Turns offsets in bytes of the normal form into offsets in characters as written.

    Args:
        pieces: Pieces of N texts, with offsets in bytes.
        lines: int64 [H], the texts whose normal form is not the text itself up to the case.
        form: How those came about.
    """
    place = tf.ragged.range(tf.gather(pieces.ids.row_starts(), lines), tf.gather(pieces.ids.row_limits(), lines))
    line = tf.searchsorted(place.row_splits, tf.range(tf.size(place.values, tf.int64)), side="right") - 1
    starts, ends = (tf.cast(offsets.values, tf.int64) for offsets in (pieces.starts, pieces.ends))
    first, end = _source_spans(tf.gather(starts, place.values), tf.gather(ends, place.values), line, form)
    index = place.values[:, tf.newaxis]
    starts, ends = tf.tensor_scatter_nd_update(starts, index, first), tf.tensor_scatter_nd_update(ends, index, end)
    return Pieces(pieces.ids, *(pieces.ids.with_values(tf.cast(offsets, tf.int32)) for offsets in (starts, ends)))


def _source_spans(starts: tf.Tensor, ends: tf.Tensor, line: tf.Tensor, form: NormalForm) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds the characters that pieces were made of.

    Args:
        starts: int64 [P], in bytes of the normal form of the line.
        ends: int64 [P], likewise.
        line: int32 [P], the line of each piece.
        form: The lines.

    Returns:
        int64 [P] twice, in characters of the line as written.
    """
    byte_counts = _utf8_lengths(form.chars.values)
    source = tf.repeat(tf.range(tf.size(form.counts, tf.int64)), form.counts)
    source_of_byte = tf.repeat(source, byte_counts)
    first_bytes = tf.gather(tf.pad(tf.cumsum(byte_counts), [[1, 0]]), form.chars.row_starts())
    first_byte = tf.gather(first_bytes, line)
    first = tf.gather(source_of_byte, first_byte + starts)
    last = tf.gather(source_of_byte, first_byte + ends - 1)
    end = tf.minimum(_behind_marks(form, last + 1), tf.gather(form.written.row_limits(), line))
    origin = tf.gather(form.written.row_starts(), line)
    return first - origin, end - origin


def _behind_marks(form: NormalForm, places: tf.Tensor) -> tf.Tensor:
    """The first character, there or further on in the lines as one, that is no removed mark: int64 [P] -> int64 [P]."""
    written = form.written.values
    is_removed = is_in(written, tf.constant(marks())) & tf.equal(form.counts, 0)
    others = tf.pad(tf.where(~is_removed)[:, 0], [[0, 1]], constant_values=tf.size(written, tf.int64))
    others_before = tf.pad(tf.cumsum(tf.cast(~is_removed, tf.int64)), [[1, 0]])
    return tf.gather(others, tf.gather(others_before, places))


def _utf8_lengths(chars: tf.Tensor) -> tf.Tensor:
    """How many bytes each character has in UTF-8: int32 [C] -> int64 [C]."""
    return 1 + tf.add_n([tf.cast(chars >= first, tf.int64) for first in (0x80, 0x800, 0x10000)])
