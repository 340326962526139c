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
