"""The command line of the comparison."""

import argparse
import datetime
import os
import pathlib
import shutil
import sys
from collections.abc import Sequence

from tests.peers import results
from tests.peers.contestant import Settings
from tests.peers.works import PRECISIONS, WORKS

ROOT = pathlib.Path(__file__).parents[2]
_SHORTER = {
    "layers": "layers of the BERT-base model",
    "steps": "training steps that are timed",
    "warmup_steps": "training steps before them",
    "rows": "training examples of an epoch, or examples that are predicted; 0 for all",
    "passes": "predictions after the first one",
}


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Reads and checks the options; paths become absolute."""
    parser = _parser()
    options = parser.parse_args(words)
    options.contestants = [name for name in options.contestants.split(",") if name]
    known = {contestant.name for work in WORKS for contestant in work.contestants}
    unknown = sorted(set(options.contestants) - known)
    if unknown:
        parser.error(f"--contestants must be of {', '.join(sorted(known))}; received {', '.join(unknown)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1; received {options.rounds}")
    python = shutil.which(options.peer_python)
    if python is None:
        parser.error(f"--peer_python must be a program; received {options.peer_python}")
    options.peer_python = os.path.abspath(python)  # Not further: a link tells Python which environment it is in.
    options.glue_dir = options.glue_dir or options.shared / "data" / "glue"
    for name in ("shared", "glue_dir", "results", "report"):
        setattr(options, name, getattr(options, name).resolve())
    return options


def shorter(options: argparse.Namespace) -> dict[str, int]:
    """The settings that make works shorter or longer."""
    return {name: getattr(options, name) for name in _SHORTER}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Compares bert_tf with its peers and writes BENCHMARKS.md.")
    add, path = parser.add_argument, pathlib.Path
    names = [work.name for work in WORKS]
    add("--work", action="append", choices=names, help="one work; may be repeated; by default all")
    add("--contestants", default="", help="names with commas between them; by default all of a work")
    add("--rounds", type=int, default=3, help="processes of each contestant")
    add("--add", action="store_true", help="keep the rounds of the work that were measured before")
    add("--precision", choices=("auto", *PRECISIONS), default="auto", help="auto takes what the machine is fast in")
    add("--peer_python", default=sys.executable, help="a Python that has torch and transformers; by default this one")
    for name, words in _SHORTER.items():
        add(f"--{name}", type=int, default=getattr(Settings(), name), help=f"{words}; %(default)s by default")
    shared = ROOT / os.environ.get("BERT_TF_SHARED", "../shared")
    add("--shared", type=path, default=shared, help="folder of reference data; by default that of BERT_TF_SHARED")
    add("--glue_dir", type=path, help="folder with CoLA, MRPC and SST-2; by default data/glue in --shared")
    add("--results", type=path, default=results.RESULTS, help="folder where figures are kept")
    add("--report", type=path, default=ROOT / "BENCHMARKS.md", help="the file to write")
    add("--report_only", action="store_true", help="write the report of what was measured before")
    add("--date", default=datetime.date.today().isoformat(), help="the date that the report tells; today by default")
    add("--timeout_seconds", type=int, default=3600, help="limit of one process; %(default)s by default")
    return parser
