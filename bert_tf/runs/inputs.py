"""What the classifier reads before TensorFlow is loaded: options, task and examples, so that mistakes show at once."""

import dataclasses
from collections.abc import Callable, Mapping

from bert_tf.config.paths import absolute_path, checkpoint_path
from bert_tf.config.run import CONFIG_FILE, RunConfig, replace
from bert_tf.config.typed import Typed
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, Split
from bert_tf.doctor.data_findings import short_warnings
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import read_labels
from bert_tf.host import files
from bert_tf.host.console import say, visible, warn
from bert_tf.runs.devices import resolve_devices
from bert_tf.runs.examples import name_own_task, needed_splits, read_examples, stored_task
from bert_tf.runs.families import Family, of_family
from bert_tf.runs.folder import (
    check_options_of_run,
    check_output_dir,
    config_of_checkpoint,
    require_output_dir,
    saved_config,
    weights_place,
)
from bert_tf.runs.idle_flags import TEXT_COLUMNS, Situation, warn_of_answers, warn_of_idle_flags
from bert_tf.runs.result_data import EVALUATED, PREDICTED, ResultData, folders_beside, result_folder
from bert_tf.tasks.own.own_data import checkpoint_folders, find_task
from bert_tf.tasks.own.stored import read_task
from bert_tf.tasks.registry import get_task
from bert_tf.tasks.task import Task
from bert_tf.tasks.trained_head import check_answers, check_head
from bert_tf.text.template import Template, check_limits
from bert_tf.training.devices.cluster import Cluster
from bert_tf.weights.places import check_place

# What may be another than in training: how a trained model is used, and the columns of the texts that it is asked for.
_OF_A_MODEL_IN_USE = ("max_seq_length", "precision", *TEXT_COLUMNS)
_ACTIONS = ("do_train", "do_eval", "do_predict", "do_export")


@dataclasses.dataclass(frozen=True)
class ClassifierInputs:
    """Everything that a run needs but the model.

    Attributes:
        config: All options.
        task: What to learn.
        output_dir: The output folder.
        splits: The examples of each split that the run needs.
        earlier: The options of the run that the folder already holds and that this one continues; None if there is
            none, or it is to be overwritten.
        cluster: The processes that do it together; None for this one alone.
        begin: What else is to be done when a new run has been checked and is about to write.
        warnings: What was warned of, and belongs in the journal as soon as there is one.
    """

    config: RunConfig
    task: Task
    output_dir: str
    splits: dict[Split, Examples]
    earlier: RunConfig | None
    cluster: Cluster | None = None
    begin: Callable[[], None] = lambda: None
    warnings: tuple[str, ...] = ()


def prepare(typed: Typed, family: Family | None = None) -> ClassifierInputs:
    """Reads and checks what the flags say.

    Args:
        typed: The flags.
        family: The family whose command was called; None for that of the task, whichever it is.

    Raises:
        InputError: If something is missing, malformed or contradictory.
    """
    if typed.arguments:
        raise InputError(
            f"The {family.command if family else 'call'} takes flags only",
            received=typed.arguments[0],
            fix="Write --name=value",
        )
    flags = typed
    typed = of_family(typed, family)
    chosen = _resolve(typed)
    config = name_own_task(chosen)
    reads_folder = config.own_data != chosen.own_data
    _check_known_task(config)
    output_dir = require_output_dir(config)
    config, cluster = resolve_devices(config)
    _check_several_runs(config, cluster)
    task = get_task(config.data.task_name)
    _check_patience(config)
    warn_of_idle_flags(flags, Situation(config, task, reads_folder), cluster)
    config, earlier = check_output_dir(config, typed, task, output_dir)
    _check_kind(typed, config)
    check_place(weights_place(config))
    found = read_examples(config, needed_splits(config, task))
    if family is not None:
        family.check(found.task)
    if config.train.ensemble and not found.task.answers.has_mean:
        raise InputError(
            "--ensemble takes the mean of the answers of several seeds, and there is none of spans",
            received="--ensemble",
            fix="Leave it out; --num_seeds keeps the best seed",
        )
    warn_of_answers(flags, found.task.answers)
    _check_head_of_start(config, found.task)
    check_long_text(config, found.task)
    _check_results(config, found.task, found.splits, output_dir)
    for line in found.told:
        say(visible(line))
    warnings = list(map(visible, short_warnings(found.task, found.splits)))
    if _scores_what_it_learnt(config, earlier):
        warnings.append("--eval_file is the training file, so its scores say nothing about other texts")
    for line in warnings:
        warn(f"warning: {line}")
    return ClassifierInputs(config, found.task, output_dir, found.splits, earlier, cluster, warnings=tuple(warnings))


def _check_known_task(config: RunConfig) -> None:
    """Makes sure that a run which trains nothing has a model: the folder of another tells its task too."""
    if config.data.task_name is None and not config.action.do_train and config.action.output_dir:
        raise InputError(
            "--output_dir must be the folder of a trained model, or --task and --init_checkpoint must be set",
            received=f"{config.action.output_dir} without {CONFIG_FILE}",
        )


