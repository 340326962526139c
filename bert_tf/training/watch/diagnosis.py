"""Where a step that failed went wrong: the first tensor with a number that is not finite.

The step itself only looks at its loss and the norm of its gradients. When these fail, its weights are as they were
before it, and the batch is gone through once more, slowly: weights, what each layer puts out, the losses of the
examples, the gradients in the order in which the backward pass makes them.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batch
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.data.table import TokenTable
from bert_tf.models import reading
from bert_tf.models.encoder import HIDDEN_STATES, POOLED_OUTPUT
from bert_tf.training.step import Scales, TrainStep


@dataclasses.dataclass(frozen=True)
class Finding:
    """The first tensor that is not finite.

    Attributes:
        what: The tensor, and what is in it; a phrase.
        examples: Positions in the data set of the examples that it comes from; empty if it comes from all alike.
    """

    what: str
    examples: tuple[int, ...] = ()


def find_first_not_finite(step: TrainStep, table: TokenTable, batch: Batch, number: int, replicas: int) -> Finding:
    """Goes through the batch of a step, part by part.

    Args:
        step: The step, with the weights that it had.
        table: The examples.
        batch: The batch.
        number: Updates done before the step.
        replicas: Devices that shared it.
    """
    for name, value in _by_name(step, [tf.convert_to_tensor(weight.value) for weight in step.optimizer.weights]):
        if _is_bad(value):
            return Finding(f"the weight {name} ({_describe(value)}), before the step")
    parts = [
        dataclasses.replace(batch, indices=batch.indices[part : part + 1], starts=batch.starts[part : part + 1])
        for part in range(len(batch.indices))
    ]
    shares = [next(iter(distribute_batches(table, [part], tf.distribute.get_strategy()))) for part in parts]
    weights = [step.objective.weights(tensors) for tensors in shares]
    scales = {name: step.loss_scale.value / tf.add_n([each[name] for each in weights]) for name in weights[0]}
    total = None
    for part, tensors in enumerate(shares):
        replica, share = divmod(part, len(batch.indices) // replicas)
        seed = step.seed_of(*(tf.constant(value, tf.int64) for value in (number, share, replica)))
        gradients: list[tf.Tensor] = []
        for finding in _findings(step, tensors, seed, scales, gradients):
            return finding
        total = gradients if total is None else [sum_ + value for sum_, value in zip(total, gradients, strict=True)]
    return _in_sum(step, total or [])


def _findings(
    step: TrainStep, batch: dict[str, tf.Tensor], seed: tf.Tensor, scales: Scales, gradients: list[tf.Tensor]
) -> Iterator[Finding]:
    """Yields what is not finite in the passes over a part of a batch, in their order; fills in the gradients."""
    examples = batch[features.EXAMPLE_INDEX].numpy()
    variables = [weight.value for weight in step.optimizer.weights]
    with tf.GradientTape() as tape, reading.using(step.stand_ins()):
        encoded = step.model.encoder(features.model_inputs(batch), seed=seed)
        names = ["embeddings", *(f"encoder/layer_{index}" for index in range(len(encoded[HIDDEN_STATES]) - 1))]
        for name, hidden in zip(names, encoded[HIDDEN_STATES], strict=True):
            if _is_bad(hidden):
                yield Finding(f"the output of bert/{name} ({_describe(hidden)})")
        pooled = encoded[POOLED_OUTPUT]
        if _is_bad(pooled):
            yield Finding(f"the output of bert/pooler ({_describe(pooled)})", _rows(pooled, examples))
        logits = step.model.head(encoded, seed=seed)
        if _is_bad(logits):
            yield Finding(f"the logits ({_describe(logits)})", _rows(logits, examples))
        sums = []
        for term in step.objective.of(step.model).loss_terms(logits, batch):
            losses = term.losses * term.weights
            if _is_bad(losses):
                yield Finding(f"the losses of the examples ({_describe(losses)})", _rows(losses, examples))
            sums.append(tf.reduce_sum(losses) * scales[term.name])
        loss = tf.add_n(sums)
    if _is_bad(loss):
        yield Finding(f"the sum of the losses ({_describe(loss)})")
    gradients += [
        tf.convert_to_tensor(gradient)
        for gradient in tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    ]
    # The backward pass goes from the head to the embeddings, as the names of the weights go the other way.
    for name, gradient in reversed(_by_name(step, gradients)):
        if _is_bad(gradient):
            yield Finding(f"the gradient of {name} ({_describe(gradient)})")


def _in_sum(step: TrainStep, gradients: list[tf.Tensor]) -> Finding:
    """What is not finite although every part is."""
    for name, gradient in reversed(_by_name(step, gradients)):
        if _is_bad(gradient):
            return Finding(f"the gradient of {name}, summed over the parts of the batch")
    if not _is_bad(tf.linalg.global_norm(gradients)):
        return Finding("nothing that could be found again")
    largest = [(float(tf.reduce_max(tf.abs(gradient))), name) for name, gradient in _by_name(step, gradients)]
    value, name = max(largest, key=lambda pair: pair[0])
    return Finding(f"the norm of the gradients, the largest of which, {value:.1e}, is that of {name}")


def _by_name(step: TrainStep, values: Sequence[tf.Tensor]) -> list[tuple[str, tf.Tensor]]:
    """Weights or gradients, one a weight of the optimizer, by their names and in the order of the model."""
    found = step.optimizer.by_name(values)
    return [(variable.path, found[variable.path]) for variable in step.model.trainable_variables]


def _is_bad(tensor: tf.Tensor) -> bool:
    return not bool(tf.reduce_all(tf.math.is_finite(tensor)))


def _describe(tensor: tf.Tensor) -> str:
    """How many numbers are not finite, and of which kind."""
    values = tf.cast(tensor, tf.float32)
    nans = int(tf.math.count_nonzero(tf.math.is_nan(values)))
    infinities = int(tf.math.count_nonzero(tf.math.is_inf(values)))
    counts = [f"{count:,} {name}" for count, name in ((nans, "NaN"), (infinities, "infinite")) if count]
    return f"{' and '.join(counts)} of {int(tf.size(values)):,} numbers"


def _rows(tensor: tf.Tensor, examples: np.ndarray) -> tuple[int, ...]:
    """The examples whose rows are not all finite: [B, ...] or [B], and their positions [B]."""
    bad = ~np.isfinite(np.asarray(tf.cast(tensor, tf.float32)).reshape(len(examples), -1)).all(axis=1)
    return tuple(int(index) for index in examples[bad] if index >= 0)
