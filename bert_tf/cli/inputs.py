"""What the classifier reads before TensorFlow is loaded: options, task and examples, so that mistakes show at once."""

import dataclasses
import os
from collections.abc import Callable

from bert_tf import files
from bert_tf.cli.devices import flags_without_cluster, resolve_devices
from bert_tf.cli.examples import name_own_task, read_examples, stored_task
from bert_tf.cli.flags import Typed, warn_without_meaning
from bert_tf.config import CONFIG_FILE, OPTIONS, RunConfig, differing_options, from_json, replace
from bert_tf.config_paths import absolute_path, with_absolute_paths
from bert_tf.console import say, warn
from bert_tf.data.cache import CACHE_FLAG, cache_path
from bert_tf.data.examples import Examples
from bert_tf.data.layouts import Split
from bert_tf.data.own_files import may_be_delimited
from bert_tf.encoder_config import ENCODER_CONFIG_FILE, VOCABULARY_FILE, EncoderConfig, parse_encoder_config
from bert_tf.errors import InputError
from bert_tf.evaluation.results import (
    BEST_SEED,
    CROSS_VALIDATION,
    DEV_RESULTS,
    ENSEMBLE,
    EVAL_RESULTS,
    FIGURES,
    MODEL_CARD,
    PREDICTIONS,
    REPORT,
    SEEDS,
    SUBMISSIONS,
    TEST_RESULTS,
    with_suffix,
)
from bert_tf.experiments.doctor.data_findings import short_warnings
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own_data import checkpoint_folders, find_task
from bert_tf.tasks.registry import get_task
from bert_tf.tasks.task import Task
from bert_tf.training.cluster import Cluster
from bert_tf.training.guards import LEFT_OUT_FILE
from bert_tf.training.journal import JOURNAL_FILE

_ACTIONS = ("do_train", "do_eval", "do_predict", "do_export")
_PREDICTED = (
    *(with_suffix(name, split.suffix) for name in (TEST_RESULTS, PREDICTIONS) for split in Split if split.is_test),
    *(with_suffix(DEV_RESULTS, split.suffix) for split in (Split.DEV, Split.DEV_MISMATCHED)),
)
# What a new run removes of an earlier one.
RUN_FILES = (
    *(EVAL_RESULTS, *_PREDICTED, SUBMISSIONS, REPORT, MODEL_CARD, FIGURES),
    *(CROSS_VALIDATION, SEEDS, BEST_SEED, ENSEMBLE),
    *(JOURNAL_FILE, LEFT_OUT_FILE, "train", "eval"),
)


@dataclasses.dataclass(frozen=True)
class ClassifierInputs:
    """Everything that a run needs but the model.

    Attributes:
        config: All options.
        task: What to learn.
        output_dir: The output folder.
        splits: The examples of each split that the run needs.
        earlier: The options of the run that the folder already holds and that this one goes on with; None if there is
            none, or it is to be overwritten.
        cluster: The processes that do it together; None for this one alone.
        begin: What else is to be done when a new run has been checked and is about to write.
    """

    config: RunConfig
    task: Task
    output_dir: str
    splits: dict[Split, Examples]
    earlier: RunConfig | None
    cluster: Cluster | None = None
    begin: Callable[[], None] = lambda: None


def prepare(typed: Typed) -> ClassifierInputs:
    """Reads and checks what the flags say.

    Raises:
        InputError: If something is missing, malformed or contradictory.
    """
    if typed.arguments:
        raise InputError("The classifier takes flags only", received=typed.arguments[0], fix="Write --name=value")
    config = name_own_task(_resolve(typed))
    output_dir = require_output_dir(config)
    config, cluster = resolve_devices(config)
    _check_several_runs(config, cluster)
    task = get_task(config.data.task_name)
    _warn(typed, config, task, cluster)
    config, earlier = check_output_dir(config, typed, task, output_dir)
    _check_kind(typed, config)
    found = read_examples(config, _needed_splits(config, task))
    check_long_text(config, found.task)
    for line in found.told:
        say(line)
    for line in short_warnings(found.task, found.splits):
        warn(f"warning: {line}")
    return ClassifierInputs(config, found.task, output_dir, found.splits, earlier, cluster)


