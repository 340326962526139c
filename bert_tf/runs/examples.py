"""The task and the examples of a run: those of a known task, or what the user's own files hold."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.data.readers.tagged_files import find_usual_files
from bert_tf.data.splits import DEV, USUAL, Role, Split
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.tasks.answers.class_weights import check_loss_options
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.own_data import OWN_FLAGS, checkpoint_folders, read_own_data
from bert_tf.tasks.own.stored import read_task
from bert_tf.tasks.registry import get_task, read_split
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

OWN_FILES = tuple(OWN_FLAGS.values())


@dataclasses.dataclass(frozen=True)
class TaskExamples:
    """A task with the examples that a run needs.

    Attributes:
        task: The task, with all its labels.
        splits: The examples.
        told: What a person should know of them, one line each.
    """

    task: Task
    splits: dict[Split, Examples]
    told: tuple[str, ...]


def name_own_task(config: RunConfig) -> RunConfig:
    """Returns the options with the task custom, if own files are given and no task is.

    Raises:
        InputError: If both are.
    """
    config = _with_usual_files(config)
    given = [name for name in OWN_FILES if getattr(config.own_data, name)]
    if given and config.data.task_name is None:
        return replace(config, task_name=CUSTOM.name)
    if given and get_task(config.data.task_name) is not CUSTOM:
        raise InputError(
            "Own files make a task of their own",
            received=f"--{given[0]} with --task={config.data.task_name}",
            fix="Leave --task out, or the file",
        )
    return config


def _with_usual_files(config: RunConfig) -> RunConfig:
    """The options with the files that --data_dir has, where it is a folder of sentences and of no known task."""
    own, folder = config.own_data, config.data.data_dir
    is_known = config.data.task_name is not None or any(getattr(own, name) for name in OWN_FILES)
    if folder is None or is_known or KINDS[own.kind].template is not Template.WORDS:
        return config
    found = find_usual_files(folder)
    if own.eval_split or own.k_folds:
        found.pop(DEV, None)  # The dev set is a part of the training set.
    return replace(config, **{flag: found[split] for split, flag in OWN_FLAGS.items() if split in found})


def stored_task(config: RunConfig, folder: str) -> Task:
    """Returns the task of a trained model.

    Raises:
        InputError: If it is one of own files, and is not written down beside the model.
    """
    task = get_task(config.data.task_name)
    stored = read_task(folder) if task is CUSTOM else _with_stored_fit(task, config)
    if stored is None:
        raise InputError("A model of own files must have its task.json", received=folder, fix="Train it again")
    return stored.configured(config)


def read_examples(config: RunConfig, needed: Sequence[Split]) -> TaskExamples:
    """Reads the examples that a run needs, and finds out whether their labels are those of the task.

    Args:
        config: All options.
        needed: The splits; of those that only some tasks have, the ones that this one has are read.

    Raises:
        InputError: If examples can't be had, are not sound, or don't do for what the options ask for.
    """
    task = get_task(config.data.task_name)
    if config.own_data.k_folds:
        _check_folds(config)
        needed = [split for split in needed if not split.is_dev]  # Each fold has its own.
    if task is CUSTOM:
        own = read_own_data(config, needed, checkpoint_folders(config))
        task, splits = _with_stored_fit(own.task, config), own.splits
    else:
        own = None
        task = _with_stored_fit(task.configured(config), config)
        splits, told = _published(task, needed, config)
    for split, examples in splits.items():
        if not split.is_test and examples.labels is None:
            raise InputError(f"{examples.origin} must be labelled", fix="Choose data with labels")
        task.answers.place(examples)
    splits = {split: _limited(examples, split, config) for split, examples in splits.items()}
    if own is not None:
        told = own.tell(splits)
    if config.evaluation.metric is not None:
        task = task.chosen_by(config.evaluation.metric)
    if config.action.do_train:
        check_loss_options(config.train, task.answers)
    if config.evaluation.glue_submission and config.action.do_predict:
        _check_submission(config, task, splits)
    return TaskExamples(task, splits, (*(examples.summary() for examples in splits.values()), *told))


def _check_folds(config: RunConfig) -> None:
    """Makes sure that cross-validation is all that is asked for."""
    own, action = config.own_data, config.action
    given = {
        "--eval_file": own.eval_file,
        "--eval_split": own.eval_split,
        "--do_predict": action.do_predict,
        "--do_export": action.do_export,
        "no --do_train": not action.do_train,
    }
    wrong = [name for name, value in given.items() if value]
    if own.k_folds < 2 or wrong:
        raise InputError(
            "--k_folds cuts the training set in at least two parts, trains and evaluates, and does nothing else",
            received=", ".join(wrong) or f"--k_folds={own.k_folds}",
            fix="Choose one or the other",
        )


def _limited(examples: Examples, split: Split, config: RunConfig) -> Examples:
    """As many examples of a split as the options ask for, in their order."""
    limits = {Role.TRAIN: config.data.max_train_examples, Role.DEV: config.data.max_eval_examples, Role.TEST: 0}
    count, whole = limits[split.role], len(examples)
    if not count or count >= whole:
        return examples
    drawn = np.random.Generator(np.random.Philox(config.train.seed)).permutation(whole)[:count]
    note = f"{count:,} of {whole:,}, drawn by --seed"
    return dataclasses.replace(examples.rows(np.sort(drawn).tolist()), notes=(*examples.notes, note))


def _published(task: Task, needed: Sequence[Split], config: RunConfig) -> tuple[dict[Split, Examples], tuple[str, ...]]:
    """The splits of a task that is known by name, and what was left out of it."""
    splits, told = {}, []
    for split in needed:
        if split not in task.splits:
            raise InputError(
                f"The task {task.name} has no {split.name} set",
                fix=f"Train {task.learnt_as}, then set --init_checkpoint to its folder and --do_predict",
            )
        path = _missing_extra(task, split, config.data.data_dir)
        if path is not None:
            told.append(f"{path} is not there: no results{split.suffix.replace('_', ' for ')}")
            continue
        read_cells = task.answers.read_test_cells if split.is_test else task.answers.read_cells
        splits[split] = read_cells(read_split(task, split, config), task.labels)
    return splits, tuple(told)


def _missing_extra(task: Task, split: Split, data_dir: str | None) -> str | None:
    """The file of a second dev or test set, if it is missing: the original did without."""
    if not split.suffix or data_dir is None or task.tsv is None:
        return None
    path = os.path.join(data_dir, task.tsv[split].name)
    return None if files.exists(path) else path


def _with_stored_fit(task: Task, config: RunConfig) -> Task:
    """The task with what an earlier part of the same run has fitted to the dev set."""
    if config.action.output_dir is None or config.action.overwrite_output_dir:
        return task
    stored = read_task(config.action.output_dir)
    if stored is None or stored.labels != task.labels:
        return task
    return task.answering(task.answers.fitted_like(stored.answers))


def _check_submission(config: RunConfig, task: Task, splits: dict[Split, Examples]) -> None:
    if not task.submissions:
        raise InputError("--glue_submission needs a task of GLUE", received=task.name, fix="Leave it out")
    for split, submission in task.submissions.items():
        rows = len(splits[split]) if split in splits else 0
        if rows != submission.rows:
            raise InputError(
                f"{submission.name} must have a prediction for each of the {submission.rows:,} examples of the "
                "published test set",
                received=f"{rows:,} examples" + (f" in {splits[split].origin}" if rows else ""),
                fix="Predict the whole of it, or leave --glue_submission out",
            )
        _check_order(splits[split])


def _check_order(examples: Examples) -> None:
    """Makes sure that the answers of a submission, which are numbered, stand behind the right numbers."""
    for index, name in enumerate(examples.ids):
        if name != str(index):
            raise InputError(
                "--glue_submission needs the test set in the order of its index, from 0",
                received=f"{name} in place of {index} at {examples.location(index)}",
                fix="Take the published file as it is",
            )


def needed_splits(config: RunConfig, task: Task) -> list[Split]:
    """Returns the splits that the actions of a run need, those of a role that the task lacks among them."""
    action = config.action
    scores_dev = action.do_train and (config.evaluation.eval_every > 0 or config.train.num_seeds > 1)
    needed = {Role.TRAIN: action.do_train, Role.DEV: action.do_eval, Role.TEST: action.do_predict}
    extra = [split for split in task.splits if split.is_extra and needed[split.role]]
    usual = [split for split in USUAL if needed[split.role] or (split.is_dev and scores_dev)]
    return sorted((*usual, *extra), key=lambda split: [each.role for each in USUAL].index(split.role))
