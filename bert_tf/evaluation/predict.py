"""Strings in, answers out: the function that `bert-tf predict` calls and that a SavedModel serves."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.evaluation.windows import pool
from bert_tf.tasks.answers.space import ENDS, SPLITS, STARTS, Outputs
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS
from bert_tf.tasks.task import Task
from bert_tf.text.step import TextStep, padded, with_positions

TEXT, TEXT_PAIR = "text", "text_pair"


def make_predictor(model: keras.Model, text_step: TextStep, task: Task) -> "Predictor":
    """Returns what answers for texts: one answer a text, or one a word where the task has such."""
    return (WordPredictor if task.answers.of_words else Predictor)(model, text_step, task)


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
        self._objective = objective_for(task.answers)
        # Of any rank, so that a text that is no list is refused in words that tell what to send.
        text, pair = (tf.TensorSpec(None, tf.string, name=name) for name in (TEXT, TEXT_PAIR))
        ids = [tf.TensorSpec([None, None], feature.dtype, name=feature.name) for feature in features.MODEL_INPUTS]
        texts = [text, pair] if task.is_pair else [text]
        self.from_text = tf.function(self._from_text, input_signature=texts)
        self._decided_from_text = tf.function(self._columns, input_signature=texts, autograph=False)
        self.from_ids = tf.function(self._from_ids, input_signature=ids)

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
        texts = _as_lists(given)
        rows = self.text_step.rows(*texts)
        return pool(self.model(padded(rows)), rows.text_index, tf.size(texts[0], tf.int64), self.text_step.reading.way)

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> the same as `_from_text`."""
        names = (feature.name for feature in features.MODEL_INPUTS)
        return self._answer(self.model(with_positions(dict(zip(names, inputs, strict=True)))))

    def answer(self, *texts: Sequence[str]) -> Outputs:
        """Returns what the model says of texts, or of pairs of texts, decided: columns by name, [B, ...] each."""
        columns = self._decided_from_text(*map(tf.constant, texts))
        return {name: tensor.numpy() for name, tensor in columns.items()}

    def _decided(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._objective.decide(self._objective.answers(logits))

    def _answer(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return {**self._objective.serve(self._decided(logits)), LOGITS: logits}


class WordPredictor(Predictor):
    """Answers for the words of texts, as BERT's tokenizer splits them. B texts with W words in all."""

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B] -> the tags of the words of each text, and the entities that they spell; see `TagsObjective`."""
        return self._objective.serve(self._columns(text))

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> `logits` float32 [B, L, C], one score a tag."""
        names = (feature.name for feature in features.MODEL_INPUTS)
        return {LOGITS: self.model(with_positions(dict(zip(names, inputs, strict=True))))}

    def _columns(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """The decided columns, [W, ...] each, with `splits`, and where the words stand in their texts."""
        (text,) = _as_lists(texts)
        words = self.text_step.words(text)
        rows = self.text_step.rows_of_words(words.pieces)
        logits = self.model(padded(rows))
        is_answer = rows.anchors[features.IS_ANSWER].to_tensor() > 0
        answers = self._objective.answers(tf.boolean_mask(logits, is_answer))
        decided = self._objective.decide({**answers, SPLITS: words.starts.row_splits})
        return {**decided, STARTS: words.starts.values, ENDS: words.ends.values}


def _as_lists(texts: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Texts as they came, string of any shape -> string [B] each.

    Raises:
        tf.errors.InvalidArgumentError: If they are no lists, or not as many second texts as first ones.
    """
    names = (TEXT, TEXT_PAIR)[: len(texts)]
    checks = [
        tf.debugging.assert_equal(tf.rank(text), 1, f"{name} must be a list of texts, such as [text] for one")
        for name, text in zip(names, texts, strict=True)
    ]
    if len(texts) > 1:
        message = f"{TEXT_PAIR} must have as many texts as {TEXT}"
        checks.append(tf.debugging.assert_equal(tf.size(texts[1]), tf.size(texts[0]), message))
    with tf.control_dependencies([check for check in checks if check is not None]):
        return [tf.reshape(text, [-1]) for text in texts]
