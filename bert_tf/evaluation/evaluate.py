"""A model's logits for every example of a data set, and the scores that follow from them."""

import functools
import itertools
from collections.abc import Iterator, Mapping
from concurrent import futures

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.evaluation import evaluation_batches
from bert_tf.data.batches.pipeline import distribute_batches, is_one_cpu
from bert_tf.data.table import TokenTable
from bert_tf.host.progress import Report, untold
from bert_tf.host.workers import sum_over_workers
from bert_tf.models import reading
from bert_tf.models.model import BertModel
from bert_tf.tasks.objectives.objective import LOGITS, Objective, Outputs
from bert_tf.tasks.task import Task
from bert_tf.text.excerpts import LongText


class _Collected:
    """What a model says of all rows of a table, or of all their pieces, batch by batch."""

    def __init__(self, table: TokenTable, first: np.ndarray, *, is_of_pieces: bool):
        """Makes room.

        Args:
            table: The rows.
            first: The values of the first batch, [B, ...], or of pieces [B, F, ...].
            is_of_pieces: Whether they are of pieces.
        """
        self._table, self._is_of_pieces = table, is_of_pieces
        count = int(table.row_splits[-1]) if is_of_pieces else len(table)
        self.values = np.zeros([count, *first.shape[1 + is_of_pieces :]], np.float32)

    def put(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Takes the values of a batch; indices are int32 [B], those of the rows, -1 for one that only fills up."""
        is_real = indices >= 0
        rows, values = indices[is_real], values[is_real]
        if not self._is_of_pieces:
            self.values[rows] = values
            return
        is_piece = np.arange(values.shape[1]) < self._table.lengths[rows][:, np.newaxis]
        places = self._table.row_splits[rows][:, np.newaxis] + np.arange(values.shape[1])
        self.values[places[is_piece]] = values[is_piece]


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
        batches = evaluation_batches(
            table.lengths,
            batch_size,
            max_length,
            batching,
            strategy.num_replicas_in_sync,
            fixed_size=isinstance(strategy, tf.distribute.TPUStrategy),
            splits=table.whole_examples,
        )
        examples = len(table) if table.whole_examples is None else table.example_count
        self._batch_count = -(-examples // batch_size)
        self._dataset = distribute_batches(table, batches, strategy, is_endless=True)
        self._model, self._objective, self._strategy = model, objective.of(model), strategy

    @tf.function(autograph=False)
    def _step(self, iterator: Iterator, narrow_kernels: Mapping[str, tf.Tensor]) -> tuple:
        return self._strategy.run(self.replica_step, args=(next(iterator), narrow_kernels))

    @tf.autograph.experimental.do_not_convert  # There is nothing to convert, and looking for it takes a second.
    def replica_step(
        self, batch: Mapping[str, tf.Tensor], narrow_kernels: Mapping[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """What each replica does: its rows' positions, int32 [B], logits and losses, float32 [B, C] and [B].

        Where pieces have the answers, logits are those of each piece of a row, [B, F, C], and so are losses, [B, F],
        unless a row has one.

        Args:
            batch: The features of `features.BATCH`.
            narrow_kernels: Those that were cast before; none if all shall be cast here.
        """
        with reading.using(narrow_kernels):
            logits = self._model(features.model_inputs(batch))
        (term,) = self._objective.loss_terms(logits, batch)
        return batch[features.EXAMPLE_INDEX], logits, term.losses

    def run(self, report: Report = untold) -> Outputs:
        """Returns what the model says with its present weights.

        Args:
            report: Is told after each batch how many are done, of how many.
        """
        logits: _Collected | None = None
        for indices, batch_logits, batch_losses in itertools.chain.from_iterable(self._batches(report)):
            if logits is None:
                logits = _Collected(self._table, batch_logits, is_of_pieces=batch_logits.ndim == 3)
                losses = _Collected(self._table, batch_losses, is_of_pieces=batch_losses.ndim == 2)
            logits.put(indices, batch_logits)
            losses.put(indices, batch_losses)
        assert logits is not None
        # Every row is in the share of one worker, and the zeros of the others change nothing.
        all_logits, all_losses = (sum_over_workers(self._strategy, each.values) for each in (logits, losses))
        return self._objective.gather(all_logits, all_losses, self._table, self._long_text)

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
        return reading.cast_once(self._model.variables, tf.as_dtype(self._model.encoder.compute_dtype))


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
