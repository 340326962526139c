"""The report of an evaluation, out of what a run has at hand. It is an extra: without it the run is whole."""

import dataclasses
import os
from collections.abc import Mapping

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, Split
from bert_tf.data.table import TokenTable
from bert_tf.host import files
from bert_tf.host.console import say, warn
from bert_tf.models.model import BertModel
from bert_tf.report.circumstances import read_circumstances
from bert_tf.report.drawing.curves import read_curves
from bert_tf.report.earlier_runs import find_earlier
from bert_tf.report.evaluated_run import EvaluatedRun, SplitFacts, checksum
from bert_tf.report.writing import MODEL_CARD, REPORT, write_report
from bert_tf.tasks.answers.space import Outputs
from bert_tf.tasks.assets import Assets
from bert_tf.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class ReportedModel:
    """The model that a report is about.

    Attributes:
        task: What it learnt.
        config: All options.
        output_dir: The output folder.
        assets: Architecture and vocabulary.
        model: The model.
        global_step: Updates that its weights had.
    """

    task: Task
    config: RunConfig
    output_dir: str
    assets: Assets
    model: BertModel
    global_step: int


def report_on(
    reported: ReportedModel,
    folder: str,
    splits: Mapping[Split, Examples],
    tables: Mapping[Split, TokenTable],
    outputs: Outputs,
    scores: Mapping[str, float],
) -> None:
    """Writes the report, or says in one line why there is none.

    Args:
        reported: The model.
        folder: Where to write.
        splits: The examples of each split that was read.
        tables: Their tokens.
        outputs: What the model says of the dev set, decided.
        scores: The scores on the dev set.
    """
    try:
        told = write_report(_evaluated_run(reported, splits, tables, outputs, scores), folder)
    except Exception as error:  # Whatever it is: the weights and the scores are there, and worth more than a page.
        warn(f"warning: there is no report: {' '.join(f'{type(error).__name__}: {error}'.split())[:500]}")
    else:
        say(f"wrote {os.path.join(folder, REPORT)} and {MODEL_CARD}")
        for line in told:
            say(line)


def _evaluated_run(
    reported: ReportedModel,
    splits: Mapping[Split, Examples],
    tables: Mapping[Split, TokenTable],
    outputs: Outputs,
    scores: Mapping[str, float],
) -> EvaluatedRun:
    task, folder = reported.task, reported.output_dir
    is_own = files.exists(os.path.join(folder, "checkpoint"))
    earlier = find_earlier(folder, task.name, checksum(splits[DEV], task))
    return EvaluatedRun(
        task=task,
        config=reported.config,
        encoder=reported.assets.encoder_config,
        lower_case=reported.assets.lower_case,
        strip_accents=reported.assets.strip_accents,
        weight_count=reported.model.count_params(),
        global_step=reported.global_step,
        is_own=is_own,
        examples=splits[DEV],
        targets=tables[DEV].targets,
        outputs=outputs,
        scores=scores,
        splits=tuple(
            SplitFacts(
                name=split.name,
                origin=examples.origin,
                examples=len(examples),
                long_examples=tables[split].long_examples,
                lengths=tables[split].lengths,
                checksum=checksum(examples, task),
            )
            for split, examples in splits.items()
        ),
        train_curves=read_curves(os.path.join(folder, "train")),
        eval_curves=read_curves(os.path.join(folder, "eval")),
        circumstances=read_circumstances(folder, is_own=is_own, earlier=earlier),
    )
