import os
import threading

import pytest

from bert_tf.errors import InputError
from bert_tf.host import files, pipes


def test_a_file_of_options_may_come_through_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    threading.Thread(target=(tmp_path / "pipe").write_text, args=("{}",)).start()
    assert files.read_text(str(tmp_path / "pipe"), "a config", "") == "{}"


def test_a_pipe_that_nobody_writes_to_is_told_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(pipes, "WAIT_SECONDS", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"A program must write to the pipe .*none within 0.2 seconds"):
        files.read_text(str(tmp_path / "pipe"), "a config", "")


def test_a_device_that_has_no_end_is_refused_and_an_empty_one_read():
    with pytest.raises(InputError, match=r"There must be a config at /dev/zero. Received: 'a device'"):
        files.read_text("/dev/zero", "a config", "Name a file")
    assert files.read_text("/dev/null", "a config", "") == ""


def test_a_path_that_is_empty_is_shown_as_such():
    with pytest.raises(InputError, match=r"There must be a config at the path. Received: \"''\""):
        files.read_text("", "a config", "")
