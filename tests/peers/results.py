"""What was measured, as it is kept: one JSON file for each work and precision."""

import dataclasses
import json
import os
import pathlib
import statistics
from collections.abc import Iterable

from tests.peers.works import Comparison, Measure

RESULTS = pathlib.Path(__file__).parent / "results"


class OtherConditionsError(Exception):
    """Figures that can't be compared were about to be put together."""


@dataclasses.dataclass
class Measurement:
    """The rounds of one work in one precision.

    Attributes:
        work: Name of the work.
        precision: The precision of all contestants that have none of their own.
        date: When, as year-month-day.
        reason: Why this precision.
        machine: What `machine.describe` says.
        rates: What `machine.product_rates` says.
        settings: Options that shorten or lengthen the work, where they are not the default.
        rounds: The figures of each contestant, one dictionary a round.
        versions: The packages of each contestant.
        left_out: Why a contestant is missing.
    """

    work: str
    precision: str
    date: str
    reason: str
    machine: dict[str, str | int]
    rates: dict[str, dict[str, float | None]]
    settings: dict[str, int]
    rounds: list[dict[str, dict]] = dataclasses.field(default_factory=list)
    versions: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)

    def save(self, folder: pathlib.Path) -> None:
        """Writes it, in place of an earlier one of the same work and precision."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.work}.{self.precision}.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")
        os.replace(temporary, path)

    def take_rounds(self, earlier: Iterable["Measurement"]) -> None:
        """Puts the rounds of an earlier measurement of the same before its own.

        Raises:
            OtherConditionsError: If that was made on another machine or with other settings.
        """
        for other in earlier:
            if (other.work, other.precision) != (self.work, self.precision):
                continue
            if (other.machine, other.settings) != (self.machine, self.settings):
                raise OtherConditionsError(
                    f"--add needs rounds of {self.work} with the same machine and settings; those that are there differ"
                )
            self.rounds, self.versions = other.rounds, other.versions

    def values(self, contestant: str, figure: str) -> list[float]:
        """A figure of a contestant, of each round that has it."""
        return [each[contestant][figure] for each in self.rounds if figure in each.get(contestant, {})]

    def others_load(self) -> float | None:
        """The greatest share of the machine that others took during a process; None if it is not known."""
        shares = [figures["others_load"] for each in self.rounds for figures in each.values()]
        return max((share for share in shares if share is not None), default=None)

    def numbers(self, comparison: Comparison) -> list[float]:
        """The number that a comparison makes of each round in which both took part."""
        return [
            _number(comparison, each)
            for each in self.rounds
            if all(
                comparison.figure in each.get(name, {})
                for name in (comparison.ours, comparison.against or comparison.ours)
            )
        ]


def load(folder: pathlib.Path) -> list[Measurement]:
    """All measurements of a folder."""
    return [Measurement(**json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]


def _number(comparison: Comparison, figures: dict[str, dict]) -> float:
    own = figures[comparison.ours][comparison.figure]
    if comparison.measure is Measure.SHARE:
        return own
    other = figures[comparison.against][comparison.figure]
    return other / own if comparison.measure is Measure.SPEED else own / other


@dataclasses.dataclass(frozen=True)
class Spread:
    """Several numbers in short."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))
