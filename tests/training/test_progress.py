import io

from bert_tf.host import console
from bert_tf.host.console import Verbosity
from bert_tf.training.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_plain_lines():
    stream = io.StringIO()
    progress = Progress(10, 0, stream)
    progress.update(5, {"loss": 0.25, "examples_per_second": 1234.4, "useful_tokens": 0.875})
    progress.line("a note")
    progress.close()
    first, second = stream.getvalue().splitlines()
    assert first.startswith("step 5/10  loss 0.25  examples per second 1,234  useful tokens 87.5%  0:00 < 0:00")
    assert second == "a note"


def test_a_terminal_gets_one_bar():
    stream = Terminal()
    progress = Progress(8, 0, stream)
    progress.update(4, {"loss": 1.0})
    progress.update(8, {"loss": 0.5})
    progress.close()
    assert stream.getvalue().count("\n") == 1
    assert "[############............] step 4/8" in stream.getvalue()
    assert "[########################] step 8/8" in stream.getvalue()


def test_quiet_leaves_warnings_alone():
    stream = io.StringIO()
    progress = Progress(10, 0, stream)
    console.set_verbosity(Verbosity.QUIET)
    try:
        progress.update(5, {"loss": 0.25})
        progress.line("a note")
        progress.warn("a warning")
        progress.close()
    finally:
        console.set_verbosity(Verbosity.NORMAL)
    assert stream.getvalue() == "a warning\n"
