"""How fast a large CSV file is read and tokenised, and in how much memory: `python -m tests.data.rates --rows=1000000`.

No test: it takes a minute and says what a machine can do. Texts are sentences of the demonstration's grammar with a
number that makes each of them another, every tenth in quotation marks; the vocabulary is that of its checkpoint.
Each stage runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import collections
import csv
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.own_files import Layout, OwnFile, read_own_file
from bert_tf.data.splits import TRAIN
from bert_tf.host.environment import prepare_environment
from bert_tf.tasks.known.grammar import acceptability
from tests.conftest import DEMO_CHECKPOINT

_MOST_WAITING = 4


def write(path: str, rows: int) -> float:
    """Writes the file; returns the mean number of words of a text."""
    sentences = acceptability(TRAIN).first
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
    from bert_tf.config.run import ModelConfig, RunConfig, replace
    from bert_tf.tasks.assets import load_assets, make_text_step
    from bert_tf.text.template import Template

    config = replace(RunConfig(), max_seq_length=64)
    step = make_text_step(load_assets(str(DEMO_CHECKPOINT), ModelConfig()), config, Template.TEXTS)
    return step.rows


def _blocks(path: str) -> Iterator[Examples]:
    return OwnFile(path, Layout(), is_labelled=True).blocks()


def _streaming(path: str) -> Callable[[], int]:
    """Reads blocks and makes word pieces of them, some while others are read; keeps nothing."""
    rows = _loaded()
    import tensorflow as tf

    step = tf.function(lambda texts: rows(texts).input_ids.nrows(), [tf.TensorSpec([None], tf.string)], autograph=False)
    step(tf.constant(["a"] * 2048))

    def work() -> int:
        count, waiting = 0, collections.deque[futures.Future]()
        with futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            for block in _blocks(path):
                waiting.append(threads.submit(lambda texts: int(step(tf.constant(texts))), block.first))
                if len(waiting) > _MOST_WAITING:
                    count += waiting.popleft().result()
            return count + sum(future.result() for future in waiting)

    return work


def _in_memory(path: str) -> Callable[[], int]:
    """What a run does: all examples, then all their tokens."""
    rows = _loaded()
    from bert_tf.data.tokens import tokenize

    def table(examples: Examples) -> int:
        return len(tokenize(examples, np.zeros(len(examples), np.int32), rows))

    table(Examples("warm-up", ["a"] * 2048, None, None, ["0"] * 2048))
    return lambda: table(read_own_file(path, Layout(), is_labelled=True))


# What each stage does after what has to be loaded and traced for it.
STAGES: Mapping[str, Callable[[str], Callable[[], int]]] = {
    "TensorFlow alone": lambda path: lambda: len([_loaded()]) - 1,
    "blocks": lambda path: lambda: sum(map(len, _blocks(path))),
    "blocks, pieces": _streaming,
    "examples": lambda path: lambda: len(read_own_file(path, Layout(), is_labelled=True)),
    "examples, table": _in_memory,
}


def run(stage: str, path: str, found: "multiprocessing.Queue[tuple[float, float, int, int]]") -> None:
    """Does one stage; tells its seconds, those of processors, how many rows it gave, and its peak of memory, bytes."""
    work = STAGES[stage](path)
    started, processors = time.perf_counter(), time.process_time()
    count = work()
    seconds, processors = time.perf_counter() - started, time.process_time() - processors
    found.put((seconds, processors, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


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
            seconds, processors, count, _ = min(results)
            peak = max(memory for *_, memory in results) / 2**20
            rate = (
                f"{count / seconds:>12,.0f} rows/s, {count / processors:>9,.0f} a second of a processor"
                if count
                else ""
            )
            print(f"{stage:<18}{seconds:8.2f} s{rate:<58}{peak:8,.0f} MiB at most")


if __name__ == "__main__":
    main()
