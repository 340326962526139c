"""How fast a large CSV file is read and tokenised, and in how much memory: `python -m tests.data.rates --rows=1000000`.

No test: it takes a minute and says what a machine can do. Texts are sentences of the demonstration's grammar with a
number that makes each of them another, every tenth in quotation marks; the vocabulary is that of its checkpoint.
Each stage runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import csv
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable

import numpy as np

from bert_tf.cli.main import prepare_environment
from bert_tf.data.grammar import acceptability
from bert_tf.data.layouts import Split
from bert_tf.data.own_files import Layout, OwnFile, read_own_file
from tests.conftest import DEMO_CHECKPOINT

STAGES = ("import", "blocks", "examples", "examples and tokens")


def write(path: str, rows: int) -> float:
    """Writes the file; returns the mean number of words of a text."""
    sentences = acceptability(Split.TRAIN).first
    words = 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "text", "label"))
        for index in range(rows):
            text = f"{sentences[index % len(sentences)]} {index}" + (', said "he"' if index % 10 == 0 else "")
            words += text.count(" ") + 1
            writer.writerow((index, text, ("no", "yes")[index % 2]))
    return words / rows


def _loaded() -> Callable:
    prepare_environment()
    from bert_tf.config import ModelConfig, RunConfig, replace  # After the settings that TensorFlow reads.
    from bert_tf.tasks.assets import load_assets, make_text_step

    config = replace(RunConfig(), max_seq_length=64)
    step = make_text_step(load_assets(str(DEMO_CHECKPOINT), ModelConfig()), config.data)
    return step.rows


def run(stage: str, path: str, found: "multiprocessing.Queue[tuple[float, int, int]]") -> None:
    """Does one stage and tells its seconds, how many pieces or rows it gave, and the peak of memory in bytes."""
    rows = None if stage in STAGES[1:3] else _loaded()
    if rows is not None:
        from bert_tf.data.examples import Examples
        from bert_tf.data.tokens import tokenize

        tokenize(Examples("warm-up", ["a"] * 2000, None, None, ["0"] * 2000), np.zeros(2000, np.int32), rows)
    started, count = time.perf_counter(), 0
    if stage == "blocks":
        count = sum(len(block) for block in OwnFile(path, Layout(), is_labelled=True).blocks())
    elif stage != "import":
        examples = read_own_file(path, Layout(), is_labelled=True)
        count = len(examples)
        if rows is not None:
            count = len(tokenize(examples, np.zeros(count, np.int32), rows))
    seconds = time.perf_counter() - started
    found.put((seconds, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def main() -> None:
    """Prints a line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.csv")
        words = write(path, options.rows)
        size = os.path.getsize(path)
        print(f"{options.rows:,} rows, {size / 2**20:.0f} MiB, {words:.1f} words a text, {os.cpu_count()} cores")
        for stage in STAGES:
            results = []
            for _ in range(options.rounds):
                found = context.Queue()
                process = context.Process(target=run, args=(stage, path, found))
                process.start()
                results.append(found.get())
                process.join()
            seconds, count, _ = min(results)
            peak = max(memory for _, _, memory in results)
            rate = f"{count / seconds:>12,.0f} rows/s" if count else " " * 19
            print(f"{stage:<22}{seconds:8.2f} s{rate}{peak / 2**20:10,.0f} MiB at most")


if __name__ == "__main__":
    main()
