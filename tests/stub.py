"""Writes `bert_tf/__init__.pyi`, by which editors complete the arguments and mypy checks them.

python -m tests.stub
"""

import inspect
import re
import textwrap

import bert_tf
from bert_tf.config.arguments import ALIASES, python_words
from bert_tf.config.run import OPTIONS
from tests.conftest import ROOT

PATH = ROOT / "bert_tf" / "__init__.pyi"
_HEAD = f'''"""{bert_tf.__doc__}

Made by `python -m tests.stub`.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from bert_tf.errors import BertTfError as BertTfError

__version__: str

class _Table(Protocol):
    @property
    def columns(self) -> Any: ...

_Path: TypeAlias = str | os.PathLike[str]
_Rows: TypeAlias = _Table | Sequence[Mapping[str, Any]]
'''


def stub() -> str:
    """The text of the stub."""
    init, call = bert_tf.Predictor.__init__, bert_tf.Predictor.__call__
    return "\n".join(
        [
            _HEAD,
            _declaration("finetune", bert_tf.finetune, "dict[str, float]", _helps()),
            "class Predictor:",
            textwrap.indent(_docstring(bert_tf.Predictor), "    "),
            textwrap.indent(_declaration("__init__", init, "None"), "    "),
            textwrap.indent(_declaration("__call__", call, "list[dict[str, Any]]"), "    "),
        ]
    )


def _declaration(name: str, function: object, result: str, more: str = "") -> str:
    parameters = list(inspect.signature(function).parameters.values())
    first_keyword = next((n for n, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), None)
    lines = [_broken(_parameter(each)) for each in parameters]
    if first_keyword is not None:
        lines.insert(first_keyword, "*")
    listed = ", ".join(lines)
    if len(listed) > 80:
        listed = "\n" + "".join(f"    {line},\n" for line in lines)
    return f"def {name}({listed}) -> {result}:\n{textwrap.indent(_docstring(function, more), '    ')}"


def _broken(line: str) -> str:
    """A line as ruff lays it out, if it would be longer than 120 characters, indented by 4 and with a comma."""
    if len(line) <= 115:
        return line
    head, choices, rest = re.split(r"(?<=Literal\[)|(?=\])", line, maxsplit=2)
    return f"{head}\n        {choices}\n    {rest}"


def _parameter(each: inspect.Parameter) -> str:
    text = each.name
    if each.annotation is not each.empty:
        kind = each.annotation if isinstance(each.annotation, str) else str(each.annotation)
        text += ": " + {"str | os.PathLike": "_Path", "typing.Any": "Any"}.get(kind, kind)
    if each.default is each.empty:
        return text
    default = "..." if each.default is ... else _literal(each.default)
    return f"{text} = {default}" if ":" in text else f"{text}={default}"


def _literal(value: object) -> str:
    return '"' + value.replace("\\", "\\\\") + '"' if isinstance(value, str) else repr(value)


def _docstring(thing: object, more: str = "") -> str:
    text = str(inspect.getdoc(thing)) + more
    text = text.replace("\\", "\\\\")
    return f'"""{text}\n"""\n' if "\n" in text else f'"""{text}"""\n'


def _helps() -> str:
    entries = [f"{name}: {python_words(option.rules.help)}" for name, option in OPTIONS.items()]
    entries += [f"{alias}: Short for {name}." for alias, name in ALIASES.items()]
    entries.append("config: JSON file with options, which other arguments override.")
    wrapped = [textwrap.fill(entry, 100, subsequent_indent="    ") for entry in entries]
    return "\n\nOptions:\n" + textwrap.indent("\n".join(wrapped), "    ")


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
