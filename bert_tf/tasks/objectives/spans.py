"""Where the answer to a question begins and ends in its context. B rows of F pieces, N windows, T pieces in all.

The loss of a row is the mean of two cross-entropies over its pieces, as in google-research/bert's run_squad.py.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.table import TokenTable
from bert_tf.models.heads import SpanHead
from bert_tf.models.unpacking import piece_mask
from bert_tf.tasks.answers.space import SPANS
from bert_tf.tasks.answers.spans import CANDIDATES, Spans
from bert_tf.tasks.objectives.best_spans import served_spans
from bert_tf.tasks.objectives.objective import LOGITS, LOSS, LossTerm, Objective, Outputs
from bert_tf.text.context_rows import ContextRows
from bert_tf.text.excerpts import LongText

_OUTSIDE = -1e9  # The logit of what is no piece: far below any, and finite.


class SpansObjective(Objective[Spans]):
    """Two scores a piece: whether the answer begins there, and whether it ends there."""

    def make_head(self, config: EncoderConfig) -> SpanHead:
        """Creates a head with the two scores."""
        return SpanHead(config)

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the loss of each row, float32 [B].

        Args:
            logits: float32 [B, F, 2]; those of what is no piece are far below the others.
            targets: int32 [B, 2], positions of the first and the last piece of the answer.
        """
        by_end = tf.transpose(logits, [0, 2, 1])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=by_end), axis=1)

    def loss_terms(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tuple[LossTerm, ...]:
        # In packed rows a logit behind the pieces of an example is that of another one.
        of_pieces = tf.where(piece_mask(batch)[:, :, tf.newaxis], logits, _OUTSIDE)
        targets = tf.stack([batch[features.START_POSITIONS], batch[features.END_POSITIONS]], axis=1)
        return (LossTerm(LOSS, self.example_losses(of_pieces, targets), batch[features.IS_REAL_EXAMPLE]),)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the logits of all pieces, [T, 2]: what they answer, windows and contexts have to tell."""
        return {LOGITS: logits}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Nothing follows from logits without windows and contexts: see `gather`, and `served_spans` in graph."""
        return dict(answers)

    def serve_rows(self, logits: tf.Tensor, rows: ContextRows, contexts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what a served model gives of the logits of rows, float32 [R, L, 2]; see `served_spans`."""
        return served_spans(logits, rows, contexts, self.space)

    def decided(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the spans with whether each is given; takes the column of spans, and keeps that of candidates."""
        kept = {name: columns[name] for name in (CANDIDATES,) if name in columns}
        return {**self.space.decided(columns[SPANS]), **kept}

    def gather(self, logits: np.ndarray, losses: np.ndarray, table: TokenTable, way: LongText) -> Outputs:
        """Returns the best spans of the windows of each question; there is a loss of each window."""
        contexts = [asked.context for asked in table.targets]
        columns = self.space.found(logits[:, 0], logits[:, 1], table, contexts)
        return Outputs({LOGITS: logits, **columns}, losses)
