"""The files of a report."""

import os
from collections.abc import Callable, Mapping

from bert_tf.host import files
from bert_tf.report.drawing.page import pictures_of, render_page
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.findings import Findings
from bert_tf.report.findings.label_set import multi_label_findings
from bert_tf.report.findings.one_label import classification_findings
from bert_tf.report.findings.rank import ordinal_findings
from bert_tf.report.findings.value import regression_findings
from bert_tf.report.model_card import model_card
from bert_tf.report.run_sections import first_sections, last_sections
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.value import Value

FINDINGS: Mapping[type[AnswerSpace], Callable[[EvaluatedRun], Findings]] = {
    OneLabel: classification_findings,
    Value: regression_findings,
    LabelSet: multi_label_findings,
    Ranks: ordinal_findings,
}


def write_report(run: EvaluatedRun, folder: str) -> None:
    """Writes the page, its figures as PNG files, and the model card.

    The same run gives the same bytes.

    Args:
        run: What to tell of.
        folder: The output folder.
    """
    findings = FINDINGS[type(run.task.answers)](run)
    sections = [*first_sections(run, findings), *findings.sections, *last_sections(run)]
    step = f", step {run.global_step:,}" if run.global_step else ""
    subtitle = f"{run.task.title}. {len(run.examples):,} examples of the dev set{step}."
    page = render_page(f"Report on {run.task.name}", subtitle, sections)
    files.make_folder(os.path.join(folder, FIGURES))
    for picture in pictures_of(sections):
        files.write_bytes(os.path.join(folder, FIGURES, f"{picture.chart.name}.png"), picture.chart.png)
    files.write_text(os.path.join(folder, REPORT), page)
    files.write_text(os.path.join(folder, MODEL_CARD), model_card(run, findings))


REPORT, MODEL_CARD, FIGURES = "report.html", "model_card.md", "figures"
