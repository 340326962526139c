"""The tasks that are known by name, and their examples."""

import os
from collections.abc import Mapping

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.tagged_files import USUAL_NAMES, find_usual_files
from bert_tf.data.readers.tfds import read_tfds
from bert_tf.data.readers.tsv import read_tsv
from bert_tf.data.splits import Split
from bert_tf.errors import InputError, nearest
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.demo import DEMOS
from bert_tf.tasks.known.entities import ENTITIES
from bert_tf.tasks.known.glue import GLUE
from bert_tf.tasks.known.reviews_and_news import REVIEWS_AND_NEWS
from bert_tf.tasks.own.own_sentences import read_own_sentences
from bert_tf.tasks.task import Task

TASKS: Mapping[str, Task] = {task.name: task for task in (*GLUE, *REVIEWS_AND_NEWS, *ENTITIES, *DEMOS, CUSTOM)}


def get_task(name: str | None) -> Task:
    """Returns the task of a name, in any case of letters.

    Raises:
        InputError: If there is none, with the nearest names.
    """
    if name is None:
        raise InputError("--task must name the task to learn", fix=f"Known: {', '.join(TASKS)}")
    task = find_known(name)
    if task is None:
        raise InputError("--task must be a known task", received=name, fix=nearest(name, TASKS))
    return task


def find_known(name: str) -> Task | None:
    """Returns the task of a name, in any case of letters; None if there is none."""
    return TASKS.get(name.lower()) or TASKS.get(name.lower().replace("_", "-"))


def read_split(task: Task, split: Split, config: RunConfig) -> Examples:
    """Reads one split of a task from where the options say: its own generator, --data_dir, or TensorFlow Datasets.

    Raises:
        InputError: If the examples can't be had from there.
    """
    data = config.data
    if task.generate is not None:
        return task.generate(split)
    if data.data_dir is not None and task.tsv is not None:
        return read_tsv(data.data_dir, task.tsv[split].in_language(data.language))
    if data.data_dir is not None and task.in_columns:
        return _read_columns(data.data_dir, split, config)
    if task.tfds is not None and config.tagging.document_context:
        raise InputError(
            "--document_context needs files that mark documents, and TensorFlow Datasets marks none",
            received=task.name,
            fix="Set --data_dir to a folder of files with -DOCSTART- lines, or leave it out",
        )
    if task.tfds is not None:
        return read_tfds(task.tfds, split, data.tfds_data_dir, data.language)
    raise InputError(f"The task {task.name} needs --data_dir")


def _read_columns(folder: str, split: Split, config: RunConfig) -> Examples:
    """The sentences of a split of a published task, from the file of a folder."""
    found = find_usual_files(folder)
    if split not in found:
        names = ", ".join(USUAL_NAMES[split])
        raise InputError(
            f"{folder} must have a file for {split.name}, called {names}, also with .txt, .conll and the like",
            received=", ".join(map(os.path.basename, found.values())),
        )
    return read_own_sentences(found[split], config, split)
