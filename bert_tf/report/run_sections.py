"""The sections that every report has, whatever the kind of its task."""

import importlib.metadata
import platform

import numpy as np

from bert_tf import __version__
from bert_tf.config.run import SECTION_TITLES
from bert_tf.report.drawing.charts import Curve, draw_learning, draw_lengths
from bert_tf.report.drawing.page import Command, Folded, Paragraph, Part, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun, SplitFacts, option_values, repeating_command
from bert_tf.report.findings.findings import Findings, percent, scores_table
from bert_tf.report.verdict import verdict_section
from bert_tf.text.case import describe_case

_PACKAGES = ("tensorflow", "tensorflow-text", "keras", "numpy")
_PANELS = {"loss": "Loss", "learning_rate": "Learning rate", "gradient_norm": "Norm of the gradient"}


def first_sections(run: EvaluatedRun, findings: Findings) -> list[Section]:
    """Returns what comes before the sections of the task's kind."""
    scores = scores_table(run.scores, findings.intervals, len(run.examples))
    sections = [verdict_section(run, findings), Section("Scores", [scores])]
    panels = learning_panels(run)
    if panels:
        names = f"{len(run.train_curves['loss'].steps):,} points" if "loss" in run.train_curves else "Points"
        caption = f"{names} of the means over the steps between them, as TensorBoard shows them."
        sections.append(Section("Learning curves", [Picture(draw_learning(panels, run.global_step), caption)]))
    return sections


def last_sections(run: EvaluatedRun) -> list[Section]:
    """Returns what comes after the sections of the task's kind."""
    return [
        Section("Lengths", _length_parts(run)),
        Section("Data", [data_table(run.splits), Paragraph(_FINGERPRINT_NOTE)]),
        Section("Model", [model_table(run)]),
        Section("Configuration", _configuration_parts(run)),
        Section("Versions", [versions_table()]),
        Section("Repeating it", [Command(repeating_command(run))]),
    ]


def learning_panels(run: EvaluatedRun) -> dict[str, dict[str, Curve]]:
    """Returns the panels of the learning curves; none if nothing is known of the training but a point."""
    panels: dict[str, dict[str, Curve]] = {}
    for name, title in _PANELS.items():
        curves = {"train": run.train_curves.get(name), "dev": run.eval_curves.get(name)}
        kept = {split: curve for split, curve in curves.items() if curve is not None}
        if "train" in kept and any(len(curve.steps) > 1 for curve in kept.values()):
            panels[title] = kept
    scores = {name: curve for name, curve in run.eval_curves.items() if name != "loss" and len(curve.steps) > 1}
    if panels:
        panels |= _score_panels(scores)
    return panels


def _score_panels(scores: dict[str, Curve]) -> dict[str, dict[str, Curve]]:
    """Scores that lie between -1 and 1 share a panel; errors in the unit of values would flatten them."""
    panels: dict[str, dict[str, Curve]] = {}
    for name, curve in scores.items():
        is_share = bool(np.nanmax(np.abs(curve.values), initial=0) <= 1)
        title = "Scores on the dev set" if is_share else f"{name.replace('_', ' ').capitalize()} on the dev set"
        panels.setdefault(title, {})[name] = curve
    return panels


def data_table(splits: tuple[SplitFacts, ...]) -> Table:
    """Returns what was read, with fingerprints."""
    rows = [
        (
            each.name,
            each.origin,
            each.checksum[:16],
            f"{each.examples:,}",
            f"{int(each.lengths.sum()):,}",
            percent(each.long_share),
        )
        for each in splits
    ]
    return Table(("split", "from", "fingerprint", "examples", "word pieces", "too long"), rows, words=3)


def model_table(run: EvaluatedRun) -> Table:
    """Returns what the model is."""
    encoder, train = run.encoder, run.config.train
    rows = [
        (
            "encoder",
            f"{encoder.depth} of {encoder.hidden_size}, {encoder.num_attention_heads} heads",
        ),
        ("weights", f"{run.weight_count:,}"),
        ("vocabulary", f"{encoder.vocab_size:,} word pieces"),
        ("texts", describe_case(lower_case=run.lower_case, strip_accents=run.strip_accents)),
        ("longest row", f"{run.config.data.max_seq_length} word pieces"),
        ("updates", f"{run.global_step:,}" if run.global_step else "not known"),
        ("precision", run.config.device.precision),
    ]
    if run.is_own:
        rows.append(("training", f"{train.optimizer}, learning rate {train.learning_rate:g}, seed {train.seed}"))
    return Table(("", ""), rows, words=-1)


def versions_table() -> Table:
    """Returns the versions of what the numbers depend on."""
    packages = [(name, importlib.metadata.version(name)) for name in _PACKAGES]
    rows = [("bert_tf", __version__), *packages, ("Python", platform.python_version())]
    return Table(("package", "version"), rows, words=-1)


_FINGERPRINT_NOTE = (
    "A fingerprint is the beginning of a checksum of the texts and labels in their order; the same data has the same "
    "one on every machine."
)


def _length_parts(run: EvaluatedRun) -> list[Part]:
    limit = run.config.data.max_seq_length
    counts = [
        f"{each.name} {each.long_examples:,} of {each.examples:,} examples ({percent(each.long_share)})"
        for each in run.splits
    ]
    text = f"Examples of more than {limit} word pieces, {run.fate_of_long_texts}: {', '.join(counts)}."
    chart = draw_lengths({each.name: each.lengths for each in run.splits}, limit)
    return [Paragraph(text), Picture(chart, "A row has the marks [CLS] and [SEP] beside the pieces of its text.")]


def _configuration_parts(run: EvaluatedRun) -> list[Part]:
    """The options that are not as they were, and behind a fold the others."""
    columns = ("section", "option", "value")
    changed: list[tuple[str, str, str]] = []
    others: list[tuple[str, str, str]] = []
    for entry, value in option_values(run.config):
        rows = others if value == run.task.defaults.get(entry.name, entry.default) else changed
        rows.append((SECTION_TITLES[entry.section], f"--{entry.name}", _shown(value)))
    parts: list[Part] = [Table(columns, changed, words=-1)] if changed else [Paragraph("All options have defaults.")]
    return [*parts, Folded(f"{len(others)} options with their defaults", Table(columns, others, words=-1))]


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
