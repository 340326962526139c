import pytest

from bert_tf.report.drawing.canvas import empty_figure, short_labels
from bert_tf.report.drawing.fonts import families
from bert_tf.report.drawing.visible import visible, visible_line


def test_fonts_of_other_scripts_are_taken_where_they_are_and_no_others():
    there = ["Comic Sans MS", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "DejaVu Sans", "Noto Sans CJK JP"]
    assert families(there) == ["DejaVu Sans", "Noto Sans CJK JP", "WenQuanYi Zen Hei"]
    assert families([]) == ["DejaVu Sans"]


def test_characters_that_no_font_has_are_told():
    with empty_figure(2, 2) as (figure, finish):
        figure.subplots().set_xlabel(
            "plain \U000e0100\uf8f0\uf8f0"
        )  # Of private use: a font for them is no sensible one.
        assert "\uf8f0" in finish("name", "").boxes
    with empty_figure(2, 2) as (figure, finish):
        figure.subplots().set_xlabel("plain")
        assert finish("name", "").boxes == ""


def test_labels_with_the_same_start_are_told_apart_in_charts():
    labels = [f"card payment not recognised, reason {index}" for index in range(3)] + ["short", "y" * 40]
    shown = short_labels(labels)
    assert len(set(shown)) == 5
    assert max(map(len, shown)) <= 24
    assert shown[3:] == ["short", "y" * 23 + "…"]


@pytest.mark.parametrize(
    "code", [0, 7, 0x1B, 0x7F, 0x85, 0x200B, 0x200E, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xD800]
)
def test_what_cannot_be_seen_is_written_out(code):
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    assert visible(f"a{chr(code)}b") == visible_line(f"a{chr(code)}b") == f"a{escape}b"


def test_what_joins_letters_and_what_ends_lines_of_texts_stays():
    text = "\N{MAN}\u200d\N{WOMAN} می\u200cخواهم\n\tx"
    assert visible(text) == text
    assert visible_line(text).endswith(r"\n\tx")
