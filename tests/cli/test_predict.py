import dataclasses
import io
import json
import os
import shutil

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.cli.predict import LinesOfStream
from bert_tf.cli.predict_inputs import prepare_predict, texts_of_line
from bert_tf.config.run import RunConfig, replace, to_json
from bert_tf.errors import InputError
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import COLA, MRPC
from bert_tf.tasks.own.stored import write_task
from tests.conftest import DEMO_CHECKPOINT


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


def test_lines_are_known_to_be_the_last_if_the_stream_ends_with_them():
    lines = LinesOfStream(io.BytesIO(b"one\ntwo\n"))
    assert [(len(chunk), lines.are_over) for chunk in lines.chunks(9)] == [(2, True)]
    reader, writer = os.pipe()
    os.write(writer, b"one\n")
    with os.fdopen(reader, "rb") as stream:
        lines = LinesOfStream(stream)
        chunks = lines.chunks(9)
        assert (next(chunks), lines.are_over) == ([(1, "one")], False)
        os.write(writer, b"two\n")
        os.close(writer)
        assert (next(chunks), lines.are_over) == ([(2, "two")], True)


def test_what_comes_before_a_line_at_fault_is_given_before_the_fault_is_told():
    chunks = LinesOfStream(io.BytesIO(b"one\ntwo\n\xff\nfour\n")).chunks(9)
    assert next(chunks) == [(1, "one"), (2, "two")]
    with pytest.raises(InputError, match="byte 0xff in line 3"):
        next(chunks)


def test_a_stream_that_cannot_be_read_is_told_after_the_lines_that_could_be(tmp_path):
    with open(tmp_path / "x", "wb") as only_written:
        lines = LinesOfStream(io.FileIO(only_written.fileno(), "rb", closefd=False)).chunks(9)
        with pytest.raises(InputError, match=r"Standard input must be there to be read.*Bad file descriptor"):
            next(lines)

    class Breaking(io.BytesIO):
        def __next__(self):
            line = self.readline()
            if not line:
                raise OSError(5, "Input/output error")
            return line

    lines = LinesOfStream(Breaking(b"one\ntwo\n")).chunks(9)
    assert next(lines) == [(1, "one"), (2, "two")]
    with pytest.raises(InputError, match=r"be read.*Input/output error"):
        next(lines)


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


ROWS = [("The cat sleeps.", "good"), ("Sleeps, cat the.", "bad")]
TABLES = {
    "x.csv": ([], 'says,label\n"The cat sleeps.",good\n"Sleeps, cat the.",bad\n'),
    "x.tsv": ([], "label\tsays\ngood\tThe cat sleeps.\nbad\tSleeps, cat the.\n"),
    "x.jsonl": ([], "".join(json.dumps({"says": text, "label": label}) + "\n" for text, label in ROWS)),
    "x.json": ([], json.dumps([{"says": text} for text, _ in ROWS])),
    "x.txt": ([], "The cat sleeps.\nSleeps, cat the.\n"),
    "y.txt": (["--file_format=csv"], 'says\nThe cat sleeps.\n"Sleeps, cat the."\n'),
    "semicolon.csv": (["--delimiter=;"], "says;x\nThe cat sleeps.;1\nSleeps, cat the.;2\n"),
    "other.csv": (["--text_column=text"], 'says,text\nnothing,The cat sleeps.\n,"Sleeps, cat the."\n'),
    "none.csv": (["--text_column=0", "--header=no"], 'The cat sleeps.,1\n"Sleeps, cat the.",2\n'),
}


def run_folder(place, **options):
    """A folder of a run, with weights and options."""
    shutil.copytree(DEMO_CHECKPOINT, place / "run")
    config = replace(RunConfig(), task_name="demo", text_column="says", **options)
    (place / "run" / "config.json").write_text(to_json(config))
    return place / "run"


@pytest.mark.parametrize("name", TABLES)
def test_a_file_is_read_by_the_columns_of_the_run_or_those_that_are_typed(tmp_path, name):
    flags, content = TABLES[name]
    folder = run_folder(tmp_path, delimiter=",", file_format="csv", header="yes")
    (tmp_path / name).write_text(content)
    words = [f"--output_dir={folder}", *flags, str(tmp_path / name)]
    inputs = prepare_predict(parse(words, COMMANDS["predict"].options))
    assert inputs.texts == [(text,) for text, _ in ROWS]


