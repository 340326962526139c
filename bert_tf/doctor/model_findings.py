"""Whether checkpoint, architecture, vocabulary and task fit together."""

import dataclasses

import numpy as np
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import ModelConfig, RunConfig
from bert_tf.doctor.findings import Finding, Section, blocker, blocking, name, ok, warning
from bert_tf.evaluation.result_files import read_labels
from bert_tf.models.model import BertModel
from bert_tf.tasks.assets import Assets, check_length, load_assets, load_encoder_config
from bert_tf.tasks.task import Task
from bert_tf.tasks.task_model import build_model, check_start, compare_start, has_no_pooler
from bert_tf.tasks.trained_head import check_head
from bert_tf.text.case import describe_case, doubt_case
from bert_tf.text.vocabulary import tell_repeated, tell_unmatchable
from bert_tf.weights.architecture import check_buildable
from bert_tf.weights.assign import AssignmentReport
from bert_tf.weights.checkpoint import Checkpoint


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """What is known of the model of a run.

    Attributes:
        section: What to tell of it.
        encoder: Its architecture; None if that can't be read.
        assets: Vocabulary and case too; None if they can't be had.
        model: The model, without weights; None if there is no architecture.
    """

    section: Section
    encoder: EncoderConfig | None = None
    assets: Assets | None = None
    model: BertModel | None = None


def look_at_model(
    task: Task,
    config: RunConfig,
    strategy: tf.distribute.Strategy,
    checkpoint: Checkpoint | None,
    trained_task: str | None,
) -> ModelFacts:
    """Reads what the options name, and finds out whether training could start from it.

    Args:
        task: What is to be learnt.
        config: All options; the precision is one that the devices can compute with.
        strategy: Where.
        checkpoint: Where the weights come from; None for new ones.
        trained_task: Name of the task that it was trained for, if that is written down beside it.
    """
    findings: list[Finding] = []
    encoder = assets = model = None
    folder = checkpoint.folder if checkpoint else None
    with blocking(findings):
        encoder = load_encoder_config(folder, config.model)
    lines = [f"weights   {checkpoint.origin if checkpoint else 'none: --init_checkpoint is not set'}"]
    if encoder is not None:
        with blocking(findings):
            check_buildable(encoder)
    if encoder is not None and not findings:
        with blocking(findings):
            check_length(config.data.max_seq_length, encoder)
        with blocking(findings):
            assets = load_assets(folder, config.model)
        with strategy.scope():
            model = build_model(task, encoder, config.device.precision, recomputes=config.device.remat)
        lines += _describe(encoder, model, assets)
        findings += [] if assets is None else _vocabulary(encoder, assets, config.model)
        found_lines, found = _weights(task, model, checkpoint, trained_task, new_head=config.model.new_head)
        lines += found_lines
        findings += found
    return ModelFacts(Section("model", lines, findings), encoder, assets, model)


def _describe(encoder: EncoderConfig, model: BertModel, assets: Assets | None) -> list[str]:
    lines = [
        f"encoder   {encoder.depth} of width {encoder.hidden_size}, "
        f"{model.count_params():,} weights, {encoder.max_position_embeddings} positions"
    ]
    if assets is not None:
        case = describe_case(lower_case=assets.lower_case, strip_accents=assets.strip_accents)
        lines.append(f"words     {len(assets.vocabulary):,} entries; texts: {case}")
    return lines


def _vocabulary(encoder: EncoderConfig, assets: Assets, options: ModelConfig) -> list[Finding]:
    vocabulary, findings = assets.vocabulary, []
    if vocabulary.used < encoder.vocab_size:
        what = f"the vocabulary has {vocabulary.used:,} entries, and the model has {encoder.vocab_size:,}"
        findings.append(warning(what, "Make sure that vocab.txt and the checkpoint belong together"))
    else:
        findings.append(ok("the vocabulary has as many entries as the model"))
    doubts = doubt_case(vocabulary, options.do_lower_case, options.strip_accents)
    findings += [warning(doubt.what, doubt.fix) for doubt in doubts]
    if not doubts:
        chosen = f"--do_lower_case={assets.lower_case} and --strip_accents={assets.strip_accents}"
        findings.append(ok(f"the entries of the vocabulary fit {chosen}"))
    if vocabulary.repeated:
        findings.append(warning(tell_repeated(vocabulary), "Make sure that vocab.txt is the one of the checkpoint"))
    if vocabulary.unmatchable:
        findings.append(ok(tell_unmatchable(vocabulary)))
    return findings


def _weights(
    task: Task, model: BertModel, checkpoint: Checkpoint | None, trained_task: str | None, *, new_head: bool
) -> tuple[list[str], list[Finding]]:
    """The table of what the checkpoint has for the model, and what follows from it."""
    if checkpoint is None:
        what = "there is no checkpoint to start from: every weight will be drawn at random, as for pre-training"
        return [], [warning(what, "Set --init_checkpoint, unless that is what you want")]
    findings: list[Finding] = []
    report = compare_start(model, checkpoint, new_head=new_head)
    with blocking(findings):
        check_start(report, model, checkpoint)
    if not new_head:
        with blocking(findings):
            check_head(checkpoint.prefix, read_labels(checkpoint.folder), trained_task, task)
    findings += _broken(checkpoint, report)
    if not findings and has_no_pooler(report):
        what = "the checkpoint has every weight of the encoder but no pooler, so one is drawn at random, as the head is"
        findings.append(warning(what))
    elif not findings:
        heads = [variable.path for variable in model.head.variables]
        head = "its head too" if set(heads) <= set(report.loaded) else "the head is new"
        findings.append(ok(f"the checkpoint has every weight of the encoder, readable and finite; {head}"))
    return ["checkpoint and model", *report.table().split("\n")], findings


def _broken(checkpoint: Checkpoint, report: AssignmentReport) -> list[Finding]:
    """Reads the weights that would be loaded, which finds files that are cut off, damaged or not there."""
    findings: list[Finding] = []
    broken = []
    with blocking(findings):
        broken = [each for each in report.loaded if not np.isfinite(checkpoint.read(each)).all()]
    if broken:
        what = f"{len(broken)} weights hold numbers that are not finite, such as {name(broken[0])}"
        findings.append(blocker(what, "Take a checkpoint of before they became so"))
    return findings
