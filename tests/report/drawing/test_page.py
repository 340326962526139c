import html.parser

import pytest

from bert_tf.report.drawing.canvas import Chart
from bert_tf.report.drawing.page import Command, Paragraph, Passage, Picture, Section, Table, pictures_of, render_page
from tests.report.made_up import HOSTILE

CHART = Chart("drawing", 'a "drawing"', b"<svg/>", b"png")


class Reader(html.parser.HTMLParser):
    """Collects the tags, addresses and texts of a document."""

    def __init__(self, document):
        super().__init__()
        self.tags, self.addresses, self.text, self.attributes = [], [], "", []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        self.addresses += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def page_with(*parts):
    return Reader(render_page("A title", "A line", [Section("Most confident mistakes", parts)]))


@pytest.mark.parametrize("text", HOSTILE[:6])
@pytest.mark.parametrize(
    "part", [Paragraph, Command, lambda text: Table((text, ""), [(text, Passage(text)), (text, text)], words=1)]
)
def test_a_text_is_shown_and_not_obeyed(part, text):
    plain, hostile = page_with(part("a sentence")), page_with(part(text))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    lines = text.translate({0: r"\x00", 7: r"\x07", 0xD800: r"\ud800", 0x202E: r"\u202e"})
    line = lines.translate({10: r"\n", 9: r"\t"})
    found = hostile.text.count(line) + (hostile.text.count(lines) if lines != line else 0)
    assert found == plain.text.count("a sentence")


def test_titles_and_descriptions_are_escaped():
    chart = Chart("drawing", HOSTILE[1], b"<svg/>", b"png")
    page = Reader(render_page(HOSTILE[0], HOSTILE[0], [Section(HOSTILE[2], [Picture(chart, HOSTILE[0])])]))
    assert "script" not in page.tags
    assert page.tags.count("img") == page.tags.count("h1") == 1
    assert "onerror" not in page.attributes


def test_the_page_has_no_address_but_its_own():
    page = page_with(Picture(CHART, "It shows."))
    assert page.addresses == ["data:,", "#most-confident-mistakes", "data:image/svg+xml;base64,PHN2Zy8+"]
    assert not {"script", "iframe", "object"} & set(page.tags)


def test_a_long_text_is_there_in_full_with_a_start_to_unfold():
    text = "ab" * 1000
    page = page_with(Table(("text",), [(Passage(text),)]))
    assert text in page.text
    assert "(1,600 more characters)" in page.text
    assert page.tags.count("details") == 1
    assert page_with(Table(("text",), [(Passage("short"),)])).tags.count("details") == 0


def test_a_table_in_markdown_keeps_its_columns():
    table = Table(("label", "share"), [("a|b", "0.5"), (HOSTILE[5], "<b>"), ("__init__\nx_y", "")])
    assert table.markdown() == (
        "| label | share |\n"
        "| --- | ---: |\n"
        "| a\\|b | 0.5 |\n"
        "| \\| a \\| table \\| of \\| \\*Markdown\\* \\| \\`with\\` \\[a link\\](http://127.0.0.1:9/)"
        " and \\<b\\>tags\\</b\\> | \\<b\\> |\n"
        "| \\_\\_init\\_\\_\\\\nx_y |  |\n"
    )


def test_pictures_are_found_in_their_order():
    first, second = Picture(CHART, "one"), Picture(CHART, "two")
    assert pictures_of([Section("a", [first, Paragraph("text")]), Section("b", [second])]) == [first, second]
