"""The model card of a run: what somebody who is given the model should know, and nothing of the machine it is from."""

import os
import re
from collections.abc import Sequence

from bert_tf import __version__
from bert_tf.config.options import Option
from bert_tf.data.examples import data_name
from bert_tf.host import files
from bert_tf.report.drawing.page import Command, Table, escape_markdown
from bert_tf.report.earlier_runs import write_record
from bert_tf.report.evaluated_run import EvaluatedRun, repeating_command
from bert_tf.report.findings.findings import Findings, number, percent, scores_table
from bert_tf.report.run_sections import model_table, versions_table
from bert_tf.report.verdict import main_metric, warnings_table
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

_PREFIX = re.compile(r"(bert_)?model\.ckpt.*")
_PLAIN_OPTIONS = re.compile(
    r"task_name|language|labels|label_separator|class_weights|delimiter|.*_columns?|choice_label_form"
)


def model_card(run: EvaluatedRun, findings: Findings) -> str:
    """Returns the card as Markdown, without paths, times or names of users and machines."""
    task = run.task
    base = base_name(run.config.model.init_checkpoint)
    blocks = [
        f"# {escape_markdown(_nameless(run.subject))}\n",
        f"{escape_markdown(run.about)}. A model of bert_tf {__version__}"
        f"{f', fine-tuned from {escape_markdown(base)}' if base else ''}.\n",
        *_block("Task", [_task_table(run)]),
        *_block("Data", [_data_table(run)]),
        *_block("Scores on the dev set", [scores_table(run.scores, findings.intervals, len(run.examples))]),
        *_constant(run, findings),
        *([] if findings.details is None else [findings.details.markdown()]),
        "Intervals are 95 % percentile intervals of the bootstrap over the examples, with seed "
        f"{run.config.train.seed}; another seed of the training is not in them.\n",
        "## Limits\n",
        "".join(f"- {escape_markdown(limit)}\n" for limit in [*_limits(run), *findings.limits]),
        *_warnings(run),
        *_block("Model", [model_table(run), versions_table()]),
        *_block("Repeating it", [Command(repeating_command(run, _without_place))]),
        write_record(task.name, run.dev.checksum, run.global_step, run.scores),
    ]
    return "\n".join(blocks)


def base_name(init_checkpoint: str | None) -> str:
    """Returns the name of a checkpoint without its place; that of its folder, if all are called so."""
    parts = [part for part in (init_checkpoint or "").replace(os.sep, "/").split("/") if part]
    if len(parts) > 1 and _PREFIX.fullmatch(parts[-1]):
        parts.pop()
    return _nameless(parts[-1]) if parts else ""


def _constant(run: EvaluatedRun, findings: Findings) -> list[str]:
    """A sentence on what the scores are to be compared with."""
    metric = main_metric(run)
    if findings.constant is None or metric not in findings.constant.scores:
        return []
    value = number(findings.constant.scores[metric])
    return [f"{findings.constant.what} would get {value} as {escape_markdown(metric)}.\n"]


def _warnings(run: EvaluatedRun) -> list[str]:
    known = run.circumstances
    if known.warnings is None:
        return []
    if not known.warnings:
        return ["## Warnings\n", "The run gave no warning.\n"]
    return _block("Warnings", [warnings_table(known)])


def _task_table(run: EvaluatedRun) -> Table:
    task = run.task
    rows = [
        ("kind", task.answers.kind.replace("_", " ")),
        ("input", _input(task)),
        (task.answers.title, task.answers.summary(run.labels)),
    ]
    return Table(("", ""), rows, words=-1)


def _input(task: Task) -> str:
    if task.answers.template is Template.CONTEXT:
        return "a question and the context of its answer"
    if task.answers.template is Template.CHOICES:
        return "a question and its choices"
    return "two texts" if task.is_pair else "one text"


def _data_table(run: EvaluatedRun) -> Table:
    rows = [(each.name, _origin(each.origin), each.checksum[:16], f"{each.examples:,}") for each in run.splits]
    return Table(("split", "from", "fingerprint", "examples"), rows, words=3)


def _origin(origin: str) -> str:
    """The name of a data set, or of a file without its folders."""
    is_path = os.path.isabs(origin) or files.is_remote(origin) or files.exists(origin)
    return _nameless(data_name(origin)) if is_path else origin


def _without_place(option: Option, value: str) -> str:
    """What stands for the value of an option: words that may name a place become that of the option."""
    if not option.holds_text or option.rules.choices or _PLAIN_OPTIONS.fullmatch(option.name):
        return value
    return option.name.upper()


def _nameless(name: str) -> str:
    """A name of a file or folder, unless it is that of the user."""
    own = {os.path.basename(os.path.expanduser("~")), os.environ.get("USER"), os.environ.get("LOGNAME")}
    return "a place without a name" if name in own else name


def _limits(run: EvaluatedRun) -> list[str]:
    data = run.config.data
    limits = [
        f"It was scored on {len(run.examples):,} examples of one dev set, and on nothing else.",
        f"It reads {data.max_seq_length} word pieces at a time. Longer texts are {run.fate_of_long_texts}, "
        f"of the dev set {percent(run.dev.long_share)}.",
        "How it treats groups of people, and texts that are meant to mislead it, was not examined.",
    ]
    if run.config.evaluation.eval_every:
        limits.append("Its checkpoint was chosen by its score on this dev set, so the scores are somewhat too good.")
    return limits


def _block(title: str, parts: Sequence[Table | Command]) -> list[str]:
    return [f"## {title}\n", *(part.markdown() for part in parts)]
