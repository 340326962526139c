"""Strings in, answers out: the function that `bert-tf predict` calls and that a SavedModel serves."""

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.tasks.objective import Objective
from bert_tf.tasks.task import Task
from bert_tf.text.step import TextStep

TEXT, TEXT_PAIR = "text", "text_pair"
LABEL, PROBABILITIES, LOGITS = "label", "probabilities", "logits"


class Predictor:
    """Answers for texts or for word pieces, with the model's present weights."""

    def __init__(self, model: keras.Model, objective: Objective, text_step: TextStep, task: Task):
        """Traces nothing yet.

        Args:
            model: A model with trained weights.
            objective: Reads the logits.
            text_step: The text step that the model was trained with.
            task: Gives the labels.
        """
        self.model, self.objective, self.text_step, self.task = model, objective, text_step, task
        self._labels = tf.constant(task.labels)
        text = tf.TensorSpec([None], tf.string, name=TEXT)
        pair = tf.TensorSpec([None], tf.string, name=TEXT_PAIR)
        ids = [tf.TensorSpec([None, None], feature.dtype, name=feature.name) for feature in features.MODEL_INPUTS]
        self.from_text = tf.function(self._from_text, input_signature=[text, pair] if task.is_pair else [text])
        self.from_ids = tf.function(self._from_ids, input_signature=ids)

    def _from_text(self, text: tf.Tensor, text_pair: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """String [B], and another for pairs -> `label` string [B], `probabilities` and `logits` float32 [B, C]."""
        return self._answer(self.text_step.logits(self.model, text, text_pair))

    def _from_ids(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of `features.MODEL_INPUTS`, int32 [B, L] -> the same as `_from_text`."""
        names = (feature.name for feature in features.MODEL_INPUTS)
        return self._answer(self.model(dict(zip(names, inputs, strict=True))))

    def _answer(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            LABEL: tf.gather(self._labels, tf.argmax(logits, axis=-1)),
            PROBABILITIES: self.objective.probabilities(logits),
            LOGITS: logits,
        }
