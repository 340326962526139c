"""A training run from its first or last checkpoint to its end."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import NoReturn

import orbit
import tensorflow as tf

from bert_tf import features
from bert_tf.config.run import RunConfig
from bert_tf.data.batches.batch import Batch
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.data.table import TokenTable
from bert_tf.host import console
from bert_tf.host.workers import check_agreement, checksum, count_workers, is_chief, wait_for_workers
from bert_tf.metrics.direction import is_better
from bert_tf.models.crf import is_of_chain
from bert_tf.models.model import BertModel
from bert_tf.tasks.objectives.objective import Objective
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.controller import Controller
from bert_tf.training.devices.strategy import is_tpu
from bert_tf.training.journal import Event, Journal
from bert_tf.training.memory import StepMemory, lack_of_memory, step_memory
from bert_tf.training.optimizer import Adam
from bert_tf.training.plan import count_steps, is_worth_compiling
from bert_tf.training.precision import LossScale
from bert_tf.training.progress import Progress
from bert_tf.training.schedules import WarmupLinearDecay
from bert_tf.training.state import RunIdentity, RunState
from bert_tf.training.step import TrainStep
from bert_tf.training.stopping import Standing
from bert_tf.training.stored import whole
from bert_tf.training.trained_weights import TrainedWeights
from bert_tf.training.trainer import Trainer
from bert_tf.training.watch.inquest import Inquest, NotFiniteError
from bert_tf.training.watch.interruption import SignalledError, StoppedError, ending_what_is_repeated
from bert_tf.training.watch.not_finite import MOST_ROLLBACKS, LeftOut, OnNan, rate_advice
from bert_tf.training.watch.supervision import Supervisor, agreement


@dataclasses.dataclass(frozen=True)
class TrainingJob:
    """What to train, on what.

    Attributes:
        model: The model, with the weights to start from, created under the strategy.
        objective: Gives the loss.
        table: The training set.
        example_ids: The id of each example, for messages.
        plan: The batches, from `make_plan`.
        config: All options.
        strategy: Where to compute.
        evaluate: Scores the present weights; None if there is nothing to evaluate on during training.
        metric: The score that decides which checkpoint is best.
        agree_to_stop: (updates done, whether this worker was asked to stop, whether training is over) -> whether all
            workers stop now; by default, if any of them was asked, within ten steps.
    """

    model: BertModel
    objective: Objective
    table: TokenTable
    example_ids: list[str]
    plan: TrainingPlan
    config: RunConfig
    strategy: tf.distribute.Strategy
    evaluate: Callable[[], dict[str, float]] | None
    metric: str
    agree_to_stop: Callable[[int, bool, bool], bool] | None = None


class _EndedEarlyError(Exception):
    """Ends Orbit's loop over steps."""


