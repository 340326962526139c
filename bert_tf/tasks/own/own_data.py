"""The task that the user's own files make, by options alone. Nothing here imports TensorFlow."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from bert_tf.config.paths import checkpoint_path
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import Layout, file_format_of_rows, read_own_file
from bert_tf.data.splits import DEV, TEST, TRAIN, Split
from bert_tf.data.splitting import split_off
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.tasks.answers.kinds import KINDS, empty_space
from bert_tf.tasks.answers.labels import check_labels
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.given_labels import given_labels, label_columns
from bert_tf.tasks.own.own_choices import read_own_choices
from bert_tf.tasks.own.own_questions import read_own_questions
from bert_tf.tasks.own.own_sentences import read_own_sentences
from bert_tf.tasks.own.stored import read_task
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

OWN_FLAGS = {TRAIN: "train_file", DEV: "eval_file", TEST: "predict_file"}


@dataclasses.dataclass(frozen=True)
class OwnData:
    """What the user's files hold.

    Attributes:
        task: The task with its labels.
        splits: The examples that the run needs.
        read: All that were read, such as a training set of which the dev set is a share.
    """

    task: Task
    splits: dict[Split, Examples]
    read: dict[Split, Examples]

    def tell(self, used: Mapping[Split, Examples]) -> tuple[str, ...]:
        """Returns what a person should know of the labels, one line each.

        Args:
            used: The examples that the run uses, which may be fewer.
        """
        told = [
            f"{split.name}: {line}"
            for split, examples in {**self.read, **used}.items()
            if examples.labels is not None and (line := self.task.answers.describe(examples))
        ]
        return (*told, *self.task.answers.limits_told())


def read_own_data(config: RunConfig, needed: Sequence[Split], folders: Sequence[str]) -> OwnData:
    """Reads what a run needs of the user's files.

    Args:
        config: All options.
        needed: The splits that the run needs.
        folders: Where a trained model may be whose task is continued, if the run doesn't train.

    Raises:
        InputError: If a file is not given, not there or not sound, or its labels don't do.
    """
    own = config.own_data
    needed = [split for split in needed if split in OWN_FLAGS]
    if TRAIN in needed and own.eval_file and own.eval_split:
        raise InputError(
            "The dev set must be a file, or a share of the training set",
            received=f"--eval_file={own.eval_file} with --eval_split={own.eval_split:g}",
            fix="Leave one of them out",
        )
    layout, answers = layout_of(config), empty_space(own.kind, own.label_separator).configured(config)
    given = given_labels(own)
    task = None if TRAIN in needed else find_task(folders)
    if task is not None:
        if given and given != task.labels:
            raise InputError(
                "--labels must be those that the model was trained for",
                received=",".join(given),
                fix="Leave it out",
            )
        task = task.configured(config)
        answers = task.answers
        layout = dataclasses.replace(layout, **_of_lists(answers), labels=answers.labels)
    elif given:
        answers = answers.named(given)
    splits = _read(config, needed, layout, answers)
    if task is None:
        task = _make_task(config, answers.completed(splits.get(TRAIN)))
        _check_same_labels(config, task)
    return OwnData(task, {split: splits[split] for split in needed}, splits)


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
    is_of_words = KINDS[own.kind].template is Template.WORDS  # Sentences have formats of their own.
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
        file_format=None if is_of_words else file_format_of_rows(own.file_format),
        header=Header(own.header),
        delimiter=delimiter,
        **_of_lists(empty_space(own.kind, own.label_separator)),
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
    given = config.model.init_checkpoint
    start = given and checkpoint_path(given)
    folder = start if start is None or files.is_folder(start) else os.path.dirname(start)
    return [path for path in (config.action.output_dir, folder) if path]


def _read(config: RunConfig, needed: Sequence[Split], layout: Layout, answers: AnswerSpace) -> dict[Split, Examples]:
    own = config.own_data
    cuts_dev = DEV in needed and own.eval_file is None and own.eval_split > 0
    paths: Mapping[Split, str | None] = {
        split: getattr(own, flag)
        for split, flag in OWN_FLAGS.items()
        if split in needed or (split is TRAIN and cuts_dev)
    }
    splits = {}
    for split, path in paths.items():
        if split is DEV and cuts_dev:
            continue
        if path is None:
            also = ", or --eval_split to a share of the training set" if split is DEV else ""
            raise InputError(f"--{OWN_FLAGS[split]} must be set", fix=f"Set it to a file{also}")
        splits[split] = _read_file(path, split, layout, answers, config)
        if split is TRAIN and answers.template is Template.CHOICES:
            answers = answers.completed(splits[TRAIN])  # Other files are read as this one was.
        if not split.is_test and not layout.label_columns:
            reading = answers.completed(splits[TRAIN]) if split is DEV and TRAIN in splits else answers
            splits[split] = reading.read_cells(splits[split], reading.labels)
        if split.is_test and splits[split].labels is not None:
            reading = answers.completed(splits[TRAIN]) if TRAIN in splits else answers
            splits[split] = reading.read_test_cells(splits[split], reading.labels)
        if not split.is_test:
            check_labels(splits[split], answers)
    if own.eval_split and own.eval_file is None and TRAIN in splits:
        strata = answers.strata(splits[TRAIN])
        train, dev = split_off(splits[TRAIN], own.eval_split, split_seed(config), strata)
        splits[TRAIN] = dataclasses.replace(train, notes=(*train.notes, f"{len(dev):,} set aside as dev set"))
        splits[DEV] = dataclasses.replace(dev, notes=("what was set aside",), doubts=(), blank_lines=0)
    if TRAIN in needed and not own.k_folds:  # What can't be learnt counts in scoring, also in a part that is set aside.
        splits[TRAIN] = answers.learnable(splits[TRAIN])
    return splits


def _read_file(path: str, split: Split, layout: Layout, answers: AnswerSpace, config: RunConfig) -> Examples:
    """The examples of a file, by what they consist of."""
    if answers.template is Template.WORDS:
        return read_own_sentences(path, config, split)
    if answers.template is Template.CONTEXT:
        return read_own_questions(path, config, split)
    if answers.template is Template.CHOICES:
        return read_own_choices(path, config, answers, is_labelled=not split.is_test)
    return read_own_file(path, layout, is_labelled=not split.is_test)


def _make_task(config: RunConfig, answers: AnswerSpace) -> Task:
    """The task with answers of which everything is known."""
    is_pair = answers.template is Template.CONTEXT or config.own_data.text_pair_column is not None
    return dataclasses.replace(CUSTOM, answers=answers, metrics=answers.own_metrics(), is_pair=is_pair)


def _of_lists(answers: AnswerSpace) -> dict[str, Any]:
    """What a layout has to know of lists of labels."""
    return {"takes_lists": True, "label_separator": answers.joint} if answers.joint else {"takes_lists": False}


def _check_same_labels(config: RunConfig, task: Task) -> None:
    """Makes sure that a file which was edited meanwhile doesn't give the weights of an earlier run other labels."""
    folder = config.action.output_dir
    if folder is None or config.action.overwrite_output_dir or not files.exists(os.path.join(folder, "checkpoint")):
        return
    stored = read_task(folder)
    if stored is not None and stored.labels and task.labels and stored.labels != task.labels:
        raise InputError(
            f"The labels must be those of the run in {folder}, in their order ({', '.join(stored.labels[:20])})",
            received=", ".join(task.labels[:20]),
            fix="Choose another --output_dir, or start anew in this one with --overwrite_output_dir",
        )
