"""`bert-tf COMMAND`: finds the command, parses its flags and tells errors in one line.

Nothing here imports TensorFlow: a module of a command is loaded when its flags are known to be right.
"""

import contextlib
import dataclasses
import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from bert_tf import __version__, console, locks
from bert_tf.cli import benchmark_inputs, doctor_inputs, inputs
from bert_tf.cli.flags import Typed, help_text, parse
from bert_tf.command_config import BenchmarkConfig, ConvertConfig, DoctorConfig
from bert_tf.config import OPTIONS, Option, options_of
from bert_tf.console import Verbosity
from bert_tf.errors import BertTfError, InputError, nearest
from bert_tf.processor import read_processor
from bert_tf.training.cluster import is_other_worker
from bert_tf.training.interruption import SignalledError, ending_on_signals

# From 0, everything, to 3, what ends the process. What it calls an error is often none, such as a missing GPU; those of
# a run are told by its commands.
_TENSORFLOW_LEVELS: Final = {Verbosity.QUIET: "3", Verbosity.NORMAL: "2", Verbosity.DEBUG: "0"}
_HIDDEN_FROM_KERAS: Final = ("sklearn", "pandas", "matplotlib")


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
        writes: Whether it writes in --output_dir, where only one process at a time may.
    """

    prepare: Callable[[Typed], Any]
    module: str
    arguments: str
    summary: str
    options: tuple[str, ...]
    own: type | None = None
    writes: bool = False

    @property
    def own_options(self) -> tuple[Option, ...]:
        """The options that only it has."""
        return () if self.own is None else tuple(options_of(self.own, self.own.__name__))


COMMANDS = {
    "classifier": Command(
        inputs.prepare,
        "bert_tf.cli.classifier",
        "--task=NAME --output_dir=DIR [flags]",
        "Fine-tune a checkpoint on a task: train, evaluate, predict and export. Without any --do_* flag it trains and "
        "evaluates. run_classifier.py is this command.",
        tuple(OPTIONS),
        writes=True,
    ),
    "predict": Command(
        inputs.prepare_trained,
        "bert_tf.cli.predict",
        "--output_dir=DIR [FILE]",
        "Predict the lines of a file or of standard input with a trained model; the two texts of a pair are separated "
        "by a tab. Writes one JSON object a line to standard output.",
        ("output_dir", "verbosity", "predict_batch_size", "max_seq_length", "precision"),
    ),
    "export": Command(
        inputs.prepare_export,
        "bert_tf.cli.export",
        "--output_dir=DIR",
        "Export a trained model as a SavedModel for TensorFlow Serving, into the next numbered folder of DIR/export. "
        "It computes in float32 unless --precision is typed.",
        ("output_dir", "verbosity", "max_seq_length", "precision"),
        writes=True,
    ),
    "inspect": Command(
        lambda typed: typed,
        "bert_tf.cli.inspect",
        "CHECKPOINT",
        "List the tensors of a checkpoint: a prefix, a folder, or a published .zip.",
        (),
    ),
    "convert": Command(
        lambda typed: typed,
        "bert_tf.cli.convert",
        "CHECKPOINT FOLDER",
        "Write the weights of a checkpoint, without optimizer slots, as a checkpoint in Google's format, with its "
        "config and vocabulary.",
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
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status of the process; the README lists them.

    Args:
        arguments: The command and its words; those of the process if not given.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with ending_on_signals():
            return _dispatch(words)
    except BertTfError as error:
        if console.is_debugging():
            traceback.print_exc()
        for line in error.details:
            print(line, file=sys.stderr)
        return _tell(str(error), error.exit_status)
    except SignalledError as error:
        return _tell(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _tell("Interrupted; what was saved stays valid.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG):
            raise
        rule = f"It must be possible to write the results. Received: {error}"
        return _tell(f"{rule}. Free some space or choose another --output_dir.", 2)


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("--help", "-h", "help"):
        print(_overview())
        return 0 if words else 2
    if words[0] == "--version":
        print(f"bert-tf {__version__}")
        return 0
    name, *rest = words
    if name not in COMMANDS:
        raise InputError("The first word must be a command", received=name, fix=nearest(name, COMMANDS))
    command = COMMANDS[name]
    typed = parse(rest, command.options, command.own_options)
    if typed.wants_help:
        usage = f"bert-tf {name} {command.arguments}"
        print(help_text(usage, command.summary, command.options, command.own_options), end="")
        return 0
    if typed.wants_version:
        print(f"bert-tf {__version__}")
        return 0
    verbosity = _verbosity(typed, command)
    console.set_verbosity(verbosity)
    prepare_environment(verbosity)
    with locked_output(command, typed):  # From before the folder is read: nobody may change it in between.
        prepared = command.prepare(typed)
        with light_imports():
            module = importlib.import_module(command.module)
        return int(module.run(prepared))


def locked_output(command: Command, typed: Typed) -> contextlib.AbstractContextManager[None]:
    """Keeps other processes out of the folder in which a command writes; that one is named, the command checks.

    Of several workers, the first writes for all of them.
    """
    config = typed.config()
    folder = config.action.output_dir
    if not command.writes or not folder or is_other_worker(config.device):
        return contextlib.nullcontext()
    return locks.holding(folder)


def _verbosity(typed: Typed, command: Command) -> Verbosity:
    """How much is to be said; commands without a say in it say what is normal."""
    return Verbosity(typed.config().action.verbosity) if "verbosity" in command.options else Verbosity.NORMAL


def prepare_environment(verbosity: Verbosity = Verbosity.NORMAL) -> None:
    """Settings that must be made before TensorFlow is loaded; what the user has set is left alone."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _TENSORFLOW_LEVELS[verbosity])
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")
    if read_processor().hides_tile_sizes:
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")


@contextlib.contextmanager
def light_imports() -> Iterator[None]:
    """Lets Keras load without packages that it can do without and that nothing here asks it for.

    It imports them wherever they are installed, which takes as long again as Keras itself. After the block they can be
    imported as ever.
    """
    hidden = [name for name in _HIDDEN_FROM_KERAS if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # What Python takes for a module that can't be found.
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def _overview() -> str:
    lines = [f"  {name:<12}{command.summary.split('. ')[0].rstrip('.')}." for name, command in COMMANDS.items()]
    return (
        "usage: bert-tf COMMAND [--help] ...\n\n"
        + "\n".join(lines)
        + "\n\nbert-tf COMMAND --help lists the flags of a command."
    )


def _tell(message: str, status: int) -> int:
    console.warn(f"bert-tf: {message}")
    return status
