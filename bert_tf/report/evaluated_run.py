"""What a report is about. Values only: nothing here imports TensorFlow."""

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Callable, Mapping

import numpy as np

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.options import Option
from bert_tf.config.run import OPTIONS, RunConfig
from bert_tf.data.cache import fingerprint
from bert_tf.data.examples import Examples, data_name
from bert_tf.data.splits import DEV
from bert_tf.report.circumstances import Circumstances
from bert_tf.report.drawing.charts import Curve
from bert_tf.tasks.answers.space import Outputs
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template


@dataclasses.dataclass(frozen=True)
class SplitFacts:
    """What is known of a split.

    Attributes:
        name: Such as `dev`.
        origin: The file or data set that it was read from.
        examples: How many it has.
        long_examples: How many of them have more word pieces than a row holds.
        lengths: Word pieces of each row, int [rows]; there are more rows than examples where long texts have several.
        checksum: SHA-256 of its texts and labels in their order, in hexadecimal.
    """

    name: str
    origin: str
    examples: int
    long_examples: int
    lengths: np.ndarray
    checksum: str

    @property
    def long_share(self) -> float:
        """Share of the examples that have more word pieces than a row holds."""
        return self.long_examples / max(self.examples, 1)


@dataclasses.dataclass(frozen=True)
class EvaluatedRun:
    """A run, and what its model says of the dev set. N examples, C classes.

    Attributes:
        task: What was learnt.
        config: All options.
        encoder: The architecture.
        lower_case: Whether texts are lower-cased.
        strip_accents: Whether they lose their accents.
        weight_count: Numbers in the model.
        global_step: Updates that its weights had; 0 if not known.
        is_own: Whether the weights are of a run in the same folder, so that the options tell how they were made.
        examples: The dev set.
        targets: What is right, as `AnswerSpace.place` has it.
        outputs: What the model says, decided: columns by name, [N, ...] each.
        scores: The loss and the task's metrics by name.
        splits: The splits that were read.
        train_curves: What training noted, by name; none if it is not known.
        eval_curves: The scores during training, likewise.
        circumstances: How the run went, and what earlier runs got.
    """

    task: Task
    config: RunConfig
    encoder: EncoderConfig
    lower_case: bool
    strip_accents: bool
    weight_count: int
    global_step: int
    is_own: bool
    examples: Examples
    targets: np.ndarray
    outputs: Outputs
    scores: Mapping[str, float]
    splits: tuple[SplitFacts, ...]
    train_curves: Mapping[str, Curve]
    eval_curves: Mapping[str, Curve]
    circumstances: Circumstances = dataclasses.field(default_factory=Circumstances)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels as people read them: `0` has a name beside it, if the task gives it one."""
        names = self.task.label_names
        if not names:
            return self.task.labels
        return tuple(f"{label} ({name})" for label, name in zip(self.task.labels, names, strict=True))

    @property
    def subject(self) -> str:
        """What the report is about: the name of the task, or for the user's own files that of the data."""
        if self.task.name != CUSTOM.name:
            return self.task.name
        return data_name(self.config.own_data.train_file or self.dev.origin)

    @property
    def about(self) -> str:
        """One line on the task."""
        if self.task.name != CUSTOM.name:
            return self.task.title.rstrip(".")
        kind = self.task.answers.kind.replace("_", " ").replace("multi label", "multi-label").capitalize()
        labels = f", {len(self.task.labels):,} labels" if self.task.labels else ""
        if self.task.answers.template is Template.CHOICES:
            return "Questions with choices"
        return f"{kind} of {self.task.answers.template.told(is_pair=self.task.is_pair)}{labels}"

    @property
    def fate_of_long_texts(self) -> str:
        """What becomes of texts that are longer than a row."""
        way = self.config.data.long_text
        if self.task.answers.template.has_windows:
            return "read in windows"
        return f"{'read in windows' if way.startswith('window') else 'cut'} (--long_text={way})"

    @property
    def dev(self) -> SplitFacts:
        """The dev set that the scores are of."""
        return next(each for each in self.splits if each.name == DEV.name)

    @property
    def answers(self) -> np.ndarray:
        """What is written of each example: the probability of each label, float [N, C], or its value, [N, 1]."""
        return self.outputs[self.task.answers.result]


def checksum(examples: Examples, task: Task) -> str:
    """Returns a checksum of the texts and labels of a split, which the same data has on every machine."""
    parts = json.dumps(fingerprint(examples, task.answers.facts(), {}), sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


def option_values(config: RunConfig) -> list[tuple[Option, object]]:
    """Returns every option with its value."""
    return [(entry, getattr(getattr(config, entry.section), entry.name)) for entry in OPTIONS.values()]


def repeating_command(run: EvaluatedRun, shown: Callable[[Option, str], str] = lambda option, value: value) -> str:
    """Returns the command that does the same again, into another folder; one flag a line.

    Args:
        run: The run.
        shown: Gives what stands for the value of an option.
    """
    values = {entry.name: value for entry, value in option_values(run.config)}
    values |= {"do_train": run.is_own, "do_eval": True, "overwrite_output_dir": False}
    defaults = {name: entry.default for name, entry in OPTIONS.items()} | run.task.defaults
    values["output_dir"] = f"{run.config.action.output_dir}".rstrip("/") + "-again"
    flags = [
        f"--{name}" if value is True else f"--{name}={shlex.quote(shown(OPTIONS[name], _written(value)))}"
        for name, value in values.items()
        if value is not None and value != defaults[name]
    ]
    return " \\\n    ".join([f"bert-tf {run.task.answers.command}", *flags])


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
