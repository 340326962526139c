"""The page of all flags, made of the options and the commands: `python -m tests.flags_page > docs/flags.md`."""

from collections.abc import Iterable

from bert_tf.cli.commands import COMMANDS, Command
from bert_tf.config.options import Option
from bert_tf.config.run import OPTIONS, SECTION_TITLES

HEAD = """# Flags

This page is made from the options of the program by `make docs`; don't edit it.

Flags are typed as in the original: `--name=value` or `--name value`; `--name` and `--noname` for those that are `true`
or `false`. `--task` is short for `--task_name`. Every command also takes `--config=FILE`, `--flagfile=FILE` (flags, one
a line), `--help` and `--version`.

Each flag under [Options of a run](#options-of-a-run) is also a field of a JSON file for `--config`, in the section that
its heading names: `{"train": {"learning_rate": 3e-5}, ...}`. Keys that begin with `_` are notes. Flags that were typed
override the file, and the file overrides the defaults.
"""


def flags_page() -> str:
    """Returns the page as Markdown."""
    blocks = [HEAD, "## Options of a run\n"]
    for section, title in SECTION_TITLES.items():
        rows = [option for option in OPTIONS.values() if option.section == section]
        blocks.append(f"### {title}\n\nIn a JSON file: `{section}`.\n\n{_table(rows)}")
    blocks.append("## Commands\n\nEach lists its flags with `bert-tf COMMAND --help`.\n")
    blocks += [_command(name, command) for name, command in COMMANDS.items()]
    return "\n".join(blocks)


def _command(name: str, command: Command) -> str:
    lines = [f"### bert-tf {name}", "", f"`bert-tf {name} {command.arguments}`", "", command.summary, ""]
    if set(command.options) == set(OPTIONS):
        lines += ["It takes all options of a run.", ""]
    elif command.options:
        lines += [f"Of the options of a run it takes {', '.join(f'`--{each}`' for each in command.options)}.", ""]
    if command.defaults:
        lines += [
            f"What is not typed of {', '.join(f'`--{each}`' for each in command.defaults)} is that of the run.",
            "",
        ]
    return "\n".join(lines) + (f"\n{_table(command.own_options)}" if command.own_options else "")


def _table(options: Iterable[Option]) -> str:
    rows = [f"| `--{option.name}` | {_default(option)} | {_meaning(option)} |\n" for option in options]
    return "| flag | default | meaning |\n|---|---|---|\n" + "".join(rows)


def _default(option: Option) -> str:
    if option.default is None:
        return ""
    return _code(str(option.default).lower() if option.kind is bool else str(option.default))


def _meaning(option: Option) -> str:
    choices = ", ".join(map(_code, option.rules.choices))
    return _cell(option.rules.help) + (f" One of {choices}." if choices else "")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    """A vertical line would end the cell, even within a code span."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(flags_page(), end="")
