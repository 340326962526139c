import ast
import io
import json
import sys
import unicodedata

import pytest

from bert_tf.host import console, process
from bert_tf.host.console import Verbosity, show, visible
from bert_tf.host.json_objects import json_line

EVERYTHING = [chr(code_point) for code_point in range(sys.maxunicode + 1)]
HIDDEN = [char for char in EVERYTHING if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
FORMLESS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"


@pytest.fixture(autouse=True)
def _as_before():
    yield
    console.set_verbosity(Verbosity.NORMAL)
    console.set_worker(0, 1)


@pytest.mark.parametrize(
    ("verbosity", "lines"),
    [
        (Verbosity.QUIET, ["warning"]),
        (Verbosity.NORMAL, ["news", "warning"]),
        (Verbosity.DEBUG, ["news", "warning", "detail"]),
    ],
)
def test_warnings_are_always_told_and_details_only_on_demand(capsys, verbosity, lines):
    console.set_verbosity(verbosity)
    console.say("news")
    console.warn("warning")
    console.debug("detail")
    assert capsys.readouterr() == ("", "".join(f"{line}\n" for line in lines))


def test_lines_of_several_workers_bear_their_number(capsys):
    console.set_worker(1, 3)
    console.say("one\ntwo")
    assert capsys.readouterr().err == "[2/3] one\n[2/3] two\n"
    console.set_worker(0, 1)
    assert console.marked("alone") == "alone"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("text", ["好评", "é", "\U0001f600 x", "a\\b", "\udcff"])
def test_what_an_encoding_does_not_have_is_escaped_as_json_does(monkeypatch, encoding, text):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    console.escape_what_cannot_be_written()
    print(json.dumps(text, ensure_ascii=False), flush=True)
    written = stream.buffer.getvalue().decode(encoding)
    assert json.loads(written) == text
    assert "好评" not in text or encoding != "utf-8" or text in written  # What can be written is.


def test_every_hidden_character_becomes_the_escape_that_python_reads():
    assert len(HIDDEN) > 2000
    for char in [*HIDDEN, *FORMLESS]:
        shown = visible(f"a{char}b")
        assert shown.isascii()
        assert shown.isprintable()
        assert ast.literal_eval(f"'{shown}'") == f"a{char}b"


def test_letters_accents_and_signs_of_all_scripts_stay():
    hidden = {*HIDDEN, *FORMLESS}
    assert [char for char in EVERYTHING if char not in hidden and visible(char) != char] == []
    for text in ("Ünïcödé İı ΟΔΟΣ", "e\u0301", "हिन्दी العربية עברית", "中文 한국어 👍🏽 ❤\ufe0f", r"C:\new \u202e"):
        assert visible(text) == text


def test_all_that_is_told_is_visible_and_keeps_its_lines(capsys):
    console.say("a\x1b[31m\nb\u202e")
    console.warn("c\r\u200b\x9b")
    with process.owned():
        show("d\ud800\u2066\ne")
    assert capsys.readouterr() == ("d\\ud800\\u2066\ne\n", "a\\x1b[31m\nb\\u202e\nc\\r\\u200b\\x9b\n")


def test_a_line_of_json_says_exactly_what_was_given_and_hides_nothing():
    values = {"text": ".".join(EVERYTHING), "ünï": ["中文", 0.5, None], "\u202e": "a\u2028b\x9b"}
    line = json_line(values)
    assert json.loads(line) == values
    assert line.endswith("\n")
    assert not {*HIDDEN, *FORMLESS} & {*line[:-1]}
    assert "中文" in line
    assert json_line({"a": "plain é"}) == '{"a": "plain é"}\n'
