"""A model's logits for every example of a data set, and the scores that follow from them."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping
from concurrent import futures
from typing import Any

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.evaluation import evaluation_batches
from bert_tf.data.batches.pipeline import distribute_batches, is_one_cpu
from bert_tf.data.table import TokenTable
from bert_tf.evaluation.windows import pool
from bert_tf.host.progress import Report, untold
from bert_tf.host.workers import sum_over_workers
from bert_tf.models import kernels
from bert_tf.models.model import BertModel
from bert_tf.tasks.answers.space import SPLITS
from bert_tf.tasks.objectives.objective import LOGITS, Objective
from bert_tf.tasks.task import Task
from bert_tf.text.excerpts import LongText

_MOST_POSITIONS = 2**18  # Of words that are decided on together, padding included.


@dataclasses.dataclass(frozen=True)
class Outputs:
    """What a model says of M examples, in their order; of W words, where these have the answers.

    Attributes:
        columns: What it answers and what follows from that, by name: `logits`, float32 [M or W, columns], those that
            the objective adds, [M or W, ...], and for words `splits`, int64 [M + 1].
        losses: float32 [M or W]; without meaning if the examples have no labels.
    """

    columns: Mapping[str, np.ndarray]
    losses: np.ndarray


def decide(answers: Mapping[str, np.ndarray], objective: Objective) -> dict[str, np.ndarray]:
    """Returns answers with what follows from them, such as those of an ensemble or of a file, by the rule of serving.

    Args:
        answers: Columns of `Objective.answers`, [M, ...] each; or [W, ...] each and `splits`, int64 [M + 1].
        objective: Has the rule.
    """
    if SPLITS not in answers:
        decided = objective.decide({name: tf.constant(values) for name, values in answers.items()})
        return {name: tensor.numpy() for name, tensor in decided.items()}
    splits = answers[SPLITS]
    blocks = []
    for first, last in _blocks(np.diff(splits)):
        words = slice(splits[first], splits[last])
        block = {name: tf.constant(values[words]) for name, values in answers.items() if name != SPLITS}
        blocks.append(objective.decide({**block, SPLITS: tf.constant(splits[first : last + 1] - splits[first])}))
    names = blocks[0].keys() - {SPLITS}
    return {SPLITS: splits, **{name: np.concatenate([block[name].numpy() for block in blocks]) for name in names}}


def _blocks(lengths: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yields ranges of examples that are decided on together: padded to the longest, they must fit in memory."""
    first, longest = 0, 1
    for index, length in enumerate(lengths.tolist()):
        longest = max(longest, length)
        if index > first and (index + 1 - first) * longest > _MOST_POSITIONS:
            yield first, index
            first, longest = index, max(length, 1)
    yield first, len(lengths)


