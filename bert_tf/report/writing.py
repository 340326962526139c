"""The files of a report."""

import os
from collections.abc import Callable, Mapping, Sequence

from bert_tf.host import files
from bert_tf.report import earlier_runs
from bert_tf.report.drawing.page import Picture, pictures_of, render_page
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.choices import choice_findings
from bert_tf.report.findings.findings import Findings
from bert_tf.report.findings.label_set import multi_label_findings
from bert_tf.report.findings.one_label import classification_findings
from bert_tf.report.findings.rank import ordinal_findings
from bert_tf.report.findings.spans import span_findings
from bert_tf.report.findings.tags import tag_findings
from bert_tf.report.findings.value import regression_findings
from bert_tf.report.model_card import model_card
from bert_tf.report.run_sections import first_sections, last_sections
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value

FINDINGS: Mapping[type[AnswerSpace], Callable[[EvaluatedRun], Findings]] = {
    OneLabel: classification_findings,
    Value: regression_findings,
    LabelSet: multi_label_findings,
    Ranks: ordinal_findings,
    Tags: tag_findings,
    Spans: span_findings,
    Choice: choice_findings,
}


REPORT, MODEL_CARD, FIGURES = "report.html", earlier_runs.MODEL_CARD, "figures"
_NAMED_BOXES = 12


def write_report(run: EvaluatedRun, folder: str) -> list[str]:
    """Writes the page, its figures as PNG files, and the model card.

    The same run gives the same bytes.

    Args:
        run: What to tell of.
        folder: The output folder.

    Returns:
        What a person should know of the files, one line each.
    """
    findings = FINDINGS[type(run.task.answers)](run)
    sections = [*first_sections(run, findings), *findings.sections, *last_sections(run)]
    step = f", step {run.global_step:,}" if run.global_step else ""
    subtitle = f"{run.about}. {len(run.examples):,} examples of the dev set{step}."
    page = render_page(f"Report on {run.subject}", subtitle, sections)
    pictures = pictures_of(sections)
    figures = os.path.join(folder, FIGURES)
    contents = {f"{picture.chart.name}.png": picture.chart.png for picture in pictures}
    contents |= {name: text.encode() for name, text in findings.files.items()}
    files.make_folder(figures)
    for name, content in contents.items():
        files.write_bytes(os.path.join(figures, name), content)
    for name in set(files.list_folder(figures)) - contents.keys():
        files.remove(os.path.join(figures, name))  # Of an earlier evaluation, which had more to show.
    files.write_text(os.path.join(folder, REPORT), page)
    files.write_text(os.path.join(folder, MODEL_CARD), model_card(run, findings))
    return _boxes(pictures)


def _boxes(pictures: Sequence[Picture]) -> list[str]:
    """What to do where a PNG has boxes in place of characters."""
    boxes = "".join(dict.fromkeys("".join(picture.chart.boxes for picture in pictures)))
    if not boxes:
        return []
    named = boxes if len(boxes) <= _NAMED_BOXES else f"{boxes[:_NAMED_BOXES]}…"
    return [
        f"no font of this machine has {named}: {FIGURES}/*.png show boxes in their place, {REPORT} does not; "
        "install one, such as Noto Sans CJK, and evaluate again"
    ]
