"""What a task is made of. Values only: nothing here imports TensorFlow."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.readers.tsv import TsvFile
from bert_tf.data.splits import USUAL, Split
from bert_tf.errors import InputError
from bert_tf.tasks.answers.space import AnswerSpace, Outputs


@dataclasses.dataclass(frozen=True)
class Submission:
    """A file that the GLUE server takes.

    Attributes:
        name: Its name.
        rows: How many predictions it must have, which is how many the published test set has.
    """

    name: str
    rows: int


@dataclasses.dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: What --task says.
        title: One line about it.
        answers: All answers that it may have: how labels are read, what outputs mean, how they are scored.
        metrics: Names of metrics of its answers.
        combined: Those of them whose mean is the task's official `combined_score`.
        tsv: The files of its published form, by split.
        tfds: Its form in TensorFlow Datasets.
        in_columns: Whether --data_dir may hold its sentences in columns, under the usual names.
        generate: Makes its examples without any file.
        is_pair: Whether an example has two texts.
        submissions: What the GLUE server takes of it, by split.
        learnt_as: Name of the task whose training set and head are used, if it has none itself.
        best_by: The score that decides which checkpoint is best; empty for the first of the metrics.
        label_names: What the labels mean, in their order, where they don't tell it themselves; none if they do.
        own_defaults: Options whose default is another for it than for all tasks of its kind.
    """

    name: str
    title: str
    answers: AnswerSpace
    metrics: tuple[str, ...]
    combined: tuple[str, ...] = ()
    tsv: Mapping[Split, TsvFile] | None = None
    tfds: TfdsData | None = None
    in_columns: bool = False
    generate: Callable[[Split], Examples] | None = None
    is_pair: bool = False
    submissions: Mapping[Split, Submission] = dataclasses.field(default_factory=dict)
    learnt_as: str | None = None
    best_by: str = ""
    label_names: tuple[str, ...] = ()
    own_defaults: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the logits; none if answers are no labels."""
        return self.answers.labels

    @property
    def metric(self) -> str:
        """The score that decides which checkpoint is best."""
        return self.best_by or self.metrics[0]

    @property
    def defaults(self) -> dict[str, object]:
        """Options whose default is another than usual."""
        return {**self.answers.defaults, **self.own_defaults}

    @property
    def splits(self) -> tuple[Split, ...]:
        """Its parts; those of a task that makes its own data, or reads the user's, are the usual three."""
        if self.tsv is None and self.tfds is None:
            return USUAL
        return tuple(dict.fromkeys((*(self.tsv or ()), *(self.tfds.splits if self.tfds else ()))))

    def chosen_by(self, metric: str) -> "Task":
        """Returns the task with another score that decides which checkpoint is best.

        Raises:
            InputError: If it is none of those that the task can have.
        """
        known = [*self.answers.known_metrics, "loss", *(["combined_score"] if self.combined else [])]
        if metric not in known:
            fix = f"Known: {', '.join(known)}"
            raise InputError("--metric must be a score of the task", received=metric, fix=fix)
        is_lacking = metric in self.answers.known_metrics and metric not in self.metrics
        return dataclasses.replace(self, best_by=metric, metrics=(*self.metrics, *([metric] if is_lacking else [])))

    def score(self, outputs: Outputs, targets: np.ndarray) -> dict[str, float]:
        """Returns the metrics by name, and `combined_score` if there is one.

        Args:
            outputs: What a model says, decided.
            targets: What is right, as `AnswerSpace.place` has it.
        """
        scores = self.answers.score(outputs, targets, self.metrics)
        if self.combined:
            scores["combined_score"] = float(np.mean([scores[name] for name in self.combined]))
        return scores

    def configured(self, config: RunConfig) -> "Task":
        """Returns the task with what the options say of its answers, and with other metrics if they are for others."""
        answers = self.answers.configured(config)
        is_other = answers.own_metrics() != self.answers.own_metrics()
        return dataclasses.replace(self, answers=answers, metrics=answers.own_metrics() if is_other else self.metrics)

    def answering(self, answers: AnswerSpace) -> "Task":
        """Returns the task with other answers."""
        return dataclasses.replace(self, answers=answers)
