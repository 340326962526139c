"""Tags, spans and choices on real data: ours and Hugging Face in turn, the same encoder, batch, rate and epochs.

    python -m tests.peers.answers wnut17 --seeds=3 --minilm=GOOGLE --minilm_hugging_face=PUBLISHED [--peer=PYTHON]

PYTHON is one that has torch and transformers; by default this one. Prints a table: mean and deviation of the score over
the seeds, seconds of training, and the ratio of the times, pair by pair.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

SHARED = pathlib.Path(os.environ.get("BERT_TF_SHARED", pathlib.Path(__file__).resolve().parents[3] / "shared"))


@dataclasses.dataclass(frozen=True)
class Work:
    """A comparison.

    Attributes:
        kind: What the peer calls it.
        command: Our command.
        train: The training file, in the folder of shared data.
        dev: The dev file.
        metric: The score.
        rows: Training examples, the first ones of the file; 0 for all.
        epochs: Passes over them.
        batch: Examples of a step.
        length: Longest row.
        rate: Peak learning rate.
    """

    kind: str
    command: str
    train: str
    dev: str
    metric: str
    rows: int
    epochs: float
    batch: int
    length: int
    rate: float = 1e-4


WORKS = {
    "wnut17": Work("tags", "tagger", "wnut17/wnut17train.conll", "wnut17/emerging.dev.conll", "f1", 0, 5, 32, 128),
    "wikiann": Work("tags", "tagger", "wikiann_en/train.conll", "wikiann_en/dev.conll", "f1", 5000, 3, 32, 128),
    "policyqa": Work("spans", "squad", "policyqa/train.json", "policyqa/dev.json", "f1", 3000, 2, 16, 384),
    "openbookqa": Work(
        "choices", "choice", "openbookqa/train.jsonl", "openbookqa/dev.jsonl", "accuracy", 0, 3, 16, 128
    ),
}


@dataclasses.dataclass(frozen=True)
class Means:
    """What trains, and from what.

    Attributes:
        minilm: Folder of MiniLM in Google's format.
        minilm_hugging_face: Folder of MiniLM as it was published.
        batching: How ours makes batches.
        peer: A Python that has torch and transformers.
    """

    minilm: str
    minilm_hugging_face: str
    batching: str = "packed"
    peer: str = sys.executable


def main() -> None:
    """Does one comparison and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first_seed", type=int, default=1)
    parser.add_argument("--batching", default="packed")
    parser.add_argument("--ours_only", action="store_true")
    parser.add_argument("--minilm", required=True)
    parser.add_argument("--minilm_hugging_face", required=True)
    parser.add_argument("--peer", default=sys.executable)
    settings = parser.parse_args()
    work = WORKS[settings.work]
    means = Means(settings.minilm, settings.minilm_hugging_face, settings.batching, settings.peer)
    results: dict[str, list[tuple[float, float]]] = {"ours": [], "Hugging Face": []}
    with tempfile.TemporaryDirectory() as folder:
        train = first_rows(work, SHARED / "data", pathlib.Path(folder))
        for seed in range(settings.first_seed, settings.first_seed + settings.seeds):
            turns = [("ours", ours), ("Hugging Face", hugging_face)][: 1 if settings.ours_only else 2]
            for name, run in turns if seed % 2 else turns[::-1]:
                results[name].append(run(work, train, SHARED / "data", seed, means))
                print(f"seed {seed}  {name:<13} {work.metric} {results[name][-1][0]:.4f}  {results[name][-1][1]:.1f} s")
    for name, found in ((name, found) for name, found in results.items() if found):
        scores, seconds = zip(*found, strict=True)
        deviation = statistics.stdev(scores) if len(scores) > 1 else 0.0
        print(f"{name:<13} {statistics.mean(scores):.4f} +- {deviation:.4f}  {statistics.median(seconds):.1f} s")
    if settings.ours_only:
        return
    ratios = [theirs[1] / ours[1] for ours, theirs in zip(*results.values(), strict=True)]
    print(f"time ratio {statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})")


def first_rows(work: Work, data: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The training file, cut to as many examples as the work has; questions are cut article by article.

    Args:
        work: The comparison.
        data: The folder of shared data.
        folder: Where a shorter file is written.
    """
    path = data / work.train
    if not work.rows:
        return path
    target = folder / path.name
    if work.kind != "spans":
        sentences = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))[: work.rows]
        target.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
        return target
    tree, left = json.loads(path.read_text(encoding="utf-8")), work.rows
    for article in tree["data"]:
        for paragraph in article["paragraphs"]:
            paragraph["qas"] = paragraph["qas"][:left]
            left -= len(paragraph["qas"])
        article["paragraphs"] = [each for each in article["paragraphs"] if each["qas"]]
    tree["data"] = [article for article in tree["data"] if article["paragraphs"]]
    target.write_text(json.dumps(tree), encoding="utf-8")
    return target


def ours(work: Work, train: pathlib.Path, data: pathlib.Path, seed: int, means: Means) -> tuple[float, float]:
    """Score and seconds of training of ours; the seconds are those that the run tells."""
    with tempfile.TemporaryDirectory() as output:
        words = ["-m", "bert_tf", work.command, f"--train_file={train}", f"--eval_file={data / work.dev}"]
        words += [f"--output_dir={output}/run", f"--init_checkpoint={means.minilm}", f"--seed={seed}", "--noreport"]
        words += [f"--num_train_epochs={work.epochs}", f"--train_batch_size={work.batch}", "--eval_batch_size=32"]
        words += [f"--max_seq_length={work.length}", f"--learning_rate={work.rate}", "--precision=mixed_bfloat16"]
        words += [f"--batching={means.batching}"]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
        scores = pathlib.Path(output, "run", "eval_results.txt").read_text()
    seconds = re.search(r"trained [\d,]+ steps? in ([\d.,]+) s", done.stderr + done.stdout)
    found = re.search(rf"^eval_{work.metric} = (\S+)", scores, re.MULTILINE)
    assert seconds is not None
    assert found is not None
    return float(found[1]), float(seconds[1].replace(",", ""))


def hugging_face(work: Work, train: pathlib.Path, data: pathlib.Path, seed: int, means: Means) -> tuple[float, float]:
    """Score and seconds of training of the peer, which writes no checkpoint."""
    words = ["-m", "tests.peers.answers_hugging_face", work.kind, f"--train={train}", f"--seed={seed}"]
    words += [f"--dev={data / work.dev}", f"--minilm={means.minilm_hugging_face}"]
    words += [f"--epochs={work.epochs}", f"--batch={work.batch}", f"--length={work.length}", f"--rate={work.rate}"]
    done = subprocess.run([means.peer, *words], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return float(figures[work.metric]), float(figures["seconds"])


if __name__ == "__main__":
    main()