class Training:
    """A job with all that its steps need, in memory alone."""

    def __init__(self, job: TrainingJob):
        """Creates what a step changes beside the weights.

        Args:
            job: What to train.

        Raises:
            InputError: If there would be no step.
        """
        self._job = job
        train, crf_learning_rate = job.config.train, job.config.tagging.crf_learning_rate
        self.total_steps, self.warmup_steps = count_steps(job.plan, job.config)
        ids = job.table.columns[features.INPUT_IDS].values
        self._trained = TrainedWeights(job.model, ids, job.strategy)
        with job.strategy.scope():
            self._optimizer = Adam(
                self._trained.weights,
                weight_decay=train.weight_decay_rate,
                correct_bias=train.optimizer == "adamw",
                rate_factor=lambda name: crf_learning_rate / train.learning_rate if is_of_chain(name) else 1.0,
            )
            self._loss_scale = LossScale(dynamic=job.config.device.precision == "mixed_float16")
            self._global_step = orbit.utils.create_global_step()
        self._slots = {**self._optimizer.state, **whole({**self._trained.state, **self._loss_scale.state})}

    @functools.cached_property
    def train_step(self) -> TrainStep:
        """What each replica does in a step."""
        job, train = self._job, self._job.config.train
        self._trained.begin()
        return TrainStep(
            model=job.model,
            objective=job.objective,
            optimizer=self._optimizer,
            schedule=WarmupLinearDecay(train.learning_rate, self.total_steps, self.warmup_steps),
            loss_scale=self._loss_scale,
            clip_norm=train.clip_norm,
            accumulation_steps=train.gradient_accumulation_steps,
            seed=train.seed,
            compiles_parts=is_worth_compiling(job.plan, self.total_steps),
            stand_ins=self._trained.stand_ins,
        )

    def write_back(self) -> None:
        """Brings all weights of the model up to date, of which some are others while they are trained."""
        self._trained.write_back(self._optimizer)

    def trainer(self, batches: Iterable[Batch], *, is_timed: bool = False) -> Trainer:
        """Returns the step under Orbit, over some batches; if timed, it measures how long it waits for them."""
        strategy = self._job.strategy
        dataset = distribute_batches(self._job.table, batches, strategy, is_timed=is_timed)
        with strategy.scope():
            return Trainer(
                dataset,
                self.train_step,
                self._global_step,
                strategy,
                loop_on_device=is_tpu(strategy),
                on_nan=OnNan(self._job.config.train.on_nan),
            )

    @functools.cached_property
    def memory(self) -> StepMemory:
        """What the largest step takes."""
        job = self._job
        return step_memory(job.model, job.plan, job.config, self.total_steps, self._trained.rows_in_use)

    @property
    def step(self) -> int:
        """Updates done."""
        return int(self._global_step.numpy())


