"""How the learning rate changes over a run."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class WarmupLinearDecay:
    """Rises linearly from 0, then falls linearly to 0, as in google-research/bert.

    The decay is counted from step 0 and not from the end of the warm-up, so the rate steps down a little there.

    Attributes:
        peak: The learning rate that the decay starts from.
        total_steps: Steps after which the rate is 0.
        warmup_steps: Steps in which it rises.
    """

    peak: float
    total_steps: int
    warmup_steps: int

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate of the update that follows `step` updates, float32 []."""
        done = tf.cast(step, tf.float32)
        decayed = self.peak * (1.0 - tf.minimum(done / self.total_steps, 1.0))
        if not self.warmup_steps:
            return decayed
        return tf.where(done < self.warmup_steps, self.peak * done / self.warmup_steps, decayed)
