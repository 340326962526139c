"""Kills real runs at random moments, and shows that they end as if nothing had happened.

python -m tests.faults.kills [--kills=30] [--seed=1] trains the demonstration's model once without a break. Then it does
so again, but every process is killed (SIGKILL) while it trains, saves, evaluates or exports, and the same
command is started again. After each kill, what would be selected must be readable; in the end weights, optimizer state,
scores, predictions and the exported model must be those of the run without a break, to the last bit.
"""

import argparse
import dataclasses
import enum
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  It registers the operations of the exported text step.

from bert_tf import files
from bert_tf.locks import LOCK_FILE
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.weights.google import find_prefix
from bert_tf.weights.selection import holds_run
from tests.conftest import DEMO_CHECKPOINT, ROOT

FLAGS = ["--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--train_batch_size=128"]
FLAGS += ["--learning_rate=3e-4", "--eval_batch_size=64", "--predict_batch_size=64", "--precision=float32"]
FLAGS += ["--log_every=5", "--save_checkpoints_steps=5", "--eval_every=40"]
FLAGS += ["--do_train", "--do_eval", "--do_predict", "--do_export"]
DEADLINE_SECONDS = 300
Environment = dict[str, str]


class Moment(enum.Enum):
    """When a process is killed: the line or file that is waited for, and the most seconds after it."""

    TRAINING = (r"^training \d+ steps", None, 5.0)
    STEPPING = (r"^step \d+/", None, 3.0)
    SAVING = (r"^step \d+/", ".tmp-*", 0.03)
    EVALUATING = (r"^trained \d+ steps|nothing is left to train", None, 1.0)
    EXPORTING = (r"^trained \d+ steps|nothing is left to train", "export/.tmp-*", 0.5)

    def __init__(self, line: str, file: str | None, most_seconds: float):
        self.line, self.file, self.most_seconds = re.compile(line), file, most_seconds


class FaultError(AssertionError):
    """What was promised of a killed run is not so."""


def expect(is_so: bool, promise: str) -> None:
    """Ends the script if something is not as it should be."""
    if not is_so:
        raise FaultError(promise)


