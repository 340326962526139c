"""The one step from strings to model inputs, used by `tf.data` in training and by the SavedModel in serving."""

import dataclasses
import functools
import hashlib

import tensorflow as tf
import tensorflow_text

from bert_tf import __version__, features
from bert_tf.text.context_rows import ContextRows, pack_question_context
from bert_tf.text.excerpts import HEAD_ONLY, Reading
from bert_tf.text.rows import PackedRows, pack
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import CLS, SEP, UNK, Vocabulary
from bert_tf.text.word_rows import pack_words
from bert_tf.text.word_splitting import Words, WordSplitter
from bert_tf.text.wordpiece import WordPieceTokenizer

MAX_QUERY_LENGTH = 64  # As in run_squad.py.


class TextStep:
    """Texts to rows of word pieces. Strings stay on the host: what it returns is integers.

    Attributes:
        vocabulary: The vocabulary whose ids it gives.
        lower_case: Whether it lower-cases.
        strip_accents: Whether it removes accents.
        max_seq_length: Longest row, with [CLS] and [SEP].
        reading: How texts are read that are longer.
        template: What an example consists of.
        max_query_length: The most pieces of a question that are read.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        lower_case: bool,
        strip_accents: bool | None = None,
        max_seq_length: int,
        reading: Reading = HEAD_ONLY,
        template: Template = Template.TEXTS,
        max_query_length: int = MAX_QUERY_LENGTH,
    ):
        """Builds the tokenizer; accents are removed where the text is lower-cased unless told otherwise."""
        self.vocabulary = vocabulary
        self.reading = reading
        self.template, self.max_query_length = template, max_query_length
        self.lower_case = lower_case
        self.strip_accents = lower_case if strip_accents is None else strip_accents
        self.max_seq_length = max_seq_length
        self._tokenizer = WordPieceTokenizer(vocabulary, lower_case=self.lower_case, strip_accents=self.strip_accents)

    def rows(
        self, first: tf.Tensor, second: tf.Tensor | None = None, third: tf.RaggedTensor | None = None
    ) -> PackedRows:
        """Returns one row a text or pair of texts, or several where long texts are read in windows.

        Args:
            first: string [N], UTF-8; or ragged [N, (words)], where each word has an answer of its own.
            second: string [N], UTF-8, or None for single texts; the contexts of questions; ragged [N, (choices)]; or
                ragged [N, (words)], the words before those of each text.
            third: ragged [N, (words)], the words after them; None if there is nothing around.
        """
        if isinstance(first, tf.RaggedTensor):
            own, *around = [
                words.with_values(self._tokenizer.tokenize(words.values))
                for words in (first, second, third)
                if words is not None
            ]
            return self.rows_of_words(own, (around[0], around[1]) if around else None)
        if isinstance(second, tf.RaggedTensor):
            return self.rows_of_choices(first, second)
        if self.template is Template.CONTEXT and second is not None:
            return _with_anchors(self.rows_of_contexts(first, second))
        return pack(
            self._tokenizer.tokenize(first),
            None if second is None else self._tokenizer.tokenize(second),
            max_seq_length=self.max_seq_length,
            cls_id=self.vocabulary[CLS],
            sep_id=self.vocabulary[SEP],
            reading=self.reading,
        )

    def rows_of_words(
        self, pieces: tf.RaggedTensor, around: tuple[tf.RaggedTensor, tf.RaggedTensor] | None = None
    ) -> PackedRows:
        """Returns the rows of texts whose words have answers: int32 [N, (words), (pieces)]; see `pack_words`."""
        return pack_words(
            pieces,
            around,
            max_seq_length=self.max_seq_length,
            stride=self.reading.stride,
            cls_id=self.vocabulary[CLS],
            sep_id=self.vocabulary[SEP],
            unknown_id=self.vocabulary[UNK],
        )

    def rows_of_contexts(self, questions: tf.Tensor, contexts: tf.Tensor) -> ContextRows:
        """Returns the rows of questions, string [N], with their contexts, string [N]; see `pack_question_context`."""
        return pack_question_context(
            self._tokenizer.tokenize(questions),
            self._tokenizer.tokenize_with_offsets(contexts),
            max_seq_length=self.max_seq_length,
            max_query_length=self.max_query_length,
            doc_stride=self.reading.stride,
            cls_id=self.vocabulary[CLS],
            sep_id=self.vocabulary[SEP],
        )

    def rows_of_choices(self, questions: tf.Tensor, choices: tf.RaggedTensor) -> PackedRows:
        """Returns one row a choice, those of a question behind one another, each the pair of question and choice.

        Args:
            questions: string [N], UTF-8.
            choices: string [N, (choices)], UTF-8.
        """
        question = choices.value_rowids()
        asked = self._tokenizer.tokenize(questions)
        rows = pack(
            tf.gather(asked, question),
            self._tokenizer.tokenize(choices.values),
            max_seq_length=self.max_seq_length,
            cls_id=self.vocabulary[CLS],
            sep_id=self.vocabulary[SEP],
        )
        is_long = tf.math.unsorted_segment_max(tf.cast(rows.is_long, tf.int32), question, choices.nrows()) > 0
        return dataclasses.replace(rows, text_index=question, is_long=is_long)

    def words(self, texts: tf.Tensor) -> Words:
        """Returns the words of texts, string [N], with their pieces and their places."""
        found = self._splitter.split(texts)
        pieces = found.texts.with_values(self._tokenizer.tokenize(found.texts.values))
        return Words(pieces, found.starts, found.ends)

    @functools.cached_property
    def _splitter(self) -> WordSplitter:
        """What finds words; made where a model asks for them."""
        with tf.init_scope():  # The first to ask may be a function that is being traced.
            return WordSplitter()

    @property
    def fingerprint(self) -> dict[str, str | int]:
        """All that the rows of a text depend on: settings, a checksum of the vocabulary, and whose code it is."""
        return {
            "vocabulary": hashlib.sha256("\n".join(self.vocabulary.entries).encode()).hexdigest(),
            "lower_case": self.lower_case,
            "strip_accents": self.strip_accents,
            "max_seq_length": self.max_seq_length,
            "long_text": self.reading.way.value,
            **({} if self.template is Template.TEXTS else {"template": self.template.value}),
            **({"doc_stride": self.reading.stride} if self.has_windows else {}),
            **({"max_query_length": self.max_query_length} if self.template is Template.CONTEXT else {}),
            "bert_tf": __version__,
            "tensorflow_text": tensorflow_text.__version__,
        }

    @property
    def has_windows(self) -> bool:
        """Whether there may be several rows of a text."""
        return self.reading.way.has_windows or self.template.has_windows

    def model_inputs(self, first: tf.Tensor, second: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Returns the rows as the model takes them, padded to the longest.

        Args:
            first: string [B], UTF-8.
            second: string [B], UTF-8, or None for single texts.

        Returns:
            The features of `features.MODEL_INPUTS`, int32 [R, L].
        """
        return padded(self.rows(first, second))


