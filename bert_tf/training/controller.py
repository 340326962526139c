"""Orbit's loop around the steps: it calls the trainer and the evaluation, and writes what TensorBoard shows."""

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from typing import Any

import orbit
import tensorflow as tf

from bert_tf.host import console
from bert_tf.training.trainer import Trainer


def _quiet_orbit() -> Any:
    """Orbit's module of the loop, once more and for us alone: the one that others import keeps its ways.

    It prints to standard output, which is for results; `Progress` says the same and more on standard error.
    """
    spec = importlib.util.find_spec("orbit.controller")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module._log = console.debug
    return module


_ORBIT = _quiet_orbit()


class Controller:
    """Runs steps up to a number, and evaluations, without a word on standard output."""

    def __init__(
        self,
        trainer: Trainer,
        global_step: tf.Variable,
        strategy: tf.distribute.Strategy,
        folder: str | None,
        *,
        steps_per_loop: int,
        report: Callable[[dict[str, float]], None],
        evaluate: Callable[[], dict[str, float]] | None,
    ):
        """Writes nothing yet.

        Args:
            trainer: The steps.
            global_step: Updates done, int64.
            strategy: Where to compute.
            folder: Gets the summaries, in `train` and `eval`; None for none.
            steps_per_loop: Steps between reports.
            report: Called with what the trainer measured. What it raises ends `train`.
            evaluate: Scores the present weights.
        """
        self._global_step = global_step
        with _restored_summary_step(global_step):
            self._orbit = _ORBIT.Controller(
                global_step=global_step,
                trainer=trainer,
                evaluator=_Evaluator(evaluate) if evaluate else None,
                strategy=strategy,
                steps_per_loop=lambda step: steps_per_loop - step % steps_per_loop,
                train_actions=[report],
                summary_dir=os.path.join(folder, "train") if folder else None,
                eval_summary_dir=os.path.join(folder, "eval") if folder else None,
            )

    def train(self, last_step: int) -> None:
        """Trains until so many updates are done."""
        with _restored_summary_step(self._global_step):
            self._orbit.train(last_step)

    def evaluate(self) -> dict[str, float]:
        """Returns the scores of the present weights."""
        with _restored_summary_step(self._global_step):
            return {name: float(value) for name, value in self._orbit.evaluate().items()}


class _Evaluator(orbit.AbstractEvaluator):
    """Lets Orbit write the scores where TensorBoard finds them."""

    def __init__(self, evaluate: Callable[[], dict[str, float]]):
        self._evaluate = evaluate

    def evaluate(self, num_steps: tf.Tensor) -> dict[str, float]:
        return self._evaluate()


@contextlib.contextmanager
def _restored_summary_step(step: tf.Variable) -> Iterator[None]:
    """Counts summaries by our steps in the block, where Orbit would have the whole process do so ever after."""
    before = tf.summary.experimental.get_step()
    tf.summary.experimental.set_step(step)
    try:
        yield
    finally:
        tf.summary.experimental.set_step(before)
