"""The families of tasks: each is a command that trains, evaluates, predicts and exports.

All families share one flow, from reading to the report. What differs is here: which answers a family takes, and how its
command is called. Nothing here imports TensorFlow.
"""

import dataclasses
from collections.abc import Mapping

from bert_tf.config.run import OPTIONS
from bert_tf.config.typed import Typed
from bert_tf.errors import InputError
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.registry import find_known
from bert_tf.tasks.task import Task

# Sections of options that one command has for itself, and an option of one that another command shares.
_SECTIONS = {"spans": "squad", "tagging": "tagger", "choices": "choice"}
_SHARED = ("question_column", "choice")


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of tasks.

    Attributes:
        command: The command of `bert-tf` that it is.
        arguments: Its words beside flags, for the usage line.
        summary: What it does.
        helps: What --help says of options that mean something else to it.
    """

    command: str
    arguments: str
    summary: str
    helps: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of answers that its tasks have."""
        return tuple(kind for kind, space in KINDS.items() if space.command == self.command)

    @property
    def only_kind(self) -> str | None:
        """The kind of its tasks, if they have one and the same."""
        return self.kinds[0] if len(self.kinds) == 1 else None

    @property
    def shown_options(self) -> tuple[str, ...]:
        """The options that --help lists: all but those of other families, which are taken and said to do nothing."""
        others = [section for section, command in _SECTIONS.items() if command != self.command]
        return tuple(
            option.name
            for option in OPTIONS.values()
            if option.section not in others or (option.name, self.command) == _SHARED
        )

    @property
    def defaults(self) -> dict[str, object]:
        """Its options whose default is another than elsewhere."""
        return {name: value for kind in self.kinds for name, value in KINDS[kind].defaults.items()}

    def check(self, task: Task) -> None:
        """Makes sure that a task is one of the family.

        Raises:
            InputError: If it belongs to another command.
        """
        self.check_kind(task.answers.kind, f"{task.name}, with {task.answers.kind}")

    def check_kind(self, kind: str, received: str) -> None:
        """Makes sure that a kind of answers is one of the family.

        Args:
            kind: The kind.
            received: What has it, for the message.

        Raises:
            InputError: If it belongs to another command.
        """
        if kind not in self.kinds:
            families = [family for family in FAMILIES.values() if family.command != self.command]
            others = [family.command for family in families if kind in family.kinds]
            raise InputError(
                f"bert-tf {self.command} is for tasks with {', '.join(self.kinds)}",
                received=received,
                fix=f"Call bert-tf {others[0]}" if others else "Choose another task",
            )


CLASSIFIER = Family(
    "classifier",
    "--task=NAME --output_dir=DIR [flags]",
    "Fine-tune a checkpoint on a task: train, evaluate, predict and export. Without any --do_* flag it trains and "
    "evaluates. run_classifier.py is this command.",
)
TAGGER = Family(
    "tagger",
    "--train_file=FILE --eval_file=FILE --output_dir=DIR [flags]",
    "Fine-tune a checkpoint to tag words: names of persons and places, parts of speech. Files are CoNLL columns, or "
    "JSON Lines with tokens and tags, or with text and spans. The flags are those of the classifier.",
    {
        "train_file": "Your training sentences, CoNLL columns, JSON or JSON Lines, also with .gz; the task is then "
        "custom.",
        "predict_file": "Your sentences to predict, in the same formats; tags of the task are scored, if there are "
        "some; - for standard input.",
        "text_column": "Column of the words: its number from 0, or its name in JSON.",
        "label_column": "Column of the tags: its number from 0, by default the last, or its name in JSON.",
    },
)
SQUAD = Family(
    "squad",
    "--train_file=FILE --predict_file=FILE --output_dir=DIR [flags]",
    "Fine-tune a checkpoint to answer questions by a span of their context, as run_squad.py does. Files are as those "
    "of SQuAD 1.1 and 2.0, or rows with question, context, answer and answer_start. Predictions become "
    "predictions.json, nbest_predictions.json and null_odds.json; --eval_file is scored. The flags are those of the "
    "classifier and of run_squad.py.",
)
CHOICE = Family(
    "choice",
    "--train_file=FILE --eval_file=FILE --output_dir=DIR [flags]",
    "Fine-tune a checkpoint to choose one of 2 to 10 choices of each question. Files are CSV as SWAG's, JSON as that "
    "of OpenBookQA and CommonsenseQA, or rows with columns that --question_column, --choice_columns and --label_column "
    "name. The flags are those of the classifier; a batch size counts questions.",
)
FAMILIES: dict[str, Family] = {family.command: family for family in (CLASSIFIER, TAGGER, SQUAD, CHOICE)}


def of_family(typed: Typed, family: Family | None) -> Typed:
    """Returns what was typed, with the defaults of the family and of the task.

    Args:
        typed: What was typed.
        family: The family whose command was called; None for that of the task, whichever it is.

    Raises:
        InputError: If the file of --config can't be read, or a value breaks a rule.
    """
    config = typed.config()
    task = find_known(config.data.task_name or CUSTOM.name)
    if task is not CUSTOM and task is not None:
        return dataclasses.replace(typed, defaults=task.defaults)
    values = dict(typed.values)
    if family is not None and family.only_kind is not None:
        values = {"kind": family.only_kind, **values}
    name = str(values.get("kind", config.own_data.kind))
    if family is not None:
        family.check_kind(name, f"--kind={name}")
    kind = KINDS[name]
    return dataclasses.replace(typed, values=values, defaults=kind.defaults)
