"""How an option is declared: what is known of it beside its name and its type."""

import dataclasses
import math
from typing import Any


@dataclasses.dataclass(frozen=True)
class OptionRules:
    """What is known of an option beside its name, type and default.

    Attributes:
        help: One plain sentence for `--help`.
        choices: The values it may have; empty if any.
        above: The value must be greater than this, if given.
        at_least: The value must not be smaller than this, if given.
        at_most: The value must not be greater than this, if given.
        shapes_training: Whether a change of it would change the weights, so that a run can't be resumed with it.
    """

    help: str
    choices: tuple[str, ...] = ()
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    shapes_training: bool = False

    def broken_rule(self, value: object) -> str:
        """Returns the rule that the value breaks, or an empty string."""
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if isinstance(value, float) and not math.isfinite(value):
            return "must be a finite number"
        if isinstance(value, (int, float)):
            if self.above is not None and not value > self.above:
                return f"must be greater than {self.above:g}"
            if self.at_least is not None and not value >= self.at_least:
                return f"must be at least {self.at_least:g}"
            if self.at_most is not None and not value <= self.at_most:
                return f"must be at most {self.at_most:g}"
        return ""


def option(default: Any, help: str, **rules: Any) -> Any:
    """Declares a field of a section: its default, its help and its rules (see `OptionRules`)."""
    return dataclasses.field(default=default, metadata={"rules": OptionRules(help, **rules)})
