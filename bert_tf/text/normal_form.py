"""Normal form of any line: code points are decoded, and each is replaced by what `characters.py` tabulates for it.

The two rules that look at neighbours stand here: the last capital sigma of a word, and words that are too long.
"""

import dataclasses

import tensorflow as tf

from bert_tf.text import characters
from bert_tf.text.vocabulary import Vocabulary

MAX_WORD_CHARACTERS = 200


@dataclasses.dataclass(frozen=True)
class NormalForm:
    """What became of H lines with C characters in all.

    Attributes:
        written: int32 [H, (characters)], the lines as they are written.
        counts: int64 [C], how many characters of the normal form each of them became.
        chars: int32 [H, (characters of the normal form)].
    """

    written: tf.RaggedTensor
    counts: tf.Tensor
    chars: tf.RaggedTensor


class Normalizer:
    """Brings lines into the form in which word pieces are looked up. Stateless apart from constants."""

    def __init__(self, vocabulary: Vocabulary, *, lower_case: bool, strip_accents: bool):
        """Builds the tables.

        Args:
            vocabulary: The vocabulary whose characters are told apart.
            lower_case: Whether to lower-case.
            strip_accents: Whether to remove accents.
        """
        table = characters.build_character_table(
            vocabulary.alphabet, lower_case=lower_case, strip_accents=strip_accents
        )
        self._lower_case = lower_case
        self._unknown = table.unknown
        self._pages = tf.constant(table.pages)
        self._slots = tf.constant(table.slots)
        self._rows = tf.constant(table.rows)
        self._row_lengths = tf.constant((table.rows != characters.NOTHING).sum(axis=1))
        if lower_case:
            case = characters.build_case_table()
            self._ignorable = tf.constant(case.ignorable)
            self._cased = tf.constant(case.cased)

    def normal_form(self, texts: tf.Tensor) -> NormalForm:
        """Returns what becomes of texts: string [H], UTF-8; bytes that are not UTF-8 are dropped."""
        written = tf.strings.unicode_decode(texts, "UTF-8", errors="ignore")
        code_points = written.values
        if self._lower_case:
            has_sigma = tf.reduce_any(tf.equal(code_points, characters.CAPITAL_SIGMA))
            code_points = tf.cond(has_sigma, lambda: self._lower_final_sigmas(written), lambda: written.values)
        row = self._row_of(code_points)
        chars = tf.reshape(tf.gather(self._rows, row), [-1])
        chars = tf.gather(chars, tf.where(tf.not_equal(chars, characters.NOTHING))[:, 0])
        counts = tf.gather(self._row_lengths, row)
        row_splits = tf.gather(tf.pad(tf.cumsum(counts), [[1, 0]]), written.row_splits)
        lines = tf.RaggedTensor.from_row_splits(chars, row_splits, validate=False)
        return NormalForm(written, counts, lines.with_values(_hide_long_words(lines, self._unknown)))

    def _row_of(self, code_points: tf.Tensor) -> tf.Tensor:
        """The row of the table for each code point: int32 [C] -> int32 [C]."""
        page = tf.gather(self._pages, tf.bitwise.right_shift(code_points, 8))
        return tf.gather(self._slots, page * 256 + tf.bitwise.bitwise_and(code_points, 255))

    def _lower_final_sigmas(self, code_points: tf.RaggedTensor) -> tf.Tensor:
        """Gives a capital sigma at the end of a word its own lower case (Unicode 3.13, Final_Sigma).

        Among the characters that are not looked through, it is final if the one before is cased and the one after
        is not. The ends of a line count as not cased.

        Args:
            code_points: int32 [N, (characters)].

        Returns:
            int32 [characters in all].
        """
        flat = code_points.values
        is_dropped = tf.equal(tf.gather(self._row_lengths, self._row_of(flat)), 0)
        position = tf.where(tf.logical_not(tf.logical_or(is_dropped, is_in(flat, self._ignorable))))
        char = tf.gather_nd(flat, position)
        cased = is_in(char, self._cased)
        line = tf.gather_nd(code_points.value_rowids(), position)
        same_line = tf.equal(line[1:], line[:-1])
        cased_before = tf.pad(tf.logical_and(cased[:-1], same_line), [[1, 0]])
        cased_after = tf.pad(tf.logical_and(cased[1:], same_line), [[0, 1]])
        is_final = tf.equal(char, characters.CAPITAL_SIGMA) & cased_before & ~cased_after
        where = tf.boolean_mask(position, is_final)
        return tf.tensor_scatter_nd_update(flat, where, tf.fill(tf.shape(where)[:1], characters.FINAL_SIGMA))


def _hide_long_words(chars: tf.RaggedTensor, unknown: int) -> tf.Tensor:
    """Replaces the characters of words that are too long for WordPiece by the unknown character.

    Args:
        chars: int32 [N, (characters)], words set apart by spaces.
        unknown: The unknown character.

    Returns:
        int32 [characters in all].
    """
    values = chars.values
    is_space = tf.equal(values, characters.SPACE)
    starts_line = tf.scatter_nd(
        chars.row_splits[:-1, tf.newaxis],
        tf.ones_like(chars.row_splits[:-1]),
        [tf.size(values, tf.int64) + 1],
    )[:-1]
    word = tf.cumsum(tf.cast(is_space, tf.int64) + starts_line)
    length = tf.math.unsorted_segment_sum(tf.cast(~is_space, tf.int32), word, tf.reduce_max(tf.pad(word, [[0, 1]])) + 1)
    too_long = tf.gather(length > MAX_WORD_CHARACTERS, word)
    return tf.where(tf.logical_and(too_long, ~is_space), unknown, values)


def is_in(values: tf.Tensor, ordered: tf.Tensor) -> tf.Tensor:
    """Whether each value occurs in an ascending list: int32 [C], int32 [K] -> bool [C]."""
    index = tf.minimum(tf.searchsorted(ordered, values), tf.size(ordered) - 1)
    return tf.equal(tf.gather(ordered, index), values)
