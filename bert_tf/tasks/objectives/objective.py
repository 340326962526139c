"""The TensorFlow half of an answer space: its head, its loss and what its outputs answer.

B is the size of a batch, C the number of labels.
"""

import abc
import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import keras
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions

LOGITS, LOSS = "logits", "loss"
Answers = TypeVar("Answers", bound=AnswerSpace)


@dataclasses.dataclass(frozen=True)
class LossTerm:
    """A part of the loss, which is the sum over all terms of `sum(losses * weights)` by the sum of the weights.

    That sum is over the whole batch, on all replicas: it is `Objective.weights` that gives it, before any pass.

    Attributes:
        name: Its name.
        losses: float32, one a thing that can be right or wrong.
        weights: float32 of the same shape: how much each counts, 0 for what only fills up a batch.
    """

    name: str
    losses: tf.Tensor
    weights: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Objective(abc.ABC, Generic[Answers]):
    """What a task asks of a model.

    Attributes:
        space: All answers that it may have.
        options: What the loss pays attention to in training; evaluation has the plain one.
        of_pieces: Whether the head says something of every piece, and the pieces that answer for a word count.
    """

    space: Answers
    options: LossOptions = PLAIN
    of_pieces: ClassVar[bool] = False

    @abc.abstractmethod
    def make_head(self, config: EncoderConfig) -> keras.layers.Layer:
        """Creates the head for an encoder."""

    @abc.abstractmethod
    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the loss of each example, float32 [B].

        Args:
            logits: float32 [B, columns].
            targets: What `AnswerSpace.place` gives, one row an example.
        """

    @abc.abstractmethod
    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what logits, float32 [B, columns], answer, before anything is decided: the column `space.result`.

        Columns that several models give may be averaged.
        """

    @abc.abstractmethod
    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the answers with what follows from them. The rule of decision stands here and nowhere else."""

    def serve(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns what a served model gives of decided answers."""
        return dict(outputs)

    def weights(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the sum of the weights of each term of the loss on a replica's share of a batch, float32 [] each."""
        return {LOSS: tf.reduce_sum(batch[features.IS_REAL_EXAMPLE])}

    def loss_terms(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tuple[LossTerm, ...]:
        """Returns the terms of the loss of a batch.

        Args:
            logits: What the head gives.
            batch: The features of `features.BATCH`.
        """
        losses = self.example_losses(logits, batch[features.LABEL_IDS])
        return (LossTerm(LOSS, losses, batch[features.IS_REAL_EXAMPLE]),)
