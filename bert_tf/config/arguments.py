"""Options as arguments of a Python function: values that are natural there, and messages in Python's words."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from bert_tf.config.run import OPTIONS
from bert_tf.errors import InputError, nearest

ALIASES = {"task": "task_name"}
CONFIG = "config"
WEIGHTS = "class_weights"
LISTS = ("labels", "label_column", "choice_columns", "worker_hosts")
_NAMES = "|".join(sorted((*OPTIONS, *ALIASES, CONFIG), key=len, reverse=True))
_FLAG = re.compile(rf"(?<![\w-])--(?P<no>no)?(?P<name>{_NAMES})\b(?:=(?P<value>[^\s;)'\"]*[^\s;)'\".,:?]))?")


def plain_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns arguments as if they had been typed, by the names of options.

    Args:
        given: The arguments by their names. A path may be a `pathlib.Path`, a number one of NumPy's, labels a list, and
            weights of labels a dictionary.

    Raises:
        InputError: If a list or dictionary can't be told as text, or something is given twice.
    """
    plain: dict[str, Any] = {}
    for given_name, value in given.items():
        name = ALIASES.get(given_name, given_name)
        if name in plain:
            raise InputError("task is short for task_name", received="both", fix="Leave one of them out")
        plain[name] = _PLAIN.get(name, _plain)(name, _plain(name, value))
    return plain


def check_known(names: Mapping[str, Any], known: tuple[str, ...], function: str) -> None:
    """Makes sure that a function knows the names of its arguments.

    Args:
        names: Those that were given.
        known: Those that it has.
        function: What it is called.

    Raises:
        InputError: If one is unknown.
    """
    for name in names:
        if name not in known:
            raise InputError(f"An argument of {function} must be one it has", received=name, fix=nearest(name, known))


def python_words(text: str) -> str:
    """Returns a message with the flags in it as arguments: --batching=padded as batching="padded"."""
    return _FLAG.sub(_argument, text.replace("--do_*", "do_..."))


def _argument(flag: re.Match[str]) -> str:
    name, value = flag["name"], flag["value"]
    option = OPTIONS.get(ALIASES.get(name, name))
    kind = str if option is None else option.kind
    is_rule = flag.string.startswith(" must", flag.end())  # On the argument, whatever its value is.
    if kind is bool and not is_rule:
        return f"{name}={value or not flag['no']}"
    if value is None:
        return name
    return f'{name}="{value}"' if kind is str else f"{name}={value}"


def _plain(name: str, value: Any) -> Any:
    """A path, or a string, number or array of another library, as Python's own."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, str):
        return str.__str__(value)  # Of a subclass such as NumPy's.
    return value.tolist() if hasattr(value, "tolist") else value


def _joined(name: str, value: Any) -> Any:
    """A list as it would be typed, with commas between.

    Raises:
        InputError: If it has no order, or commas of its own.
    """
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)):
        raise InputError(f"--{name} must be a list", received=type(value).__name__)
    return ",".join(_part(name, _plain(name, part)) for part in value)


def _weights(name: str, value: Any) -> Any:
    """A dictionary of labels and weights as it would be typed.

    Raises:
        InputError: If there is none in it, or a label has a comma.
    """
    if not isinstance(value, Mapping):
        return value
    if not value:
        raise InputError(f"--{name} must give every label a weight", received="none")
    return ",".join(f"{_part(name, _plain(name, label))}={_plain(name, weight)}" for label, weight in value.items())


def _part(name: str, part: Any) -> str:
    if type(part) not in (str, int, float):
        raise InputError(f"--{name} must hold strings or numbers", received=part)
    text = str(part)
    if "," in text or text != text.strip():
        raise InputError(f"--{name} must hold names without commas, and without spaces around them", received=text)
    return text


_PLAIN: Mapping[str, Callable[[str, Any], Any]] = {WEIGHTS: _weights, **dict.fromkeys(LISTS, _joined)}
