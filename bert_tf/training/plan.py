"""The batches and the number of steps of a run, from its options."""

import numpy as np

from bert_tf.config.run import RunConfig
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.errors import InputError

_MOST_STEPS = 10**9  # That of years; dropout counts steps with 32 bits.
_STEPS_TO_PAY_FOR_COMPILING = 60  # It takes some 3 s a shape, and saves some 50 ms a step.


def make_plan(lengths: np.ndarray, config: RunConfig, replicas: int, splits: np.ndarray | None = None) -> TrainingPlan:
    """Returns the plan of a run.

    Args:
        lengths: int64 [N], pieces of each row.
        config: All options.
        replicas: Devices that share each batch.
        splits: The rows that a batch takes as a whole; see `data.batches.units.Units`.

    Raises:
        InputError: If a bound on pieces leaves no room for the longest row.
    """
    train, data = config.train, config.data
    parts = replicas * train.gradient_accumulation_steps
    batching = Batching(data.batching)
    longest = data.max_seq_length if batching is Batching.PADDED else int(lengths.max())
    rows = 1 if splits is None else int(np.diff(splits).max())
    if train.tokens_per_batch and train.tokens_per_batch < longest * rows * parts:
        shared = f" on each of {parts} replicas and accumulation steps" if parts > 1 else ""
        several = f", {rows} times, since an example may have so many rows" if rows > 1 else ""
        raise InputError(
            f"--tokens_per_batch must leave room for the longest row, which has {longest} pieces{several}{shared}",
            received=train.tokens_per_batch,
            fix=f"Set --tokens_per_batch={longest * rows * parts} or more",
        )
    return TrainingPlan(
        lengths=lengths,
        batch_size=train.train_batch_size,
        max_length=data.max_seq_length,
        batching=batching,
        seed=train.seed,
        parts=parts,
        tokens_per_batch=train.tokens_per_batch,
        splits=splits,
    )


def count_steps(plan: TrainingPlan, config: RunConfig) -> tuple[int, int]:
    """Returns (steps in all, steps of warm-up) of a run, as google-research/bert counts them.

    Raises:
        InputError: If there would be none, or more than anyone can wait for.
    """
    epochs = config.train.num_train_epochs
    steps = plan.count_steps(epochs)
    if steps < 1 and plan.tokens_per_batch:
        raise InputError(
            "Training must have at least one step",
            received=f"--tokens_per_batch={plan.tokens_per_batch}, with which {epochs:g} epochs are less than a step",
            fix="Set a smaller --tokens_per_batch or more --num_train_epochs",
        )
    if steps < 1:
        raise InputError(
            "Training must have at least one step, which needs train_batch_size <= examples x epochs",
            received=f"{plan.batch_size} > {len(plan.units)} x {epochs:g}",
            fix="Set a smaller --train_batch_size or more --num_train_epochs",
        )
    if steps > _MOST_STEPS:
        raise InputError(
            f"Training must have at most {_MOST_STEPS:,} steps",
            received=f"{len(plan.units):,} examples x {epochs:g} / {plan.batch_size}",
            fix="Set fewer --num_train_epochs or a larger --train_batch_size",
        )
    return steps, int(steps * config.train.warmup_proportion)


def is_worth_compiling(plan: TrainingPlan, total_steps: int) -> bool:
    """Whether there are enough steps of each shape to make good the time that it takes to compile for it.

    It depends on the whole run and not on what is left of it, since compiled parts round differently.
    """
    return total_steps >= _STEPS_TO_PAY_FOR_COMPILING * len(set(plan.shapes(total_steps)))
