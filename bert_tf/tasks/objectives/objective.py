"""The TensorFlow half of an answer space: its head, its loss and what its outputs answer.

B is the size of a batch, C the number of labels.
"""

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import keras
import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.table import TokenTable
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.objectives.losses import PLAIN, LossOptions
from bert_tf.tasks.objectives.windows import pool
from bert_tf.text.excerpts import LongText

LOGITS, LOSS = "logits", "loss"
Answers = TypeVar("Answers", bound=AnswerSpace)
Own = TypeVar("Own", bound="Objective")


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
class Outputs:
    """What a model says of M examples, in their order; of W words, where these have the answers.

    Attributes:
        columns: What it answers and what follows from that, by name.
        losses: float32, one of each thing that has one: an example, a word or a row; without meaning without labels.
    """

    columns: Mapping[str, np.ndarray]
    losses: np.ndarray


@dataclasses.dataclass(frozen=True)
class Objective(abc.ABC, Generic[Answers]):
    """What a task asks of a model.

    Attributes:
        space: All answers that it may have.
        options: What the loss pays attention to in training; evaluation has the plain one.
        head: The head of the model that is asked, whose weights may be part of the loss and of the decision, as the
            transitions of a chain of tags are; None where no model is asked, but what several models said is decided.
    """

    space: Answers
    options: LossOptions = PLAIN
    head: keras.layers.Layer | None = None

    def of(self: Own, model: Any) -> Own:
        """Returns the objective with the head of a model."""
        return dataclasses.replace(self, head=model.head)

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

    def decided(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns answers with what follows from them, such as those of an ensemble or of a file, by the rule of
        serving.

        Args:
            columns: Those of `answers`, [M, ...] each; others are passed over.
        """
        answers = {self.space.result: tf.constant(columns[self.space.result])}
        return {name: tensor.numpy() for name, tensor in self.decide(answers).items()}

    def gather(self, logits: np.ndarray, losses: np.ndarray, table: TokenTable, way: LongText) -> Outputs:
        """Returns what rows say of the examples that they are of, decided; those of a long text may be several.

        Args:
            logits: What the head gives of all rows, float32 [N, columns]; of all pieces, [T, columns].
            losses: float32, one of each row [N] or piece [T].
            table: The rows.
            way: How the windows of a long text make one answer.
        """
        if table.has_windows:
            pooled = pool(tf.constant(logits), tf.constant(table.example_index), table.example_count, way)
            logits, losses = pooled.numpy(), self.example_losses(pooled, tf.constant(table.targets)).numpy()
        answers = {name: tensor.numpy() for name, tensor in self.answers(tf.constant(logits)).items()}
        return Outputs({LOGITS: logits, **self.decided(answers)}, losses)

    def serve(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns what a served model gives of decided answers."""
        return dict(outputs)

    def count(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Returns how many examples a replica's share of a batch holds, float32 []."""
        return tf.reduce_sum(batch[features.IS_REAL_EXAMPLE])

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
