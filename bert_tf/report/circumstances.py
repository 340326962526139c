"""How a run went: its warnings, how long it took and on what, out of its journal. Nothing here imports TensorFlow."""

import dataclasses
import datetime
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bert_tf.host import files
from bert_tf.host.processor import read_processor
from bert_tf.report.earlier_runs import EarlierRun
from bert_tf.training.journal import GIVEN, JOURNAL_FILE, Event

_NO_COMMAND: Mapping[str, Any] = {}


@dataclasses.dataclass(frozen=True)
class Circumstances:
    """What is known of a run beside what it learnt.

    Attributes:
        warnings: What it warned of, and how often; None if there is no journal to tell.
        seconds: What its commands took until now, from where they begin to work; None if not known.
        commands: How many these are.
        devices: What the last one computed on; empty if not known.
        trained_on: What the last one that trained computed on; empty if that is not known.
        processor: The processor of the machine that evaluated; empty if not known.
        earlier: Earlier runs with scores on the same dev set, the same folder first.
    """

    warnings: tuple[tuple[str, int], ...] | None = None
    seconds: float | None = None
    commands: int = 0
    devices: str = ""
    trained_on: str = ""
    processor: str = ""
    earlier: tuple[EarlierRun, ...] = ()


def read_circumstances(folder: str, *, is_own: bool, earlier: Sequence[EarlierRun] = ()) -> Circumstances:
    """Reads what the journal of an output folder tells.

    Args:
        folder: The folder.
        is_own: Whether the weights are of the run in the folder. If not, only the last command is about them.
        earlier: Earlier runs that can be compared.
    """
    path = os.path.join(folder, JOURNAL_FILE)
    processor = _processor()
    if not files.exists(path):
        return Circumstances(processor=processor, earlier=tuple(earlier))
    entries, damaged = _read(path)
    commands = _commands(entries)
    kept = commands if is_own else commands[-1:]
    warnings = [entry for command in kept for entry in command if entry["event"] == Event.WARN.value]
    warned = Counter(map(_text, warnings))
    for entry in warnings:
        if entry.get("kind") == GIVEN:  # A run that was continued was given the same again.
            warned[_text(entry)] = 1
    if damaged:
        warned["some lines of the journal can't be read, so that warnings may be missing"] = damaged
    starts = [
        next((entry for entry in command if entry["event"] == Event.START.value), _NO_COMMAND) for command in kept
    ]
    trained = [start for start in starts if "do_train" in start.get("actions", ())]
    durations = [_seconds(command) for command in kept]
    return Circumstances(
        warnings=tuple(warned.items()),
        seconds=None if None in durations or not durations else sum(filter(None, durations)),
        commands=len(kept),
        devices=str(starts[-1].get("devices", "")) if starts else "",
        trained_on=str(trained[-1].get("devices", "")) if trained else "",
        processor=processor,
        earlier=tuple(earlier),
    )


def _processor() -> str:
    name, count = " ".join(read_processor().model_name.split()), os.cpu_count() or 0
    cores = f"{count} cores" if count > 1 else "1 core" if count else ""
    return ", ".join(part for part in (name, cores) if part)


def _read(path: str) -> tuple[list[dict[str, Any]], int]:
    """The entries, and how many lines are none: a run that was killed leaves the last one torn."""
    text = files.read_bytes(path, "the journal", "Evaluate again").decode("utf-8", "replace")
    entries, damaged = [], 0
    for line in text.split("\n"):
        entry = _parse(line)
        if entry is not None:
            entries.append(entry)
        elif line.strip():
            damaged += 1
    return entries, damaged


def _parse(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("event"), str) else None


def _commands(entries: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The entries of each command, which ends with its end, or where the next one starts if it was killed."""
    commands: list[list[dict[str, Any]]] = [[]]
    for entry in entries:
        is_new = entry["event"] == Event.START.value and any(
            each["event"] == Event.START.value for each in commands[-1]
        )
        if is_new or (commands[-1] and commands[-1][-1]["event"] == Event.END.value):
            commands.append([])
        commands[-1].append(entry)
    return [command for command in commands if command]


def _text(entry: Mapping[str, Any]) -> str:
    return str(entry.get("text", entry.get("kind", "a warning without words")))


def _seconds(command: Sequence[Mapping[str, Any]]) -> float | None:
    """What a command says that it took, or the time between its first and its last entry."""
    told = command[-1].get("seconds") if command[-1]["event"] == Event.END.value else None
    if isinstance(told, (int, float)):
        return float(told)
    first, last = _time(command[0]), _time(command[-1])
    return None if first is None or last is None else max((last - first).total_seconds(), 0.0)


def _time(entry: Mapping[str, Any]) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(entry.get("time")))
    except ValueError:
        return None
