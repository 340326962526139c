"""What a task is made of. Values only: nothing here imports TensorFlow."""

import dataclasses
import enum
from collections.abc import Callable, Mapping

from bert_tf.data.examples import Examples
from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.readers.tsv import TsvFile
from bert_tf.data.splits import Split


class Kind(enum.Enum):
    """What a model answers: which head it has, what its loss is and how its logits are read."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    MULTI_LABEL = "multi_label"
    ORDINAL = "ordinal"


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
        kind: What the model answers.
        labels: The labels as written in its files, in the order of the logits; none for regression. Ordinal labels go
            from the lowest to the highest.
        metrics: Names of metrics of its kind; the first one decides which checkpoint is best.
        combined: Those of them whose mean is the task's official `combined_score`.
        tsv: The files of its published form, by split.
        tfds: Its form in TensorFlow Datasets.
        generate: Makes its examples without any file.
        is_pair: Whether an example has two texts.
        value_range: The lowest and the highest value of a regression.
        thresholds: The probability from which on each of several labels is chosen; 0.5 each if there are none.
        label_separator: What stands between the labels of an example that may have several.
        submissions: What the GLUE server takes of it, by split.
        learnt_as: Name of the task whose training set and head are used, if it has none itself.
        label_names: What the labels mean, in their order, where they don't tell it themselves; none if they do.
    """

    name: str
    title: str
    kind: Kind
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    combined: tuple[str, ...] = ()
    tsv: Mapping[Split, TsvFile] | None = None
    tfds: TfdsData | None = None
    generate: Callable[[Split], Examples] | None = None
    is_pair: bool = False
    value_range: tuple[float, float] | None = None
    thresholds: tuple[float, ...] = ()
    label_separator: str = "|"
    submissions: Mapping[Split, Submission] = dataclasses.field(default_factory=dict)
    learnt_as: str | None = None
    label_names: tuple[str, ...] = ()

    def has(self, split: Split) -> bool:
        """Whether the task has such a part; one that makes its own data, or reads the user's, has the usual three."""
        if self.tsv is None and self.tfds is None:
            return split in (Split.TRAIN, Split.DEV, Split.TEST)
        return split in (self.tsv or {}) or (self.tfds is not None and split in self.tfds.splits)
