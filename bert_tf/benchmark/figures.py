"""Numbers with their units, for people as a table and for programs as JSON."""

import dataclasses
import enum
from collections.abc import Sequence


class Unit(enum.Enum):
    """What a number counts: how its name ends in JSON, how it is shown, by what factor and with how many decimals."""

    PER_SECOND = ("per_second", "/s", 1, 1)
    SECONDS = ("seconds", "s", 1, 1)
    MILLISECONDS = ("milliseconds", "ms", 1, 2)
    MEBIBYTES = ("mebibytes", "MiB", 1, 0)
    SHARE = ("share", "%", 100, 1)
    GIGAFLOP = ("gigaflop", "GFLOP", 1, 2)
    GIGAFLOP_PER_SECOND = ("gigaflop_per_second", "GFLOP/s", 1, 1)

    def __init__(self, suffix: str, sign: str, factor: int, decimals: int):
        self.suffix, self.sign, self.factor, self.decimals = suffix, sign, factor, decimals

    def shown(self, value: float) -> str:
        """The value as people read it, such as `12.5 %`."""
        return f"{value * self.factor:,.{self.decimals}f} {self.sign}"


@dataclasses.dataclass(frozen=True)
class Figure:
    """A number that was measured.

    Attributes:
        name: Its name in JSON, without the unit.
        title: What it is called in the table.
        unit: Its unit.
        value: The number, as JSON has it.
        share: Its share of what stands above it, if it is a part of that.
    """

    name: str
    title: str
    unit: Unit
    value: float
    share: float | None = None

    @property
    def entries(self) -> dict[str, float]:
        """What JSON has of it, by name."""
        share = {} if self.share is None else {f"{self.name}_{Unit.SHARE.suffix}": self.share}
        return {f"{self.name}_{self.unit.suffix}": self.value, **share}


@dataclasses.dataclass(frozen=True)
class Group:
    """Figures under one heading.

    Attributes:
        name: The heading, and their key in JSON.
        figures: The figures.
    """

    name: str
    figures: Sequence[Figure]

    @property
    def entries(self) -> dict[str, float]:
        """What JSON has of them, by name."""
        return {name: value for figure in self.figures for name, value in figure.entries.items()}


def format_table(groups: Sequence[Group]) -> str:
    """Returns a line for each figure, aligned, under their headings."""
    figures = [figure for group in groups for figure in group.figures]
    titles = max(len(_title(figure)) for figure in figures)
    numbers = max(len(_number(figure)) for figure in figures)
    signs = max(len(figure.unit.sign) for figure in figures)
    lines = []
    for group in groups:
        lines.append(group.name)
        for figure in group.figures:
            line = f"  {_title(figure):<{titles}}  {_number(figure):>{numbers}} {figure.unit.sign:<{signs}}"
            share = "" if figure.share is None else f"{Unit.SHARE.shown(figure.share):>8}"
            lines.append(f"{line}{share}".rstrip())
    return "\n".join(lines) + "\n"


def _title(figure: Figure) -> str:
    return figure.title if figure.share is None else f"  {figure.title}"


def _number(figure: Figure) -> str:
    return figure.unit.shown(figure.value).split(" ")[0]
