"""What a space of answers decides on the host: everything that one kind of task does in a way of its own.

A space is a frozen value. It reads labels as they are written, turns them into targets, tells what the columns of a
model's outputs mean, scores them, and knows what can be fitted to a dev set. The half of it that computes with tensors
is its objective, in `tasks.objectives`. N examples, C labels. Nothing here imports TensorFlow.
"""

import abc
import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import FaultKind
from bert_tf.data.table import Column, Rows, target_of_examples
from bert_tf.errors import InputError
from bert_tf.metrics.values import pearson
from bert_tf.text.template import Template

Outputs = Mapping[str, np.ndarray]
Space = TypeVar("Space", bound="AnswerSpace")
# Names of columns of outputs.
PROBABILITIES, VALUE, PLACE, CHOSEN, SPANS = "probabilities", "value", "place", "chosen", "spans"
IS_GIVEN = "is_given"  # Whether the best span is the answer, bool [M].
CHOICES, CHOICE_LABELS = "choices", "choice_labels"  # Texts and labels of those of each question, object [M].
STARTS, ENDS = "starts", "ends"  # Where each word stands in its text, in characters, int32 [W].
WORDS = "words"  # Each word as it is written, object [W], where those who ask do not know them.
SPLITS = "splits"  # Example i has the words [splits[i], splits[i + 1]), int64 [N + 1], where words have the answers.
MISSING = FaultKind("A label must not be missing", "Give the row a label, or leave it out")
TWO_LINES = FaultKind("A label must stand in one line", "Take the line feed out of it")  # labels.txt has one a line.


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What answers have to do with what is right.

    Attributes:
        varies: Whether not all examples get the same answer.
        correlation: How far answers and labels go together: 1 if wholly, 0 if not at all.
        beats_constant: Whether the answers have fewer errors than the best answer that is the same for all examples.
        measure: Which correlation it is, for messages.
    """

    varies: bool
    correlation: float
    beats_constant: bool
    measure: str


@dataclasses.dataclass(frozen=True)
class AnswerSpace(abc.ABC):
    """All answers that a task may have.

    Attributes:
        kind: What --kind and `task.json` call it.
        command: The command of `bert-tf` whose tasks have it.
        title: What the model card calls its answers.
        noun: What messages call what an example is labelled with.
        counted_noun: The same of what has one label each.
        result: Name of the column of outputs that `test_results.tsv` holds.
        default_metrics: Those of a task of the user's own data; the first one decides which checkpoint is best.
        template: What an example consists of.
        has_labels: Whether its answers are labels.
        has_mean: Whether the mean of the answers of several models is an answer.
        file_names: Files that only its predictions have.
        defaults: Options whose default is another than usual.
        labels: The labels as written, in the order of the logits; none if answers are no labels.
    """

    kind: ClassVar[str]
    command: ClassVar[str] = "classifier"
    title: ClassVar[str]
    noun: ClassVar[str] = "label"
    counted_noun: ClassVar[str] = "example"
    result: ClassVar[str] = PROBABILITIES
    default_metrics: ClassVar[tuple[str, ...]]
    template: ClassVar[Template] = Template.TEXTS
    has_labels: ClassVar[bool] = True
    has_mean: ClassVar[bool] = True
    file_names: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, object]] = {}
    labels: tuple[str, ...] = ()

    @property
    def joint(self) -> str:
        """What joins the labels of an example that may have several; empty if it has one."""
        return ""

    # --- Labels as they are written ---

    def read_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        """Returns examples with labels as names, where a cell may hold several of them in another form.

        Args:
            examples: The examples of a file.
            known: The labels in their order, as far as they are known.

        Raises:
            InputError: If it isn't certain what the labels are.
        """
        return examples

    def read_test_cells(self, examples: Examples, known: tuple[str, ...]) -> Examples:
        """Returns the examples of a test set as `read_cells` does; without labels if these are none of the task."""
        return self.read_cells(examples, known)

    @abc.abstractmethod
    def fault_of(self, label: str) -> FaultKind | None:
        """Returns why a text can't be what an example is labelled with; None if it can."""

    @abc.abstractmethod
    def completed(self: Space, train: Examples | None) -> Space:
        """Returns the space with what it lacks: the labels, or the range, that the training set has.

        Raises:
            InputError: If it lacks something that the training set does not tell, or there is none.
        """

    def configured(self: Space, config: RunConfig) -> Space:
        """Returns the space with what options say of it: of a span, which ones may be answers.

        Raises:
            InputError: If they don't go together.
        """
        return self

    def named(self: Space, labels: tuple[str, ...]) -> Space:
        """Returns the space with labels that the user named; none leaves it as it is.

        Raises:
            InputError: If its answers are no labels.
        """
        return dataclasses.replace(self, labels=labels) if labels else self

    def meaning(self, label: str) -> str:
        """Returns a text that is equal for two labels only if they mean the same."""
        return label

    def names(self, label: str) -> list[str]:
        """Returns the labels that a text consists of."""
        return [label]

    def count(self, examples: Examples) -> dict[str, int]:
        """Returns how many examples have each label, in the order of the labels."""
        found = Counter(examples.labels or ())
        counts = dict.fromkeys(self.labels, 0)
        for text, count in found.items():
            for label in set(self.names(text)) & counts.keys():
                counts[label] += count
        return counts

    def tally(self, examples: Examples) -> dict[str, int]:
        """Returns how the examples are spread, for a person: how many there are of each label, or in each part."""
        return self.count(examples)

    def spelled(self, examples: Examples) -> dict[str, int]:
        """Returns how many of each type there are of what labels of words spell together; nothing where they don't."""
        return {}

    @abc.abstractmethod
    def place(self, examples: Examples) -> np.ndarray:
        """Returns the targets, one row an example: what the loss takes; zeros if there are no labels.

        Raises:
            InputError: If a label is none of the task's, with its place.
        """

    def columns(self, targets: np.ndarray, rows: Rows) -> dict[str, Column]:
        """Returns the columns that the loss takes.

        Args:
            targets: What `place` returns.
            rows: The rows of the examples.
        """
        return target_of_examples(targets, rows)

    def facts(self) -> dict[str, object]:
        """Returns everything that targets depend on beside the labels of the examples, by name."""
        return {"kind": self.kind, "order of labels": list(self.labels)}

    def learnable(self, examples: Examples) -> Examples:
        """Returns the examples of a training set that can be learnt from; all of them, where labels are whole.

        Raises:
            InputError: If there is none.
        """
        return examples

    def strata(self, examples: Examples) -> Sequence[str] | None:
        """Returns the group of each example of which every part of a data set gets its share; None for one group."""
        return examples.labels

    def describe(self, examples: Examples) -> str:
        """Returns one line on what the examples are labelled with."""
        counts = self.count(examples)
        shown = [f"{label} {counts[label]:,}" for label in self.labels[:20]]
        rest = f", and {len(self.labels) - 20} more" if len(self.labels) > 20 else ""
        what = f"{self.noun}s, in this order, with their {self.counted_noun}s"
        return f"{len(self.labels)} {what}: {', '.join(shown)}{rest}"

    def summary(self, names: Sequence[str]) -> str:
        """Returns what the answers are, in a few words: how many labels, and which.

        Args:
            names: The labels as people read them, in their order.
        """
        shown = ", ".join(names[:50])
        return f"{len(self.labels)}: {shown}" + (f" and {len(self.labels) - 50} more" if len(self.labels) > 50 else "")

    def limits_told(self) -> list[str]:
        """Returns what a person should know of the answers that it can give, one line each."""
        return []

    def idle_options(self) -> dict[str, str]:
        """Returns why options have no effect on such answers, by their names, once everything is known of these."""
        return {}

    @property
    def known_metrics(self) -> tuple[str, ...]:
        """The names of the metrics that have a meaning with the options of the space."""
        return tuple(self.metrics)

    def own_metrics(self) -> tuple[str, ...]:
        """Returns the metrics of a task of the user's own data."""
        return self.default_metrics

    # --- What weighs in the loss ---

    def check_loss_options(self, given: Mapping[str, object]) -> None:  # noqa: B027 (labels take all of them)
        """Makes sure that options of the loss, of which those are given that were chosen, fit the space.

        Raises:
            InputError: If they don't.
        """

    @abc.abstractmethod
    def balanced_weights(self, targets: np.ndarray) -> np.ndarray:
        """Returns the weight of each label with which all of them count alike (King and Zeng 2001), float64 [C].

        Raises:
            InputError: If a label has no example.
        """

    # --- What outputs mean ---

    @abc.abstractmethod
    def read(self, outputs: Outputs, index: int) -> dict[str, Any]:
        """Returns what the outputs say of one example, as `predictions.jsonl` has it."""

    @abc.abstractmethod
    def score(self, outputs: Outputs, targets: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns metrics by name."""

    def extra_files(self, examples: Examples, outputs: Outputs) -> dict[str, str]:
        """Returns the text of each file that only predictions of this kind have, by its name.

        Args:
            examples: The examples.
            outputs: What a model says of them, decided.
        """
        return {}

    @property
    @abc.abstractmethod
    def metrics(self) -> Mapping[str, Callable]:
        """The metrics that it knows, by name."""

    @property
    def lacks_fit(self) -> bool:
        """Whether something that decides on answers was neither chosen nor fitted to a dev set, as a model that was
        trained for other options has it.
        """
        return False

    def fitted(self: Space, outputs: Outputs, targets: np.ndarray) -> Space:
        """Returns the space with what is fitted to a dev set, such as thresholds; itself if nothing is."""
        return self

    def fitted_like(self: Space, other: "AnswerSpace | None") -> Space:
        """Returns the space with what another one of the same kind was fitted to; None leaves nothing fitted."""
        return self

    def tell_fit(self) -> str:
        """Returns one line on what was fitted; empty if nothing was."""
        return ""

    def tell_lack(self, outputs: Outputs) -> str:
        """Returns one line on examples for which no answer could be found at all; empty if there is one for each."""
        return ""

    @abc.abstractmethod
    def evidence(self, outputs: Outputs, targets: np.ndarray) -> Evidence:
        """Returns what the outputs have to do with what is right; targets must not all be the same."""

    def has_news(self, targets: np.ndarray) -> bool:
        """Whether there is something to be found out: not all examples have the same target."""
        return len(np.unique(targets, axis=0)) > 1

    def why_no_number(self, targets: np.ndarray) -> str:
        """Returns why a score of the dev set with these targets may be no number."""
        what = "answers" if self.has_news(targets) else f"{self.noun}s"
        return f"all {what} of the dev set are the same"

    def commonest(self, examples: Examples) -> str:
        """Returns the label that whoever knows nothing always gives; empty if an answer is not one label."""
        return ""


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Returns the linear correlation; 0 where it is not defined."""
    found = pearson(x, y)
    return 0.0 if math.isnan(found) else found


def refuse_lacking(labels: Sequence[str], counts: np.ndarray) -> None:
    """Makes sure that every label has an example, so that a balanced weight is a number.

    Raises:
        InputError: If one has none.
    """
    lacking = [label for label, count in zip(labels, counts, strict=True) if not count]
    if lacking:
        raise InputError(
            "--class_weights=balanced needs an example of every label in the training set",
            received=f"none of {', '.join(lacking)}",
            fix="Add one, or give the weights as numbers",
        )
