"""What comes first on the page: how good it is beside a constant answer and earlier runs, and how the run went."""

import math

from bert_tf.metrics.direction import LESS_IS_BETTER, is_better
from bert_tf.report.circumstances import Circumstances
from bert_tf.report.drawing.page import Cell, Noted, Part, Section, Table, Verdict
from bert_tf.report.earlier_runs import EarlierRun
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.findings import Findings, number, reach

_SHOWN_EARLIER, _SHOWN_SCORES, _SHOWN_WARNINGS = 5, 6, 50


def verdict_section(run: EvaluatedRun, findings: Findings) -> Section:
    """Returns the section."""
    sentences, is_good = sentences_of(run, findings)
    parts: list[Part] = [Verdict(sentences, is_good), _comparison(run, findings)]
    if run.circumstances.warnings:
        parts.append(warnings_table(run.circumstances))
    return Section("Verdict", [*parts, _run_table(run)])


def sentences_of(run: EvaluatedRun, findings: Findings) -> tuple[list[str], bool | None]:
    """Returns what there is to say, and whether it is good; None if that can't be told."""
    metric = main_metric(run)
    interval = f" (95 % interval {reach(findings.intervals[metric])})" if metric in findings.intervals else ""
    score = f"{_named(metric)} is {number(run.scores[metric])}{interval} on {len(run.examples):,} examples."
    compared, is_good = _beside_constant(run, findings)
    return [score, *compared, *_beside_earlier(run, metric), *_warned(run.circumstances)], is_good


def main_metric(run: EvaluatedRun) -> str:
    """The score that decides which checkpoint is best."""
    return run.task.metric


def warnings_table(circumstances: Circumstances) -> Table:
    """Returns what the run warned of."""
    warnings = circumstances.warnings or ()
    rows = [(text, f"{times:,}") for text, times in warnings[:_SHOWN_WARNINGS]]
    if len(warnings) > _SHOWN_WARNINGS:
        rows.append((f"and {len(warnings) - _SHOWN_WARNINGS:,} more in events.jsonl", ""))
    return Table(("warning of the run", "times"), rows)


def duration(seconds: float) -> str:
    """A duration as people read it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _beside_constant(run: EvaluatedRun, findings: Findings) -> tuple[list[str], bool | None]:
    constant = findings.constant
    if constant is None:
        return [], None
    defined = [name for name in run.task.metrics if math.isfinite(constant.scores.get(name, math.nan))]
    metric = main_metric(run)
    if metric in defined:
        start = f"{constant.what} would get {number(constant.scores[metric])}"
    elif not defined:
        return [], None
    else:
        missing, metric = metric, defined[0]
        start = f"{constant.what} has no {_plain(missing)}; as {_plain(metric)} it would get "
        start += f"{number(constant.scores[metric])}, and the model {number(run.scores[metric])}"
    return _judged(run, findings, metric, constant.scores[metric], start)


def _judged(
    run: EvaluatedRun, findings: Findings, metric: str, other: float, start: str
) -> tuple[list[str], bool | None]:
    """Whether the model is better than another score, and surely so, by the interval of its own."""
    interval = findings.intervals.get(metric)
    if not is_better(metric, run.scores[metric], other):
        return [f"{start}: the model is no better than that."], False
    ends = () if interval is None else (interval.low, interval.high)
    if all(is_better(metric, end, other) for end in ends):
        return [f"{start}: the model is better."], True
    return [f"{start}: the model is better, but by less than what another dev set of this size might change."], None


def _beside_earlier(run: EvaluatedRun, metric: str) -> list[str]:
    earlier = _compared(run, metric)
    if not earlier:
        return ["No earlier run with a score on the same dev set is in this folder or beside it."]
    best, own = earlier[0].scores[metric], run.scores[metric]
    count = "An earlier run" if len(earlier) == 1 else f"The best of {len(earlier):,} earlier runs"
    here = "the same" if best == own else "better" if is_better(metric, own, best) else "worse"
    return [f"{count} on the same dev set got {number(best)}: this one is {here}."]


def _compared(run: EvaluatedRun, metric: str) -> list[EarlierRun]:
    """Those with that score, the best first; not what this folder got before with the very same weights."""
    known = [
        each
        for each in run.circumstances.earlier
        if metric in each.scores and (each.name or each.step != run.global_step)
    ]
    return sorted(known, key=lambda each: each.scores[metric], reverse=metric not in LESS_IS_BETTER)


def _warned(circumstances: Circumstances) -> list[str]:
    if circumstances.warnings is None:
        return []
    count = sum(times for _, times in circumstances.warnings)
    if not count:
        return ["The run gave no warning."]
    return ["The run gave 1 warning, see below."] if count == 1 else [f"The run gave {count:,} warnings, see below."]


def _comparison(run: EvaluatedRun, findings: Findings) -> Table:
    """Who got what: the model, the constant answer, and the best of the earlier runs."""
    names = [name for name in ("combined_score", *run.task.metrics) if name in run.scores][:_SHOWN_SCORES]
    rows: list[tuple[Cell, ...]] = [("this model", *(number(run.scores[name]) for name in names))]
    if findings.constant is not None:
        scores = findings.constant.scores
        rows.append((findings.constant.cell, *(number(scores.get(name, math.nan)) for name in names)))
    for each in _compared(run, main_metric(run))[:_SHOWN_EARLIER]:
        step = f"step {each.step:,}" if each.step else "earlier"
        cell = Noted(each.name, step) if each.name else f"this folder before ({step})"
        rows.append((cell, *(number(each.scores[name]) if name in each.scores else "" for name in names)))
    return Table(("who", *map(_plain, names)), rows)


def _run_table(run: EvaluatedRun) -> Table:
    known = run.circumstances
    commands = f"{known.commands:,} commands" if known.commands > 1 else "one command"
    took = "" if known.seconds is None else f"{duration(known.seconds)}, until this report ({commands})"
    trained = known.trained_on if known.trained_on != known.devices else ""
    rows = [
        ("duration", took),
        ("trained on", trained),
        ("evaluated on" if trained else "devices", known.devices),
        ("processor", known.processor),
        ("precision", run.config.device.precision),
    ]
    return Table(("run", ""), [row for row in rows if row[1]], words=-1)


def _plain(metric: str) -> str:
    return metric.replace("_", " ")


def _named(metric: str) -> str:
    plain = _plain(metric)
    return plain[:1].upper() + plain[1:]
