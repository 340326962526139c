"""Kills real runs at random moments, and shows that they end as if nothing had happened.

python -m tests.faults.kills [--kills=30] [--workers=2] [--seed=1] trains the demonstration's model once without a
break. Then it does so again, but every process is killed (SIGKILL) while it trains, saves, evaluates or exports, and
the same command is started again. After each kill, what would be selected must be readable; in the end weights,
optimizer state, scores, predictions and the exported model must be those of the run without a break, to the last bit.

With --workers=2 two processes train together. They are first told to stop (SIGTERM), one of them and then both, and
must save and end with status 75. Then either both are killed, or one, and the other must end by itself. Without
--workers, three quarters of the kills are those of a process that is alone, and the others those of two.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import random
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  It registers the operations of the exported text step.

from bert_tf.host import files
from bert_tf.host.locks import LOCK_FILE
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.weights.places import find_prefix
from bert_tf.weights.selection import holds_run
from tests.conftest import DEMO_CHECKPOINT
from tests.faults.processes import Moment, Processes, expect

FLAGS = ["--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32", "--train_batch_size=128"]
FLAGS += ["--learning_rate=3e-4", "--eval_batch_size=64", "--predict_batch_size=64", "--precision=float32"]
FLAGS += ["--log_every=5", "--save_checkpoints_steps=5", "--eval_every=40"]
FLAGS += ["--do_train", "--do_eval", "--do_predict", "--do_export"]
EPOCHS = {1: 20, 2: 8}  # By the number of workers; two are slower, and are killed less often.


def run_to_the_end(flags: Sequence[str], folder: pathlib.Path, workers: int) -> list[str]:
    """Runs without a break; returns what was said."""
    with Processes(flags, folder, workers) as processes:
        statuses = processes.wait()
        expect(not any(statuses), f"a run must end well: {statuses}\n{''.join(processes.lines[-20:])}")
        return processes.lines


def tensors_of(prefix: str) -> dict[str, np.ndarray]:
    """Reads a checkpoint with TensorFlow alone."""
    reader = tf.train.load_checkpoint(prefix)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def check_selection(folder: pathlib.Path) -> int | None:
    """Makes sure that what a killed process left can be used; returns the step at which it would continue."""
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
        workers: How many processes train together.
    """

    flags: Sequence[str]
    moments: Sequence[Moment]
    seed: int
    workers: int = 1


class Story:
    """A run that is interrupted again and again: where it was when it was interrupted last."""

    def __init__(self, plan: Plan, folder: pathlib.Path):
        self._plan, self._folder, self._step = plan, folder, None

    @contextlib.contextmanager
    def interrupted(self) -> Iterator[Processes]:
        """Begins or continues the run, which the block must end; makes sure that all is then in order."""
        with Processes(self._plan.flags, self._folder, self._plan.workers) as processes:
            yield processes
            said = "".join(processes.lines)
        expect("Traceback" not in said and "damaged" not in said, f"a run that is killed must continue:\n{said}")
        for step in re.findall(r"resuming the run in .* at step (\d+)", said):
            expect(int(step) == self._step, f"it must continue at step {self._step}, not at {step}")
        self._step = check_selection(self._folder)

    def tell(self, what: str) -> None:
        """Prints what was done, and where the run was then."""
        print(f"{what}, step {self._step}", flush=True)


def kill_and_run_again(plan: Plan, folder: pathlib.Path) -> dict[Moment, int]:
    """Runs and is killed until it has been killed often enough, then runs to the end; returns the kills by moment."""
    generator, kills, story = random.Random(plan.seed), dict.fromkeys(Moment, 0), Story(plan, folder)
    for count in range(1, plan.workers + 1) if plan.workers > 1 else ():
        with story.interrupted() as processes:
            processes.stop(count)
        story.tell(f"told {count} of {plan.workers} workers to stop")
    waiting = list(plan.moments)
    while waiting:
        moment = waiting.pop(0)
        with story.interrupted() as processes:
            killed = processes.kill_at(moment, generator)
            processes.wait()
        kills[moment] += bool(killed)
        story.tell(f"{moment.name.lower()}: {killed or 'too late'}")
        if not killed:  # All is trained. What comes after that can still be killed.
            waiting.insert(0, generator.choice([Moment.EVALUATING, Moment.EXPORTING]))
    run_to_the_end(plan.flags, folder, plan.workers)
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
    run_to_the_end(plan.flags, folder / "whole", plan.workers)
    kills = kill_and_run_again(plan, folder / "killed")
    check_equal(folder / "killed", folder / "whole")
    return kills


def divide(kills: int, workers: int | None) -> dict[int, int]:
    """How often runs of so many workers are killed: all those that were asked for, or a quarter of the kills of two."""
    of_two = kills // 4
    both = {1: kills - of_two, 2: of_two}
    return {workers: kills} if workers else {count: share for count, share in both.items() if share}


def main() -> None:
    """Runs the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, choices=(1, 2))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="by default 20, or 8 for two workers")
    given = parser.parse_args()
    for workers, count in divide(given.kills, given.workers).items():
        folder = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
        flags = [*FLAGS, f"--num_train_epochs={given.epochs or EPOCHS[workers]}"]
        kills = run(Plan(flags, make_moments(count, given.seed), given.seed, workers), folder)
        counts = ", ".join(f"{count} while {moment.name.lower()}" for moment, count in kills.items())
        print(f"{sum(kills.values())} kills of {workers} process{'es' * (workers > 1)}: {counts}")
        print("weights, optimizer state, scores and answers are those of an unbroken run, difference 0.0", flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
