"""The rows of GLUE for the peers, read by the rules of their published files, and scores of what is predicted."""

import dataclasses
import math
import pathlib
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where things stand in the files of a task.

    Attributes:
        folder: The folder of the files.
        texts: Columns of the text or of the two texts.
        label: Column of the label.
        has_header: Whether the first line names the columns.
    """

    folder: str
    texts: tuple[int, ...]
    label: int
    has_header: bool


LAYOUTS = {
    "cola": Layout("CoLA", (3,), 1, has_header=False),
    "mrpc": Layout("MRPC", (3, 4), 0, has_header=True),
    "sst-2": Layout("SST-2", (0,), 1, has_header=True),
}


@dataclasses.dataclass(frozen=True)
class Rows:
    """Labelled texts: one list of strings for each text of an example."""

    texts: tuple[list[str], ...]
    labels: list[int]


def read_rows(glue_dir: str, task: str, split: str, limit: int = 0) -> Rows:
    """Reads the first rows of a split, all if `limit` is 0."""
    layout = LAYOUTS[task]
    path = pathlib.Path(glue_dir) / layout.folder / f"{split}.tsv"
    lines = path.read_text(encoding="utf-8-sig").split("\n")[layout.has_header :]
    rows = [line.removesuffix("\r").split("\t") for line in lines if line]
    rows = rows[: limit or None]
    texts = tuple([row[column] for row in rows] for column in layout.texts)
    return Rows(texts, [int(row[layout.label]) for row in rows])


def write_shortened(glue_dir: str, task: str, limit: int, folder: pathlib.Path) -> None:
    """Writes the files of a task into a folder, with the first rows of the training set only."""
    layout = LAYOUTS[task]
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev"):
        data = (pathlib.Path(glue_dir) / layout.folder / f"{split}.tsv").read_bytes()
        lines = data.split(b"\n")
        kept = lines[: limit + layout.has_header] if split == "train" else lines
        (folder / f"{split}.tsv").write_bytes(b"\n".join(kept))


def score(task: str, predicted: Sequence[int], labels: Sequence[int]) -> float:
    """The task's first score: Matthews' correlation for CoLA, else accuracy. Labels are 0 and 1."""
    pairs = list(zip(predicted, labels, strict=True))
    if task != "cola":
        return sum(guess == label for guess, label in pairs) / len(pairs)
    counts = {(guess, label): pairs.count((guess, label)) for guess in (0, 1) for label in (0, 1)}
    both = counts[1, 1] * counts[0, 0] - counts[1, 0] * counts[0, 1]
    guessed = (counts[1, 1] + counts[1, 0]) * (counts[0, 0] + counts[0, 1])
    real = (counts[1, 1] + counts[0, 1]) * (counts[0, 0] + counts[1, 0])
    return both / math.sqrt(guessed * real) if guessed * real else 0.0
