"""What the report tells of answers that are spans."""

import dataclasses
import re

import numpy as np
import pytest

from bert_tf.data.questions import Answer
from bert_tf.metrics.spans import normalise_answer
from bert_tf.report.drawing.page import Excerpt
from bert_tf.report.findings.spans import span_findings
from bert_tf.report.writing import write_report
from bert_tf.tasks.answers.space import SPANS
from bert_tf.tasks.answers.spans import Asked, Spans
from tests.report.made_up import answering, made_up_run

CONTEXT = "x" * 200 + " <b>Ada</b> wrote it in 1843, " + "y" * 400 + " not Charles. " + "z" * 200


def asked_of(text, start=None):
    return Asked(CONTEXT, (Answer(text, CONTEXT.index(text) if start is None else start, start is None),))


def run_of(asked, spans, **space):
    """A run with such questions and answers."""
    run = made_up_run(examples=len(asked), kind=Spans)
    targets = np.empty(len(asked), object)
    targets[:] = asked
    answers = Spans(**space)
    task = dataclasses.replace(run.task, answers=answers, metrics=answers.own_metrics())
    run = answering(dataclasses.replace(run, task=task, targets=targets), np.array(spans, np.float32))
    return dataclasses.replace(run, scores=task.score(run.outputs, targets) | {"loss": 1.0})


def excerpts(run):
    section = next(each for each in span_findings(run).sections if each.title == "Worst answers")
    return [cell for row in section.parts[1].rows for cell in row if isinstance(cell, Excerpt)]


def test_an_excerpt_marks_the_right_answer_and_the_given_one_and_leaves_the_rest_out():
    start, end = CONTEXT.index("Charles"), CONTEXT.index("Charles") + 7
    (found,) = excerpts(run_of([asked_of("Ada</b>")], [[start, end, 0.9, 0]]))
    assert found.pieces[0] == ("… ", ())
    assert ("Ada</b>", ("right",)) in found.pieces
    assert ("Charles", ("given",)) in found.pieces
    assert (" … ", ()) in found.pieces
    assert "[right: Ada</b>]" in found.text
    assert "[given: Charles]" in found.text
    plain = "".join(text for text, _ in found.pieces)
    assert all(part in CONTEXT for part in plain.replace("…", "|").split("|") for part in [part.strip()])
    assert len(plain) < len(CONTEXT)
    html = found.html()
    assert "<b>" not in html
    assert '&lt;b&gt;<mark class="right" title="right">Ada&lt;/b&gt;</mark>' in html


def test_what_is_right_and_given_has_both_marks():
    start = CONTEXT.index("in 1843")
    (found,) = excerpts(run_of([asked_of("1843")], [[start, start + 7, 0.9, 0]]))
    assert [piece for piece in found.pieces if piece[1]] == [("in ", ("given",)), ("1843", ("right", "given"))]


@pytest.mark.parametrize(
    ("asked", "span", "negative"),
    [
        (asked_of("Ada", 3), [-1, -1, 0, 0], False),  # Nowhere, and nothing allowed.
        (asked_of("Ada"), [0, 4, 0.5, 9], True),
        (Asked(CONTEXT), [0, len(CONTEXT), 0.5, -9], True),
        (Asked("x"), [0, 1, 0.5, -9], True),
    ],
)
def test_any_answer_can_be_shown(asked, span, negative):
    (found,) = excerpts(run_of([asked], [span], version_2_with_negative=negative))
    assert 0 < len("".join(text for text, _ in found.pieces)) < 1300
    assert any("given" in marks for _, marks in found.pieces) is (span[0] >= 0 and span[3] < 0)


def test_the_table_has_the_scores_of_questions_with_and_without_an_answer(tmp_path):
    run = made_up_run(kind=Spans)
    has_answer = np.array([bool(asked.answers) for asked in run.targets])
    findings = span_findings(run)
    rows = {row[0]: row[1:] for row in findings.details.rows}
    assert {name: row[0] for name, row in rows.items()} == {
        "all": "203",
        "with an answer": str(has_answer.sum()),
        "without one": str((~has_answer).sum()),
    }
    assert float(rows["without one"][1]) == pytest.approx(run.scores["exact_match_without_answer"], abs=1e-4)
    assert float(rows["with an answer"][3]) == pytest.approx(run.scores["f1_with_answer"], abs=1e-4)
    # Of five scores each has an interval, in which it lies.
    assert set(findings.intervals) == set(run.scores) - {"loss"}
    assert all(each.low <= run.scores[name] <= each.high for name, each in findings.intervals.items())
    # In SQuAD 2.0, an answer of marks alone is none.
    is_none = [not any(map(normalise_answer, asked.texts)) for asked in run.targets]
    assert findings.constant.scores["f1"] == pytest.approx(np.mean(is_none))
    write_report(run, str(tmp_path))
    page, card = ((tmp_path / name).read_text() for name in ("report.html", "model_card.md"))
    used = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "as used" in row)
    assert f"{run.scores['f1']:.4f}" in used
    assert "a question and the context of its answer" in card
    assert "bert-tf squad" in page
    assert "bert-tf squad" in card
    assert "--long_text" not in card
    assert "Spans of contexts, as answers to questions" not in page  # It has a title of its own.


def test_where_each_question_has_an_answer_nothing_is_told_of_none():
    run = run_of([asked_of("Ada"), asked_of("1843")], [[0, 4, 0.5, 0], [1, 3, 0.5, 0]])
    findings = span_findings(run)
    assert findings.constant is None
    assert "Questions without an answer" not in [section.title for section in findings.sections]
    assert [row[0] for row in findings.details.rows] == ["all"]
    assert run.outputs[SPANS].shape == (2, 4)
