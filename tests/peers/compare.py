"""Compares bert_tf with its peers and writes BENCHMARKS.md: python -m tests.peers.compare --work=step-16x128 --rounds=3

Each contestant does each work in a process of its own, one after the other, for several rounds. What was measured is
kept after every process, so that nothing is lost when one of them fails.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

from bert_tf.host.environment import prepare_environment
from tests.peers import machine, minilm, report, results
from tests.peers.contestant import Settings
from tests.peers.options import ROOT, parse, shorter
from tests.peers.results import Measurement
from tests.peers.works import BFLOAT16, FLOAT32, WORKS, Contestant, Material, Work

_SCRATCH = ROOT / "runs" / "peers"
# The ratio of float32 is to be reached in this work, beside that of bfloat16 in all of them.
_ALSO_IN_FLOAT32 = "step-16x128"


class ContestantError(Exception):
    """A contestant could not do its work; the message is one line."""


def main(words: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for and returns the exit status."""
    options = parse(words)
    os.chdir(ROOT)  # Contestants are modules of this folder.
    prepare_environment()
    try:
        if not options.report_only:
            _compare(options)
    except results.OtherConditionsError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was measured is kept", file=sys.stderr)
        return 130
    _write_report(options)
    print(f"wrote {options.report}")
    return 0


def _compare(options: argparse.Namespace) -> None:
    load = machine.OthersLoad()
    rates = machine.product_rates({"tensorflow": sys.executable, "torch": options.peer_python})
    choice = machine.fastest(rates)
    if options.precision != "auto":
        choice = machine.Choice(options.precision, "it was asked for")
    print(f"precision: {choice.precision}, since {choice.reason}{_warning(load.share())}", flush=True)
    wanted = [work for work in WORKS if not options.work or work.name in options.work]
    pairs = [(work, choice) for work in wanted]
    if options.precision == "auto" and choice.precision == BFLOAT16:
        also = machine.Choice(FLOAT32, "a ratio is to be reached in it too")
        pairs += [(work, also) for work in wanted if work.name == _ALSO_IN_FLOAT32]
    for work, choice in pairs:
        try:
            material = _material(work, options)
        except minilm.MissingMaterialError as error:
            print(f"{work.name}: left out: {error}", flush=True)
            continue
        base = dataclasses.replace(Settings(), precision=choice.precision, **shorter(options), **material)
        _do_rounds(work, _begin(work, choice, rates, options), base, options)


def _begin(work: Work, choice: machine.Choice, rates: dict, options: argparse.Namespace) -> Measurement:
    """A measurement without rounds, or with those that were there and are to be kept."""
    changed = {name: value for name, value in shorter(options).items() if value != getattr(Settings(), name)}
    measurement = Measurement(
        work.name, choice.precision, options.date, choice.reason, machine.describe(), rates, changed
    )
    if options.add:
        measurement.take_rounds(results.load(options.results))
    return measurement


def _material(work: Work, options: argparse.Namespace) -> dict[str, str]:
    """The settings that say where texts and checkpoints are."""
    if work.material is Material.NOTHING:
        return {}
    if not options.glue_dir.is_dir():
        raise minilm.MissingMaterialError(f"no folder {options.glue_dir}; set --glue_dir or BERT_TF_SHARED")
    _SCRATCH.mkdir(parents=True, exist_ok=True)
    folders = minilm.prepare(_SCRATCH, options.shared)
    return {
        "glue_dir": str(options.glue_dir),
        "minilm": folders.google,
        "minilm_hugging_face": folders.hugging_face,
    }


def _do_rounds(work: Work, measurement: Measurement, base: Settings, options: argparse.Namespace) -> None:
    names = options.contestants or [contestant.name for contestant in work.contestants]
    for _ in range(options.rounds):
        measurement.rounds.append({})
        for contestant in work.contestants:
            if contestant.name not in names or contestant.name in measurement.left_out:
                continue
            shown = f"{work.name} {contestant.precision or base.precision} round {len(measurement.rounds)}"
            print(f"{shown}: {contestant.name} {_take_turn(contestant, work, measurement, base, options)}", flush=True)
            if any(measurement.rounds):
                measurement.save(options.results)
                _write_report(options)


def _take_turn(
    contestant: Contestant, work: Work, measurement: Measurement, base: Settings, options: argparse.Namespace
) -> str:
    """Runs a contestant and notes its figures, or why there are none; returns them in short."""
    settings = dataclasses.replace(
        base,
        variant=contestant.variant,
        seed=len(measurement.rounds),
        precision=contestant.precision or base.precision,
    )
    load = machine.OthersLoad()
    try:
        figures = _run(contestant, work, settings, options)
    except ContestantError as error:
        measurement.left_out[contestant.name] = str(error)
        return f"is left out: {error}"
    versions = figures.pop("versions", {})
    if measurement.versions.setdefault(contestant.name, versions) != versions:
        measurement.left_out[contestant.name] = "its versions are not those of earlier rounds"
        return f"is left out: {measurement.left_out[contestant.name]}"
    others = load.share()
    measurement.rounds[-1][contestant.name] = figures | {"others_load": others and round(others, 3)}
    return f"{figures['seconds']:.3f} s{_warning(others)}"


def _warning(others: float | None) -> str:
    return "" if others is None or others <= machine.BUSY else f", while others took {others:.0%} of the machine"


def _run(contestant: Contestant, work: Work, settings: Settings, options: argparse.Namespace) -> dict:
    """Runs a contestant and returns its figures; what it says beside them goes into a log."""
    python = options.peer_python if contestant.is_torch else sys.executable
    command = [python, "-m", f"tests.peers.{contestant.module}", work.name, *settings.words()]
    log = _SCRATCH / "logs" / f"{work.name}.{contestant.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+") as errors, _on_cores(work.cores):
        status, output = _wait(command, errors, options.timeout_seconds)
    if status:  # What the log says may name folders of this machine, which are no business of the report's readers.
        ending = f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise ContestantError(f"{ending}; see {log.relative_to(ROOT)}")
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        raise ContestantError("it printed no figures") from None


@contextlib.contextmanager
def _on_cores(count: int) -> Iterator[None]:
    """Processes that are started in the block have so many of the cores that this one may use; 0 for all."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[: count or None])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _wait(command: Sequence[str], errors: object, timeout_seconds: int) -> tuple[int, str]:
    """Runs a command to its end; if it takes too long, or is interrupted, it ends with all that it started."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)
    except OSError as error:
        raise ContestantError(str(error)) from error
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        raise ContestantError(f"it took more than {timeout_seconds} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode, output


def _write_report(options: argparse.Namespace) -> None:
    temporary = options.report.with_suffix(".tmp")
    temporary.write_text(report.render(results.load(options.results)), encoding="utf-8")
    os.replace(temporary, options.report)


if __name__ == "__main__":
    sys.exit(main())
