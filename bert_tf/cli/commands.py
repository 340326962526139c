"""The commands of `bert-tf` as a table. Nothing here imports TensorFlow."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from bert_tf.cli import benchmark_inputs, checkpoint_arguments, doctor_inputs, predict_inputs
from bert_tf.config.commands import BenchmarkConfig, ConvertConfig, DoctorConfig
from bert_tf.config.options import Option, options_of
from bert_tf.config.run import OPTIONS
from bert_tf.config.typed import Typed
from bert_tf.host import locks
from bert_tf.runs import inputs
from bert_tf.runs.families import FAMILIES
from bert_tf.training.devices.cluster import is_other_worker


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of `bert-tf`.

    Attributes:
        prepare: Reads and checks what was typed, without TensorFlow.
        module: Where its function `run` is, which takes what `prepare` returns and gives the exit status.
        arguments: Its words beside flags, for the usage line.
        summary: What it does.
        options: Names of its options.
        own: The dataclass of the options that only it has.
        defaults: What it does without some of its options, where that is not their usual default.
        writes: Whether it writes in --output_dir, where only one process at a time may.
        shown: The options that --help lists; None for all.
        helps: What --help says of options that mean something else to it.
        ends_at_once: Whether nothing is under way when it is done, so that its process need not be taken apart.
    """

    prepare: Callable[[Typed], Any]
    module: str
    arguments: str
    summary: str
    options: tuple[str, ...]
    own: type | None = None
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    writes: bool = False
    shown: tuple[str, ...] | None = None
    helps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ends_at_once: bool = False

    @property
    def own_options(self) -> tuple[Option, ...]:
        """The options that only it has."""
        return () if self.own is None else tuple(options_of(self.own, self.own.__name__))


_OF_THE_RUN = ("predict_batch_size", "max_seq_length")
_THAT_OF_THE_RUN = "that of the run"
COMMANDS = {
    **{
        name: Command(
            functools.partial(inputs.prepare, family=family),
            "bert_tf.experiments.start",
            family.arguments,
            family.summary,
            tuple(OPTIONS),
            defaults={option: str(value) for option, value in family.defaults.items()},
            writes=True,
            shown=family.shown_options,
            helps=family.helps,
        )
        for name, family in FAMILIES.items()
    },
    "predict": Command(
        predict_inputs.prepare_predict,
        "bert_tf.cli.predict",
        "--output_dir=DIR [FILE]",
        "Predict the lines of a file or of standard input with a trained model; the two texts of a pair, or a question "
        "and its context, are separated by a tab. A file that ends in .csv, .tsv, .json, .jsonl or .parquet, or any "
        "with --file_format, is read by the columns of the run. A model that tags words takes those of a file whose "
        "name ends in .conll or .bio, or of --file_format=conll. Writes one JSON object a text to standard output.",
        ("output_dir", "verbosity", *_OF_THE_RUN, "precision", *predict_inputs.TABLE_OPTIONS),
        defaults=dict.fromkeys((*_OF_THE_RUN, "precision", "text_column"), _THAT_OF_THE_RUN),
        ends_at_once=True,
    ),
    "export": Command(
        inputs.prepare_export,
        "bert_tf.cli.export",
        "--output_dir=DIR",
        "Export a trained model as a SavedModel for TensorFlow Serving, into the next numbered folder of DIR/export. "
        "It computes in float32 unless --precision is typed.",
        ("output_dir", "verbosity", "max_seq_length", "precision"),
        defaults={"max_seq_length": _THAT_OF_THE_RUN},
        writes=True,
    ),
    "inspect": Command(
        checkpoint_arguments.prepare_inspect,
        "bert_tf.cli.inspect",
        "CHECKPOINT",
        "List the tensors of a checkpoint: a prefix, a folder, a published archive, or demo.",
        (),
        ends_at_once=True,
    ),
    "convert": Command(
        checkpoint_arguments.prepare_convert,
        "bert_tf.cli.convert",
        "CHECKPOINT FOLDER",
        "Write the weights of a checkpoint, without optimizer slots, as a checkpoint in Google's format, with its "
        "config and vocabulary. A folder that holds such files is refused.",
        ("bert_config_file", "vocab_file"),
        ConvertConfig,
    ),
    "benchmark": Command(
        benchmark_inputs.prepare_benchmark,
        "bert_tf.cli.benchmark",
        "[flags]",
        "Measure training and prediction on this machine, with random weights, so that nothing has to be downloaded. "
        "The architecture is that of --bert_config_file or --init_checkpoint, by default BERT-base; the rows are "
        "random, or with --task those of its training set. The real steps are timed; forward and backward pass are "
        "timed as functions of their own, and the optimizer is what is left of the step. Prints a table.",
        benchmark_inputs.OPTION_NAMES,
        BenchmarkConfig,
    ),
    "doctor": Command(
        doctor_inputs.prepare_doctor,
        "bert_tf.cli.doctor",
        "--task=NAME [flags]",
        "Look for trouble before training, in seconds. Takes the flags of the classifier, and tells of data, labels, "
        "machine, model, texts, memory and disk. The exit status is 1 if the run would end before it has trained, 0 if "
        "it can start, 2 if the flags are wrong or the data can't be read.",
        tuple(OPTIONS),
        DoctorConfig,
        ends_at_once=True,
    ),
}


def locked_output(command: Command, typed: Typed) -> contextlib.AbstractContextManager[None]:
    """Keeps other processes out of the folder in which a command writes; that one is named, the command checks.

    Of several workers, the first writes for all of them.
    """
    config = typed.config()
    folder = config.action.output_dir
    if not command.writes or not folder or is_other_worker(config.device):
        return contextlib.nullcontext()
    return locks.holding(folder)
