"""How long a single answer takes, and how many there are when they are asked for in batches."""

import dataclasses
from collections.abc import Iterator, Sequence

import tensorflow as tf

from bert_tf import features
from bert_tf.benchmark.clock import seconds_of
from bert_tf.benchmark.subject import Subject
from bert_tf.data.batches.batch import Batching
from bert_tf.data.table import Axis, TokenTable, Use
from bert_tf.evaluation.evaluate import Evaluator
from bert_tf.evaluation.predict import make_predictor
from bert_tf.models.model import BertModel
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS

_UNTIMED_REQUESTS = 3


@dataclasses.dataclass(frozen=True)
class BatchedPrediction:
    """How long it took to predict a data set.

    Attributes:
        examples: Its examples.
        pieces: Their word pieces, without padding.
        seconds: How long all took.
    """

    examples: int
    pieces: int
    seconds: float


def time_requests(subject: Subject, model: BertModel, requests: int) -> list[float]:
    """Returns the seconds from the word pieces of one example to the model's logits, a number for each request.

    The examples are the first of the data set, over again if it has too few, and no request is padded.

    Args:
        subject: What is measured.
        model: Its model.
        requests: How many are timed, after a few that are not.
    """
    predictor = make_predictor(model, subject.text_step, subject.task)

    def answer(*inputs: tf.Tensor) -> None:
        predictor.from_ids(*inputs)[LOGITS].numpy()  # Which come with all answers, of whatever kind.

    times = [seconds_of(answer, *inputs) for inputs in _requests(subject.table, _UNTIMED_REQUESTS + requests)]
    return times[_UNTIMED_REQUESTS:]


def _requests(table: TokenTable, count: int) -> Iterator[Sequence[tf.Tensor]]:
    """Ids, mask and segments of one example at a time, int32 [1, L] each."""
    columns = table.select(Axis.PIECE, Use.INPUT)
    for number in range(count):
        row = number % len(table)
        pieces = slice(table.row_splits[row], table.row_splits[row + 1])
        inputs = {name: tf.constant(values[pieces])[tf.newaxis] for name, values in columns.items()}
        inputs[features.INPUT_MASK] = tf.ones_like(inputs[features.INPUT_IDS])
        yield [inputs[feature.name] for feature in features.MODEL_INPUTS]


def time_batches(
    subject: Subject, model: BertModel, strategy: tf.distribute.Strategy, batches: int
) -> BatchedPrediction:
    """Times the prediction of the first examples of the data set, the second time that it is done.

    Input is included but for the first few batches, which are made ready at the end of the first time.

    Args:
        subject: What is measured.
        model: Its model.
        strategy: Where to compute.
        batches: How many, if the data set has as many examples.
    """
    config = subject.config
    table = subject.table.first_rows(batches * config.evaluation.predict_batch_size)
    evaluator = Evaluator(
        model,
        objective_for(subject.task.answers),
        table,
        strategy,
        batch_size=config.evaluation.predict_batch_size,
        max_length=config.data.max_seq_length,
        batching=Batching(config.data.batching),
    )
    evaluator.run()  # Traces it.
    return BatchedPrediction(len(table), int(table.row_splits[-1]), seconds_of(evaluator.run))