@dataclasses.dataclass(frozen=True)
class TrainedInputs:
    """A trained model and what is to be done with it.

    Attributes:
        config: The options of the run that trained it, with those that were typed.
        task: What it learnt.
        output_dir: Its folder.
        arguments: The words that are not flags.
    """

    config: RunConfig
    task: Task
    output_dir: str
    arguments: tuple[str, ...]


def prepare_trained(typed: Typed) -> TrainedInputs:
    """Reads what the folder of a trained model says of it.

    Raises:
        InputError: If the folder holds no run.
    """
    output_dir = require_output_dir(typed.config())
    base = saved_config(output_dir)
    if base is None:
        raise InputError(
            "--output_dir must be the folder of a trained model", received=f"{output_dir} without {CONFIG_FILE}"
        )
    config = typed.config(base)
    task = stored_task(config, output_dir)
    check_long_text(config, task)
    return TrainedInputs(config, task, output_dir, typed.arguments)


def prepare_export(typed: Typed) -> TrainedInputs:
    """Reads the folder of a trained model that is to be exported, in float32 unless another precision was typed."""
    inputs = prepare_trained(typed)
    precision = typed.values.get("precision", "float32")
    return dataclasses.replace(inputs, config=replace(inputs.config, precision=precision))


def check_output_dir(
    config: RunConfig, typed: Typed, task: Task, output_dir: str
) -> tuple[RunConfig, RunConfig | None]:
    """Makes sure that a run can write to its folder, and that it is the one which the folder may hold already.

    Args:
        config: All options.
        typed: What was typed of them.
        task: What is to be learnt.
        output_dir: The folder.

    Returns:
        The options, with what the folder decides; and those of the run that is gone on with, None if there is none.

    Raises:
        InputError: If the folder can't be used.
    """
    files.check_writable(output_dir)
    _check_cache(config, task, output_dir)
    earlier = saved_config(output_dir)
    if config.action.do_train and earlier is None:
        check_strange_folder(output_dir)
    if config.action.do_train and config.action.overwrite_output_dir:
        earlier = None
    if earlier is not None:
        if config.action.do_train and config.device.precision == "auto":  # What the run began with.
            config = replace(config, precision=earlier.device.precision)
        _check_same_run(output_dir, earlier, config, typed)
    return config, earlier


def require_output_dir(config: RunConfig) -> str:
    """Returns the output folder.

    Raises:
        InputError: If none was given.
    """
    if not config.action.output_dir:
        raise InputError("--output_dir must be set", fix="Give a folder that the run may write to")
    return config.action.output_dir


def saved_config(output_dir: str) -> RunConfig | None:
    """Returns the config that an earlier run left in a folder, None if there is none.

    Raises:
        InputError: If it can't be read.
    """
    path = os.path.join(output_dir, CONFIG_FILE)
    if not files.exists(path):
        return None
    return from_json(files.read_text(path, "the config of the run", "Choose another --output_dir"), path)


def _resolve(typed: Typed) -> RunConfig:
    """The options of the run; without training, what the folder's own run had counts where nothing was typed."""
    config = typed.config()
    if not any(getattr(config.action, name) for name in _ACTIONS):
        if any(name in typed.values for name in _ACTIONS):
            raise InputError("At least one of --do_train, --do_eval, --do_predict, --do_export must be true")
        predicts = config.own_data.predict_file is not None
        trains = not predicts or config.own_data.train_file is not None
        chosen = {"do_train": trains, "do_eval": trains, "do_predict": predicts}
        say(f"no --do_* flag: {' '.join(f'--{name}' for name, is_chosen in chosen.items() if is_chosen)}")
        config = replace(config, **chosen)
    if config.action.do_train or config.action.output_dir is None or typed.config_file is not None:
        return config
    base = saved_config(config.action.output_dir)
    if base is None:
        return config
    actions = {name: getattr(config.action, name) for name in _ACTIONS}
    return replace(typed.config(base), **actions)


