"""Google's `FullTokenizer`, in graph: strings in, WordPiece ids out.

tensorflow-text brings the matcher (`FastWordpieceTokenizer`, linear-time WordPiece, Song et al. 2021), which gives
the ids of text that is already normal. Its own normalisers differ from Google's on control characters, compatibility
forms and long words, so normal form is made here:

1. Lines of printable ASCII with words of ordinary length need lower-casing at most. Most English lines are such.
2. Every other line is decoded to code points, each is replaced by what `characters.py` tabulates for it, words of
   more than 200 characters become unknown, and the line is encoded again.

All ops belong to TensorFlow itself except `FastWordpieceTokenizeWithOffsets`, the one op of tensorflow-text that a
SavedModel of ours asks a server for.
"""

import functools
import string

import tensorflow as tf
import tensorflow_text

from bert_tf.text import characters
from bert_tf.text.vocabulary import UNK, Vocabulary, matchable_entries

MAX_WORD_CHARACTERS = 200
_MAX_WORD_BYTES = 4 * MAX_WORD_CHARACTERS


class WordPieceTokenizer:
    """Splits text into WordPiece ids exactly as `FullTokenizer` of google-research/bert does.

    That lower-cases and removes accents, or does neither; `characters` says what one without the other means.

    Stateless apart from constants, so one object serves `tf.data` and a SavedModel alike.
    """

    def __init__(self, vocabulary: Vocabulary, *, lower_case: bool, strip_accents: bool):
        """Builds the tables.

        Args:
            vocabulary: The vocabulary; ids are positions in it.
            lower_case: Whether to lower-case.
            strip_accents: Whether to remove accents.
        """
        self.lower_case = lower_case
        self._matcher = tensorflow_text.FastWordpieceTokenizer(
            matchable_entries(vocabulary),
            max_bytes_per_word=_MAX_WORD_BYTES,
            token_out_type=tf.int32,
            unknown_token=UNK,
        )
        table = characters.build_character_table(
            vocabulary.alphabet, lower_case=lower_case, strip_accents=strip_accents
        )
        self._unknown = table.unknown
        self._pages = tf.constant(table.pages)
        self._slots = tf.constant(table.slots)
        self._rows = tf.constant(table.rows)
        self._row_lengths = tf.constant((table.rows != characters.NOTHING).sum(axis=1))
        if lower_case:
            case = characters.build_case_table()
            self._ignorable = tf.constant(case.ignorable)
            self._cased = tf.constant(case.cased)

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Returns the ids of the word pieces of each text, without [CLS] and [SEP].

        Args:
            texts: string [N], UTF-8. Bytes that are not UTF-8 are dropped, as Google's decoder does.

        Returns:
            int32 [N, (pieces)].
        """
        return self._matcher.tokenize(self.normalize(texts))

    def normalize(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns the texts with words and punctuation in normal form, string [N].

        Splitting the result at white space and ASCII punctuation gives the words that Google's `BasicTokenizer`
        yields, with every character that no vocabulary entry holds replaced by one stand-in.
        """
        hard = tf.where(tf.logical_not(tf.strings.regex_full_match(texts, _plain_line())))
        plain = tf.strings.lower(texts) if self.lower_case else texts
        return tf.tensor_scatter_nd_update(plain, hard, self._normalize_hard(tf.gather_nd(texts, hard)))

    def _normalize_hard(self, texts: tf.Tensor) -> tf.Tensor:
        code_points = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        if self.lower_case:
            has_sigma = tf.reduce_any(tf.equal(code_points.values, characters.CAPITAL_SIGMA))
            code_points = code_points.with_values(
                tf.cond(has_sigma, lambda: self._lower_final_sigmas(code_points), lambda: code_points.values)
            )
        row = self._row_of(code_points.values)
        chars = tf.reshape(tf.gather(self._rows, row), [-1])
        chars = tf.gather(chars, tf.where(tf.not_equal(chars, characters.NOTHING))[:, 0])
        end_of_row = tf.pad(tf.cumsum(tf.gather(self._row_lengths, row)), [[1, 0]])
        row_splits = tf.gather(end_of_row, code_points.row_splits)
        lines = tf.RaggedTensor.from_row_splits(chars, row_splits, validate=False)
        return tf.strings.unicode_encode(lines.with_values(_hide_long_words(lines, self._unknown)), "UTF-8")

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
        position = tf.where(tf.logical_not(tf.logical_or(is_dropped, _is_in(flat, self._ignorable))))
        char = tf.gather_nd(flat, position)
        cased = _is_in(char, self._cased)
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


def _is_in(values: tf.Tensor, ordered: tf.Tensor) -> tf.Tensor:
    """Whether each value occurs in an ascending list: int32 [C], int32 [K] -> bool [C]."""
    index = tf.minimum(tf.searchsorted(ordered, values), tf.size(ordered) - 1)
    return tf.equal(tf.gather(ordered, index), values)


@functools.cache
def _plain_line() -> str:
    """A pattern for lines that only lower-casing separates from normal form."""
    word = f"[0-9A-Za-z]{{0,{MAX_WORD_CHARACTERS}}}"
    between = "[\\t\\n\\r " + "".join("\\" + char for char in string.punctuation) + "]"
    return f"{word}(?:{between}{word})*"
