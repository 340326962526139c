"""Choosing one of the choices of a question. B rows, one a choice; M questions with at most K choices.

The softmax goes over the rows of a question, which are behind one another in a part of a batch, as in Hugging Face's
models for multiple choice and the fine-tuning on SWAG of Devlin et al. 2018, section 4.4.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.table import TokenTable
from bert_tf.models.heads import ClassificationHead
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES
from bert_tf.tasks.objectives.objective import LOGITS, LOSS, LossTerm, Objective, Outputs
from bert_tf.text.excerpts import LongText

_NO_CHOICE = -1e9  # The logit behind the last choice: far below any, and finite.


class ChoiceObjective(Objective[Choice]):
    """One score a row; the row with the greatest is chosen."""

    def make_head(self, config: EncoderConfig) -> ClassificationHead:
        """Creates a head with one score."""
        return ClassificationHead(config, 1)

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the negative log-likelihood of the right choices, float32 [M].

        Args:
            logits: float32 [M, K], far below the others where there is no choice.
            targets: int32 [M], places of the right ones.
        """
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)

    def count(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Returns the number of questions: each is counted at its right row."""
        return tf.reduce_sum(_is_right(batch))

    def weights(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the number of questions."""
        return {LOSS: self.count(batch)}

    def loss_terms(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tuple[LossTerm, ...]:
        """The loss of a row is what it would be if the row were the right one."""
        scores = logits[:, 0]
        # A row that only fills up a batch has the place 0 too, and so is a question of its own.
        question = tf.cumsum(tf.cast(tf.equal(batch[features.CHOICE_PLACES], 0), tf.int32)) - 1
        count = tf.size(scores)
        highest = tf.gather(tf.math.unsorted_segment_max(tf.stop_gradient(scores), question, count), question)
        sums = tf.math.unsorted_segment_sum(tf.exp(scores - highest), question, count)
        losses = tf.math.log(tf.gather(sums, question)) + highest - scores
        return (LossTerm(LOSS, losses, _is_right(batch)),)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each choice, [M, K]; rows sum to 1. Takes what `example_losses` does."""
        return {PROBABILITIES: tf.nn.softmax(logits)}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the place of the likeliest choice, int32 [M]."""
        place = tf.argmax(answers[PROBABILITIES], axis=-1, output_type=tf.int32)
        return {PLACE: place, PROBABILITIES: answers[PROBABILITIES]}

    def serve(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns `choice`, int32 [M], the place of the likeliest, and `probabilities`."""
        return {"choice": outputs[PLACE], PROBABILITIES: outputs[PROBABILITIES]}

    def gather(self, logits: np.ndarray, losses: np.ndarray, table: TokenTable, way: LongText) -> Outputs:
        """Returns what the rows of a question say of it; its loss is that of its right row."""
        by_question = by_choice(tf.constant(logits[:, 0]), tf.constant(table.example_splits))
        answers = {name: tensor.numpy() for name, tensor in self.answers(by_question).items()}
        return Outputs({LOGITS: logits, **self.decided(answers)}, losses[table.example_splits[:-1] + table.targets])


def by_choice(scores: tf.Tensor, splits: tf.Tensor, most: tf.Tensor | None = None) -> tf.Tensor:
    """Returns the scores of all rows as one row a question: [B] to [M, K], far below the others behind the last one.

    Args:
        scores: float32 [B].
        splits: int64 [M + 1], question i has the rows [splits[i], splits[i + 1]).
        most: K, int64 []; by default the most choices of a question.
    """
    table = tf.RaggedTensor.from_row_splits(scores, splits, validate=False).to_tensor(_NO_CHOICE)
    if most is None:
        return table
    return tf.pad(table, [[0, 0], [0, most - tf.shape(table, tf.int64)[1]]], constant_values=_NO_CHOICE)


def _is_right(batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """1 for the right row of each question, 0 for others and what only fills up a batch: float32 [B]."""
    is_right = tf.equal(batch[features.CHOICE_PLACES], batch[features.LABEL_IDS])
    return tf.cast(is_right, tf.float32) * batch[features.IS_REAL_EXAMPLE]
