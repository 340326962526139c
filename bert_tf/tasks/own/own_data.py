"""The task that the user's own files make, by options alone. Nothing here imports TensorFlow."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import FileFormat, Layout, read_own_file
from bert_tf.data.splits import Split
from bert_tf.data.splitting import split_off
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.tasks.answers.labels import check_labels, describe_labels, discover_labels, find_range
from bert_tf.tasks.custom import CUSTOM, METRICS
from bert_tf.tasks.own.given_labels import given_labels, label_columns
from bert_tf.tasks.own.label_sets import read_label_sets
from bert_tf.tasks.own.stored import read_task
from bert_tf.tasks.task import Kind, Task

_FLAGS = {Split.TRAIN: "train_file", Split.DEV: "eval_file", Split.TEST: "predict_file"}


@dataclasses.dataclass(frozen=True)
class OwnData:
    """What the user's files hold.

    Attributes:
        task: The task with its labels.
        splits: The examples.
        told: What a person should know of them, one line each.
    """

    task: Task
    splits: dict[Split, Examples]
    told: tuple[str, ...]


def read_own_data(config: RunConfig, needed: Sequence[Split], folders: Sequence[str]) -> OwnData:
    """Reads what a run needs of the user's files.

    Args:
        config: All options.
        needed: The splits that the run needs.
        folders: Where a trained model may be whose task is gone on with, if the run doesn't train.

    Raises:
        InputError: If a file is not given, not there or not sound, or its labels don't do.
    """
    own = config.own_data
    if own.k_folds:
        _check_folds(config)
        needed = [split for split in needed if split is not Split.DEV]  # Each fold has its own.
    needed = [split for split in needed if split in _FLAGS]
    if Split.TRAIN in needed and own.eval_file and own.eval_split:
        raise InputError(
            "The dev set must be a file, or a share of the training set",
            received=f"--eval_file={own.eval_file} with --eval_split={own.eval_split:g}",
            fix="Leave one of them out",
        )
    layout, kind, given = layout_of(config), Kind(own.kind), given_labels(own)
    task = None if Split.TRAIN in needed else find_task(folders)
    if task is not None:
        if given and given != task.labels:
            raise InputError(
                "--labels must be those that the model was trained for",
                received=",".join(given),
                fix="Leave it out",
            )
        kind, given = task.kind, task.labels
        several = kind is Kind.MULTI_LABEL
        layout = dataclasses.replace(layout, label_separator=task.label_separator, takes_lists=several, labels=given)
    splits = _read(config, needed, layout, kind, given)
    if task is None:
        task = _make_task(config, splits, kind, given)
        _check_same_labels(config, task)
    separator = task.label_separator if kind is Kind.MULTI_LABEL else None
    told = [
        f"{split.value}: {describe_labels(examples, task.labels, separator)}"
        for split, examples in splits.items()
        if examples.labels is not None and task.labels
    ]
    if task.value_range is not None:
        told.append("values from {:g} to {:g}; predictions are clipped to this range".format(*task.value_range))
    return OwnData(task, {split: splits[split] for split in needed}, tuple(told))


def layout_of(config: RunConfig) -> Layout:
    """Returns where the options say that texts and labels stand.

    Raises:
        InputError: If two columns are the same, or a delimiter or separator is none.
    """
    own = config.own_data
    delimiter = None if own.delimiter is None else own.delimiter.replace("\\t", "\t")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError("--delimiter must be one character, and no quotation mark", received=own.delimiter)
    if not own.label_separator:
        raise InputError("--label_separator must be at least one character", received=own.label_separator)
    labels = label_columns(own)
    wanted = (own.text_column, own.text_pair_column, *(labels or (own.label_column,)), own.id_column)
    named = [name for name in wanted if name]
    doubles = sorted({name for name in named if named.count(name) > 1})
    if doubles:
        raise InputError("A column must be named for one purpose", received=", ".join(doubles))
    return Layout(
        text=own.text_column,
        text_pair=own.text_pair_column,
        label=own.label_column,
        id=own.id_column,
        file_format=None if own.file_format is None else FileFormat(own.file_format),
        header=Header(own.header),
        delimiter=delimiter,
        label_separator=own.label_separator,
        takes_lists=Kind(own.kind) is Kind.MULTI_LABEL,
        label_columns=labels,
        labels=given_labels(own),
    )


def split_seed(config: RunConfig) -> int:
    """Returns what decides which examples become the dev set."""
    chosen = config.own_data.split_seed
    return config.train.seed if chosen is None else chosen


def find_task(folders: Sequence[str]) -> Task | None:
    """Returns the task of the first folder that holds one, None if none does."""
    return next((task for folder in folders if (task := read_task(folder)) is not None), None)


def checkpoint_folders(config: RunConfig) -> list[str]:
    """Where the task of a trained model may be written down: its own folder, or that of the checkpoint."""
    start = config.model.init_checkpoint
    folder = start if start is None or files.is_folder(start) else os.path.dirname(start)
    return [path for path in (config.action.output_dir, folder) if path]


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
            "--k_folds cuts --train_file in at least two parts, trains and evaluates, and does nothing else",
            received=", ".join(wrong) or f"--k_folds={own.k_folds}",
            fix="Choose one or the other",
        )


def _read(
    config: RunConfig, needed: Sequence[Split], layout: Layout, kind: Kind, given: Sequence[str]
) -> dict[Split, Examples]:
    own = config.own_data
    cuts_dev = Split.DEV in needed and own.eval_file is None and own.eval_split > 0
    paths: Mapping[Split, str | None] = {
        split: getattr(own, flag)
        for split, flag in _FLAGS.items()
        if split in needed or (split is Split.TRAIN and cuts_dev)
    }
    splits = {}
    for split, path in paths.items():
        if split is Split.DEV and cuts_dev:
            continue
        if path is None:
            also = ", or --eval_split to a share of the training set" if split is Split.DEV else ""
            raise InputError(f"--{_FLAGS[split]} must be set", fix=f"Set it to a file{also}")
        splits[split] = read_own_file(path, layout, is_labelled=not split.is_test)
        if kind is Kind.MULTI_LABEL and not split.is_test and not layout.label_columns:
            known = given or _labels_of(splits.get(Split.TRAIN), split, layout.label_separator)
            splits[split] = read_label_sets(splits[split], known, layout.label_separator)
        if not split.is_test:
            check_labels(splits[split], kind, given)
    if own.eval_split and own.eval_file is None and Split.TRAIN in splits:
        groups = None if kind in (Kind.REGRESSION, Kind.MULTI_LABEL) else splits[Split.TRAIN].labels
        train, dev = split_off(splits[Split.TRAIN], own.eval_split, split_seed(config), groups)
        splits[Split.TRAIN] = dataclasses.replace(train, notes=(*train.notes, f"{len(dev):,} set aside as dev set"))
        splits[Split.DEV] = dataclasses.replace(dev, notes=("what was set aside",), blank_lines=0)
    return splits


def _labels_of(train: Examples | None, split: Split, separator: str) -> tuple[str, ...]:
    """The labels of the training set, if another split is read after it."""
    if train is None or split is Split.TRAIN:
        return ()
    return discover_labels(train, Kind.MULTI_LABEL, separator)


def _make_task(config: RunConfig, splits: Mapping[Split, Examples], kind: Kind, given: tuple[str, ...]) -> Task:
    """The task with the labels that were given, or those of the training set.

    Raises:
        InputError: If there is neither.
    """
    own = config.own_data
    task = dataclasses.replace(
        CUSTOM,
        kind=kind,
        metrics=METRICS[kind],
        is_pair=own.text_pair_column is not None,
        label_separator=own.label_separator,
        labels=given,
    )
    train = splits.get(Split.TRAIN)
    if kind is Kind.REGRESSION:
        if given:
            raise InputError("--labels needs labels, and a regression has values", received=",".join(given))
        if train is not None:
            return dataclasses.replace(task, value_range=find_range(train))
    elif train is not None:
        found = given or discover_labels(train, kind, own.label_separator)
        return _with_metrics(dataclasses.replace(task, labels=found))
    elif given:
        return _with_metrics(task)
    raise InputError(
        "The labels of the task must be known",
        received="neither a training file nor the folder of a trained model",
        fix="Set --train_file, or --output_dir or --init_checkpoint to the folder of a model that was trained here",
    )


def _check_same_labels(config: RunConfig, task: Task) -> None:
    """Makes sure that a file which was edited meanwhile doesn't give the weights of an earlier run other labels."""
    folder = config.action.output_dir
    if folder is None or config.action.overwrite_output_dir or not files.exists(os.path.join(folder, "checkpoint")):
        return
    stored = read_task(folder)
    if stored is not None and stored.kind is task.kind and stored.labels != task.labels:
        raise InputError(
            f"The labels must be those of the run in {folder}, in their order ({', '.join(stored.labels[:20])})",
            received=", ".join(task.labels[:20]),
            fix="Choose another --output_dir, or start anew in this one with --overwrite_output_dir",
        )


def _with_metrics(task: Task) -> Task:
    """With two labels, the second one is the positive one of precision, recall and F1."""
    if task.kind is Kind.CLASSIFICATION and len(task.labels) == 2:
        return dataclasses.replace(task, metrics=("accuracy", "f1_macro", "matthews_correlation", "f1"))
    return task
