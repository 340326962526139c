import io

from bert_tf.host import console
from bert_tf.host.console import Verbosity
from bert_tf.training.progress import Progress


def test_a_log_gets_plain_lines():
    stream = io.StringIO()
    progress = Progress(10, 0, stream)
    progress.update(1, lambda: {"loss": 0.25, "useful_tokens": 0.875, "examples_per_second": 1234.4, "epoch": 0.1})
    progress.line("a note")
    progress.close()
    first, second = stream.getvalue().splitlines()
    assert first == "step 1/10  epoch 0.1  loss 0.25  1,234 examples/s  useful tokens 87.5%  0:00 gone  -:-- left"
    assert second == "a note"


def test_a_log_gets_the_first_and_the_last_step():
    stream = io.StringIO()
    progress = Progress(100, 40, stream)
    for step in range(41, 101):
        progress.update(step, lambda step=step: {"loss": step / 8})
    progress.close()
    lines = [line.split("  ")[:2] for line in stream.getvalue().splitlines()]
    assert lines == [["step 41/100", "loss 5.12"], ["step 100/100", "loss 12.5"]]


def test_quiet_leaves_warnings_alone():
    stream = io.StringIO()
    progress = Progress(10, 0, stream)
    console.set_verbosity(Verbosity.QUIET)
    try:
        progress.update(5, lambda: {"loss": 0.25})
        progress.line("a note")
        progress.warn("a warning")
        progress.close()
    finally:
        console.set_verbosity(Verbosity.NORMAL)
    assert stream.getvalue() == "a warning\n"
