"""What real pseudo-terminals of many widths get, and what stands on them in the end."""

import fcntl
import io
import os
import pty
import re
import struct
import termios
import time
import unicodedata

import pytest

from bert_tf.host import console
from bert_tf.host.console import Verbosity
from bert_tf.host.progress import Meter, display_width, telling
from bert_tf.training.progress import Progress

VALUES = {
    "loss": 0.6243,
    "gradient_norm": 1.73,
    "learning_rate": 0.000167,
    "examples_per_second": 1234.4,
    "useful_tokens": 0.875,
    "input_wait": 0.01,
    "epoch": 0.4,
}


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Screen:
    """A terminal of some width, to which a real pseudo-terminal leads."""

    def __init__(self, columns):
        self._master, slave = pty.openpty()
        self.resize(columns)
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self.written = ""

    def resize(self, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self):
        """What was written since the last time; the terminal writes line ends as two characters."""
        self.stream.write("\0")
        self.stream.flush()
        text = ""
        while not text.endswith("\0"):
            text += os.read(self._master, 65536).decode()
        self.written += text[:-1].replace("\r\n", "\n")
        return text[:-1].replace("\r\n", "\n")

    @property
    def lines(self):
        """What stands on it: a line that was erased is not there."""
        self.read()
        return [line.rsplit("\r\x1b[K", 1)[-1] for line in self.written.split("\n")]

    def drawings(self):
        """All that stood in one line at any time."""
        self.read()
        return [part for part in re.split(r"\r\x1b\[K|\n", self.written) if part]

    def close(self):
        self.stream.close()
        os.close(self._master)


@pytest.fixture
def screen(request):
    console.set_worker(0, 1)
    screen = Screen(getattr(request, "param", 80))
    yield screen
    screen.close()


@pytest.fixture
def meter_of(monkeypatch):
    """Makes meters on a screen that is also standard error, as in a run."""

    def make(screen, label, unit="", **options):
        monkeypatch.setattr("sys.stderr", screen.stream)
        return Meter(label, unit, seconds_between_drawings=0.0, **options)

    return make


def columns_of(text):
    """Counted independently: by the names of the characters."""
    return sum(2 if unicodedata.name(c).startswith(("CJK", "HANGUL", "FULLWIDTH")) else 1 for c in text)


@pytest.mark.parametrize("screen", [1, 5, 20, 40, 80, 120, 300], indirect=True)
@pytest.mark.parametrize("workers", [1, 2])
def test_no_line_of_a_run_is_as_long_as_the_terminal_is_wide(screen, workers):
    columns = os.get_terminal_size(screen.stream.fileno()).columns
    progress = Progress(123456, 0, screen.stream)
    progress._meter._interval = 0.0
    console.set_worker(0, workers)
    try:
        for step in (1, 2, 50000, 123456):
            progress.update(step, lambda: VALUES)
        progress.close()
    finally:
        console.set_worker(0, 1)
    drawn = screen.drawings()
    assert len(drawn) == 5 or columns < 8  # Where nothing fits, nothing is drawn.
    assert max(map(columns_of, drawn), default=0) < columns


@pytest.mark.parametrize(
    ("screen", "shown"),
    [
        (40, ["step 3/12", "epoch 0.4", "loss 0.624"]),
        (80, ["step 3/12", "epoch 0.4", "loss 0.624", "1,234 examples/s", "left", "["]),
        (120, ["step 3/12", "epoch 0.4", "loss 0.624", "1,234 examples/s", "gradient norm 1.73", "left", "["]),
    ],
    indirect=["screen"],
)
def test_what_matters_most_is_what_is_shown(screen, shown):
    progress = Progress(12, 0, screen.stream)
    progress.update(3, lambda: VALUES)
    line = screen.lines[-1]
    assert [text for text in shown if text not in line] == []


@pytest.mark.parametrize("screen", [40, 80, 120], indirect=True)
def test_labels_of_wide_characters_fit(screen, meter_of):
    meter = meter_of(screen, "评估数据集" * 5, "批")
    for done in (1, 30, 60):
        meter.update(done, 60)
    assert max(map(columns_of, screen.drawings())) < os.get_terminal_size(screen.stream.fileno()).columns


def test_a_terminal_that_gets_narrower_gets_shorter_lines(screen, meter_of):
    meter = meter_of(screen, "step", "steps")
    widths = []
    for done, columns in enumerate((120, 60, 40, 25, 12), start=1):
        screen.resize(columns)
        meter.update(done, 60)
        widths.append((columns_of(screen.lines[-1]), columns))
    assert [width for width, columns in widths if width >= columns] == []