def _with_anchors(found: ContextRows) -> PackedRows:
    """The rows of contexts, as those of any text."""
    anchors = {
        features.FIRST_CHARS: found.starts,
        features.END_CHARS: found.ends,
        features.PIECE_INDEX: found.pieces,
        features.IS_MAX_CONTEXT: tf.cast(found.is_best, tf.int32),
    }
    is_cut = {features.IS_CUT_QUESTION: tf.cast(found.is_cut_question, tf.int32)}
    return PackedRows(found.input_ids, found.segment_ids, found.text_index, found.is_long, anchors, is_cut)


def padded(rows: PackedRows | ContextRows) -> dict[str, tf.Tensor]:
    """Returns rows as the model takes them, the features of `features.MODEL_INPUTS`, int32 [R, L], L the longest."""
    return with_positions(
        {
            features.INPUT_IDS: rows.input_ids.to_tensor(),
            features.INPUT_MASK: tf.ones_like(rows.input_ids).to_tensor(),
            features.SEGMENT_IDS: rows.segment_ids.to_tensor(),
        }
    )


def with_positions(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns model inputs that have at least one position, also where there is no text, so that no row has a first
    piece: nothing asked is nothing answered, and no failure.

    Args:
        inputs: int32 [R, L] each.
    """
    lacking = tf.cast(tf.equal(tf.shape(inputs[features.INPUT_IDS])[1], 0), tf.int32)
    return {name: tf.pad(tensor, [[0, 0], [0, lacking]]) for name, tensor in inputs.items()}
