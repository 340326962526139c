"""Works that are timed from outside: runs of `bert-tf classifier`, any process up to its first training step or answer.

Nothing here imports TensorFlow or torch, so that the process that is timed is the only one that does.
"""

import dataclasses
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from tests.peers import contestant, texts
from tests.peers.contestant import Figures, Settings
from tests.peers.works import BFLOAT16, EPOCH_TASKS, FIRST_STEP, FIRST_STEP_DONE, GROUPED, ONE_TEXT

_TRAINED = re.compile(r"^trained (\d+) steps in ([\d.,]+) s", re.MULTILINE)
_ROWS_OF_A_SHORT_RUN = 64
_TEXT = "The cat sat on the mat and looked out of the window."
_PROGRESS = re.compile(r"^step (\d+)/\d+ .*useful tokens ([\d.]+)%", re.MULTILINE)


def epoch(work: str, settings: Settings) -> Figures:
    """Trains MiniLM for an epoch and scores it. The time is that of the loop, which writes a checkpoint at its end."""
    task = EPOCH_TASKS[work]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        command = _classifier(task, settings, folder, f"--batching={settings.variant}", "--do_eval")
        done = subprocess.run(command, capture_output=True, text=True)
        trained = _TRAINED.search(done.stderr)
        if done.returncode or trained is None:
            raise RuntimeError((done.stderr.strip().splitlines() or ["bert-tf said nothing"])[-1])
        results = (folder / "run" / "eval_results.txt").read_text()
    return {
        "seconds": float(trained.group(2).replace(",", "")),
        "steps": int(trained.group(1)),
        "useful_tokens": _useful_tokens(done.stderr),
        "score": _score(task, results),
        "peak_memory_mib": contestant.peak_memory_mib(resource.RUSAGE_CHILDREN),
        "versions": contestant.versions(("tensorflow", "keras")),
    }


def first_step(work: str, settings: Settings) -> Figures:
    """The time from the start of a process to the end of its first step on CoLA; then the process is ended."""
    with tempfile.TemporaryDirectory() as scratch:
        if settings.variant == "hugging-face":
            grouped = [word for word in settings.words() if not word.startswith("--variant")] + [f"--variant={GROUPED}"]
            command = [sys.executable, "-m", "tests.peers.hugging_face", "until-first-step", *grouped]
            return {"seconds": contestant.seconds_until(FIRST_STEP_DONE, command)}
        command = _classifier("cola", settings, pathlib.Path(scratch), "--log_every=1")
        return {"seconds": contestant.seconds_until("step 1/", command)}


def one_text(work: str, settings: Settings) -> Figures:
    """The median time from the start of a process to the end of it, with a text answered, over `passes` processes."""
    packages = ("torch", "transformers") if settings.variant == "hugging-face" else ("tensorflow", "keras")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        if settings.variant == "hugging-face":
            command = [sys.executable, "-m", "tests.peers.one_text", str(folder / "model"), _TEXT]
            subprocess.run([*command, f"--save={settings.minilm_hugging_face}"], capture_output=True, check=True)
        else:
            short = dataclasses.replace(settings, rows=_ROWS_OF_A_SHORT_RUN)
            subprocess.run(_classifier("cola", short, folder), capture_output=True, check=True)
            asked = folder / "asked.txt"
            asked.write_text(_TEXT + "\n")
            command = [sys.executable, "-m", "bert_tf", "predict", f"--output_dir={folder / 'run'}", str(asked)]
        seconds = []
        for _ in range(settings.passes):
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            seconds.append(time.perf_counter() - started)
    return {
        "seconds": statistics.median(seconds),
        "seconds_of_each_process": [round(value, 5) for value in seconds],
        "versions": contestant.versions(packages),
    }


def _classifier(task: str, settings: Settings, folder: pathlib.Path, *options: str) -> list[str]:
    """The command line of a run of one epoch."""
    data = pathlib.Path(settings.glue_dir) / texts.LAYOUTS[task].folder
    if settings.rows:
        data = folder / "data"
        texts.write_shortened(settings.glue_dir, task, settings.rows, data)
    return [
        *(sys.executable, "-m", "bert_tf", "classifier", f"--task={task}", "--do_train"),
        *(f"--data_dir={data}", f"--init_checkpoint={settings.minilm}", f"--output_dir={folder / 'run'}"),
        f"--precision={'mixed_bfloat16' if settings.precision == BFLOAT16 else 'float32'}",
        f"--max_seq_length={contestant.MAX_LENGTH}",
        f"--train_batch_size={contestant.BATCH_SIZE}",
        f"--eval_batch_size={contestant.BATCH_SIZE}",
        f"--learning_rate={contestant.LEARNING_RATE}",
        f"--weight_decay_rate={contestant.WEIGHT_DECAY}",
        f"--clip_norm={contestant.CLIP_NORM}",
        f"--warmup_proportion={contestant.WARMUP_SHARE}",
        *("--num_train_epochs=1", f"--seed={settings.seed}"),
        *options,
    ]


def _useful_tokens(log: str) -> float:
    """The mean over the steps of a run; each line of progress tells that over the steps since the line before."""
    lines = [(int(step), float(share) / 100) for step, share in _PROGRESS.findall(log)]
    if not lines:
        raise RuntimeError("no line of bert-tf tells the share of useful tokens")
    steps = [step - before for (step, _), before in zip(lines, [0, *(step for step, _ in lines)], strict=False)]
    return sum(count * share for count, (_, share) in zip(steps, lines, strict=True)) / sum(steps)


def _score(task: str, results: str) -> float:
    """The task's first score in the text of eval_results.txt."""
    values = dict(line.split(" = ") for line in results.splitlines())
    return float(values["eval_matthews_correlation" if task == "cola" else "eval_accuracy"])


if __name__ == "__main__":
    contestant.main({**dict.fromkeys(EPOCH_TASKS, epoch), FIRST_STEP: first_step, ONE_TEXT: one_text})