def test_the_bar_shows_the_share_that_is_done(screen, meter_of):
    meter = meter_of(screen, "step")
    for done in (0, 1, 2, 3, 4):
        meter.update(done, 4)
        bar = re.match(r"\[(#*)(\.*)\]", screen.lines[-1])
        assert len(bar[1]) * 4 == done * (len(bar[1]) + len(bar[2]))


def test_what_is_told_stands_above_the_bar_and_does_not_mix_with_it(screen, meter_of):
    meter = meter_of(screen, "step")
    meter.update(1, 4)
    console.say("a note")
    console.warn("a warning")
    assert screen.lines[:-1] == ["a note", "a warning"]
    assert screen.lines[-1].startswith("[")
    meter.update(2, 4)
    meter.close()
    console.say("the end")
    assert screen.lines == ["a note", "a warning", "the end", ""]


def test_a_bar_within_another_is_removed_alone(screen, meter_of, monkeypatch):
    outer = meter_of(screen, "step")
    outer.update(1, 4)
    with telling("evaluating dev", "batches") as report:
        report(1, 9)
        assert "evaluating dev 1/9" in screen.lines[-1]
    assert screen.lines == [""]
    outer.update(2, 4)
    assert "step 2/4" in screen.lines[-1]
    outer.close()
    assert screen.lines == [""]


def test_a_failure_removes_the_bar(screen, monkeypatch):
    monkeypatch.setattr("sys.stderr", screen.stream)

    def fail():
        with telling("export") as report:
            report(1, 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert screen.lines == [""]


def test_a_bar_is_drawn_ten_times_a_second_and_at_the_end(screen):
    clock = Clock()
    meter = Meter("text", stream=screen.stream, clock=clock)
    for done in range(1, 1001):
        clock.now = done / 1000
        meter.update(done, 1000)
    counts = [int(count) for count in re.findall(r"text (\d+)/1000", screen.read())]
    assert counts[0] == 1
    assert counts[-1] == 1000
    assert 9 <= len(counts) <= 12


@pytest.mark.parametrize("is_lasting", [True, False])
def test_elsewhere_there_are_plain_lines_by_time(is_lasting):
    clock, stream = Clock(), io.StringIO()
    meter = Meter("text", "texts", is_lasting=is_lasting, stream=stream, clock=clock)
    for done in range(1, 101):
        clock.now = float(done)
        meter.update(done, 100)
    meter.close()
    lines = stream.getvalue().splitlines()
    # The first thing takes a second and says nothing of the rest, of which each takes a second too.
    times = {1: "0:01 gone  -:-- left", 30: "0:30 gone  1:10 left", 31: "0:31 gone  1:09 left"}
    times |= {60: "1:00 gone  0:40 left", 61: "1:01 gone  0:39 left", 90: "1:30 gone  0:10 left"}
    times |= {91: "1:31 gone  0:09 left", 100: "1:40 gone  0:00 left"}
    expected = [1, 31, 61, 91, 100] if is_lasting else [30, 60, 90, 100]
    assert lines == [f"text {done}/100  1 texts/s  {times[done]}" for done in expected]


def test_elsewhere_what_is_short_is_not_told():
    stream = io.StringIO()
    meter = Meter("text", stream=stream)
    for done in range(1, 101):
        meter.update(done, 100)
    meter.close()
    assert stream.getvalue() == ""


def test_a_terminal_that_can_do_nothing_gets_lines(screen, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    meter = Meter("step", is_lasting=True, stream=screen.stream)
    for done in (1, 2, 3):
        meter.update(done, 3)
    meter.close()
    assert "\r" not in screen.read()
    assert "\x1b" not in screen.written
    assert len(screen.lines) == 3


def test_quiet_shows_nothing(screen):
    console.set_verbosity(Verbosity.QUIET)
    try:
        meter = Meter("step", is_lasting=True, stream=screen.stream)
        meter.update(1, 1)
        meter.close()
    finally:
        console.set_verbosity(Verbosity.NORMAL)
    assert screen.read() == ""


def test_values_are_only_asked_for_if_they_are_shown():
    asked = []
    meter = Meter("step", stream=io.StringIO(), is_lasting=True, clock=lambda: 0.0)
    for done in range(1, 11):
        meter.update(done, 10, lambda done=done: asked.append(done) or {})
    assert asked == [1, 10]


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("step", 4), ("评估", 4), ("e\u0301", 1), ("\u200b", 0), ("한글", 4), ("ａ", 2)]
)
def test_the_columns_of_a_text(text, columns):
    assert display_width(text) == columns


def test_a_run_costs_next_to_nothing_a_step():
    progress, started = Progress(100_000, 0, io.StringIO()), time.perf_counter()
    for step in range(2, 100_000):
        progress.update(step, lambda: VALUES)
    assert (time.perf_counter() - started) / 100_000 < 50e-6
