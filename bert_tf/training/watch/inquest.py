"""What is told of a step whose loss or gradients are not finite: which batch it was, and where it began."""

from collections.abc import Callable, Iterable

import tensorflow as tf

from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.table import TokenTable
from bert_tf.errors import TrainingError
from bert_tf.training.journal import Event, Journal
from bert_tf.training.progress import Progress
from bert_tf.training.step import TrainStep
from bert_tf.training.trainer import Faults
from bert_tf.training.watch.diagnosis import Finding, find_first_not_finite
from bert_tf.training.watch.not_finite import MOST_SKIPS_IN_A_ROW, OnNan

_NAMES_SHOWN = 8
_TIMES_LOOKED = 5  # It takes as long as several steps, and one that fails again and again fails alike.


class NotFiniteError(TrainingError):
    """The loss or the gradients of a step are not finite. `step` is the number of updates before it."""

    def __init__(self, step: int, received: str, advice: str):
        self.step = step
        super().__init__(
            f"The loss must be a finite number, and is not after step {step}",
            received=received,
            fix=f"{advice}; the last checkpoint is intact",
        )


class Inquest:
    """Looks into the steps of a run that are not finite, and tells what it finds to people and to the journal."""

    def __init__(
        self,
        step: Callable[[], TrainStep],
        table: TokenTable,
        example_ids: list[str],
        plan: TrainingPlan,
        replicas: int,
        journal: Journal,
        *,
        can_look: bool,
        advice: str,
    ):
        """Looks at nothing yet.

        Args:
            step: Gives what each replica does.
            table: The training set.
            example_ids: The id of each example, for people; they may be places in files, so the journal gets numbers.
            plan: The batches.
            replicas: Devices that share them.
            journal: Where to note what is found.
            can_look: Whether this process alone can do a step again.
            advice: What to do if the run ends by such a step.
        """
        self._step, self._table, self._ids, self._plan = step, table, example_ids, plan
        self._replicas, self._journal = replicas, journal
        self._looks_left = _TIMES_LOOKED if can_look else 0
        self._told = 0
        self._advice = advice

    def failure(self, number: int, on_nan: OnNan, progress: Progress) -> NotFiniteError:
        """Returns the error for a step that must not be passed over.

        Args:
            number: Updates before it. Weights are those that it had.
            on_nan: What is done about such steps.
            progress: The lines on the terminal.
        """
        finding = self._look(number)
        self._note(number, finding, f"step {number} is not finite", progress)
        row = f", the last of {MOST_SKIPS_IN_A_ROW} such in a row" if on_nan is OnNan.SKIP else ""
        names = self._names(self._plan.batch(number).examples)
        return NotFiniteError(
            number, f"batch with examples {names}{row}; first not finite: {finding.what}", self._advice
        )

    def tell_skipped(self, faults: Faults, present: int, progress: Progress) -> None:
        """Tells of steps that made no update, if there are new ones.

        Args:
            faults: What the trainer counted.
            present: Updates done.
            progress: The lines on the terminal.
        """
        if faults.steps == self._told:
            return
        new, self._told = faults.steps - self._told, faults.steps
        text = (
            f"left out {new} updates that were not finite, {faults.steps} in all, the last in step {faults.last_step}"
        )
        self._note(faults.last_step, self._look(faults.last_step), f"{text} (seen from step {present})", progress)

    def _note(self, number: int, finding: Finding, text: str, progress: Progress) -> None:
        batch = self._plan.batch(number).examples
        text = f"{text}; first not finite: {finding.what}"
        self._journal.note(
            Event.WARN,
            kind="not_finite",
            text=text,
            at_step=number,
            examples=batch.tolist(),
            first_bad_examples=list(finding.examples),
        )
        progress.warn(f"warning: {text}; examples {self._names(finding.examples or batch)}")

    def _look(self, number: int) -> Finding:
        if not self._looks_left:
            return Finding("not looked for again")
        self._looks_left -= 1
        try:
            return find_first_not_finite(self._step(), self._table, self._plan.batch(number), number, self._replicas)
        except tf.errors.ResourceExhaustedError:
            return Finding("not to be found, for lack of memory")

    def _names(self, indices: Iterable[int]) -> str:
        names = [self._ids[index] for index in indices]
        more = f", ... ({len(names) - _NAMES_SHOWN} more)" if len(names) > _NAMES_SHOWN else ""
        return ", ".join(names[:_NAMES_SHOWN]) + more
