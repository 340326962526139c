"""Strings in, answers out: the function that `bert-tf predict` calls and that a SavedModel serves."""

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.choices import COUNT_RULE, FEWEST_CHOICES, MOST_CHOICES
from bert_tf.data.table import Rows
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

_BLANK = r"[\t-\r\x1c-\x20\x{85}\pZ]+"  # What Python calls white space, and nothing else.
_ROW_SPLITS, _INPUT_IDS = "row_splits", "input_ids"


def make_predictor(model: keras.Model, text_step: TextStep, task: Task) -> "Predictor":
    """Returns what answers for examples of the task, whatever they consist of."""
    return PREDICTORS[task.answers.template](model, text_step, task)


class Predictor:
    """Answers for texts or for word pieces, with the model's present weights."""

    def __init__(self, model: keras.Model, text_step: TextStep, task: Task):
        """Traces nothing yet.

        Args:
            model: A model with trained weights.
            text_step: The text step that the model was trained with.
            task: Gives the answers and how they are decided on.
        """
        self.model, self.text_step, self.task = model, text_step, task
        self._objective = objective_for(task.answers).of(model)
        # Of any rank, so that a text that is no list is refused in words that tell what to send.
        text, pair = (tf.TensorSpec(None, tf.string, name=name) for name in self._names)
        ids = [tf.TensorSpec([None, None], feature.dtype, name=feature.name) for feature in features.MODEL_INPUTS]
        texts = [text, pair] if task.is_pair or task.answers.template is Template.CHOICES else [text]
        self.from_text = tf.function(self._from_text, input_signature=texts)
        self._decided_from_text = tf.function(self._columns, input_signature=texts, autograph=False)
        self.from_ids = tf.function(self._from_ids, input_signature=ids)

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

    def _logits(self, *given: tf.Tensor) -> tf.Tensor:
        texts = _as_lists(given, self._names)
        rows = self.text_step.rows(*texts)
        return pool(self.model(padded(rows)), rows.text_index, tf.size(texts[0], tf.int64), self.text_step.reading.way)

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> the same as `_from_text`."""
        return self._answer(self._logits_of_ids(*inputs))

    def _logits_of_ids(self, *inputs: tf.Tensor) -> tf.Tensor:
        return self.model(with_positions(_as_rows(inputs, self.model.encoder.config)))

    def answer(self, *texts: Sequence[Any]) -> Outputs:
        """Returns what the model says of texts, or of pairs of texts, decided: columns by name, [B, ...] each."""
        columns = self._decided_from_text(*map(tf.constant, texts))
        return {name: tensor.numpy() for name, tensor in columns.items()}

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

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B] -> the tags of the words of each text, and the entities that they spell; see `TagsObjective`."""
        return self._objective.serve(self._columns(text))

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The decided columns, [W, ...] each, with `splits`, and where the words stand in their texts."""
        (text,) = _as_lists(texts, self._names)
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
        logits = self.model(padded(rows))
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

    def answer_words(
        self, sentences: Sequence[Sequence[str]], contexts: Sequence[tuple[Sequence[str], Sequence[str]]] | None = None
    ) -> Outputs:
        """Returns what the model says of words that somebody has cut, decided: columns by name, [W, ...] each.

        `starts` and `ends` are the places of words in a text that has one space between them; `words` are the words.

        Args:
            sentences: The words of each of B texts.
            contexts: The words before and those after each text, which are read and have no answers; None for none.
        """
        around = [((), ())] * len(sentences) if contexts is None else contexts
        parts = (sentences, [before for before, _ in around], [after for _, after in around])
        columns = {name: each.numpy() for name, each in self._decided_from_words(*map(_ragged, parts)).items()}
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
        questions, contexts = _as_lists([text, text_pair], self._names)
        rows = self.text_step.rows_of_contexts(questions, contexts)
        return self._of_contexts.serve_rows(self.model(padded(rows)), rows, contexts)

    @property
    def _of_contexts(self) -> SpansObjective:
        assert isinstance(self._objective, SpansObjective)
        return self._objective

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The logits of all pieces, float32 [T, 2], and what leads back from them to the contexts."""
        rows = self.text_step.rows(*_as_lists(texts, self._names))
        logits = self.model(padded(rows))
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

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        questions, choices = _as_table(texts[0], texts[1], self._names)
        rows = self.text_step.rows_of_choices(questions, tf.RaggedTensor.from_tensor(choices, padding=""))
        splits = tf.searchsorted(rows.text_index, tf.range(tf.size(questions, tf.int64) + 1))
        most = tf.shape(choices, tf.int64)[1]
        return self._decided(by_choice(self.model(padded(rows))[:, 0], tf.cast(splits, tf.int64), most))

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


