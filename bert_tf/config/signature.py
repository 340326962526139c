"""The options as the parameters of a Python function, for `help` and for editors, which read `bert_tf/__init__.pyi`."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from bert_tf.config.arguments import ALIASES, CONFIG, LISTS, WEIGHTS
from bert_tf.config.options import Option
from bert_tf.config.paths import PATH_OPTIONS
from bert_tf.config.run import OPTIONS

ROW_OPTIONS = ("train_file", "eval_file", "predict_file")
# What the stub calls them, and says of them.
PATH, ROWS = "_Path", "_Rows"
_ALTERNATIVES = {
    WEIGHTS: "Mapping[Any, float]",
    **dict.fromkeys(LISTS, "Sequence[Any]"),
    **dict.fromkeys(ROW_OPTIONS, ROWS),
}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def annotation(option: Option) -> str:
    """Returns the type of an option as Python writes it."""
    if option.rules.choices:
        kind = f"Literal[{', '.join(map(_quoted, option.rules.choices))}]"
    else:
        kind = PATH if option.name in PATH_OPTIONS else option.kind.__name__
    kinds = [kind, _ALTERNATIVES.get(option.name), "None" if option.is_optional else None]
    return " | ".join(kind for kind in kinds if kind)


def parameters() -> list[inspect.Parameter]:
    """Every option with its type and default, then the other names that the command line knows."""
    found = [_parameter(option.name, annotation(option), option.default) for option in OPTIONS.values()]
    found += [_parameter(alias, annotation(OPTIONS[name]), OPTIONS[name].default) for alias, name in ALIASES.items()]
    return [*found, _parameter(CONFIG, f"{PATH} | None", None)]


def parameters_of_run(names: Iterable[str]) -> list[inspect.Parameter]:
    """Options whose defaults are what a run was made with.

    Args:
        names: Of the options.
    """
    return [_parameter(name, annotation(OPTIONS[name]), ...) for name in names]


def with_parameters(named: Iterable[inspect.Parameter]) -> Callable[[_Function], _Function]:
    """Lets a function that takes any keyword show those that it knows.

    Args:
        named: Their parameters.
    """

    def mark(function: _Function) -> _Function:
        own = inspect.signature(function)
        kept = [each for each in own.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        setattr(function, "__signature__", own.replace(parameters=[*kept, *named]))  # noqa: B010 (unknown to mypy)
        return function

    return mark


def _parameter(name: str, kind: str, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _quoted(text: str) -> str:
    return f'"{text}"'
