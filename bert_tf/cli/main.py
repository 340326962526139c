"""`bert-tf COMMAND`: finds the command, parses its flags and tells errors in one line.

Nothing here imports TensorFlow: a module of a command is loaded when its flags are known to be right.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from bert_tf import __version__
from bert_tf.cli.commands import COMMANDS, Command, locked_output
from bert_tf.cli.flags import help_text, parse
from bert_tf.config.typed import Typed, check_paths
from bert_tf.errors import BertTfError, InputError, nearest
from bert_tf.host import console, disk, files, process
from bert_tf.host.console import Verbosity
from bert_tf.host.environment import apply_log_level, light_imports, prepare_environment
from bert_tf.host.streams import discard, flush_output, open_closed_streams
from bert_tf.training.watch.interruption import SignalledError, ending_on_signals

_READER_GONE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status of the process; docs/errors.md lists them.

    Args:
        arguments: The command and its words; those of the process if not given.
    """
    open_closed_streams()
    console.escape_what_cannot_be_written()
    status = _run(list(sys.argv[1:] if arguments is None else arguments))
    try:
        flush_output()
    except BrokenPipeError:
        return status or _READER_GONE
    except OSError as error:
        return status or _tell(f"It must be possible to write to standard output. Received: {error}.", 2)
    return status


def run() -> NoReturn:
    """The process of a command."""
    status = main()
    command = COMMANDS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if command is not None and command.ends_at_once:
        process.end_at_once(status)
    sys.exit(status)


def _run(words: list[str]) -> int:
    """Runs a command, and tells in a line what ends it."""
    try:
        with process.owned(), ending_on_signals():
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
        discard(1, 2)  # Whoever reads the one often reads the other; and nothing is to be told to nobody.
        return _READER_GONE
    except OSError as error:
        refusal = disk.refusal(error)
        if refusal is None:
            raise
        return _tell(str(refusal), refusal.exit_status)
    except Exception:
        if not console.is_debugging():
            console.warn("bert-tf: an unexpected fault; with TF_CPP_MIN_LOG_LEVEL=0 set, TensorFlow's log is shown too")
        raise


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
    _check_working_directory()
    typed = parse(rest, command.options, command.own_options)
    if typed.wants_help:
        usage = f"bert-tf {name} {command.arguments}"
        shown = command.options if command.shown is None else command.shown
        text = help_text(usage, command.summary, shown, command.own_options, command.defaults, command.helps)
        print(text, end="")
        return 0
    if typed.wants_version:
        print(f"bert-tf {__version__}")
        return 0
    verbosity = _verbosity(typed, command)
    console.set_verbosity(verbosity)
    prepare_environment(verbosity)
    check_paths(typed)
    with locked_output(command, typed):  # From before the folder is read: nobody may change it in between.
        prepared = command.prepare(typed)
        with light_imports():
            module = importlib.import_module(command.module)
        apply_log_level()
        return int(module.run(prepared))


def _check_working_directory() -> None:
    """Makes sure that the folder in which the process was started is still there: every path may depend on it."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise InputError(
            "The working directory must be there", received="one that was removed", fix="Change to another with cd"
        ) from error


def _verbosity(typed: Typed, command: Command) -> Verbosity:
    """How much is to be said; commands without a say in it say what is normal."""
    if typed.config_file is not None:
        if files.is_remote(typed.config_file):
            prepare_environment()  # TensorFlow has to be loaded before it can be known.
        files.check_reachable(typed.config_file, "--config")
    return Verbosity(typed.config().action.verbosity) if "verbosity" in command.options else Verbosity.NORMAL


def _overview() -> str:
    lines = [f"  {name:<12}{command.summary.split('. ')[0].rstrip('.')}." for name, command in COMMANDS.items()]
    return (
        "usage: bert-tf COMMAND [--help] ...\n\n"
        + "\n".join(lines)
        + "\n\nbert-tf COMMAND --help lists the flags of a command."
    )


def _tell(message: str, status: int) -> int:
    try:
        console.warn(f"bert-tf: {message}")
    except OSError:  # Then it can't be told.
        discard(2)
    return status
