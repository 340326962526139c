"""Scaling of the loss, which float16 needs because small gradients would become 0 in it."""

import tensorflow as tf

_INITIAL_SCALE = 2.0**15
_STEPS_BETWEEN_DOUBLINGS = 2000


class LossScale:
    """Dynamic loss scaling (Micikevicius et al. 2018, section 3.2); the scale is 1 and fixed unless `dynamic`.

    The scale halves when a gradient overflows, and that step is left out; it doubles after 2000 good steps.
    """

    def __init__(self, *, dynamic: bool):
        """Creates its variables, under the current distribution strategy."""
        self.dynamic = dynamic
        self._scale = _variable(_INITIAL_SCALE if dynamic else 1.0, "loss_scale")
        self._good_steps = _variable(0.0, "loss_scale_good_steps")

    @property
    def state(self) -> dict[str, tf.Variable]:
        """What a checkpoint must keep."""
        return {"loss_scale/scale": self._scale, "loss_scale/good_steps": self._good_steps}

    @property
    def value(self) -> tf.Tensor:
        """What losses are multiplied by, float32 []."""
        return self._scale.read_value()

    def update(self, is_finite: tf.Tensor) -> None:
        """Adapts the scale after a step. Called outside the replicas.

        Args:
            is_finite: bool [], whether all gradients were finite.
        """
        if not self.dynamic:
            return
        good = self._good_steps + 1.0
        doubles = tf.logical_and(is_finite, good >= _STEPS_BETWEEN_DOUBLINGS)
        factor = tf.where(is_finite, tf.where(doubles, 2.0, 1.0), 0.5)
        self._scale.assign(tf.maximum(self._scale * factor, 1.0))
        self._good_steps.assign(tf.where(tf.logical_and(is_finite, tf.logical_not(doubles)), good, 0.0))


def _variable(value: float, name: str) -> tf.Variable:
    return tf.Variable(
        value, trainable=False, dtype=tf.float32, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
    )
