"""Adam with decoupled weight decay, with and without correction of its bias."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import tensorflow as tf

from bert_tf.training.stored import Slice, Stored, Whole

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-6
# The kernel adds (1 - beta_2) of a squared gradient in float32, which is 1.3e-5 too little. With bias correction this
# cancels; without, the root of the squared moment is too small by this factor.
_KERNEL_FACTOR = float(np.sqrt((1.0 - np.float64(np.float32(BETA_2))) / (1.0 - BETA_2)))
Value = TypeVar("Value")
_NOT_DECAYED = re.compile(r"LayerNorm|layer_norm|bias|^crf/")


def is_decayed(name: str) -> bool:
    """Whether weight decay applies to a weight: not to LayerNorm, biases and the scores of a chain of tags."""
    return _NOT_DECAYED.search(name) is None


def clip_by_global_norm(gradients: Sequence[tf.Tensor], clip_norm: float) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Scales gradients down so that their global norm is at most `clip_norm`; 0 leaves them as they are.

    The gradient of an embedding is summed over the occurrences of a word before its norm is taken. Gradients whose norm
    is not finite become 0, so that an update which is left out has something to multiply with.

    Args:
        gradients: Dense tensors of any shapes.
        clip_norm: The limit.

    Returns:
        The gradients, and their global norm before, float32 [].
    """
    norm = tf.linalg.global_norm(gradients)
    scale = clip_norm / tf.maximum(norm, clip_norm) if clip_norm else 1.0
    scale = tf.where(tf.math.is_finite(norm), scale, 0.0)
    # Most steps of a fine-tuning have a norm below the limit, and need no pass over all gradients.
    scaled = tf.cond(
        tf.equal(scale, 1.0),
        lambda: list(gradients),
        lambda: [tf.math.multiply_no_nan(gradient, scale) for gradient in gradients],
    )
    return scaled, norm


class Weight(Protocol):
    """What a weight has that can be trained, such as a variable of Keras."""

    @property
    def path(self) -> str:
        """Its name in a checkpoint."""

    @property
    def value(self) -> tf.Variable:
        """What is updated."""


@dataclasses.dataclass(frozen=True)
class TrainedWeight:
    """A weight that is another variable while it is trained than in the model; or several that are one variable.

    Attributes:
        path: Its name in a checkpoint; of several, that of all of them.
        value: What is updated.
        sizes: The names of several vectors, one behind the other in `value`, and how many numbers each has.
    """

    path: str
    value: tf.Variable
    sizes: Mapping[str, int] | None = None


def _sizes_of(weight: Weight) -> Mapping[str, int] | None:
    """The vectors that a weight consists of; None if it is one."""
    return weight.sizes if isinstance(weight, TrainedWeight) else None


def _names_of(weight: Weight) -> tuple[str, ...]:
    """The names in a checkpoint of what a weight consists of."""
    sizes = _sizes_of(weight)
    return (weight.path,) if sizes is None else tuple(sizes)


