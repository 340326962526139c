import io
import os

import pytest

from bert_tf.cli.predict import LinesOfStream
from bert_tf.cli.predict_inputs import texts_of_line
from bert_tf.errors import InputError
from bert_tf.tasks.known.glue import COLA, MRPC


def test_a_pipe_is_answered_as_it_comes_in_batches_of_what_is_there():
    reader, writer = os.pipe()
    os.write(writer, b"one\ntwo\nthree\n")
    with os.fdopen(reader, "rb") as stream:
        chunks, found = LinesOfStream(stream).chunks(2), []
        while len(found) < 3:  # None of these waits for the batch to fill: the writer stays open.
            found += (chunk := next(chunks))
            assert 1 <= len(chunk) <= 2
        assert found == [(1, "one"), (2, "two"), (3, "three")]
        os.write(writer, b"four\n")
        assert next(chunks) == [(4, "four")]
        os.write(writer, b"five\n\nseven")
        os.close(writer)
        assert [line for chunk in chunks for line in chunk] == [(5, "five"), (6, ""), (7, "seven")]


def test_a_terminal_gets_a_prompt_on_standard_error_before_each_line(capsys):
    chunks = LinesOfStream(io.BytesIO(b"a\nb\n"), prompt="text> ").chunks(1)
    assert list(chunks) == [[(1, "a")], [(2, "b")]]
    assert capsys.readouterr() == ("", "text> text> text> \n")


def test_a_line_has_as_many_texts_as_the_task():
    assert texts_of_line("x", 1, "a\tb", COLA) == ("a\tb",)
    assert texts_of_line("x", 1, "a\tb", MRPC) == ("a", "b")
    for line in ("a", "a\tb\tc", ""):
        with pytest.raises(InputError, match=rf"two texts, separated by a tab. Received: '{line.count(chr(9)) + 1} in"):
            texts_of_line("x", 4, line, MRPC)