def test_a_table_without_the_column_is_refused_with_a_flag_that_the_command_has(tmp_path):
    folder = run_folder(tmp_path)
    (tmp_path / "x.tsv").write_text("a\tb\nc\td\n")
    with pytest.raises(InputError, match=r"must have a column 'says'\. .*--text_column"):
        prepare_predict(parse([f"--output_dir={folder}", str(tmp_path / "x.tsv")], COMMANDS["predict"].options))
    assert "text_column" in COMMANDS["predict"].options


TAGGED = "-DOCSTART- O\n\nThe O\nU.S. B-ORG\n\nSleeps O\n"
TWO = [("The U.S.", ("The", "U.S."), [0, 4], [3, 8]), ("Sleeps", ("Sleeps",), [0], [6])]
SENTENCES = {
    "x.conll": ([], TAGGED, TWO),
    "X.BIO": ([], TAGGED.replace(" ", "\t"), TWO),
    "x.tsv": ([], TAGGED.replace(" ", "\tX\t"), TWO),
    "x.txt": (["--file_format=conll"], TAGGED, TWO),
    "none": (["--file_format=conll", "--text_column=1"], "x The\nx U.S.\n\nx Sleeps\n", TWO),
    "x.jsonl": ([], '{"tokens": ["The", "U.S."], "tags": ["O", "?"]}\n{"tokens": ["Sleeps"], "tags": 7}\n', TWO),
    "x.json": (["--text_column=w"], '[{"w": ["The", "U.S."]}, {"w": ["Sleeps"]}]', TWO),
    "y.jsonl": ([], '{"text": " The U.S."}\n',
                [(" The U.S.", ("The", "U", ".", "S", "."), [1, 5, 6, 7, 8], [4, 6, 7, 8, 9])]),
}  # fmt: skip


def tagger_folder(place, **options):
    """A folder of a run that tags words, with all that is read before its weights."""
    folder = run_folder(place, kind="tags", **options)
    config = json.loads((folder / "config.json").read_text())
    config["data"]["task_name"], config["own_data"]["text_column"] = "custom", "text"
    (folder / "config.json").write_text(json.dumps(config))
    space = Tags(("O", "B-ORG", "I-ORG"))
    write_task(str(folder), dataclasses.replace(CUSTOM, answers=space, metrics=space.own_metrics()))
    (folder / "labels.txt").write_text("O\nB-ORG\nI-ORG\n")
    (folder / "manifest.json").unlink(missing_ok=True)
    return folder


def prepared(folder, *words):
    return prepare_predict(parse([f"--output_dir={folder}", *map(str, words)], COMMANDS["predict"].options))


@pytest.mark.parametrize("name", SENTENCES)
def test_words_that_a_file_gives_are_those_that_are_tagged(tmp_path, name):
    flags, content, expected = SENTENCES[name]
    folder = tagger_folder(tmp_path, label_column="7")  # Tags are not read, wherever they stand.
    (tmp_path / name).write_text(content)
    found = prepared(folder, *flags, tmp_path / name).texts
    assert [(each.text, each.words, list(each.starts), list(each.ends)) for each in found] == expected
    assert {each.context for each in found} == {((), ())}


def test_words_of_the_document_are_read_as_in_the_run(tmp_path):
    folder = tagger_folder(tmp_path, document_context=True)
    (tmp_path / "x.conll").write_text(TAGGED)
    found = prepared(folder, tmp_path / "x.conll").texts
    assert [each.context for each in found] == [((), ("Sleeps",)), (("The", "U.S."), ())]


def test_raw_texts_stay_whole_lines_and_columns_do_not_pass_for_them(tmp_path):
    folder = tagger_folder(tmp_path)
    (tmp_path / "x.txt").write_text("The O\n\nSleeps\n")
    assert prepared(folder, tmp_path / "x.txt").texts == [("The O",), ("",), ("Sleeps",)]
    (tmp_path / "x.csv").write_text('text\n"a, b"\n')
    assert prepared(folder, tmp_path / "x.csv").texts == [("a, b",)]
    for content in (TAGGED, "The\tO\nU.S.\tB-ORG\n\nSleeps\tO\n", "-DOCSTART-\nThe\n"):
        (tmp_path / "test.txt").write_text(content)
        with pytest.raises(InputError, match=r"test.txt must hold one text a line.*--file_format=conll"):
            prepared(folder, tmp_path / "test.txt")
    with pytest.raises(InputError, match=r"standard input is read, one text a line.*--file_format=conll.*Name a file"):
        prepared(folder, "--file_format=conll")


def test_columns_are_for_words(tmp_path):
    (tmp_path / "x.conll").write_text(TAGGED)
    with pytest.raises(InputError, match=r"Only sentences whose words have tags come in columns"):
        prepared(run_folder(tmp_path), "--file_format=conll", tmp_path / "x.conll")
