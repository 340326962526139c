"""Strings in, answers out: the function that `bert-tf predict` calls and that a SavedModel serves."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.table import Rows
from bert_tf.evaluation.asked import as_lists, as_rows, as_table
from bert_tf.evaluation.asking import Room, Sizes
from bert_tf.models import reading
from bert_tf.tasks.answers.choice import columns_of_unnamed
from bert_tf.tasks.answers.space import ENDS, SPLITS, STARTS, WORDS, Outputs
from bert_tf.tasks.objectives.choice import by_choice
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS
from bert_tf.tasks.objectives.spans import SpansObjective
from bert_tf.tasks.objectives.windows import pool
from bert_tf.tasks.task import Task
from bert_tf.text.rows import PackedRows
from bert_tf.text.step import TextStep, padded, with_positions
from bert_tf.text.template import Template

Contexts = Sequence[tuple[Sequence[str], Sequence[str]]] | None  # The words before and after each of some texts.
_MOST_PIECES_ON_CPU = 4096
_ROW_SPLITS, _INPUT_IDS = "row_splits", "input_ids"


def make_predictor(model: keras.Model, text_step: TextStep, task: Task) -> "Predictor":
    """Returns what answers for examples of the task, whatever they consist of."""
    return PREDICTORS[task.answers.template](model, text_step, task)


class Predictor:
    """Answers for texts or for word pieces, with the weights that the model had when this was made.

    Attributes:
        traces: Whether the first question is answered by a function that is traced for it, which takes a second and
            makes all others faster. Otherwise operations run one after the other, and round a little differently.
    """

    def __init__(self, model: keras.Model, text_step: TextStep, task: Task):
        """Traces nothing yet. Where the model multiplies narrow numbers, its kernels are cast here, once for all.

        Args:
            model: A model with trained weights.
            text_step: The text step that the model was trained with.
            task: Gives the answers and how they are decided on.
        """
        self.model, self.text_step, self.task = model, text_step, task
        self.traces = True
        narrow = reading.cast_once(model.variables, tf.as_dtype(model.encoder.compute_dtype))
        # Variables, since what else a function uses would be exported as a constant in its graph.
        self._kernels = {path: tf.Variable(kernel, trainable=False) for path, kernel in narrow.items()}
        self._objective = objective_for(task.answers).of(model)
        # Of any rank, so that a text that is no list is refused in words that tell what to send.
        text, pair = (tf.TensorSpec(None, tf.string, name=name) for name in self._names)
        ids = [tf.TensorSpec([None, None], feature.dtype, name=feature.name) for feature in features.MODEL_INPUTS]
        texts = [text, pair] if task.is_pair or task.answers.template is Template.CHOICES else [text]
        self.from_text = tf.function(self._from_text, input_signature=texts)
        self._decided_from_text = tf.function(self._columns, input_signature=texts, autograph=False)
        self.from_ids = tf.function(self._from_ids, input_signature=ids)
        self._sizes_of_texts = tf.function(self._measure, input_signature=texts, autograph=False)

    @property
    def _names(self) -> tuple[str, str]:
        """What the texts of an example are called."""
        return self.task.answers.template.fields

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B], and another for pairs -> what the kind of the task answers, by name.

        It is `label` string [B] and `probabilities` float32 [B, C]; for several labels `chosen` bool [B, C] in place of
        the label; for a regression `value` float32 [B, 1] alone. `logits` float32 come with all of them.
        """
        return self._answer(self._logits(text, *([] if text_pair is None else [text_pair])))

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `answer` gives, as tensors."""
        return self._decided(self._logits(*texts))

    def _rows(self, *given: tf.Tensor) -> PackedRows:
        """The rows that texts make."""
        return self.text_step.rows(*as_lists(given, self._names))

    def _logits(self, *given: tf.Tensor) -> tf.Tensor:
        rows = self._rows(*given)
        count = tf.size(given[0], tf.int64)
        return pool(self._outputs(padded(rows)), rows.text_index, count, self.text_step.reading.way)

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> the same as `_from_text`."""
        return self._answer(self._logits_of_ids(*inputs))

    def _logits_of_ids(self, *inputs: tf.Tensor) -> tf.Tensor:
        return self._outputs(with_positions(as_rows(inputs, self.model.encoder.config)))

    def _outputs(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """What the model says of rows, float32 [N, ...]."""
        with reading.using(self._kernels):
            return self.model(inputs)

    def answer(self, *texts: Sequence[Any]) -> Outputs:
        """Returns what the model says of texts, or of pairs of texts, decided: columns by name, [B, ...] each."""
        ask = self._decided_from_text if self.traces else self._columns
        columns = ask(*map(tf.constant, texts))
        return {name: tensor.numpy() for name, tensor in columns.items()}

    @property
    def weights(self) -> list[tf.Variable]:
        """All that the functions read."""
        return [self._kernels.get(variable.path, variable.value) for variable in self.model.variables]

    def room(self, size: int, max_length: int) -> Room:
        """Returns how much is to be asked at once: for size and longest row of a batch that somebody wants."""
        if any(tf.config.list_logical_devices(kind) for kind in ("GPU", "TPU")):
            return Room(size, max_length)
        # The products of one batch leave cores idle that the other can use, and what is larger fits into no cache.
        return Room(size, max_length, batches=2, most_pieces=_MOST_PIECES_ON_CPU)

    def sizes(self, *texts: Sequence[Any]) -> Sizes:
        """Returns how large each of B texts or pairs is."""
        measure = self._sizes_of_texts if self.traces else self._measure
        return Sizes(*(each.numpy() for each in measure(*map(tf.constant, texts))))

    def _measure(self, *given: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return self._sizes_of(self._rows(*given))

    def _sizes_of(self, rows: PackedRows) -> tuple[tf.Tensor, ...]:
        """What `Sizes` has, as tensors."""
        count = tf.size(rows.is_long, tf.int64)
        lengths = rows.input_ids.row_lengths()
        of_each = tf.math.unsorted_segment_sum(tf.ones_like(lengths), rows.text_index, count)
        # A text without a word that is tagged may have no row, of which the longest would be the least of all numbers.
        longest = tf.maximum(tf.math.unsorted_segment_max(lengths, rows.text_index, count), 0)
        return of_each, longest, rows.is_long & (not self.text_step.has_windows)

    def _decided(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._objective.decide(self._objective.answers(logits))

    def _answer(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return {**self._objective.serve(self._decided(logits)), LOGITS: logits}


class PiecePredictor(Predictor):
    """Answers for the pieces of texts."""

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> `logits` float32 [B, L, C], those of each piece."""
        return {LOGITS: self._logits_of_ids(*inputs)}


class WordPredictor(PiecePredictor):
    """Answers for the words of texts, as BERT's tokenizer splits them or as they are given. B texts, W words in all."""

    def __init__(self, model: keras.Model, text_step: TextStep, task: Task):
        """Traces nothing yet; takes what `Predictor` does."""
        super().__init__(model, text_step, task)
        words = [tf.RaggedTensorSpec([None, None], tf.string) for _ in range(3)]
        self._decided_from_words = tf.function(self._of_given_words, input_signature=words, autograph=False)
        self._sizes_of_words = tf.function(self._measure_words, input_signature=words, autograph=False)

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B] -> the tags of the words of each text, and the entities that they spell; see `TagsObjective`."""
        return self._objective.serve(self._columns(text))

    def _rows(self, *given: tf.Tensor) -> PackedRows:
        """The rows that texts make."""
        (text,) = as_lists(given, self._names)
        return self.text_step.rows_of_words(self.text_step.words(text).pieces)

    def sizes(self, *texts: Sequence[Any]) -> Sizes:
        """Returns how large each of B texts is.

        Args:
            texts: B texts; or the words of each, as somebody has cut them.
        """
        (given,) = texts
        return super().sizes(given) if isinstance(given[0], str) else self.sizes_of_words(given)

    def sizes_of_words(self, sentences: Sequence[Sequence[str]], contexts: Contexts = None) -> Sizes:
        """The same of words that somebody has cut; takes what `answer_words` does."""
        measure = self._sizes_of_words if self.traces else self._measure_words
        return Sizes(*(each.numpy() for each in measure(*map(_ragged, _with_context(sentences, contexts)))))

    def _measure_words(self, *words: tf.RaggedTensor) -> tuple[tf.Tensor, ...]:
        return self._sizes_of(self.text_step.rows(*words))

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The decided columns, [W, ...] each, with `splits`, and where the words stand in their texts."""
        (text,) = as_lists(texts, self._names)
        words = self.text_step.words(text)
        decided = self._of_rows(self.text_step.rows_of_words(words.pieces), words.starts.row_splits)
        return {**decided, STARTS: words.starts.values, ENDS: words.ends.values}

    def _of_given_words(self, *words: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Ragged string [B, (words)] three times: the words, those before each text, those after it -> as `_columns`,
        without places.
        """
        return self._of_rows(self.text_step.rows(*words), words[0].row_splits)

    def _of_rows(self, rows: PackedRows, splits: tf.Tensor) -> dict[str, tf.Tensor]:
        """The decided columns of rows, [W, ...] each; `splits` int64 [B + 1] tells whose words they are."""
        logits = self._outputs(padded(rows))
        is_answer = rows.anchors[features.IS_ANSWER].to_tensor() > 0
        answers = self._objective.answers(tf.boolean_mask(logits, is_answer))
        return self._objective.decide({**answers, SPLITS: splits})

    def answer(self, *texts: Sequence[Any]) -> Outputs:
        """Returns what the model says of the words of texts, decided: columns by name, [W, ...] each.

        Args:
            texts: B texts; or the words of each, as somebody has cut them.
        """
        (given,) = texts
        if len(given) and not isinstance(given[0], str):
            return self.answer_words(given)
        found = super().answer(given)
        return {**found, WORDS: _words_of(given, found)}

    def answer_words(self, sentences: Sequence[Sequence[str]], contexts: Contexts = None) -> Outputs:
        """Returns what the model says of words that somebody has cut, decided: columns by name, [W, ...] each.

        `starts` and `ends` are the places of words in a text that has one space between them; `words` are the words.

        Args:
            sentences: The words of each of B texts.
            contexts: The words before and those after each text, which are read and have no answers; None for none.
        """
        parts = _with_context(sentences, contexts)
        ask = self._decided_from_words if self.traces else self._of_given_words
        columns = {name: each.numpy() for name, each in ask(*map(_ragged, parts)).items()}
        lengths = [np.array(list(map(len, words)), np.int32) for words in sentences]
        ends = [np.cumsum(each + 1, dtype=np.int32) - 1 for each in lengths]
        starts = [end - length for end, length in zip(ends, lengths, strict=True)]
        columns[WORDS] = _as_objects(list(itertools.chain.from_iterable(sentences)))
        places = {STARTS: starts, ENDS: ends}
        none = np.zeros(0, np.int32)
        return {**columns, **{name: np.concatenate([none, *each]) for name, each in places.items()}}


class ContextPredictor(PiecePredictor):
    """Answers to questions by spans of their contexts. N questions in R windows with T pieces in all."""

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [N] twice, questions and contexts -> the answers; see `served_spans`."""
        questions, contexts = as_lists([text, text_pair], self._names)
        rows = self.text_step.rows_of_contexts(questions, contexts)
        return self._of_contexts.serve_rows(self._outputs(padded(rows)), rows, contexts)

    @property
    def _of_contexts(self) -> SpansObjective:
        assert isinstance(self._objective, SpansObjective)
        return self._objective

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The logits of all pieces, float32 [T, 2], and what leads back from them to the contexts."""
        rows = self._rows(*texts)
        logits = self._outputs(padded(rows))
        is_piece = tf.sequence_mask(rows.input_ids.row_lengths(), tf.shape(logits)[1])
        anchors = {name: values.values for name, values in rows.anchors.items()}
        pieces = {LOGITS: tf.boolean_mask(logits, is_piece), _INPUT_IDS: rows.input_ids.values, **anchors}
        return {**pieces, _ROW_SPLITS: rows.input_ids.row_splits, features.EXAMPLE_INDEX: rows.text_index}

    def answer(self, *texts: Sequence[str]) -> Outputs:
        """Returns what the model says of questions and their contexts, decided: columns by name."""
        found = super().answer(*texts)
        names = (features.FIRST_CHARS, features.END_CHARS, features.IS_MAX_CONTEXT)
        ids = found[_INPUT_IDS]
        anchors = {name: found[name] for name in names}
        rows = Rows(ids, np.zeros_like(ids), found[_ROW_SPLITS], found[features.EXAMPLE_INDEX], anchors=anchors)
        logits = found[LOGITS]
        return self._of_contexts.space.found(logits[:, 0], logits[:, 1], rows.table({}), texts[1])


class ChoicePredictor(Predictor):
    """Answers to questions with choices. B questions with at most K choices."""

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Questions, string [B], and choices, string [B, K], "" behind the last -> `choice` int32 [B], the place of the
        likeliest, and `probabilities` float32 [B, K].
        """
        return self._objective.serve(self._columns(text, text_pair))

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [N, L], one row a choice -> `logits` float32 [N, 1]."""
        return {LOGITS: self._logits_of_ids(*inputs)}

    def _rows(self, *given: tf.Tensor) -> PackedRows:
        """One row a choice."""
        return self._rows_of_table(*as_table(given[0], given[1], self._names))

    def _rows_of_table(self, questions: tf.Tensor, choices: tf.Tensor) -> PackedRows:
        return self.text_step.rows_of_choices(questions, tf.RaggedTensor.from_tensor(choices, padding=""))

    def sizes(self, *texts: Sequence[Any]) -> Sizes:
        """Returns how large each of M questions is, with a row a choice."""
        questions, choices = texts
        return super().sizes(questions, _filled_up(choices))

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        questions, choices = as_table(texts[0], texts[1], self._names)
        rows = self._rows_of_table(questions, choices)
        splits = tf.searchsorted(rows.text_index, tf.range(tf.size(questions, tf.int64) + 1))
        most = tf.shape(choices, tf.int64)[1]
        return self._decided(by_choice(self._outputs(padded(rows))[:, 0], tf.cast(splits, tf.int64), most))

    def answer(self, *texts: Sequence[Any]) -> Outputs:
        """Returns what the model says of questions and their choices: columns by name, with texts and labels of these.

        Args:
            texts: M questions, and the choices of each.
        """
        questions, choices = texts
        found = super().answer(questions, _filled_up(choices))
        return {**found, **columns_of_unnamed(self.task.answers, choices)}


PREDICTORS: Mapping[Template, type[Predictor]] = {
    Template.TEXTS: Predictor,
    Template.WORDS: WordPredictor,
    Template.CONTEXT: ContextPredictor,
    Template.CHOICES: ChoicePredictor,
}


def _with_context(sentences: Sequence[Sequence[str]], contexts: Contexts) -> tuple[Sequence[Sequence[str]], ...]:
    """The words of texts, those before each and those after it."""
    around = [((), ())] * len(sentences) if contexts is None else contexts
    return sentences, [before for before, _ in around], [after for _, after in around]


def _words_of(texts: Sequence[str], found: Outputs) -> np.ndarray:
    """The words of texts as they are written, object [W], by their places."""
    asked = np.repeat(np.arange(len(texts)), np.diff(found[SPLITS])).tolist()
    places = zip(asked, found[STARTS].tolist(), found[ENDS].tolist(), strict=True)
    return _as_objects([texts[index][start:end] for index, start, end in places])


def _as_objects(words: Sequence[str]) -> np.ndarray:
    column = np.empty(len(words), object)
    column[:] = words
    return column


def _ragged(sentences: Sequence[Sequence[str]]) -> tf.RaggedTensor:
    """The words of B texts: ragged string [B, (words)]."""
    words = tf.constant(list(itertools.chain.from_iterable(sentences)), tf.string)
    lengths = tf.constant(list(map(len, sentences)), tf.int64)
    return tf.RaggedTensor.from_row_lengths(words, lengths, validate=False)


def _filled_up(choices: Sequence[Sequence[str]]) -> list[list[str]]:
    """The choices of questions as a table, "" behind the last."""
    most = max(map(len, choices), default=0)
    return [[*each, *[""] * (most - len(each))] for each in choices]
