"""Whether the memory and the disk will do."""

import numpy as np
import tensorflow as tf

from bert_tf.config.run import RunConfig
from bert_tf.doctor.findings import Finding, Section, blocker, blocking, ok, warning
from bert_tf.errors import InputError
from bert_tf.host.disk import MEBIBYTE, free_bytes
from bert_tf.models.model import BertModel
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.memory import StepMemory, free_memory, step_memory
from bert_tf.training.plan import count_steps, make_plan

_FLOAT32_BYTES = 4


def look_at_room(
    model: BertModel,
    row_lengths: np.ndarray,
    config: RunConfig,
    strategy: tf.distribute.Strategy,
    splits: np.ndarray | None = None,
    rows_in_use: int | None = None,
) -> Section:
    """Tells how many steps the run has, what its largest step takes, and what it leaves on the disk.

    Args:
        model: The model.
        row_lengths: int64 [N], pieces of each row of the training set.
        config: All options.
        strategy: Where it computes.
        splits: The rows that a batch takes as a whole; see `data.batches.units.Units`.
        rows_in_use: Word pieces that the examples hold at least; None if that is not known.
    """
    findings: list[Finding] = []
    lines = []
    with blocking(findings):
        plan = make_plan(row_lengths, config, strategy.num_replicas_in_sync, splits)
        steps, warmup_steps = count_steps(plan, config)
        lines.append(f"training  about {steps:,} steps, {warmup_steps:,} of them warm-up")
        findings.append(memory_finding(step_memory(model, plan, config, steps, rows_in_use), free_memory(strategy)))
    folder = config.action.output_dir
    if folder is None:
        lines.append("disk      not looked at: --output_dir is not set")
    else:
        checkpoints = RunCheckpoints(folder, config.train.keep_checkpoints)
        runs = max(config.own_data.k_folds, config.train.num_seeds)
        findings.append(disk_finding(checkpoints, model.count_params(), runs))
    return Section("room", lines, findings)


def memory_finding(memory: StepMemory, free: int | None) -> Finding:
    """Compares the largest step with the memory that there is.

    What weights, gradients and moments take is known; what a step takes beside them is estimated, so only the first can
    rule a run out.

    Args:
        memory: What the step takes.
        free: Bytes that can be had beside the weights, which are there already; None if not known.
    """
    told = memory.tell(free)
    if free is None:
        return ok(f"{told}; what there is can't be told for these devices")
    room = free + _FLOAT32_BYTES * memory.footprint.weights
    if memory.needed.state > room:
        what = f"memory: weights, gradients and moments alone take {memory.needed.state // MEBIBYTE:,} MiB"
        return blocker(f"{what}, and {room // MEBIBYTE:,} MiB can be had", "Take a smaller model or a larger machine")
    return warning(told) if memory.needed.total > room else ok(told)


def disk_finding(checkpoints: RunCheckpoints, weights: int, runs: int = 1) -> Finding:
    """Compares what a run leaves in its folder with the room on that disk.

    Args:
        checkpoints: Those of the folder.
        weights: How many weights there are.
        runs: How many runs leave as much, each in a folder of its own. Only the first is looked at before it begins.
    """
    free = free_bytes(checkpoints.folder)
    try:
        checkpoints.check_room(weights)
    except InputError as error:
        return blocker(f"disk: {str(error).rstrip('.')}")
    needed = max(checkpoints.bytes_to_come(weights), 0) * runs
    what = f"{checkpoints.keep + 1} checkpoints and the best model" + (f" of each of {runs} runs" if runs > 1 else "")
    told = f"disk: at most {needed // MEBIBYTE:,} MiB for {what}"
    if free is None:
        return ok(f"{told}; room can't be told")
    told = f"{told}; {free // MEBIBYTE:,} MiB free"
    return warning(told, "Free some space, or lower --keep_checkpoints") if needed > free else ok(told)
