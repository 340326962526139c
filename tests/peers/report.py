"""BENCHMARKS.md from what was measured."""

import statistics
from collections.abc import Iterator, Sequence

from tests.peers.machine import BUSY
from tests.peers.results import Measurement, Spread
from tests.peers.works import BFLOAT16, PRECISIONS, WORKS, Comparison, Measure, Target, Work

_HEAD = """# Benchmarks

The same work through bert_tf and through its peers, side by side on one machine. This file is written by `make bench`
from the figures in `tests/peers/results`; don't edit it.

## Ratios

Each number is the median over the rounds, with the least and the greatest. `x` says how many times faster bert_tf is;
where the table says "at most", the number is bert_tf's value with the peer's as 1. "must" is what was to be reached,
"aim" what was hoped for; both are set for bfloat16 on both sides, except where a row of float32 shows it.

"""

_FIGURES = """
## Figures

Seconds of a step, of the loop of an epoch, of the first pass of a prediction, or up to the first step; "useful" is the
share of places in a batch that hold a word piece and no padding.

"""

_MACHINE = """
## Machine

Products: GFLOP/s of a 2048 x 768 x 3072 matrix product in float32 / bfloat16, the best of many. Where the libraries
differ here, a ratio of steps is to that degree one of their products. "Others' load": the share of the machine that
something else took during a process, at most; figures with much of it are worth little.

"""

_METHOD = """
## How it is measured

- Each contestant does each work in a process of its own, one at a time; a round is one process of each, in the order of
  the tables, and rounds follow one another. A ratio is made of two processes of the same round.
- A step is all of it: forward, backward, dropout 0.1, clipping to a global norm of 1.0, AdamW with a decay of 0.01 that
  spares LayerNorm and biases. Weights and tokens are random. A round's figure is the median of the timed steps, after
  some that are not timed.
- Hugging Face: the step as its Trainer takes it (bfloat16 by autocast, fused AdamW, torch's own attention kernel); for
  epochs and prediction Trainer itself, `grouped` with dynamic padding and batches of like length, `default` padded to
  128 pieces in float32 as run_glue does it unless told otherwise. Prediction in bfloat16 is with weights that are cast
  once (`bf16_full_eval`), which is faster than autocast.
- KerasHub and TF Models: their encoders, a classification head and their AdamW, in one traced function; `kerashub-xla`
  compiles all of it by XLA, as Keras's `fit` does by default.
- bert_tf: steps through the loop of a run, input pipeline included; epochs through `bert-tf classifier`. That loop
  writes a checkpoint at its end, and Trainer's is told not to.
- "First pass" of a prediction is from strings to logits with all that must be traced or compiled; "later passes" go
  over the same word pieces again.
- Memory is the greatest resident size of the process.
- Activation: each side's default, the tanh form of GELU in bert_tf, KerasHub and TF Models, the erf form in Hugging
  Face.

## Again

    make bench                                             # everything, three rounds
    make bench WORK=step-16x128 ROUNDS=5 PRECISION=float32 # one work; the others keep their figures

Except for the steps, it needs the GLUE files and the converter of MiniLM in the folder that `BERT_TF_SHARED` names.
[tests/peers/NOTES.md](tests/peers/NOTES.md) keeps what was tried.
"""


def render(measurements: Sequence[Measurement]) -> str:
    """Returns the text of BENCHMARKS.md."""
    ordered = [
        (work, measurement)
        for work in WORKS
        for precision in reversed(PRECISIONS)
        for measurement in measurements
        if (measurement.work, measurement.precision) == (work.name, precision)
    ]
    parts = [_HEAD, _ratios(ordered), "\n", *(f"- `{work.name}`: {work.title}\n" for work in WORKS)]
    parts += [_FIGURES, _figures(ordered), _MACHINE, *_conditions(ordered), _METHOD]
    return "".join(parts)


def _ratios(ordered: Sequence[tuple[Work, Measurement]]) -> str:
    header = ["work", "what", "of", "against", "precision", "median", "least - greatest", "rounds", "must", "aim", ""]
    rows = [_row(work, comparison, measurement) for work, measurement in ordered for comparison in work.comparisons]
    measured = {work.name for work, _ in ordered}
    unmeasured = [work for work in WORKS if work.name not in measured]
    rows += [_empty_row(work, comparison) for work in unmeasured for comparison in work.comparisons]
    return _table(header, rows)


