"""The processes of a real run: one, or several workers of it, which can be killed or told to stop at chosen moments."""

import enum
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from bert_tf.training.watch.interruption import STOPPED_STATUS
from tests.conftest import ROOT, free_ports

# Far more than it takes, so that a busy machine changes nothing.
DEADLINE_SECONDS = 1200
SECONDS_TO_NOTICE = 120
_MARK = re.compile(r"^\[\d/\d\] ")  # Of a worker.


class Moment(enum.Enum):
    """When a process is killed: the line or file that is waited for, and the most seconds after it."""

    TRAINING = (r"^training [\d,]+ steps?", None, 5.0)
    STEPPING = (r"^step \d+/", None, 3.0)
    SAVING = (r"^step \d+/", ".tmp-*", 0.03)
    EVALUATING = (r"^trained [\d,]+ steps?|nothing is left to train", None, 1.0)
    EXPORTING = (r"^trained [\d,]+ steps?|nothing is left to train", "export/.tmp-*", 0.5)

    def __init__(self, line: str, file: str | None, most_seconds: float):
        self.line, self.file, self.most_seconds = re.compile(line), file, most_seconds

    @property
    def is_late(self) -> bool:
        """Whether all is trained by then."""
        return self in (Moment.EVALUATING, Moment.EXPORTING)


class FaultError(AssertionError):
    """What was promised of a killed run is not so."""


def expect(is_so: bool, promise: str) -> None:
    """Ends the script if something is not as it should be."""
    if not is_so:
        raise FaultError(promise)


class Processes:
    """The processes of a run: one, or one a worker. Those that still run at the end of a `with` block are killed."""

    def __init__(self, flags: Sequence[str], folder: pathlib.Path, workers: int):
        self.folder = folder
        self._said: list[list[str]] = [[] for _ in range(workers)]
        command = [sys.executable, "-m", "bert_tf", "classifier", *flags, f"--output_dir={folder}"]
        base = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._all = [
            subprocess.Popen(command, env={**base, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for own in make_environments(workers)
        ]
        pairs = zip(self._all, self._said, strict=True)
        self._readers = [threading.Thread(target=_read, args=pair) for pair in pairs]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.kill()
        self.wait()

    @property
    def lines(self) -> list[str]:
        """What all of them have said, without the marks of workers."""
        return [line for lines in self._said for line in lines]

    @property
    def are_running(self) -> bool:
        return any(process.poll() is None for process in self._all)

    def kill_at(self, moment: Moment, generator: random.Random) -> str:
        """Kills one of them at a moment, and then, or not, the others; tells which, or nothing if it was too late."""
        after, spares_others = moment.most_seconds * generator.random(), generator.random() < 0.5
        if not self._reaches(lambda: any(map(moment.line.search, self.lines))):
            return ""
        if moment.file is not None:
            time.sleep(generator.random())
            if not self._reaches(lambda: any(self.folder.glob(moment.file)), 0.001):  # It is not there for long.
                return ""
        time.sleep(after)
        victim, *others = generator.sample(range(len(self._all)), len(self._all))
        for worker in [victim] if spares_others else [victim, *others]:
            self._all[worker].kill()
        killed_at = time.monotonic()
        statuses = self.wait(SECONDS_TO_NOTICE)
        if statuses[victim] != -signal.SIGKILL:
            return ""
        self._check_others({other: statuses[other] for other in others}, moment)
        if not others or not spares_others:
            return "killed"
        ends = ", ".join(f"worker {other} ended with {statuses[other]}" for other in others)
        return f"killed worker {victim}, {ends} after {time.monotonic() - killed_at:.1f} s"

    def _check_others(self, statuses: Mapping[int, int], moment: Moment) -> None:
        """Makes sure that those which were not killed have noticed it."""
        for worker, status in statuses.items():
            if status == 0:  # All was done, as far as it knew.
                expect(moment.is_late, "a worker must not train on without the other")
            elif status != -signal.SIGKILL:
                last = self._said[worker][-1:]
                is_told = any(line.startswith("bert-tf: A worker was lost.") for line in last)
                expect(status == 1 and is_told, f"a worker that is left must say so: {status}, {self._said[worker]}")

    def stop(self, count: int) -> None:
        """Tells some of them to stop when the first steps are done; all of them must have saved, and say so."""
        told = "a run must reach its first steps"
        expect(self._reaches(lambda: any(map(Moment.STEPPING.line.search, self.lines))), f"{told}: {self.lines}")
        for process in self._all[-count:]:  # The chief is the first.
            process.terminate()
        statuses = self.wait(SECONDS_TO_NOTICE)
        expect(set(statuses) == {STOPPED_STATUS}, f"all must stop: {statuses}\n{''.join(self.lines)}")
        for lines in self._said:
            expect("That step is saved" in lines[-1], f"a worker must end with a word on it: {lines[-3:]}")

    def wait(self, seconds: float = DEADLINE_SECONDS) -> list[int]:
        """Waits for the end of all; returns their exit statuses."""
        deadline = time.monotonic() + seconds
        while self.are_running:
            expect(time.monotonic() < deadline, f"they must end within {seconds} s: {self.lines[-3:]}")
            time.sleep(0.01)
        for reader in self._readers:
            reader.join()
        return [process.returncode for process in self._all]

    def _reaches(self, happens: Callable[[], bool], seconds_between_looks: float = 0.02) -> bool:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not happens():
            if not self.are_running:
                return False
            expect(time.monotonic() < deadline, f"the run must not hang: {self.lines[-3:]}")
            time.sleep(seconds_between_looks)
        return True


def _read(process: subprocess.Popen, lines: list[str]) -> None:
    with process.stderr as stream:
        for line in stream:
            lines.append(_MARK.sub("", line))  # As they come.


def make_environments(workers: int) -> list[dict[str, str]]:
    """What each process finds in its environment: nothing, or the others, at ports that are free now."""
    if workers == 1:
        return [{}]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(workers)]}
    tasks = [{"type": "worker", "index": index} for index in range(workers)]
    return [{"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks]
