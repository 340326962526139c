"""Data files that are no files: a pipe is read once, a terminal is refused, and nothing waits for ever."""

import gzip
import os
import pty
import threading

import pytest

from bert_tf.data.readers.own_files import FileFormat, Layout, read_own_file
from bert_tf.errors import InputError
from bert_tf.host import pipes


def pipe(folder, name, data):
    """A named pipe that a thread writes to, once somebody reads."""
    os.mkfifo(folder / name)

    def write():
        with open(folder / name, "wb") as stream:
            stream.write(data)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return folder / name, thread


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_pipe_is_read(tmp_path, name):
    data = b"text,label\n" + b"a,no\n" * 100_000
    path, thread = pipe(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data)
    assert len(read_own_file(str(path), Layout(), is_labelled=True)) == 100_000
    thread.join(10)
    assert not thread.is_alive()


def test_a_pipe_of_a_shell_is_read():
    reader, writer = os.pipe()
    os.write(writer, b"text,label\na,no\n")
    os.close(writer)
    layout = Layout(file_format=FileFormat.CSV)
    assert read_own_file(f"/dev/fd/{reader}", layout, is_labelled=True).first == ["a"]
    os.close(reader)


def test_a_pipe_that_nobody_writes_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(pipes, "WAIT_SECONDS", 0.2)
    os.mkfifo(tmp_path / "a.csv")
    before = threading.active_count()
    with pytest.raises(
        InputError, match=r"A program must write to the pipe .*a\.csv\. Received: 'none within 0\.2 sec"
    ):
        read_own_file(str(tmp_path / "a.csv"), Layout(), is_labelled=True)
    assert threading.active_count() == before


def test_a_terminal_is_refused(monkeypatch):
    controller, terminal = pty.openpty()
    layout = Layout(file_format=FileFormat.CSV)
    try:
        with pytest.raises(InputError, match=r"must be a file or a pipe\. Received: 'a terminal'"):
            read_own_file(os.ttyname(terminal), layout, is_labelled=True)
        with os.fdopen(os.dup(terminal)) as stream:
            monkeypatch.setattr("sys.stdin", stream)
            with pytest.raises(InputError, match=r"standard input must be a file or a pipe"):
                read_own_file("-", layout, is_labelled=False)
    finally:
        os.close(controller)
        os.close(terminal)


def test_parquet_needs_a_file(tmp_path):
    pytest.importorskip("pyarrow")
    os.mkfifo(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="Parquet can't be read from a pipe"):
        read_own_file(str(tmp_path / "a.parquet"), Layout(), is_labelled=True)