def _warn(typed: Typed, config: RunConfig, task: Task, cluster: Cluster | None) -> None:
    """Says which typed flags have no effect, and refuses one that promises what would not happen."""
    if config.evaluation.early_stopping_patience and not config.evaluation.eval_every:
        raise InputError(
            "--early_stopping_patience counts evaluations during training, and there are none",
            received=f"--early_stopping_patience={config.evaluation.early_stopping_patience} without --eval_every",
            fix="Set --eval_every to a number of steps",
        )
    reasons = flags_without_cluster(cluster)
    if not config.action.do_train:
        names = ("new_head", "num_seeds", "overwrite_output_dir", "remat")
        reasons |= dict.fromkeys(names, "it only matters with --do_train")
    if config.train.num_seeds == 1:
        reasons["ensemble"] = "it only matters with --num_seeds"
    if not config.action.do_predict:
        reasons["glue_submission"] = "it only matters with --do_predict"
    if config.train.tokens_per_batch:
        reasons["train_batch_size"] = "--tokens_per_batch bounds the step"
    if not config.data.long_text.startswith("window"):
        reasons["doc_stride"] = "it only matters with --long_text=window_mean or window_max"
    if task.generate is not None:
        reasons |= dict.fromkeys(("data_dir", "tfds_data_dir"), f"the task {task.name} makes its own data")
    if task is CUSTOM:
        reasons |= dict.fromkeys(("data_dir", "tfds_data_dir"), "your own files are read")
        if not _reads_delimited(config):
            reasons |= dict.fromkeys(("header", "delimiter"), "it only matters to CSV and TSV files")
        if config.own_data.k_folds:
            reasons["cache_dir"] = "each fold of --k_folds has other examples"
    else:
        own = [option.name for option in OPTIONS.values() if option.section == "own_data"]
        reasons |= dict.fromkeys(own, f"the task {task.name} has its own data")
    if task.name != "xnli":
        reasons["language"] = "it only matters to the task xnli"
    warn_without_meaning(typed.values, config.device.use_tpu, reasons)


def _reads_delimited(config: RunConfig) -> bool:
    """Whether any of the user's files that the run may need is perhaps one with a delimiter."""
    own, action = config.own_data, config.action
    learns = action.do_train or action.do_eval
    paths = [own.train_file, own.eval_file] * learns + [own.predict_file] * action.do_predict
    return any(may_be_delimited(path, own.file_format) for path in paths if path)


def _check_kind(typed: Typed, config: RunConfig) -> None:
    """Makes sure that a kind that was typed is the one that the model was trained for, if the run does not train it."""
    task = None if config.action.do_train else find_task(checkpoint_folders(config))
    kind = typed.values.get("kind")
    if task is not None and kind not in (None, task.kind.value):
        fix = "Leave --kind out, or train a model for it"
        raise InputError(f"--kind must be that of the trained model, {task.kind.value}", received=kind, fix=fix)


def check_long_text(config: RunConfig, task: Task) -> None:
    """Makes sure that long texts can be read as the options say.

    Raises:
        InputError: If they can't.
    """
    data = config.data
    if task.is_pair and data.long_text != "head":
        raise InputError(
            f"--long_text is for single texts, and {task.name} has pairs, which are cut as in the original",
            received=f"--long_text={data.long_text}",
            fix="Leave it out",
        )
    room = data.max_seq_length - 2
    if data.long_text.startswith("window") and data.doc_stride > room:
        raise InputError(
            f"--doc_stride must not step over pieces: a window of --max_seq_length={data.max_seq_length} holds {room}",
            received=data.doc_stride,
            fix=f"Set --doc_stride={max(room // 2, 1)}",
        )


def _check_cache(config: RunConfig, task: Task, output_dir: str) -> None:
    """Makes sure that what the cache lacks can be written to it, and stays there."""
    folder, length = config.data.cache_dir, config.data.max_seq_length
    if not folder:
        return
    for name in RUN_FILES:
        own = os.path.abspath(os.path.join(output_dir, name))
        if os.path.join(os.path.abspath(folder), "").startswith(os.path.join(own, "")):
            raise InputError(
                f"--{CACHE_FLAG} must not lie in a folder that a new run removes",
                received=folder,
                fix=f"Choose another --{CACHE_FLAG}",
            )
    wanted = [cache_path(folder, task.name, split, length) for split in _needed_splits(config, task)]
    if not files.is_remote(folder) and not all(files.exists(path) for path in wanted):
        files.check_writable(folder, CACHE_FLAG)