class Evaluator:
    """Runs a model over a data set, as often as its weights change."""

    def __init__(
        self,
        model: BertModel,
        objective: Objective,
        table: TokenTable,
        strategy: tf.distribute.Strategy,
        *,
        batch_size: int,
        max_length: int,
        batching: Batching,
        long_text: LongText = LongText.HEAD,
    ):
        """Prepares the data set and the step.

        Args:
            model: The model, created under the strategy.
            objective: Gives the loss.
            table: The examples.
            strategy: Where to compute.
            batch_size: Examples of a batch, over all replicas.
            max_length: Longest row.
            batching: How rows form batches.
            long_text: How the windows of a long text make one answer, if the table has such.
        """
        self._table, self._long_text = table, long_text
        self._batch_count = -(-len(table) // batch_size)
        batches = evaluation_batches(
            table.lengths,
            batch_size,
            max_length,
            batching,
            strategy.num_replicas_in_sync,
            fixed_size=isinstance(strategy, tf.distribute.TPUStrategy),
        )
        self._dataset = distribute_batches(table, batches, strategy, is_endless=True)
        self._model, self._objective, self._strategy = model, objective, strategy

    @tf.function(autograph=False)
    def _step(self, iterator: Iterator, narrow_kernels: Mapping[str, tf.Tensor]) -> tuple:
        return self._strategy.run(self.replica_step, args=(next(iterator), narrow_kernels))

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def replica_step(
        self, batch: Mapping[str, tf.Tensor], narrow_kernels: Mapping[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """What each replica does: its rows' positions, int32 [B], logits and losses, float32 [B, C] and [B].

        Where pieces have the answers, logits and losses are those of each piece of a row, [B, F, C] and [B, F].

        Args:
            batch: The features of `features.BATCH`.
            narrow_kernels: Those that were cast before; none if all shall be cast here.
        """
        with kernels.using(narrow_kernels):
            logits = self._model(features.model_inputs(batch))
        (term,) = self._objective.loss_terms(logits, batch)
        return batch[features.EXAMPLE_INDEX], logits, term.losses

    def run(self, report: Report = untold) -> Outputs:
        """Returns what the model says with its present weights.

        Args:
            report: Is told after each batch how many are done, of how many.
        """
        parts = itertools.chain.from_iterable(self._batches(report))
        count = len(self._table.row_splits) - 1 if not self._objective.of_pieces else int(self._table.row_splits[-1])
        values: np.ndarray | None = None
        for indices, logits, losses in parts:
            if values is None:
                values = np.zeros([count, logits.shape[-1] + 1], np.float32)
            is_real = indices >= 0
            places, rows = self._places(indices[is_real], logits.shape[1])
            values[places] = np.concatenate([logits, losses[..., np.newaxis]], axis=-1)[is_real][rows]
        assert values is not None
        # Every row is in the share of one worker, and the zeros of the others change nothing.
        values = sum_over_workers(self._strategy, values)
        if self._table.answering is not None:
            return self._of_words(values[self._table.answering])
        return self._of_examples(values[:, :-1], values[:, -1])

    def _places(self, indices: np.ndarray, length: int) -> tuple[np.ndarray, Any]:
        """Where values of some rows stand among those of all, and which of the values of a batch they are.

        Args:
            indices: int32 [B], positions of the rows.
            length: Positions of a row in the batch, if pieces have the answers.
        """
        if not self._objective.of_pieces:
            return indices, slice(None)
        starts, lengths = self._table.row_splits[indices], self._table.lengths[indices]
        is_piece = np.arange(length) < lengths[:, np.newaxis]
        return (starts[:, np.newaxis] + np.arange(length))[is_piece], is_piece

    def _of_words(self, values: np.ndarray) -> Outputs:
        """What the pieces that answer for the words say of them: logits and loss, float32 [W, C + 1]."""
        answers = {
            name: tensor.numpy() for name, tensor in self._objective.answers(tf.constant(values[:, :-1])).items()
        }
        splits = self._table.word_splits
        assert splits is not None
        decided = decide({**answers, SPLITS: splits}, self._objective)
        return Outputs({LOGITS: values[:, :-1], **decided}, values[:, -1])

    def _of_examples(self, logits: np.ndarray, losses: np.ndarray) -> Outputs:
        """What rows say of the examples that they are of; those of a long text may be several."""
        table, objective = self._table, self._objective
        if table.has_windows:
            targets = tf.constant(table.targets)
            pooled = pool(tf.constant(logits), tf.constant(table.example_index), table.example_count, self._long_text)
            logits, losses = pooled.numpy(), objective.example_losses(pooled, targets).numpy()
        decided = objective.decide(objective.answers(tf.constant(logits)))
        return Outputs({LOGITS: logits, **{name: tensor.numpy() for name, tensor in decided.items()}}, losses)

    def _batches(self, report: Report) -> Iterator[list[list[np.ndarray]]]:
        """Yields what each replica says of each batch: indices, logits and losses; batches in any order."""
        iterator, narrow_kernels = self._iterator, self._narrow_kernels()  # Here, and not by the threads.

        def one_batch(_: int) -> list[list[np.ndarray]]:
            columns = [
                self._strategy.experimental_local_results(values) for values in self._step(iterator, narrow_kernels)
            ]
            return [[value.numpy() for value in part] for part in zip(*columns, strict=True)]

        with futures.ThreadPoolExecutor(_batches_at_a_time(self._strategy)) as threads:
            try:
                for done, batch in enumerate(threads.map(one_batch, range(self._batch_count)), start=1):
                    yield batch
                    report(done, self._batch_count)
            finally:
                threads.shutdown(cancel_futures=True)

    @functools.cached_property
    def _iterator(self) -> Iterator:
        """One for all passes, each of which takes all batches, wherever it begins: to drop one can take a minute."""
        return iter(self._dataset)

    def _narrow_kernels(self) -> dict[str, tf.Tensor]:
        """The kernels of the pass, which all its batches share; one device alone has them at hand."""
        if self._strategy.num_replicas_in_sync > 1:
            return {}
        return kernels.cast_once(self._model.variables, tf.as_dtype(self._model.encoder.compute_dtype))


def _batches_at_a_time(strategy: tf.distribute.Strategy) -> int:
    """On one CPU two, since the products of one batch leave cores idle that the other can use."""
    return 2 if is_one_cpu(strategy) else 1


def is_constant(outputs: Outputs, table: TokenTable, task: Task) -> bool:
    """Whether a model answers the same for all examples, though they have different labels.

    Args:
        outputs: What the model says of the examples.
        table: The examples.
        task: Knows what answers are the same.
    """
    if not task.answers.has_news(table.targets) or not np.isfinite(outputs.columns[LOGITS]).all():
        return False
    return not task.answers.evidence(outputs.columns, table.targets).varies


def evaluate(outputs: Outputs, table: TokenTable, task: Task) -> dict[str, float]:
    """Returns the scores by name: the task's metrics, `combined_score` if it has one, and `loss`, both means."""
    scores = task.score(outputs.columns, table.targets)
    return {**scores, "loss": float(outputs.losses.mean(dtype=np.float64))}
