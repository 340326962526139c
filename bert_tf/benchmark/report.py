"""What a benchmark says: the figures that follow from its measurements, and what they were measured on."""

import dataclasses
import json
import platform
import statistics
from typing import Any

import keras
import tensorflow as tf

from bert_tf import __version__
from bert_tf.benchmark.clock import percentile
from bert_tf.benchmark.figures import Figure, Group, Unit, format_table
from bert_tf.benchmark.measurements import Measurements
from bert_tf.benchmark.operations import Extent, training_operations
from bert_tf.benchmark.step_times import mean_parts
from bert_tf.benchmark.subject import Subject
from bert_tf.config.commands import BenchmarkConfig
from bert_tf.config.run import OPTIONS, RunConfig

_PATHS = ("json", "trace")


def figure_groups(measured: Measurements, subject: Subject) -> list[Group]:
    """Returns all figures."""
    return [
        Group("training", [*_speed(measured), *_times(measured), *_products(measured, subject), *_memory(measured)]),
        Group("prediction", _prediction(measured, subject)),
    ]


def report_text(measured: Measurements, subject: Subject, devices: str) -> str:
    """Returns the table for people.

    Args:
        measured: The measurements.
        subject: What was measured.
        devices: Where.
    """
    config, encoder, work = subject.config, subject.encoder, measured.work
    names = ", ".join([*measured.machine.gpus, measured.machine.cpu_model])
    examples = work.useful.examples / len(measured.training.steps)
    lines = [
        f"{encoder.depth} of {encoder.hidden_size}, {measured.weight_count:,} random weights, "
        f"{config.device.precision}, on {devices}",
        f"{names}, {measured.machine.cpu_cores} cores",
        f"{len(measured.training.steps)} steps of {examples:,.4g} examples ({subject.task.name}) of at most "
        f"{config.data.max_seq_length} word pieces, {config.data.batching}, "
        f"elementwise parts {'' if work.compiles_parts else 'not '}compiled",
    ]
    return "\n".join(lines) + "\n\n" + format_table(figure_groups(measured, subject))


def report_json(measured: Measurements, subject: Subject, settings: BenchmarkConfig, devices: str) -> str:
    """Returns everything for programs, without paths and names of the user or the machine.

    Args:
        measured: The measurements.
        subject: What was measured.
        settings: How.
        devices: Where.
    """
    own = {name: value for name, value in dataclasses.asdict(settings).items() if name not in _PATHS}
    tree = {
        "versions": {
            "bert_tf": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
        "machine": {**dataclasses.asdict(measured.machine), "devices": devices},
        "encoder": dataclasses.asdict(subject.encoder),
        "options": {"benchmark": own, **_options(subject.config)},
        "work": {
            "task": subject.task.name,
            "weights": measured.weight_count,
            **dataclasses.asdict(measured.work),
        },
        "product": dataclasses.asdict(measured.rate),
        "figures": {group.name: group.entries for group in figure_groups(measured, subject)},
        "step_seconds": [step.whole for step in measured.training.steps],
        "request_seconds": measured.requests,
    }
    return json.dumps(tree, indent=2) + "\n"


def _options(config: RunConfig) -> dict[str, dict[str, Any]]:
    """The options, in their sections, without those that may hold a path or a name of the user's."""
    sections: dict[str, dict[str, Any]] = {}
    for option in OPTIONS.values():
        is_free_text = option.holds_text and not option.rules.choices
        if option.section != "action" and not is_free_text:
            sections.setdefault(option.section, {})[option.name] = getattr(getattr(config, option.section), option.name)
    return sections


def _speed(measured: Measurements) -> list[Figure]:
    seconds = sum(step.whole for step in measured.training.steps)
    useful, computed = measured.work.useful, measured.work.computed
    return [
        Figure("examples", "examples", Unit.PER_SECOND, useful.examples / seconds),
        Figure("real_tokens", "real tokens", Unit.PER_SECOND, useful.positions / seconds),
        Figure("useful_tokens", "useful tokens", Unit.SHARE, useful.positions / computed.positions),
    ]


def _times(measured: Measurements) -> list[Figure]:
    training = measured.training
    whole = [step.whole * 1000 for step in training.steps]
    mean = statistics.fmean(whole)
    parts = {
        name: seconds * 1000 for name, seconds in dataclasses.asdict(mean_parts(training.steps, training.parts)).items()
    }
    titles = {"waiting": "input", "forward": "forward", "backward": "backward", "optimizer": "optimizer"}
    return [
        Figure("step", "step, mean", Unit.MILLISECONDS, mean),
        *(
            Figure(title, title, Unit.MILLISECONDS, parts[name], share=parts[name] / mean)
            for name, title in titles.items()
        ),
        Figure("step_median", "step, median", Unit.MILLISECONDS, statistics.median(whole)),
        Figure("step_min", "step, fastest", Unit.MILLISECONDS, min(whole)),
        Figure("step_max", "step, slowest", Unit.MILLISECONDS, max(whole)),
        Figure("first_step", "first step", Unit.SECONDS, training.first_step.whole),
    ]


def _products(measured: Measurements, subject: Subject) -> list[Figure]:
    """How much of the step is what it exists for."""
    seconds = sum(step.whole for step in measured.training.steps)
    rate = measured.rate.operations_per_second

    def operations(extent: Extent) -> int:
        return training_operations(subject.encoder, len(subject.task.labels), extent)

    computed, useful = operations(measured.work.computed), operations(measured.work.useful)
    size = f"{measured.rate.size:,} x {measured.rate.size:,}, {measured.rate.dtype}"
    return [
        Figure("step_products", "products of a step", Unit.GIGAFLOP, computed / len(measured.training.steps) / 1e9),
        Figure("product_rate", "their rate", Unit.GIGAFLOP_PER_SECOND, computed / seconds / 1e9),
        Figure("machine_product_rate", f"machine's rate ({size})", Unit.GIGAFLOP_PER_SECOND, rate / 1e9),
        Figure("product_rate", "share of machine's rate", Unit.SHARE, computed / seconds / rate),
        Figure("useful_product_rate", "the same without padding", Unit.SHARE, useful / seconds / rate),
    ]


def _memory(measured: Measurements) -> list[Figure]:
    memory = measured.training.memory
    figures = [Figure("peak_memory", "peak memory", Unit.MEBIBYTES, memory.host_bytes / 2**20)]
    if memory.gpu_bytes is not None:
        figures.append(Figure("peak_gpu_memory", "peak memory of a GPU", Unit.MEBIBYTES, memory.gpu_bytes / 2**20))
    return figures


def _prediction(measured: Measurements, subject: Subject) -> list[Figure]:
    requests, batched = measured.requests, measured.batched
    size = subject.config.evaluation.predict_batch_size
    return [
        *(
            Figure(
                f"request_p{percent}",
                f"one example, p{percent} of {len(requests):,}",
                Unit.MILLISECONDS,
                percentile(requests, percent) * 1000,
            )
            for percent in (50, 99)
        ),
        Figure("examples", f"examples, batches of {size}", Unit.PER_SECOND, batched.examples / batched.seconds),
        Figure("real_tokens", f"real tokens, batches of {size}", Unit.PER_SECOND, batched.pieces / batched.seconds),
    ]