def _as_table(questions: tf.Tensor, choices: tf.Tensor, names: Sequence[str]) -> tuple[tf.Tensor, tf.Tensor]:
    """Questions and choices as they came, string of any shape -> string [B] and [B, K].

    Raises:
        tf.errors.InvalidArgumentError: If they are no list and no table, not of as many questions, or a question has
            too few or too many choices, a blank one, or one behind an empty one.
    """
    one, many = names
    (listed,) = _as_lists([questions], names)
    message = f'{many} must be lists of texts, "" behind the last of each'
    with _checked(tf.debugging.assert_equal(tf.rank(choices), 2, message)):
        shape = tf.shape(choices)
        table = tf.reshape(choices, [shape[0], shape[-1]])
    # Where there is no question, there may be no column of choices either.
    table = tf.pad(table, [[0, 0], [0, tf.maximum(FEWEST_CHOICES - tf.shape(table)[1], 0)]])
    is_blank = tf.strings.regex_full_match(table, _BLANK)
    is_given = tf.not_equal(table, "")
    counts = tf.reduce_sum(tf.cast(is_given, tf.int32), axis=1)
    is_before_end = tf.sequence_mask(counts, tf.shape(table)[1])
    with _checked(
        tf.debugging.assert_equal(tf.shape(table)[0], tf.size(listed), f"{many} must have a list for each {one}"),
        tf.debugging.assert_greater_equal(counts, FEWEST_CHOICES, COUNT_RULE),
        tf.debugging.assert_less_equal(counts, MOST_CHOICES, COUNT_RULE),
        tf.debugging.assert_equal(tf.reduce_any(is_blank), tf.constant(False), COUNT_RULE),
        tf.debugging.assert_equal(is_given, is_before_end, f'{many} must not be "" before another one'),
    ):
        return tf.identity(listed), tf.identity(table)


def _as_rows(inputs: Sequence[tf.Tensor], config: EncoderConfig) -> dict[str, tf.Tensor]:
    """Word pieces as they came -> the features of `features.MODEL_INPUTS` by name, int32 [B, L] each.

    Raises:
        tf.errors.InvalidArgumentError: If they have different shapes, rows are longer than the model has positions
            for, or a number is none that the model knows.
    """
    limits = (config.vocab_size, 2, config.type_vocab_size)  # Of pieces, of a mask, and of the texts of a pair.
    names = [feature.name for feature in features.MODEL_INPUTS]
    most = config.max_position_embeddings
    message = f"A row of {names[0]} must have at most {most} word pieces"
    checks = [tf.debugging.assert_less_equal(tf.shape(inputs[0])[1], most, message)]
    for name, values, limit in zip(names, inputs, limits, strict=True):
        same = f"{name} must have the shape of {names[0]}"
        checks.append(tf.debugging.assert_equal(tf.shape(values), tf.shape(inputs[0]), same))
        is_known = tf.reduce_all((values >= 0) & (values < limit))
        known = f"{name} must be whole numbers from 0 to {limit - 1}"
        checks.append(tf.debugging.assert_equal(is_known, tf.constant(True), known))
    with _checked(*checks):
        return {name: tf.identity(values) for name, values in zip(names, inputs, strict=True)}


def _checked(*checks: tf.Operation | None) -> contextlib.AbstractContextManager:
    """What is computed in the block comes after checks, of which those that need no graph are done."""
    return tf.control_dependencies([check for check in checks if check is not None])


def _as_lists(texts: Sequence[tf.Tensor], names: Sequence[str]) -> list[tf.Tensor]:
    """Texts as they came, string of any shape -> string [B] each.

    Args:
        texts: One or two tensors.
        names: What they are called.

    Raises:
        tf.errors.InvalidArgumentError: If they are no lists, or not as many second texts as first ones.
    """
    checks = [
        tf.debugging.assert_equal(tf.rank(text), 1, f"{name} must be a list of texts, such as [text] for one")
        for name, text in zip(names, texts, strict=False)
    ]
    if len(texts) > 1:
        message = f"{names[1]} must have as many texts as {names[0]}"
        checks.append(tf.debugging.assert_equal(tf.size(texts[1]), tf.size(texts[0]), message))
    with _checked(*checks):
        return [tf.reshape(text, [-1]) for text in texts]
