"""How an option is declared: what is known of it beside its name and its type."""

import dataclasses
import math
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

from bert_tf.errors import InputError, nearest

LONGEST_NAME = 60  # Of a folder that is called after what a user typed.
_NAME = re.compile(rf"\w[\w.-]{{0,{LONGEST_NAME - 1}}}")


@dataclasses.dataclass(frozen=True)
class OptionRules:
    """What is known of an option beside its name, type and default.

    Attributes:
        help: One plain sentence for `--help`.
        choices: The values it may have; empty if any.
        above: The value must be greater than this, if given.
        at_least: The value must not be smaller than this, if given.
        at_most: The value must not be greater than this, if given.
        names_folder: Whether it becomes part of the name of a folder.
        shapes_training: Whether a change of it would change the weights, so that a run can't be resumed with it.
        is_column: Whether it names a column, and so must not be blank.
    """

    help: str
    choices: tuple[str, ...] = ()
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    names_folder: bool = False
    shapes_training: bool = False
    is_column: bool = False

    def broken_rule(self, value: object) -> str:
        """Returns the rule that the value breaks, or an empty string."""
        if isinstance(value, str) and not _can_be_kept(value):
            return "must be text of Unicode without NUL"
        if self.names_folder and not _NAME.fullmatch(str(value)):
            return f"must be at most {LONGEST_NAME} letters, digits, '_', '-' and '.', a letter or digit first"
        if self.is_column and isinstance(value, str) and not value.strip():
            return "must name a column"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if isinstance(value, float) and not math.isfinite(value):
            return "must be a finite number"
        if isinstance(value, (int, float)):
            if self.above is not None and not value > self.above:
                return f"must be greater than {_shown(self.above)}"
            if self.at_least is not None and not value >= self.at_least:
                return f"must be at least {_shown(self.at_least)}"
            if self.at_most is not None and not value <= self.at_most:
                return f"must be at most {_shown(self.at_most)}"
        return ""


def _shown(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"


def _can_be_kept(text: str) -> bool:
    """Whether a file of the run can hold a text, and a path can be it."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def option(default: Any, help: str, **rules: Any) -> Any:
    """Declares a field of a section: its default, its help and its rules (see `OptionRules`)."""
    return dataclasses.field(default=default, metadata={"rules": OptionRules(help, **rules)})


@dataclasses.dataclass(frozen=True)
class Option:
    """A field of a section of `RunConfig`, ready to become a flag.

    Attributes:
        section: Name of the section.
        name: Name of the field and of the flag.
        kind: Its Python type: bool, int, float or str.
        is_optional: Whether it may be None.
        default: Its default.
        rules: Its help and limits.
    """

    section: str
    name: str
    kind: type
    is_optional: bool
    default: Any
    rules: OptionRules

    @property
    def holds_text(self) -> bool:
        """Whether its value is a text, and neither a number nor a choice of yes and no."""
        return self.kind is str

    @property
    def is_switch(self) -> bool:
        """Whether it is true or false."""
        return self.kind is bool

    def check(self, value: object) -> Any:
        """Returns the value in the option's type.

        Raises:
            InputError: If it is of another type or breaks a rule.
        """
        if value is None and self.is_optional:
            return None
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not self.kind:
            raise InputError(f"--{self.name} must be of type {self.kind.__name__}", received=value)
        broken = self.rules.broken_rule(value)
        if broken:
            fix = nearest(str(value), self.rules.choices) if self.rules.choices else ""
            raise InputError(f"--{self.name} {broken}", received=value, fix=fix)
        return value


def options_of(section: type, name: str) -> Iterator[Option]:
    """Yields the options that are the fields of a dataclass.

    Args:
        section: The dataclass.
        name: What to call it.
    """
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        kinds = [kind for kind in _alternatives(hints[field.name]) if kind is not types.NoneType]
        is_optional = len(kinds) < len(_alternatives(hints[field.name]))
        yield Option(name, field.name, kinds[0], is_optional, field.default, field.metadata["rules"])


def _alternatives(hint: Any) -> tuple[type, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
