"""What the benchmark reads before TensorFlow is loaded, so that mistakes show at once."""

import dataclasses
import os

from bert_tf.config.commands import BenchmarkConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.config.typed import Typed, reasons_of_tpu, warn_without_meaning
from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.console import say, visible
from bert_tf.host.json_objects import parse_json_object
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.tasks.task import Task
from bert_tf.weights.places import check_place

STANDARD_OUTPUT = "-"
OPTION_NAMES = (
    "init_checkpoint",
    "bert_config_file",
    "vocab_file",
    "do_lower_case",
    "strip_accents",
    "hidden_act",
    "task_name",
    "data_dir",
    "tfds_data_dir",
    "max_seq_length",
    "batching",
    "train_batch_size",
    "tokens_per_batch",
    "gradient_accumulation_steps",
    "num_train_epochs",
    "seed",
    "predict_batch_size",
    "precision",
    "remat",
    "verbosity",
)
_ONLY_WITH_A_TASK = ("data_dir", "tfds_data_dir", "vocab_file", "do_lower_case", "strip_accents")


@dataclasses.dataclass(frozen=True)
class BenchmarkInputs:
    """Everything that a benchmark needs but the architecture.

    Attributes:
        config: The options of the run that is measured.
        settings: How it is measured.
        task: Whose examples are used; None for random rows.
        examples: Its training set; None for random rows.
    """

    config: RunConfig
    settings: BenchmarkConfig
    task: Task | None
    examples: Examples | None


def prepare_benchmark(typed: Typed) -> BenchmarkInputs:
    """Reads and checks what the flags say.

    Raises:
        InputError: If something is missing, malformed or contradictory.
    """
    if typed.arguments:
        raise InputError("The benchmark takes flags only", received=typed.arguments[0], fix="Write --name=value")
    config, settings = name_own_task(typed.config()), typed.own(BenchmarkConfig)
    if config.device.use_tpu or config.device.distribution in ("tpu", "multi_worker"):
        received = "--use_tpu" if config.device.use_tpu else f"--distribution={config.device.distribution}"
        fix = "Leave it out of the config"
        raise InputError("The benchmark measures the CPU and GPUs of one machine", received=received, fix=fix)
    _check_targets(settings)
    check_place(config.model.init_checkpoint)
    _warn(typed, config)
    if config.data.task_name is None:
        _check_shortest_row(settings.shortest_row, config.data.max_seq_length)
        return BenchmarkInputs(config, settings, None, None)
    found = read_examples(replace(config, glue_submission=False), [TRAIN])
    for line in found.told:
        say(visible(line))
    return BenchmarkInputs(config, settings, found.task, found.splits[TRAIN])


def _check_targets(settings: BenchmarkConfig) -> None:
    """Makes sure that what is measured for minutes can be written."""
    path = settings.json
    if settings.trace is not None:
        files.check_writable(settings.trace, "trace")
    if path is None or path == STANDARD_OUTPUT or files.is_remote(path):
        return
    is_taken = os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path))
    if is_taken or not os.path.basename(path):
        fix = "Choose another name, or - for standard output"
        raise InputError("--json must be the name of a file, new or to be replaced", received=path, fix=fix)
    if os.path.lexists(path) and not _is_report(path):
        raise InputError(
            "--json must not replace a file that no benchmark wrote", received=path, fix="Choose another name"
        )
    files.check_writable(os.path.dirname(path), "json")


def _is_report(path: str) -> bool:
    """Whether a file is one that a benchmark wrote."""
    try:
        return "figures" in parse_json_object(files.read_text(path, "a report", ""), path)
    except InputError:
        return False


def _check_shortest_row(shortest_row: int, max_seq_length: int) -> None:
    if shortest_row > max_seq_length:
        raise InputError(
            f"--shortest_row must not be longer than --max_seq_length, which is {max_seq_length}",
            received=shortest_row,
        )


def _warn(typed: Typed, config: RunConfig) -> None:
    """Says which typed flags have no effect."""
    reasons = reasons_of_tpu(config.device.use_tpu)
    if config.data.task_name is None:
        reasons |= dict.fromkeys(_ONLY_WITH_A_TASK, "rows are random without --task")
    else:
        reasons["shortest_row"] = "rows are those of --task"
    if config.train.tokens_per_batch:
        reasons["train_batch_size"] = "--tokens_per_batch bounds the step"
    warn_without_meaning({**typed.values, **typed.own_values}, reasons)
