"""Strings in, answers out: the function that `bert-tf predict` calls and that a SavedModel serves."""

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.evaluation.windows import pool
from bert_tf.tasks.objectives.objective import Objective
from bert_tf.tasks.task import Task
from bert_tf.text.step import TextStep, padded

TEXT, TEXT_PAIR = "text", "text_pair"
LOGITS = "logits"


class Predictor:
    """Answers for texts or for word pieces, with the model's present weights."""

    def __init__(self, model: keras.Model, objective: Objective, text_step: TextStep, task: Task):
        """Traces nothing yet.

        Args:
            model: A model with trained weights.
            objective: Reads the logits.
            text_step: The text step that the model was trained with.
            task: Gives the labels and how they are chosen.
        """
        self.model, self.objective, self.text_step, self.task = model, objective, text_step, task
        text = tf.TensorSpec([None], tf.string, name=TEXT)
        pair = tf.TensorSpec([None], tf.string, name=TEXT_PAIR)
        ids = [tf.TensorSpec([None, None], feature.dtype, name=feature.name) for feature in features.MODEL_INPUTS]
        self.from_text = tf.function(self._from_text, input_signature=[text, pair] if task.is_pair else [text])
        self.from_ids = tf.function(self._from_ids, input_signature=ids)

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B], and another for pairs -> what the kind of the task answers, by name.

        It is `label` string [B] and `probabilities` float32 [B, C]; for several labels `chosen` bool [B, C] in place of
        the label; for a regression `value` float32 [B, 1] alone. `logits` float32 come with all of them.
        """
        rows = self.text_step.rows(text, text_pair)
        logits = pool(self.model(padded(rows)), rows.text_index, tf.size(text, tf.int64), self.text_step.reading.way)
        return self._answer(logits)

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> the same as `_from_text`."""
        names = (feature.name for feature in features.MODEL_INPUTS)
        return self._answer(self.model(dict(zip(names, inputs, strict=True))))

    def _answer(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = self.objective.answers(logits, self.task)
        return {**self.objective.choose(answers, self.task), self.objective.answer_name: answers, LOGITS: logits}