class TrainingRun(Training):
    """A run in its output folder. What it needs to continue after it was killed is on disk after every save.

    Attributes:
        resumed_from: The step of the checkpoint that it continues from; None if it begins.
        notes: What should be said of that: a newer one that is damaged, another number of devices.
    """

    def __init__(self, job: TrainingJob, folder: str, journal: Journal | None = None):
        """Prepares the step, and takes up the newest checkpoint of the folder if there is one.

        Args:
            job: What to train.
            folder: The output folder.
            journal: Where to note what happens; nowhere if not given.

        Raises:
            InputError: If the folder's checkpoint can't be resumed with this job.
        """
        super().__init__(job)
        self._folder = folder
        self._writes = is_chief(job.strategy)
        self._state = RunState(
            identity=RunIdentity(job.table, job.plan, self.total_steps, job.strategy.num_replicas_in_sync),
            weights=whole({variable.path: variable.value for variable in job.model.variables}),
            slots=self._slots,
            checkpoints=RunCheckpoints(folder, job.config.train.keep_checkpoints),
            metric=job.metric,
            writes=self._writes,
        )
        self._standing = Standing()
        agree = job.agree_to_stop or agreement(job.strategy)
        self._supervisor = Supervisor(job.config.train, journal or Journal(), agree)
        self._on_nan = OnNan(job.config.train.on_nan)
        self._left_out = LeftOut.read(folder)
        self._inquest = Inquest(
            lambda: self.train_step,
            job.table,
            job.example_ids,
            job.plan,
            job.strategy.num_replicas_in_sync,
            self._supervisor.journal,
            can_look=self._supervisor.is_alone and not is_tpu(job.strategy),
            advice=rate_advice(job.config.train, is_narrow=job.config.device.precision != "float32"),
        )
        self.notes: tuple[str, ...] = ()
        self.resumed_from = self._saved_step = self._restore()

    @functools.cached_property
    def _trainer(self) -> Trainer:
        """The step over the batches that are left."""
        # Where only an evaluation is left to do, no step runs; a data set has to have something in it all the same.
        batches = self._job.plan.batches(min(self.step, self.total_steps - 1), self.total_steps)
        trainer = self.trainer(batches, is_timed=self._is_timed)
        trainer.leave_out(self._left_out.steps)
        return trainer

    @property
    def _is_timed(self) -> bool:
        """The loop of a TPU is all on the device, whose steps no clock of the host can time."""
        return not is_tpu(self._job.strategy)

    @property
    def input_wait(self) -> float | None:
        """Share of the time of all steps, since training began or was resumed, in which they waited for their batch.

        None if that is not measured, as on a TPU, or there was no step.
        """
        return self._trainer.input_wait

    @property
    def is_finished(self) -> bool:
        """Whether all steps are done and evaluated, or early stopping ended the run."""
        return self._standing.stopped or (self.step >= self.total_steps and not self._evaluation_is_due)

    def train(self, progress: Progress) -> None:
        """Trains to the end, saving and evaluating at the intervals of the config.

        Raises:
            InputError: If a checkpoint can't be written.
            TrainingError: If the loss is not a finite number, or memory does not suffice.
            StoppedError: If a signal or the platform asked for it; then the present step is saved.
        """
        try:
            with (
                contextlib.closing(progress),
                self._supervisor.attending(self._trainer, progress, lambda step: self._tell_step(step, progress)),
                self._state.written(progress.line),
            ):
                self._train(progress)
        except tf.errors.ResourceExhaustedError as error:
            command = self._job.objective.space.command
            raise lack_of_memory(error, self.memory, self._job.config, self._folder, command) from error

    def _train(self, progress: Progress) -> None:
        if self.resumed_from is not None:
            self._supervisor.journal.note(Event.RESUME, step=self.resumed_from)
        elif self._on_nan is OnNan.ROLLBACK:
            self._save()  # What to go back to if one of the first steps fails.
        controller = self._controller(progress)
        while not self.is_finished:
            try:
                if not self._evaluation_is_due:
                    controller.train(self._next_stop())
                if self._evaluation_is_due:
                    self._evaluate(controller, progress)
            except NotFiniteError as error:
                self._roll_back(error, progress)
                continue
            except (_EndedEarlyError, SignalledError):
                self._stop(progress)
            self._save()
        if self._supervisor.should_stop(self.step, is_over=True):
            self._stop(progress)
        self._state.wait()

    def _controller(self, progress: Progress) -> Controller:
        device = self._job.config.device
        return Controller(
            self._trainer,
            self._global_step,
            self._job.strategy,
            self._folder if self._writes else None,
            steps_per_loop=device.iterations_per_loop
            if is_tpu(self._job.strategy)
            else self._job.config.train.log_every,
            report=lambda values: self._report(values, progress),
            evaluate=self._job.evaluate,
        )

    def _evaluate(self, controller: Controller, progress: Progress) -> None:
        if self._supervisor.is_alone:
            self.write_back()
        else:
            self._save()  # It can't be broken off, and may take longer than a worker is given that was told to stop.
        # Without other workers it need not be finished before the run can stop: it comes first when the run continues.
        with ending_what_is_repeated(self._supervisor.is_alone):
            scores = controller.evaluate()
        self._note_scores(scores, progress)
        self._supervisor.journal.note(Event.EVALUATE, step=self.step, scores=scores)

    def _save(self) -> None:
        self.write_back()
        step = self._saved_step = self.step

        def note() -> None:
            self._supervisor.journal.note(Event.SAVE, step=step)
            console.debug(f"saved step {step}")

        self._state.save(step, self._standing, note)

    def _stop(self, progress: Progress) -> NoReturn:
        """Saves, and ends the run before its time."""
        if self.step != self._saved_step:
            self._save()
        self._state.wait()
        wait_for_workers(self._job.strategy)  # One that left while the chief still writes would be taken for lost.
        self._supervisor.journal.note(Event.STOP_SIGNAL, step=self.step, reason=self._supervisor.reason)
        raise StoppedError(
            f"Training was stopped by {self._supervisor.reason} at step {self.step} of {self.total_steps}",
            fix="That step is saved; run the same command again to continue from there",
        )

    def _roll_back(self, error: NotFiniteError, progress: Progress) -> None:
        """Goes back to the last checkpoint, and leaves the step that failed out from then on.

        Raises:
            NotFiniteError: If that is not wanted, or was done too often.
        """
        if self._on_nan is not OnNan.ROLLBACK or len(self._left_out.steps) >= MOST_ROLLBACKS:
            raise error
        self._left_out = self._left_out.with_step(self._folder, error.step, writes=self._writes)
        self._state.wait()
        wait_for_workers(self._job.strategy)  # Until the chief has written what all go back to.
        step = self._saved_step = self._restore()
        batches = self._job.plan.batches(self.step, self.total_steps)
        self._trainer.train_dataset = distribute_batches(
            self._job.table, batches, self._job.strategy, is_timed=self._is_timed
        )
        self._trainer.leave_out(self._left_out.steps)
        progress.warn(f"back to step {step}; the batch of step {error.step} is left out from now on")
        self._supervisor.journal.note(Event.ROLLBACK, step=step, left_out=list(self._left_out.steps))

    def _next_stop(self) -> int:
        """The next step at which something is due."""
        intervals = (self._job.config.train.save_checkpoints_steps, self._job.config.evaluation.eval_every)
        stops = [self.step - self.step % interval + interval for interval in intervals if interval]
        return min([*stops, self.total_steps])

    @property
    def _evaluation_is_due(self) -> bool:
        interval = self._job.config.evaluation.eval_every
        if not interval or self._job.evaluate is None:
            return False
        is_due = self.step % interval == 0 or self.step == self.total_steps
        return is_due and self._standing.evaluated_step(interval) < self.step

    def _report(self, values: dict[str, float], progress: Progress) -> None:
        """Tells how the last few steps went, and ends the loop over steps if there shall be no more."""
        failed = int(self._trainer.failed_step.numpy())
        if failed >= 0:
            raise self._inquest.failure(failed, self._on_nan, progress)
        progress.update(self.step, lambda: self._with_epoch(self.step, values))
        self._inquest.tell_skipped(self._trainer.faults, self.step, progress)
        scale = float(self._loss_scale.value) if self._loss_scale.dynamic else None
        self._supervisor.look_at(self._trainer.steps_of_loop, values["loss"], self._trainer, scale, progress)
        if self._trainer.loops_on_device:
            self._supervisor.should_stop(self.step)
        if self._supervisor.must_stop:
            raise _EndedEarlyError

    def _tell_step(self, step: int, progress: Progress) -> None:
        progress.update(step, lambda: self._with_epoch(step, self._trainer.means()))

    def _with_epoch(self, step: int, values: dict[str, float]) -> dict[str, float]:
        return {"epoch": step / self.total_steps * self._job.config.train.num_train_epochs, **values}

    def _note_scores(self, scores: dict[str, float], progress: Progress) -> None:
        patience = self._job.config.evaluation.early_stopping_patience
        value = scores[self._job.metric]
        is_best = is_better(self._job.metric, value, self._standing.best_value)
        self._standing = self._standing.after(self.step, value, patience, is_best=is_best)
        shown = "  ".join(f"{name} {score:.4f}" for name, score in scores.items())
        best = " (best so far)" if self._standing.best_step == self.step else ""
        progress.line(f"evaluation at step {self.step}: {shown}{best}")
        if self._standing.stopped:
            progress.line(f"stopped early: {patience} evaluations without a better {self._job.metric}")

    def _beginning(self) -> dict[str, bytes | int]:
        """What all workers must begin with: anything else would train several models, and mix them."""
        if count_workers(self._job.strategy) == 1:
            return {}
        weights = [variable.numpy() for variable in self._job.model.variables]
        values = [*weights, *(part.read() for part in self._slots.values())]
        return {"step": self.step, "weights and moments": checksum(values)}

    def _restore(self) -> int | None:
        """Takes up the newest checkpoint, the same on all workers; returns its step, None if there is none."""
        restored = self._state.restore()
        if restored is not None:
            _, self._standing, self.notes = restored
            self._trained.take_up()
            self._global_step.assign(restored[0])
        check_agreement(self._job.strategy, self._beginning())
        return None if restored is None else restored[0]
