"""The families of tasks: each is a command that trains, evaluates, predicts and exports.

All families share one flow, from reading to the report. What differs is here: which answers a family takes, and how its
command is called. Nothing here imports TensorFlow.
"""

import dataclasses

from bert_tf.errors import InputError
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of tasks.

    Attributes:
        command: The command of `bert-tf` that it is.
        arguments: Its words beside flags, for the usage line.
        summary: What it does.
        kinds: The kinds of answers that its tasks have.
    """

    command: str
    arguments: str
    summary: str
    kinds: tuple[str, ...]

    @property
    def only_kind(self) -> str | None:
        """The kind of its tasks, if they have one and the same."""
        return self.kinds[0] if len(self.kinds) == 1 else None

    def check(self, task: Task) -> None:
        """Makes sure that a task is one of the family.

        Raises:
            InputError: If it belongs to another command.
        """
        kind = task.answers.kind
        if kind not in self.kinds:
            families = [family for family in FAMILIES.values() if family.command != self.command]
            others = [family.command for family in families if kind in family.kinds]
            raise InputError(
                f"bert-tf {self.command} is for tasks with {', '.join(self.kinds)}",
                received=f"{task.name}, with {kind}",
                fix=f"Call bert-tf {others[0]}" if others else "Choose another task",
            )


CLASSIFIER = Family(
    "classifier",
    "--task=NAME --output_dir=DIR [flags]",
    "Fine-tune a checkpoint on a task: train, evaluate, predict and export. Without any --do_* flag it trains and "
    "evaluates. run_classifier.py is this command.",
    tuple(kind for kind, space in KINDS.items() if not space.of_words),
)
TAGGER = Family(
    "tagger",
    "--train_file=FILE --eval_file=FILE --output_dir=DIR [flags]",
    "Fine-tune a checkpoint to tag words: names of persons and places, parts of speech. Files are CoNLL columns, or "
    "JSON Lines with tokens and tags, or with text and spans. The flags are those of the classifier.",
    tuple(kind for kind, space in KINDS.items() if space.of_words),
)
FAMILIES: dict[str, Family] = {family.command: family for family in (CLASSIFIER, TAGGER)}
