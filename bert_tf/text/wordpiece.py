"""Google's `FullTokenizer`, in graph: strings in, WordPiece ids out.

tensorflow-text brings the matcher (`FastWordpieceTokenizer`, linear-time WordPiece, Song et al. 2021), which gives
the ids of text that is already normal. Its own normalisers differ from Google's on control characters, compatibility
forms and long words, so normal form is made here:

1. Lines of printable ASCII with words of ordinary length need lower-casing at most. Most English lines are such.
2. Every other line is decoded to code points, each is replaced by what `characters.py` tabulates for it, words of
   more than 200 characters become unknown (`normal_form.py`), and the line is encoded again.

All ops belong to TensorFlow itself except `FastWordpieceTokenizeWithOffsets`, the one op of tensorflow-text that a
SavedModel of ours asks a server for.
"""

import functools
import string

import tensorflow as tf
import tensorflow_text

from bert_tf.text.normal_form import MAX_WORD_CHARACTERS, NormalForm, Normalizer
from bert_tf.text.offsets import Pieces, in_source_characters
from bert_tf.text.vocabulary import UNK, Vocabulary, matchable_entries

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
        self._normalizer = Normalizer(vocabulary, lower_case=lower_case, strip_accents=strip_accents)

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Returns the ids of the word pieces of each text, without [CLS] and [SEP].

        Args:
            texts: string [N], UTF-8. Bytes that are not UTF-8 are dropped, as Google's decoder does.

        Returns:
            int32 [N, (pieces)].
        """
        return self._matcher.tokenize(self.normalize(texts))

    def tokenize_with_offsets(self, texts: tf.Tensor) -> Pieces:
        """Returns the ids that `tokenize` gives, each with the characters of its text that it stands for.

        Args:
            texts: string [N], UTF-8. Offsets count the characters of `text.decode("utf-8", errors="ignore")`, which
                `offsets.py` says more of.
        """
        hard = _hard_lines(texts)
        form = self._normalizer.normal_form(tf.gather(texts, hard))
        normal = self._with_hard_lines(texts, hard, form)
        return in_source_characters(Pieces(*self._matcher.tokenize_with_offsets(normal)), hard, form)

    def normalize(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns the texts with words and punctuation in normal form, string [N].

        Splitting the result at white space and ASCII punctuation gives the words that Google's `BasicTokenizer`
        yields, with every character that no vocabulary entry holds replaced by one stand-in.
        """
        hard = _hard_lines(texts)
        return self._with_hard_lines(texts, hard, self._normalizer.normal_form(tf.gather(texts, hard)))

    def _with_hard_lines(self, texts: tf.Tensor, hard: tf.Tensor, form: NormalForm) -> tf.Tensor:
        plain = tf.strings.lower(texts) if self.lower_case else texts
        return tf.tensor_scatter_nd_update(plain, hard[:, tf.newaxis], tf.strings.unicode_encode(form.chars, "UTF-8"))


def _hard_lines(texts: tf.Tensor) -> tf.Tensor:
    """Which lines more than lower-casing separates from normal form: string [N] -> int64 [H]."""
    return tf.where(tf.logical_not(tf.strings.regex_full_match(texts, _plain_line())))[:, 0]


@functools.cache
def _plain_line() -> str:
    """A pattern for lines that only lower-casing separates from normal form."""
    word = f"[0-9A-Za-z]{{0,{MAX_WORD_CHARACTERS}}}"
    between = "[\\t\\n\\r " + "".join("\\" + char for char in string.punctuation) + "]"
    return f"{word}(?:{between}{word})*"
