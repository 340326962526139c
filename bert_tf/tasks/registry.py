"""The tasks that are known by name, and their examples."""

from collections.abc import Mapping

from bert_tf.config.data import DataConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.tfds import read_tfds
from bert_tf.data.readers.tsv import read_tsv
from bert_tf.data.splits import Split
from bert_tf.errors import InputError, nearest
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.demo import DEMOS
from bert_tf.tasks.known.glue import GLUE
from bert_tf.tasks.known.reviews_and_news import REVIEWS_AND_NEWS
from bert_tf.tasks.known.value_range import check_values
from bert_tf.tasks.task import Task

TASKS: Mapping[str, Task] = {task.name: task for task in (*GLUE, *REVIEWS_AND_NEWS, *DEMOS, CUSTOM)}


def get_task(name: str | None) -> Task:
    """Returns the task of a name, in any case of letters.

    Raises:
        InputError: If there is none, with the nearest names.
    """
    if name is None:
        raise InputError("--task must name the task to learn", fix=f"Known: {', '.join(TASKS)}")
    task = TASKS.get(name.lower()) or TASKS.get(name.lower().replace("_", "-"))
    if task is None:
        raise InputError("--task must be a known task", received=name, fix=nearest(name, TASKS))
    return task


def read_split(task: Task, split: Split, data: DataConfig) -> Examples:
    """Reads one split of a task from where the options say: its own generator, --data_dir, or TensorFlow Datasets.

    Raises:
        InputError: If the examples can't be had from there, or their values are none of the task's.
    """
    examples = _read_split(task, split, data)
    if task.value_range is not None:
        check_values(examples, task.value_range)
    return examples


def _read_split(task: Task, split: Split, data: DataConfig) -> Examples:
    if task.generate is not None:
        return task.generate(split)
    if data.data_dir is not None and task.tsv is not None:
        return read_tsv(data.data_dir, task.tsv[split].in_language(data.language))
    if task.tfds is not None:
        return read_tfds(task.tfds, split, data.tfds_data_dir, data.language)
    raise InputError(f"The task {task.name} needs --data_dir")
