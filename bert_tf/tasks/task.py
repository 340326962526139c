"""What a task is made of. Values only: nothing here imports TensorFlow."""

import dataclasses
import enum
from collections.abc import Callable, Mapping

from bert_tf.data.examples import Examples
from bert_tf.data.layouts import Split, TfdsData, TsvFile


class Kind(enum.Enum):
    """What a model answers: which head it has, what its loss is and how its logits are read."""

    CLASSIFICATION = "classification"


@dataclasses.dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: What --task says.
        title: One line about it.
        kind: What the model answers.
        labels: The labels as written in its files, in the order of the logits.
        metrics: Names of `metrics.CLASSIFICATION_METRICS`; the first one decides which checkpoint is best.
        tsv: The files of its published form, by split.
        tfds: Its form in TensorFlow Datasets.
        generate: Makes its examples without any file.
        is_pair: Whether an example has two texts.
    """

    name: str
    title: str
    kind: Kind
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    tsv: Mapping[Split, TsvFile] | None = None
    tfds: TfdsData | None = None
    generate: Callable[[Split], Examples] | None = None
    is_pair: bool = False
