import io
import json
import sys

import pytest

from bert_tf.host import console
from bert_tf.host.console import Verbosity


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
