"""Flags made from the options of `config.py`, and what was really typed. The only code that touches absl's flags."""

import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from absl import flags

from bert_tf.config.options import Option
from bert_tf.config.run import OPTIONS, SECTION_TITLES
from bert_tf.config.typed import Typed
from bert_tf.errors import InputError, nearest
from bert_tf.host import files

_ALIASES = {"task": "task_name"}
_SPECIAL_FLAGS = {
    "config": "JSON file with options, such as the config.json of an output folder; typed flags override it.",
    "flagfile": "File with flags, one a line.",
    "help": "Show this text.",
    "version": "Show the version.",
}
_FLAG_FILE = re.compile(r"--?flagfile(?:=(.*))?", re.DOTALL)
_MOST_FLAG_FILES, _FILES_SHOWN = 20, 4
_KINDS = {bool: ("true or false", "true"), int: ("a whole number", "8"), float: ("a number", "0.1")}
_DEFINERS = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}


def parse(arguments: Sequence[str], names: Iterable[str], own: Sequence[Option] = ()) -> Typed:
    """Parses a command line.

    Args:
        arguments: The words after the command.
        names: The options that the command has.
        own: Options that only this command has.

    Raises:
        InputError: If a flag is unknown or its value malformed.
    """
    values = flags.FlagValues()
    known, own_names = list(names), [option.name for option in own]
    for option in [*(OPTIONS[name] for name in known), *own]:
        _DEFINERS[option.kind](option.name, None, option.rules.help, flag_values=values)
    for alias, name in _ALIASES.items():
        if name in known:
            flags.DEFINE_alias(alias, name, flag_values=values)
    flags.DEFINE_string("config", None, _SPECIAL_FLAGS["config"], flag_values=values)
    for name, short_name in (("help", "h"), ("version", None)):
        flags.DEFINE_boolean(name, False, "", short_name=short_name, flag_values=values)
    try:
        rest = values(["bert-tf", *_with_flag_files(arguments, {})])
    except flags.UnrecognizedFlagError as error:
        every = [*known, *own_names, *(name for name in _ALIASES if _ALIASES[name] in known), *_SPECIAL_FLAGS]
        raise InputError(
            "A flag must be one of those that --help lists",
            received="--" + error.flagname,
            fix=nearest(error.flagname, every),
        ) from error
    except flags.IllegalFlagValueError as error:
        raise _value_error(error, {option.name: option for option in [*OPTIONS.values(), *own]}) from error
    except (flags.Error, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("A flag must have a value of its type", received=str(error)[:200]) from error
    typed = {name: values[name].value for name in known if values[name].present}
    typed |= {name: values[name].value for alias, name in _ALIASES.items() if name in known and values[alias].present}
    return Typed(
        values=typed,
        config_file=values["config"].value,
        arguments=tuple(os.path.expanduser(word) for word in rest[1:]),
        own_values={name: values[name].value for name in own_names if values[name].present},
        wants_help=values["help"].value,
        wants_version=values["version"].value,
    )


def _value_error(error: flags.IllegalFlagValueError, known: Mapping[str, Option]) -> InputError:
    """What is told of a value that is none of its flag, in place of what absl and Python say."""
    told, reason = str(error), f": {error.__context__}"
    name, is_given, value = told.removesuffix(reason).removeprefix("flag --").partition("=")
    kind = known[name].kind if name in known else bool if name in ("help", "version") else None
    if kind not in _KINDS or not is_given or not told.endswith(reason):
        return InputError("A flag must have a value of its type", received=told[:200])
    what, example = _KINDS[kind]
    fix = f"Write a value, such as --{name}={example}, or leave it out"
    return InputError(f"--{name} must be {what}", received=value[:80], fix=fix)


def _with_flag_files(words: Sequence[str], outer: Mapping[str, None]) -> list[str]:
    """Returns the words with those of flag files, one a line, in the place of --flagfile.

    Args:
        words: The words.
        outer: The flag files that led here, in their order.

    Raises:
        InputError: If a file can't be read, or leads to itself.
    """
    found: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*found, word, *left]
        match = _FLAG_FILE.fullmatch(word)
        if match is None:
            found.append(word)
            continue
        if match[1] is None and not left:
            raise InputError("--flagfile must name a file", received=word, fix="Write --flagfile=FILE")
        path = os.path.expanduser(left.pop(0) if match[1] is None else match[1])
        found += _flags_of_file(path, outer)
    return found


def _flags_of_file(path: str, outer: Mapping[str, None]) -> list[str]:
    place = os.path.abspath(path)
    if place in outer or len(outer) >= _MOST_FLAG_FILES:
        chain = " -> ".join([*outer, place][-_FILES_SHOWN:])
        raise InputError("A flag file must not lead to itself", received=chain, fix="Take one --flagfile out of them")
    text = files.read_text(path, "a file of flags, one a line", "Set --flagfile to one")
    if "\0" in text:
        raise InputError(f"{path} must be a file of flags, one a line", received="a binary file")
    lines = [line.strip() for line in text.splitlines()]
    return _with_flag_files(
        [line for line in lines if line and not line.startswith(("#", "//"))], {**outer, place: None}
    )


def help_text(
    usage: str,
    summary: str,
    names: Iterable[str],
    own: Sequence[Option],
    defaults: Mapping[str, str] | None = None,
    helps: Mapping[str, str] | None = None,
) -> str:
    """Returns the text of --help: the options in their groups, each with its default.

    Args:
        usage: How the command is called.
        summary: What it does.
        names: The options that the command has.
        own: The options that only this command has.
        defaults: What the command does without some of the options, where that is not their usual default.
        helps: What it says of options that mean something else to it.
    """
    blocks = [f"usage: {usage}", textwrap.fill(summary, 100)]
    known = set(names)
    for section, title in SECTION_TITLES.items():
        entries = [option for option in OPTIONS.values() if option.section == section and option.name in known]
        if entries:
            blocks.append(_block(title, entries, defaults or {}, helps or {}))
    if own:
        blocks.append(_block("This command", own, {}, {}))
    special = [_entry(name, text) for name, text in _SPECIAL_FLAGS.items()]
    blocks.append("Any command:\n" + "\n".join(special))
    return "\n\n".join(blocks) + "\n"


def _block(title: str, options: Iterable[Option], defaults: Mapping[str, str], helps: Mapping[str, str]) -> str:
    lines = [
        _entry(
            _shown_name(option),
            helps.get(option.name, option.rules.help),
            option.rules.choices,
            defaults.get(option.name, option.default),
        )
        for option in options
    ]
    return f"{title}:\n" + "\n".join(lines)


def _shown_name(option: Option) -> str:
    return f"[no]{option.name}" if option.is_switch else option.name


def _entry(name: str, text: str, choices: Sequence[str] = (), default: object = None) -> str:
    flag = f"--{name}"
    notes = [f"one of {', '.join(choices)}"] if choices else []
    if default is not None:
        notes.append(f"default: {str(default).lower() if isinstance(default, bool) else default}")
    body = textwrap.wrap(text + (f" ({'; '.join(notes)})" if notes else ""), 68)
    lines = [f"  {flag:<30}{body[0]}"] if len(flag) < 29 else [f"  {flag}", " " * 32 + body[0]]
    return "\n".join(lines + [" " * 32 + line for line in body[1:]])
