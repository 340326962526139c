"""Standard streams that are closed, full, or whose reader has gone: a line or silence, and no traceback."""

import errno
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# A command that prints more than a pipe holds, so that the reader is gone while it does.
MUCH = "import sys; from bert_tf.cli import main; main._overview = lambda: 'x' * 10**6; sys.exit(main.main(['help']))"
LITTLE = "import sys; from bert_tf.cli.main import main; sys.exit(main(['--version']))"
WRONG = "import sys; from bert_tf.cli.main import main; sys.exit(main(['clasifier']))"
# The next file that is opened must not become what is written to as standard output or error.
OPENED = (
    "import os, sys; from bert_tf.host.streams import open_closed_streams; open_closed_streams(); "
    "sys.exit(0 if os.open('.', os.O_RDONLY) > 2 and print('x') is None else 1)"
)


def run(program, redirection):
    """Its exit status, and what stands on standard error."""
    command = f'"{sys.executable}" -c "$PROGRAM" {redirection}; exit "${{PIPESTATUS[0]}}"'
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROGRAM": program}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("program", "redirection", "status", "told"),
    [
        (MUCH, "| head -c 1", 1, ""),
        (LITTLE, "| true", None, ""),
        (MUCH, ">&-", 0, ""),
        (LITTLE, "<&- >&- 2>&-", 0, ""),
        (LITTLE, ">/dev/full", 2, os.strerror(errno.ENOSPC)),
        (WRONG, "2>/dev/full", 2, ""),
        (WRONG, "2>&1 | true", None, ""),
        (OPENED, "<&- >&- 2>&-", 0, ""),
    ],
)
def test_a_line_or_silence(program, redirection, status, told):
    done, said = run(program, redirection)
    assert done == status or (status is None and done in (0, 1, 2))  # It may end before the reader has gone.
    assert said.count("\n") == bool(told)
    assert told in said
    assert "Traceback" not in said
    assert "ignored" not in said