def _check_results(config: RunConfig, task: Task, splits: Mapping[Split, Examples], output_dir: str) -> None:
    """Makes sure that results will have a place, before a model is trained for them."""
    action = config.action
    if action.overwrite_output_dir or not folders_beside(output_dir):
        return  # Nothing is in the way, and checksums of the data need not be taken yet.
    wanted = {EVALUATED: DEV if action.do_eval else None}
    wanted[PREDICTED] = next((split for split in splits if split.is_test), None) if action.do_predict else None
    for purpose, split in wanted.items():
        if split is not None and split in splits:
            result_folder(output_dir, purpose, ResultData.of(splits[split], task), config.evaluation.result_name)


def _check_head_of_start(config: RunConfig, task: Task) -> None:
    """Makes sure that the run whose folder was named as the start has learnt the labels of the task."""
    place, start = weights_place(config), config.model.init_checkpoint
    folder = None if start is None or place != start else checkpoint_path(start)
    if folder is None or config.model.new_head or files.is_remote(folder) or not files.is_folder(folder):
        return  # What is remote or packed is looked at when it is read.
    trained, stored = config_of_checkpoint(folder), read_task(folder)
    if stored is not None:
        check_answers(start or folder, stored, task)
    check_head(start or folder, read_labels(folder), trained.data.task_name if trained else None, task)


def _scores_what_it_learnt(config: RunConfig, earlier: RunConfig | None) -> bool:
    """Whether the dev set is the very file that the model learns, or has learnt."""
    trained = config if config.action.do_train or earlier is None else earlier
    learnt, scored = trained.own_data.train_file, config.own_data.eval_file
    return bool(learnt and scored and config.action.do_eval and absolute_path(learnt) == absolute_path(scored))


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
    check_place(output_dir)
    config = typed.config(base)
    check_options_of_run(output_dir, base, config, _OF_A_MODEL_IN_USE)
    task = stored_task(config, output_dir)
    check_long_text(config, task)
    return TrainedInputs(config, task, output_dir, typed.arguments)


def prepare_export(typed: Typed) -> TrainedInputs:
    """Reads the folder of a trained model that is to be exported, in float32 unless another precision was typed."""
    inputs = prepare_trained(typed)
    precision = typed.values.get("precision", "float32")
    return dataclasses.replace(inputs, config=replace(inputs.config, precision=precision))


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
    if config.action.do_train or config.action.output_dir is None:
        return config
    base = saved_config(config.action.output_dir)
    if base is None:
        return config
    actions = {name: getattr(config.action, name) for name in _ACTIONS}
    return replace(typed.config(base), **actions)


def _check_patience(config: RunConfig) -> None:
    """Refuses what promises to end a run that nothing would end."""
    if config.evaluation.early_stopping_patience and not config.evaluation.eval_every:
        raise InputError(
            "--early_stopping_patience counts evaluations during training, and there are none",
            received=f"--early_stopping_patience={config.evaluation.early_stopping_patience} without --eval_every",
            fix="Set --eval_every to a number of steps",
        )


def _check_kind(typed: Typed, config: RunConfig) -> None:
    """Makes sure that a kind that was typed is the one that the model was trained for, if the run does not train it."""
    task = None if config.action.do_train else find_task(checkpoint_folders(config))
    kind = typed.values.get("kind")
    learnt = None if task is None else task.answers.kind
    if learnt is not None and kind not in (None, learnt):
        fix = "Leave --kind out, or train a model for it"
        raise InputError(f"--kind must be that of the trained model, {learnt}", received=kind, fix=fix)


def check_long_text(config: RunConfig, task: Task) -> None:
    """Makes sure that long texts can be read as the options say.

    Raises:
        InputError: If they can't.
    """
    data = config.data
    if task.answers.template is Template.CHOICES and data.long_text != "head":
        raise InputError(
            "--long_text is for single texts; questions with choices are cut as pairs are in the original",
            received=f"--long_text={data.long_text}",
            fix="Leave it out",
        )
    if task.answers.template is Template.CONTEXT:
        check_limits(data.max_seq_length, config.spans.max_query_length, data.doc_stride)
    if task.answers.template is not Template.TEXTS and data.long_text != "head":
        raise InputError(
            "--long_text is for labels of whole texts; what answers words or questions is always read in windows",
            received=f"--long_text={data.long_text}",
            fix="Leave it out; --doc_stride says how far apart they begin",
        )
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


def _check_several_runs(config: RunConfig, cluster: Cluster | None) -> None:
    """Makes sure that runs of several runs are done by one process, and for one reason."""
    given = {"k_folds": config.own_data.k_folds > 0, "num_seeds": config.train.num_seeds > 1}
    asked = [f"--{name}" for name, is_given in given.items() if is_given]
    if len(asked) > 1:
        raise InputError("Folds and seeds can't be tried in one run", received=" ".join(asked), fix="Leave one out")
    if asked and cluster is not None:
        raise InputError(f"{asked[0]} is for one process", received="several workers", fix="Leave one of them out")
