"""Against TensorFlow's in-memory file system, which knows no permissions, and a store that does not answer."""

import os
import socket
import time

import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.host import files, remote

DATA = bytes(range(256)) * 40000


@pytest.fixture
def folder():
    path = "ram://test_remote"
    tf.io.gfile.makedirs(path)
    yield path
    tf.io.gfile.rmtree(path)


def test_what_is_written_piece_by_piece_is_read_back_in_any_way(folder):
    path = f"{folder}/a"
    with files.create_bytes(path) as file:
        for start in range(0, len(DATA), 99991):
            file.write(DATA[start : start + 99991])
    assert files.read_bytes(path, "a file", "") == DATA
    assert b"".join(files.read_blocks(path)) == DATA
    with files.open_bytes(path) as file:
        assert b"".join(file) == DATA
    with files.open_bytes(path) as file:
        assert file.seek(-7, os.SEEK_END) == len(DATA) - 7
        assert file.read() == DATA[-7:]
        assert file.seek(5) == 5
        assert file.read(3) == DATA[5:8]


def test_text_is_added_at_the_end(folder):
    for text in ("one\n", "two\n"):
        files.append_text(f"{folder}/log", text)
    assert files.read_text(f"{folder}/log", "a file", "") == "one\ntwo\n"


def test_what_the_file_system_refuses_is_an_error_of_a_disk_and_one_of_ours(folder):
    with pytest.raises(remote.RemoteError, match=r"It must be possible to reach ram://\S*/none\. Received") as raised:
        files.open_bytes(f"{folder}/none").read()
    assert isinstance(raised.value, OSError)
    assert isinstance(raised.value, InputError)
    assert raised.value.exit_status == 2
    assert "\n" not in str(raised.value)


def test_a_store_that_does_not_answer_is_not_waited_for(monkeypatch):
    """A server takes the connection and stays silent, as behind some firewalls."""
    monkeypatch.setattr(remote, "_SECONDS_TO_ANSWER", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{silent.getsockname()[1]}")
        begin = time.monotonic()
        with pytest.raises(InputError, match=r"Received: 'no answer from gs://silent in 0\.5 s'"):
            files.check_reachable("gs://silent/x", "--data_dir")
        assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("gs://bucket/a/b", ("gs", "gs://bucket")),
        ("gs://bucket", ("gs", "gs://bucket")),
        ("hdfs://host:9000/a", ("hdfs", "hdfs://host:9000")),
        ("/tmp/a://b", ("", "")),
    ],
)
def test_what_answers_for_a_path(path, place):
    assert remote._place(path) == place


def test_a_folder_whose_name_ends_in_a_colon_may_be_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="must have two slashes where it is remote"):
        files.check_reachable("gs:/a", "--data_dir")
    os.mkdir("gs:")
    files.check_reachable("gs:/a", "--data_dir")
    files.check_reachable("C:/a", "--data_dir")
