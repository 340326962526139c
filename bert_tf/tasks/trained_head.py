"""Whether a head that was trained is one for a task. Nothing here imports TensorFlow."""

from bert_tf.errors import InputError
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.task import Task

_SHOWN_LABELS = 10
_FIX = "Choose the task that it was trained for, or train a fresh head with --do_train --new_head"


def check_head(origin: str, labels: tuple[str, ...] | None, trained_task: str | None, task: Task) -> None:
    """Makes sure that a trained head is one for a task.

    Args:
        origin: The checkpoint.
        labels: The labels that are written down beside it; None if nothing is.
        trained_task: Name of the task that it was trained for, if that is written down beside it.
        task: The task.

    Raises:
        InputError: If it is not.
    """
    if trained_task is not None and trained_task not in (task.name, task.learnt_as):
        raise InputError(
            f"The head of {origin} must be one of {task.learnt_as or task.name}", received=trained_task, fix=_FIX
        )
    if labels and not task.labels:
        raise _other_answers(origin, task.answers, f"one with labels {_some(labels)}")
    if labels is not None and labels != task.labels:
        wanted = f"{task.name} ({_some(task.labels)})"
        raise InputError(f"The labels of {origin} must be those of {wanted}", received=_some(labels), fix=_FIX)


def check_answers(origin: str, trained: Task, task: Task) -> None:
    """Makes sure that a model was trained on examples such as those of a task.

    Args:
        origin: The model.
        trained: What it was trained for.
        task: The task.

    Raises:
        InputError: If it was not.
    """
    if trained.answers.template is not task.answers.template:
        raise _other_answers(origin, task.answers, f"one of {_kind(trained.answers)}")


def _other_answers(origin: str, answers: AnswerSpace, received: str) -> InputError:
    return InputError(f"{origin} must be a model of {_kind(answers)}", received=received, fix=_FIX)


def _kind(answers: AnswerSpace) -> str:
    return f"{answers.kind} (bert-tf {answers.command})"


def _some(labels: tuple[str, ...]) -> str:
    rest = f" and {len(labels) - _SHOWN_LABELS} more" if len(labels) > _SHOWN_LABELS else ""
    return ", ".join(labels[:_SHOWN_LABELS]) + rest