def _row(work: Work, comparison: Comparison, measurement: Measurement) -> list[str]:
    show = comparison.measure.value.format
    numbers = measurement.numbers(comparison)
    target = comparison.targets.get(measurement.precision)
    start = [_title(work, measurement), comparison.what, comparison.ours, comparison.against, measurement.precision]
    wanted = ["", ""] if target is None else _wanted(comparison, target)
    if not numbers:
        return [*start, "not measured", "", "0", *wanted, ""]
    spread = Spread.of(numbers)
    verdict = "" if target is None else _verdict(comparison, target, spread.median)
    if _shortened(measurement):
        verdict = "shortened"
    elif (measurement.others_load() or 0.0) > BUSY:
        verdict += ", but the machine was busy" if verdict else "the machine was busy"
    span = f"{show(spread.least)} - {show(spread.greatest)}"
    return [*start, show(spread.median), span, str(len(numbers)), *wanted, verdict]


def _empty_row(work: Work, comparison: Comparison) -> list[str]:
    target = comparison.targets.get(BFLOAT16)
    wanted = ["", ""] if target is None else _wanted(comparison, target)
    return [work.name, comparison.what, comparison.ours, comparison.against, BFLOAT16, "not yet", "", "", *wanted, ""]


def _wanted(comparison: Comparison, target: Target) -> list[str]:
    words = "at most " if comparison.measure is Measure.COST else ""
    show = comparison.measure.value.format
    return [words + show(target.must), "" if target.aim is None else words + show(target.aim)]


def _verdict(comparison: Comparison, target: Target, number: float) -> str:
    def reaches(limit: float) -> bool:
        return number <= limit if comparison.measure is Measure.COST else number >= limit

    if not reaches(target.must):
        return "short"
    return "reached" if target.aim is None or not reaches(target.aim) else "aim reached"


def _figures(ordered: Sequence[tuple[Work, Measurement]]) -> str:
    header = [
        "work",
        "precision",
        "contestant",
        "seconds",
        "least - greatest",
        "later passes",
        "peak MiB",
        "useful",
        "score",
    ]
    return _table(header, [row for work, measurement in ordered for row in _figure_rows(work, measurement)])


def _figure_rows(work: Work, measurement: Measurement) -> Iterator[list[str]]:
    for contestant in work.contestants:
        seconds = measurement.values(contestant.name, "seconds")
        if not seconds:
            continue
        spread = Spread.of(seconds)
        yield [
            _title(work, measurement),
            contestant.precision or measurement.precision,
            contestant.name,
            _seconds(spread.median),
            f"{_seconds(spread.least)} - {_seconds(spread.greatest)}",
            _middle(measurement, contestant.name, "later_seconds", "{:.3f}"),
            _middle(measurement, contestant.name, "peak_memory_mib", "{:,.0f}"),
            _middle(measurement, contestant.name, "useful_tokens", "{:.1%}"),
            _middle(measurement, contestant.name, "score", "{:.4f}"),
        ]


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _middle(measurement: Measurement, contestant: str, figure: str, form: str) -> str:
    values = measurement.values(contestant, figure)
    return form.format(statistics.median(values)) if values else ""


def _title(work: Work, measurement: Measurement) -> str:
    shortened = _shortened(measurement)
    return f"{work.name} ({', '.join(shortened)} only)" if shortened else work.name


def _shortened(measurement: Measurement) -> list[str]:
    """What makes the work less than it is said to be."""
    return [f"{value} {name}" for name, value in measurement.settings.items() if name in ("layers", "rows")]


def _conditions(ordered: Sequence[tuple[Work, Measurement]]) -> Iterator[str]:
    """Each machine, with what was measured on it and how fast and how free it was at that time."""
    header = ["work", "precision", "date", "products of TensorFlow", "of torch", "others' load", "versions"]
    machines: dict[str, list[list[str]]] = {}
    for work, measurement in ordered:
        packages = {name: version for each in measurement.versions.values() for name, version in each.items()}
        row = [work.name, measurement.precision, measurement.date]
        row += [_rates(measurement, library) for library in ("tensorflow", "torch")]
        row += [_load(measurement), ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))]
        machines.setdefault(_machine(measurement), []).append(row)
    for machine, rows in machines.items():
        yield f"{machine}\n\n{_table(header, rows)}\n"
    for work, measurement in ordered:
        yield f"- {work.name}: {measurement.precision}, since {measurement.reason}.\n"
        for name, reason in measurement.left_out.items():
            yield f"- {work.name}: {name} is left out: {reason}\n"


def _machine(measurement: Measurement) -> str:
    machine = measurement.machine
    limit = machine["ONEDNN_MAX_CPU_ISA"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}; instructions for bfloat16: {machine['bfloat16_instructions'] or 'none'}"
        + (f"; ONEDNN_MAX_CPU_ISA={limit}" if limit else "")
    )


def _rates(measurement: Measurement, library: str) -> str:
    rates = measurement.rates.get(library, {})
    return (
        " / ".join("fails" if rate is None else f"{rate:,.0f}" for rate in map(rates.get, PRECISIONS)) if rates else ""
    )


def _load(measurement: Measurement) -> str:
    load = measurement.others_load()
    return "" if load is None else f"{load:.0%}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
