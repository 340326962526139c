"""What all contestants share: their options, how they time steps, and the line of figures that they print."""

import argparse
import dataclasses
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata

from tests.peers.works import FLOAT32, PRECISIONS, SCALING_BATCHES

Figures = dict[str, object]
LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM, DROPOUT, WARMUP_SHARE = 5e-5, 0.01, 1.0, 0.1, 0.1
BATCH_SIZE, MAX_LENGTH = 32, 128


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a work is done; each field is an option of a contestant.

    Attributes:
        variant: Which of the contestant's settings.
        precision: float32 or bfloat16.
        layers: Transformer layers of the BERT-base model; the works with MiniLM have six.
        steps: Training steps that are timed.
        warmup_steps: Training steps before them.
        passes: Evaluations after the first one.
        rows: Training examples of an epoch, or examples that are predicted; 0 for all.
        seed: Decides shuffling and new weights.
        glue_dir: Folder with CoLA, MRPC and SST-2.
        minilm: Folder of MiniLM in Google's format.
        minilm_hugging_face: Folder of MiniLM as it was published.
    """

    variant: str = ""
    precision: str = FLOAT32
    layers: int = 12
    steps: int = 8
    warmup_steps: int = 2
    passes: int = 3
    rows: int = 0
    seed: int = 1
    glue_dir: str = ""
    minilm: str = ""
    minilm_hugging_face: str = ""

    def words(self) -> list[str]:
        """The options of a command line that give these settings."""
        return [f"--{name}={value}" for name, value in dataclasses.asdict(self).items()]


def main(works: Mapping[str, Callable[[str, Settings], Figures]]) -> None:
    """Does the work that the command line names, and prints its figures as the last line.

    Args:
        works: What this contestant can do: a function of the work's name and the settings.
    """
    parser = argparse.ArgumentParser(description="Does one work once and prints one line of figures, as JSON.")
    parser.add_argument("work", choices=sorted(works))
    for field in dataclasses.fields(Settings):
        choices = PRECISIONS if field.name == "precision" else None
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default, choices=choices)
    values = vars(parser.parse_args())
    work = values.pop("work")
    figures = works[work](work, Settings(**values))
    short = {name: round(value, 5) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps(short), flush=True)


def time_steps(step: Callable[[], float], settings: Settings, tokens: int) -> Figures:
    """Times training steps.

    Args:
        step: Does one and returns its loss, so that it has ended.
        settings: How many.
        tokens: Word pieces of a step.
    """
    started = time.perf_counter()
    losses = [step() for _ in range(settings.warmup_steps)]
    warm_up = time.perf_counter() - started
    seconds = []
    for _ in range(settings.steps):
        started = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - started)
    if not all(math.isfinite(loss) for loss in losses):
        raise ArithmeticError(f"the losses must be finite numbers, and are {losses}")
    return {
        "seconds": statistics.median(seconds),
        "seconds_of_each_step": [round(value, 5) for value in seconds],
        "warm_up_seconds": warm_up,
        "tokens_per_second": tokens / statistics.median(seconds),
        "last_loss": losses[-1],
        "peak_memory_mib": peak_memory_mib(resource.RUSAGE_SELF),
    }


def time_scaling(time: Callable[[int], Figures]) -> Figures:
    """Times steps of each of `SCALING_BATCHES`; `seconds` is that of 32 rows.

    Args:
        time: Rows of a batch -> the figures of `time_steps`.
    """
    figures = {rows: time(rows) for rows in SCALING_BATCHES}
    seconds = {f"seconds_{rows}": found["seconds"] for rows, found in figures.items()}
    return {"seconds": figures[32]["seconds"], **seconds, "peak_memory_mib": peak_memory_mib(resource.RUSAGE_SELF)}


def passes(first: float, later: Sequence[float], tokens: int) -> Figures:
    """The figures of a work that is done several times over the same rows.

    Args:
        first: Seconds of the first time, from strings, whatever has to be compiled included.
        later: Seconds of each other time, from word pieces.
        tokens: Word pieces of all rows.
    """
    return {
        "seconds": first,
        "later_seconds": statistics.median(later),
        "seconds_of_each_later_pass": [round(value, 5) for value in later],
        "tokens_per_second": tokens / statistics.median(later),
        "peak_memory_mib": peak_memory_mib(resource.RUSAGE_SELF),
    }


def peak_memory_mib(who: int) -> float:
    """The most memory that this process (`RUSAGE_SELF`) or one it has waited for (`RUSAGE_CHILDREN`) held, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / 2**20


def seconds_until(line_part: str, command: Sequence[str]) -> float:
    """Starts a command and ends it at the first line of its standard error with some words in it.

    Returns:
        The seconds from its start to that line.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ)
    assert process.stderr is not None
    last = ""
    try:
        for line in process.stderr:
            if line_part in line:
                return time.perf_counter() - started
            last = line.strip() or last
    finally:
        process.kill()
        process.wait()
    raise RuntimeError(last or f"{command[0]} ended before it said {line_part!r}")


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of installed packages."""
    return {name: metadata.version(name) for name in packages}