def _parts_of(weight: Weight, values: tf.Variable) -> dict[str, Stored]:
    """Its own values or moments, as they are stored: by the names of `_names_of`."""
    sizes = _sizes_of(weight)
    if sizes is None:
        return {weight.path: Whole(values)}
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: Slice(values, end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


@dataclasses.dataclass(frozen=True)
class _Slots:
    variable: tf.Variable
    moment: tf.Variable
    squared_moment: tf.Variable
    is_decayed: bool
    rate_factor: float


class _Numbers(NamedTuple):
    """What the updates of all weights have in common: float32 [] each."""

    rate: tf.Tensor
    epsilon: tf.Tensor
    beta_1: tf.Tensor
    beta_2: tf.Tensor
    none: tf.Tensor
    decay: tf.Tensor


class Adam:
    """Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).

    With `correct_bias` it is AdamW, which is more stable in fine-tuning (Mosbach et al. 2021, Zhang et al. 2021);
    epsilon is added to the corrected root. Without, it is `AdamWeightDecayOptimizer` of google-research/bert.
    """

    def __init__(
        self,
        weights: Sequence[Weight],
        *,
        weight_decay: float,
        correct_bias: bool,
        rate_factor: Callable[[str], float] = lambda name: 1.0,
    ):
        """Creates the moments, under the current distribution strategy.

        Args:
            weights: What to train.
            weight_decay: Share of a weight, times the learning rate, that each update takes away.
            correct_bias: Whether moments are divided by what they lack in the first steps.
            rate_factor: How many times the learning rate that of a weight is, by its name.
        """
        self.correct_bias = correct_bias
        self.weights = tuple(weights)
        self._weight_decay = weight_decay
        self._slots = [
            _Slots(
                variable=weight.value,
                moment=_zeros(weight, "adam_m"),
                squared_moment=_zeros(weight, "adam_v"),
                is_decayed=weight_decay > 0 and _same_of_all(map(is_decayed, _names_of(weight))),
                rate_factor=_same_of_all(map(rate_factor, _names_of(weight))),
            )
            for weight in weights
        ]
        # Of what decay has left of a weight that got no gradient. As a sum of logarithms, which are small, it loses no
        # digit of the product that counts.
        self.log_kept = tf.Variable(tf.zeros([]), trainable=False, name="log_kept")

    @property
    def state(self) -> Mapping[str, Stored]:
        """The moments by the names that google-research/bert gives them, `<weight>/adam_m` and `<weight>/adam_v`; and
        the logarithm of what decay has left of a weight without a gradient, `decay/log_kept`.
        """
        state: dict[str, Stored] = {"decay/log_kept": Whole(self.log_kept)}
        for weight, slots in zip(self.weights, self._slots, strict=True):
            for ending, moment in (("adam_m", slots.moment), ("adam_v", slots.squared_moment)):
                state |= {f"{name}/{ending}": part for name, part in _parts_of(weight, moment).items()}
        return state

    def by_name(self, values: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns values of the weights, or gradients, one a weight of the optimizer, by the names in a checkpoint."""
        found: dict[str, tf.Tensor] = {}
        for weight, value in zip(self.weights, values, strict=True):
            sizes = _sizes_of(weight)
            parts = [value] if sizes is None else tf.split(value, list(sizes.values()))
            found |= zip(_names_of(weight), parts, strict=True)
        return found

    def apply(
        self,
        gradients: Sequence[tf.Tensor],
        learning_rate: tf.Tensor,
        step: tf.Tensor,
        is_active: tf.Tensor | bool = True,
    ) -> None:
        """Updates the weights. Called on each replica with the same gradients.

        Args:
            gradients: One a weight, in the order of the weights, already summed over the replicas.
            learning_rate: float32 [].
            step: Updates done before, int64 [].
            is_active: bool []; if false, weights and moments stay as they are. Gradients must be finite all the same.
        """
        learning_rate = tf.where(is_active, learning_rate, 0.0)
        rate, epsilon = self._corrected(learning_rate, step)
        numbers = _Numbers(
            rate=rate,
            epsilon=epsilon,
            beta_1=tf.where(is_active, BETA_1, 1.0),
            beta_2=tf.where(is_active, BETA_2, 1.0),
            none=tf.constant(0.0),
            decay=learning_rate * self._weight_decay,
        )

        def update(strategy: tf.distribute.Strategy, *values: tf.Tensor) -> None:
            for slots, gradient in zip(self._slots, values, strict=True):
                strategy.extended.update(
                    slots.variable,
                    _update_one,
                    args=(slots.moment, slots.squared_moment, gradient, _scaled(numbers, slots), slots.is_decayed),
                )
            strategy.extended.update(self.log_kept, _note_decay, args=(numbers.decay,))

        tf.distribute.get_replica_context().merge_call(update, args=tuple(gradients))

    def _corrected(self, learning_rate: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The rate and epsilon with which the kernel's moments give the update that is wanted."""
        if not self.correct_bias:
            return learning_rate * _KERNEL_FACTOR, tf.constant(EPSILON * _KERNEL_FACTOR)
        count = tf.cast(step + 1, tf.float32)
        # 1 - beta ** count would lose digits in the first steps, where beta ** count is close to 1.
        lack_1 = -tf.math.expm1(count * tf.math.log(BETA_1))
        lack_2 = tf.sqrt(-tf.math.expm1(count * tf.math.log(BETA_2)))
        return learning_rate * lack_2 / lack_1, EPSILON * lack_2


def _scaled(numbers: _Numbers, slots: _Slots) -> _Numbers:
    """The numbers with the rate of a weight."""
    return numbers if slots.rate_factor == 1 else numbers._replace(rate=numbers.rate * slots.rate_factor)


def _zeros(weight: Weight, name: str) -> tf.Variable:
    of_weight = weight.path.rsplit("/", 1)[-1]
    return tf.Variable(tf.zeros(weight.value.shape, tf.float32), trainable=False, name=f"{of_weight}_{name}")


def _same_of_all(values: Iterable[Value]) -> Value:
    """What holds for all weights that are updated together."""
    (value,) = set(values)
    return value


def _note_decay(log_kept: tf.Variable, decay: tf.Tensor) -> None:
    # Where a rate diverges, more than all would be taken away, and nothing below 0 has a logarithm.
    log_kept.assign_add(tf.math.log1p(-tf.minimum(decay, 1.0)))


def _update_one(
    variable: tf.Variable,
    moment: tf.Variable,
    squared_moment: tf.Variable,
    gradient: tf.Tensor,
    numbers: _Numbers,
    is_decayed: bool,
) -> None:
    """Updates one weight on one device: first the decay, then one fused kernel for moments and weight."""
    if is_decayed:
        variable.assign_sub(numbers.decay * variable)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=moment.handle,
        v=squared_moment.handle,
        beta1_power=numbers.none,  # The kernel's own correction puts epsilon elsewhere; rate and epsilon hold ours.
        beta2_power=numbers.none,
        lr=numbers.rate,
        beta1=numbers.beta_1,
        beta2=numbers.beta_2,
        epsilon=numbers.epsilon,
        grad=gradient,
    )