class Processes:
    """The processes of a run: one, or one a worker."""

    def __init__(self, flags: Sequence[str], folder: pathlib.Path, environments: Sequence[Environment]):
        self.folder, self.lines = folder, []
        command = [sys.executable, "-m", "bert_tf", "classifier", *flags, f"--output_dir={folder}"]
        base = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._all = [
            subprocess.Popen(command, env={**base, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for own in environments
        ]
        self._readers = [threading.Thread(target=self._read, args=(process,)) for process in self._all]
        for reader in self._readers:
            reader.start()

    def _read(self, process: subprocess.Popen) -> None:
        with process.stderr as stream:
            self.lines.extend(stream)  # Appended as they come.

    @property
    def are_running(self) -> bool:
        return any(process.poll() is None for process in self._all)

    def kill_at(self, moment: Moment, generator: random.Random) -> bool:
        """Kills one of them at a moment, and then the others; returns whether the moment came at all."""
        after = moment.most_seconds * generator.random()
        if not self._reaches(lambda: any(map(moment.line.search, self.lines))):
            return False
        if moment.file is not None:
            time.sleep(generator.random())
            if not self._reaches(lambda: any(self.folder.glob(moment.file))):
                return False
        time.sleep(after)
        for process in generator.sample(self._all, len(self._all)):
            process.send_signal(signal.SIGKILL)
        self.wait()
        return any(process.returncode == -signal.SIGKILL for process in self._all)

    def wait(self) -> list[int]:
        """Waits for the end of all; returns their exit statuses."""
        statuses = [process.wait(timeout=DEADLINE_SECONDS) for process in self._all]
        for reader in self._readers:
            reader.join()
        return statuses

    def _reaches(self, happens) -> bool:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not happens():
            if not self.are_running:
                return False
            expect(time.monotonic() < deadline, f"the run must not hang: {self.lines[-3:]}")
            time.sleep(0.001)
        return True


def run_to_the_end(flags: Sequence[str], folder: pathlib.Path, environments: Sequence[Environment]) -> list[str]:
    """Runs without a break; returns what was said."""
    processes = Processes(flags, folder, environments)
    statuses = processes.wait()
    expect(not any(statuses), f"a run must end well: {statuses}\n{''.join(processes.lines[-20:])}")
    return processes.lines


def tensors_of(prefix: str) -> dict[str, np.ndarray]:
    """Reads a checkpoint with TensorFlow alone."""
    reader = tf.train.load_checkpoint(prefix)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def check_selection(folder: pathlib.Path) -> int | None:
    """Makes sure that what a killed process left can be used; returns the step at which it would go on."""
    selection = RunCheckpoints(str(folder), keep=2).select()
    if selection is not None:
        expect(not selection.damaged, f"a kill must damage nothing: {selection}")
        for kind in ("model", "optimizer"):
            expect(bool(tensors_of(f"{folder}/{kind}.ckpt-{selection.step}")), "what is selected must be readable")
    if holds_run(str(folder)):
        tensors_of(find_prefix(str(folder)))
    for export in (folder / "export").glob("[0-9]*"):
        expect((export / "saved_model.pb").exists(), f"{export} must be whole")
        expect((export / "assets.extra" / "labels.txt").exists(), f"{export} must be whole")
    return selection.step if selection else None


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is run and how often it is killed.

    Attributes:
        flags: The flags of the run, but for the output folder.
        moments: When it is killed, in order.
        seed: Decides the exact times.
        environments: What each process finds in its environment, such as TF_CONFIG; one process each.
    """

    flags: Sequence[str]
    moments: Sequence[Moment]
    seed: int
    environments: Sequence[Environment] = ({},)


def kill_and_run_again(plan: Plan, folder: pathlib.Path) -> dict[Moment, int]:
    """Runs and is killed until it has been killed often enough, then runs to the end; returns the kills by moment."""
    generator, kills, step = random.Random(plan.seed), dict.fromkeys(Moment, 0), None
    waiting = list(plan.moments)
    while waiting:
        processes = Processes(plan.flags, folder, plan.environments)
        moment = waiting.pop(0)
        was_killed = processes.kill_at(moment, generator)
        said = "".join(processes.lines)
        expect("Traceback" not in said and "damaged" not in said, f"a run that was killed must go on:\n{said}")
        resumed = re.search(r"resuming the run in .* at step (\d+)", said)
        if resumed:
            expect(int(resumed[1]) == step, f"it must go on at step {step}, not at {resumed[1]}")
        kills[moment] += was_killed
        step = check_selection(folder)
        print(f"{'killed' if was_killed else 'too late for'} {moment.name.lower()}, step {step}", flush=True)
        if not was_killed:  # All is trained. What comes after that can still be killed.
            processes.wait()
            waiting.insert(0, generator.choice([Moment.EVALUATING, Moment.EXPORTING]))
    run_to_the_end(plan.flags, folder, plan.environments)
    return kills


def check_equal(found: pathlib.Path, expected: pathlib.Path) -> None:
    """Makes sure that two folders hold the same run, and nothing that a killed process left."""
    ours, theirs = ({path.name for path in folder.iterdir()} for folder in (found, expected))
    expect(ours == theirs, f"the files must be the same: {sorted(ours ^ theirs)}")
    left = [path for path in found.rglob("*") if path.name.startswith(files.TEMPORARY) or path.name == LOCK_FILE]
    expect(not left, f"no temporary file may be left: {left}")
    for index in sorted(expected.glob("*.index")):
        first, second = (tensors_of(str(folder / index.stem)) for folder in (found, expected))
        expect(set(first) == set(second), f"{index.stem} must have the same tensors")
        for name, value in first.items():
            is_same = np.array_equal(value, second[name], equal_nan=True)
            expect(is_same, f"{name} of {index.stem} must be the same")
    for name in ("eval_results.txt", "test_results.tsv", "predictions.jsonl", "best_checkpoint.json", "checkpoint"):
        expect((found / name).read_bytes() == (expected / name).read_bytes(), f"{name} must be the same")
    check_exports(found, expected)


def check_exports(found: pathlib.Path, expected: pathlib.Path) -> None:
    """Makes sure that every exported model answers as that of the run without a break."""
    lines = (expected / "predictions.jsonl").read_text(encoding="utf-8").splitlines()[:13]
    texts = tf.constant([json.loads(line)["text"] for line in lines])

    def answer(export: pathlib.Path) -> np.ndarray:
        return tf.saved_model.load(str(export)).signatures["serving_default"](text=texts)["logits"].numpy()

    wanted = answer(expected / "export" / "1")
    for export in sorted((found / "export").iterdir()):
        expect(np.array_equal(answer(export), wanted), f"{export} must answer the same")


def make_moments(count: int, seed: int) -> list[Moment]:
    """Moments in random order, two thirds of them before the end of training, after which there is none of those."""
    generator = random.Random(seed)
    early = [Moment.SAVING, Moment.STEPPING, Moment.TRAINING]
    late = [Moment.EVALUATING, Moment.EXPORTING]
    kinds = [early[index % 3] for index in range(-(-count * 2 // 3))]
    more = [late[index % 2] for index in range(count - len(kinds))]
    return [*generator.sample(kinds, len(kinds)), *generator.sample(more, len(more))]


def run(plan: Plan, folder: pathlib.Path) -> dict[Moment, int]:
    """Shows what the script is for, in a folder of its own; returns the kills by moment."""
    run_to_the_end(plan.flags, folder / "whole", plan.environments)
    kills = kill_and_run_again(plan, folder / "killed")
    check_equal(folder / "killed", folder / "whole")
    return kills


def main() -> None:
    """Runs the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
    moments = make_moments(given.kills, given.seed)
    plan = Plan([*FLAGS, f"--num_train_epochs={given.epochs}"], moments, given.seed)
    kills = run(plan, folder)
    counts = ", ".join(f"{count} while {moment.name.lower()}" for moment, count in kills.items())
    print(f"{sum(kills.values())} kills: {counts}; weights, optimizer state and answers are those of an unbroken run")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
