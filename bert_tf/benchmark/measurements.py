"""How fast a run would be: its real steps and real predictions, timed on weights drawn at random."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from bert_tf.benchmark.machine import (
    Machine,
    PeakMemory,
    ProductRate,
    describe_machine,
    measure_product_rate,
    peak_memory,
    reset_peak_memory,
)
from bert_tf.benchmark.operations import Extent, computed_extent, useful_extent
from bert_tf.benchmark.prediction_times import BatchedPrediction, time_batches, time_requests
from bert_tf.benchmark.step_times import MeasuredBatches, PartTime, PartTimer, StepTime, StepTimer, choose_batches
from bert_tf.benchmark.subject import Subject
from bert_tf.config.commands import BenchmarkConfig
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.errors import TrainingError
from bert_tf.host import files
from bert_tf.models.model import BertModel
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.training.loop import Training, TrainingJob
from bert_tf.training.memory import free_memory
from bert_tf.training.plan import count_steps, make_plan
from bert_tf.training.trainer import Trainer


@dataclasses.dataclass(frozen=True)
class Work:
    """What the timed steps did.

    Attributes:
        total_steps: Steps that the whole run would have, of which they are the first.
        compiles_parts: Whether the elementwise parts of the layers were compiled.
        computed: What went through the model, padding included.
        useful: The same without padding.
    """

    total_steps: int
    compiles_parts: bool
    computed: Extent
    useful: Extent


@dataclasses.dataclass(frozen=True)
class TrainingTimes:
    """How long the training steps took.

    Attributes:
        first_step: The first one of all, which traces and compiles.
        steps: The timed ones.
        parts: Their parts, on the same batches.
        memory: The peak when the timed steps were done.
    """

    first_step: StepTime
    steps: list[StepTime]
    parts: list[PartTime]
    memory: PeakMemory


@dataclasses.dataclass(frozen=True)
class Measurements:
    """All that was measured.

    Attributes:
        weight_count: Numbers that the model has.
        work: What the timed steps did.
        training: How long they took.
        requests: Seconds of each prediction of a single example.
        batched: Predictions in batches.
        rate: How fast the machine multiplies matrices.
        machine: The machine.
    """

    weight_count: int
    work: Work
    training: TrainingTimes
    requests: list[float]
    batched: BatchedPrediction
    rate: ProductRate
    machine: Machine


def measure(
    subject: Subject, strategy: tf.distribute.Strategy, settings: BenchmarkConfig, say: Callable[[str], None]
) -> Measurements:
    """Measures training, the machine and prediction, in this order.

    Args:
        subject: What to measure.
        strategy: Where to compute.
        settings: How often.
        say: Is told what is under way.

    Raises:
        InputError: If the options allow for no step.
        TrainingError: If memory does not suffice, or the loss is not a finite number.
    """
    try:
        return _measure(subject, strategy, settings, say)
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError(
            "Memory must suffice for what is measured",
            received=next((line for line in error.message.splitlines() if "OOM" in line), error.message),
            fix="Set a smaller --train_batch_size, --tokens_per_batch or --predict_batch_size, or try --remat",
        ) from error


def _measure(
    subject: Subject, strategy: tf.distribute.Strategy, settings: BenchmarkConfig, say: Callable[[str], None]
) -> Measurements:
    plan = make_plan(subject.table.lengths, subject.config, strategy.num_replicas_in_sync, subject.table.whole_examples)
    count_steps(plan, subject.config)  # Before a large model is made for nothing.
    reset_peak_memory()
    training, model = _prepare(subject, plan, strategy)
    say(training.memory.tell(free_memory(strategy)))
    compiles = training.train_step.compiles_parts
    batches = choose_batches(plan, settings.untimed_steps, settings.steps, compiles=compiles)
    times = _time_training(training, strategy, batches, settings.trace, say)
    say("timing products of matrices")
    rates = [measure_product_rate(strategy, model.encoder.compute_dtype)]
    say(f"timing {settings.requests} requests, then batches of {subject.config.evaluation.predict_batch_size}")
    requests = time_requests(subject, model, settings.requests)
    batched = time_batches(subject, model, strategy, settings.steps)
    # Again after a while: what else runs on the machine may have slowed down the first ones, and the fastest counts.
    rates.append(measure_product_rate(strategy, model.encoder.compute_dtype))
    return Measurements(
        weight_count=model.count_params(),
        work=_work(batches, subject, training),
        training=times,
        requests=requests,
        batched=batched,
        rate=max(rates, key=lambda rate: rate.operations_per_second),
        machine=describe_machine(),
    )


def _prepare(subject: Subject, plan: TrainingPlan, strategy: tf.distribute.Strategy) -> tuple[Training, BertModel]:
    """The training run of the subject's config, with random weights."""
    config, task = subject.config, subject.task
    with strategy.scope():
        model = build_model(task, subject.encoder, config.device.precision, recomputes=config.device.remat)
    start_weights(model, None, seed=config.train.seed, new_head=True)
    job = TrainingJob(
        model=model,
        objective=objective_for(task.answers),
        table=subject.table,
        example_ids=[],
        plan=plan,
        config=config,
        strategy=strategy,
        evaluate=None,
        metric=task.metric,
    )
    return Training(job), model


def _time_training(
    training: Training,
    strategy: tf.distribute.Strategy,
    batches: MeasuredBatches,
    trace: str | None,
    say: Callable[[str], None],
) -> TrainingTimes:
    trainer = training.trainer(batches.all)
    say(f"timing {len(batches.timed)} training steps, after {len(batches.untimed)} that don't count")
    timer = StepTimer(trainer)
    untimed = [timer.run() for _ in batches.untimed]
    steps = [timer.run() for _ in batches.timed]
    memory = peak_memory()
    if trace is not None:
        with files.writing(trace, "trace"):
            timer.trace(trace, len(batches.traced))
        say(f"wrote a profile of {len(batches.traced)} more steps to {trace}")
    say("timing forward and backward passes, and the same steps again")
    part_timer = PartTimer(trainer, training.train_step, timer.update, strategy)
    for _ in batches.untimed:
        part_timer.run()
    parts = [part_timer.run() for _ in batches.timed]
    _check_loss(trainer)
    return TrainingTimes(untimed[0], steps, parts, memory)


def _check_loss(trainer: Trainer) -> None:
    failed = int(trainer.failed_step.numpy())
    if failed >= 0:
        raise TrainingError(
            "The loss must be a finite number, and is not after a step",
            received=f"step {failed}",
            fix="Choose --precision=float32",
        )


def _work(batches: MeasuredBatches, subject: Subject, training: Training) -> Work:
    nothing, lengths = Extent(0, 0, 0), subject.table.lengths
    return Work(
        total_steps=training.total_steps,
        compiles_parts=training.train_step.compiles_parts,
        computed=sum((computed_extent(batch) for batch in batches.timed), nothing),
        useful=sum((useful_extent(batch, lengths) for batch in batches.timed), nothing),
    )