def check_strange_folder(output_dir: str) -> None:
    """Makes sure that a folder which no run made has no names that a run clears: they are somebody's data.

    Raises:
        InputError: If it has some.
    """
    taken = [name for name in RUN_FILES if files.exists(os.path.join(output_dir, name))]
    if taken:
        raise InputError(
            "--output_dir must be a new folder or that of an earlier run",
            received=f"{output_dir}, which has {', '.join(taken)} but no {CONFIG_FILE}",
            fix="Choose another --output_dir",
        )


def _check_several_runs(config: RunConfig, cluster: Cluster | None) -> None:
    """Makes sure that runs of several runs are done by one process, and for one reason."""
    given = {"k_folds": config.own_data.k_folds > 0, "num_seeds": config.train.num_seeds > 1}
    asked = [f"--{name}" for name, is_given in given.items() if is_given]
    if len(asked) > 1:
        raise InputError("Folds and seeds can't be tried in one run", received=" ".join(asked), fix="Leave one out")
    if asked and cluster is not None:
        raise InputError(f"{asked[0]} is for one process", received="several workers", fix="Leave one of them out")


def _check_same_run(output_dir: str, earlier: RunConfig, config: RunConfig, typed: Typed) -> None:
    """Makes sure that what was typed doesn't contradict the run in the folder, whose weights are about to be used."""
    _check_own_files(output_dir, config, typed)
    start = config.model.init_checkpoint if "init_checkpoint" in typed.values else earlier.model.init_checkpoint
    if not config.action.do_train:
        is_other = absolute_path(start) != absolute_path(earlier.model.init_checkpoint)
        if is_other and files.exists(os.path.join(output_dir, "checkpoint")):
            raise InputError(
                f"{output_dir} holds a run of its own, whose weights are used",
                received=f"--init_checkpoint={start}",
                fix="Leave --init_checkpoint out, or choose another --output_dir",
            )
        return
    differing = differing_options(with_absolute_paths(earlier), with_absolute_paths(config))
    if (earlier.train.num_seeds > 1) is not (config.train.num_seeds > 1):  # Any other number adds or leaves out seeds.
        differing["num_seeds"] = (earlier.train.num_seeds, config.train.num_seeds)
    if differing:
        shown = ", ".join(f"{name} was {old!r} and is {new!r}" for name, (old, new) in differing.items())
        raise InputError(
            f"{output_dir} belongs to a run with other options",
            received=shown,
            fix="Choose another --output_dir, or start anew in this one with --overwrite_output_dir",
        )


def _check_own_files(output_dir: str, config: RunConfig, typed: Typed) -> None:
    """Makes sure that a vocabulary or architecture that was typed is the one which the run in the folder has."""
    pairs = (
        ("vocab_file", config.model.vocab_file, VOCABULARY_FILE, lambda data, path: data),
        ("bert_config_file", config.model.bert_config_file, ENCODER_CONFIG_FILE, _architecture(config)),
    )
    for flag, path, own_name, meaning in pairs:
        own_path = os.path.join(output_dir, own_name)
        if path is None or flag not in typed.values or not files.exists(own_path):
            continue
        fix = f"Set --{flag} to the file that the run began with, or leave it out"
        given, own = (meaning(files.read_bytes(name, f"the --{flag}", fix), name) for name in (path, own_path))
        if given != own:
            raise InputError(f"--{flag} must be that of the run in {output_dir}", received=path, fix=fix)


def _architecture(config: RunConfig) -> Callable[[bytes, str], EncoderConfig]:
    def parse(data: bytes, path: str) -> EncoderConfig:
        encoder = parse_encoder_config(data.decode("utf-8-sig"), path)
        return dataclasses.replace(encoder, hidden_act=config.model.hidden_act or encoder.hidden_act)

    return parse


def _needed_splits(config: RunConfig, task: Task) -> list[Split]:
    needed = {
        Split.TRAIN: config.action.do_train,
        Split.DEV: config.action.do_eval
        or (config.action.do_train and (config.evaluation.eval_every > 0 or config.train.num_seeds > 1)),
        Split.DEV_MISMATCHED: config.action.do_eval,
        Split.TEST: config.action.do_predict,
        Split.TEST_MISMATCHED: config.action.do_predict,
    }
    return [split for split, is_needed in needed.items() if is_needed and (task.has(split) or not split.suffix)]
