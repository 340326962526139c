"""The page as a browser shows it."""

import re

import pytest

from bert_tf.report.drawing.page import Paragraph, Section, render_page
from bert_tf.report.writing import write_report
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.value import Value
from tests.report.chromium import NAMES, find_browser, visit
from tests.report.made_up import BAD_LABELS, made_up_run

# What a person would see: the title, the headings, and whether each figure was drawn and fits the page.
LOOK = """({
  title: document.title,
  headings: [...document.querySelectorAll("h2")].map(heading => heading.textContent),
  main: [...document.querySelectorAll("h1")].map(heading => heading.textContent),
  figures: [...document.images].map(image => image.complete && image.naturalWidth > 300 && image.clientWidth > 300),
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  links: [...document.querySelectorAll("nav a")].every(link => document.querySelector(link.getAttribute("href"))),
})"""

TELEPHONE = """({
  width: innerWidth,
  scroll: document.documentElement.scrollWidth,
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  texts: [...document.querySelectorAll("td.long")].map(cell => cell.clientWidth),
  cut: [...document.querySelectorAll(".stacking td")].filter(cell => cell.scrollWidth > cell.clientWidth).length,
})"""


@pytest.fixture(scope="module")
def browser():
    path = find_browser()
    if path is None:
        pytest.skip(f"no Chromium to open the report in (looked for {', '.join(NAMES)})")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "sections", "figures"),
    [
        pytest.param(OneLabel, 15, 6, marks=pytest.mark.exhaustive),  # It is a part of the ordinal one.
        (Value, 12, 4),
        (LabelSet, 14, 6),
        (Ranks, 17, 7),
        (Spans, 14, 3),
    ],
)
def test_the_page_opens_without_complaint_and_without_asking_for_anything(browser, tmp_path, kind, sections, figures):
    write_report(made_up_run(kind=kind, labels=BAD_LABELS, is_pair=True), str(tmp_path))
    address = (tmp_path / "report.html").as_uri()
    seen = visit(browser, address, LOOK, str(tmp_path / "profile"))
    assert [request for request in seen.requests if not request.startswith("data:")] == [address]
    assert seen.complaints == []
    assert seen.answer["title"] == "Report on made-up"
    assert seen.answer["main"] == ["Report on made-up"]
    assert seen.answer["headings"][:2] == ["Verdict", "Scores"]
    assert len(seen.answer["headings"]) == sections
    assert seen.answer["figures"] == [True] * figures
    assert seen.answer["overflow"] == 0
    assert seen.answer["links"] is True


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_the_whole_width_in_both_colour_schemes(browser, tmp_path, scheme):
    labels = (*BAD_LABELS, "w" * 500, *(f"a label with a name that is long, number {index}" for index in range(60)))
    write_report(made_up_run(labels=labels, is_pair=True), str(tmp_path))
    address = (tmp_path / "report.html").as_uri()
    seen = visit(browser, address, TELEPHONE, str(tmp_path / "profile"), width=400, scheme=scheme)
    assert seen.answer["scroll"] <= seen.answer["width"] == 400
    paper, ink = (sum(map(int, re.findall(r"\d+", seen.answer[name])[:3])) for name in ("paper", "ink"))
    assert (paper > 600 and ink < 200) if scheme == "light" else (paper < 200 and ink > 600)
    # Texts of examples have nearly all of the width, and no cell is cut.
    assert min(seen.answer["texts"]) > 300
    assert seen.answer["cut"] == 0


@pytest.mark.slow
def test_a_page_with_a_script_and_an_address_is_noticed_so_that_the_test_above_means_something(browser, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text('<img src="http://127.0.0.1:9/a.png"><script>console.error("seen")</script>')
    seen = visit(browser, path.as_uri(), LOOK, str(tmp_path / "profile"))
    assert "http://127.0.0.1:9/a.png" in seen.requests
    assert any("seen" in complaint for complaint in seen.complaints)


@pytest.mark.slow
def test_a_text_that_slipped_through_could_do_nothing(browser, tmp_path):
    page = render_page("A title", "", [Section("Texts", [Paragraph("here")])])
    hostile = '<script>document.title = "taken"</script><img src="http://127.0.0.1:9/a.png">'
    path = tmp_path / "slipped.html"
    path.write_text(page.replace("<p>here</p>", hostile))
    seen = visit(browser, path.as_uri(), LOOK, str(tmp_path / "profile"))
    assert seen.answer["title"] == "A title"
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)
