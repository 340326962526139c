"""Labels with characters that a terminal obeys: refused wherever labels are read from, with their place."""

import json

import pandas
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.runs.rows_in_memory import kept_as_files

CONTROLS = ["\x1b[31m", "\a", "\x7f", "\x9b"]
CHOICES = [{"label": "A", "text": "a"}, {"label": "B{}", "text": "b"}]
FILES = {  # The format of each, its lines with a place for the characters, and the options; the last line is at fault.
    "a cell": ("csv", ["text,label", "x,good", "y,b{}ad"], {}),
    "a label in JSON": ("jsonl", [{"text": "x", "label": "good"}, {"text": "y", "label": "b{}ad"}], {}),
    "joined labels": ("csv", ["text,label", "x,good", "y,good|b{}ad"], {"kind": "multi_label"}),
    "a list of labels": ("jsonl", [{"text": "x", "label": ["a"]}, {"text": "y", "label": ["a", "b{}"]}],
                         {"kind": "multi_label"}),
    "tags in columns": ("conll", ["x O", "y B-{}ad"], {"kind": "tags"}),
    "tags in JSON": ("jsonl", [{"tokens": ["x"], "tags": ["O"]}, {"tokens": ["y"], "tags": ["B-{}ad"]}],
                     {"kind": "tags"}),
    "entities": ("jsonl", [{"text": "x", "entities": []},
                           {"text": "y", "entities": [{"start": 0, "end": 1, "label": "b{}ad"}]}], {"kind": "tags"}),
    "names of choices": ("jsonl", [{"question": {"stem": "x", "choices": CHOICES}, "answerKey": "A"}],
                         {"kind": "choices"}),
}  # fmt: skip


def with_characters(row, characters):
    """The same row with the characters in their place."""
    if isinstance(row, str):
        return row.replace("{}", characters)
    if isinstance(row, list):
        return [with_characters(part, characters) for part in row]
    return {name: with_characters(part, characters) for name, part in row.items()} if isinstance(row, dict) else row


def read(options, path):
    return read_examples(name_own_task(replace(RunConfig(), train_file=str(path), do_train=True, **options)), [TRAIN])


@pytest.mark.parametrize("characters", CONTROLS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused(tmp_path, name, characters):
    ending, rows, options = FILES[name]
    lines = [row if isinstance(row, str) else json.dumps(row) for row in with_characters(rows, characters)]
    path = tmp_path / f"a.{ending}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=rf"A label must hold no control characters.*a\.{ending}:{len(rows)}"
    ) as caught:
        read(options, path)
    assert str(caught.value).isprintable()
    assert characters.encode("unicode_escape").decode() in str(caught.value).replace("\\\\", "\\")


@pytest.mark.parametrize("name", [name for name, (ending, *_) in FILES.items() if ending == "jsonl"])
def test_rows_in_memory_are_refused(tmp_path, name):
    _, rows, options = FILES[name]
    table = pandas.DataFrame(with_characters(rows, CONTROLS[0]))
    with (
        pytest.raises(InputError, match=rf"no control characters.*train_file, row {len(rows) - 1}"),
        kept_as_files({"train_file": table}, replace(RunConfig(), **options), str(tmp_path)) as paths,
    ):
        read(options, paths["train_file"])


@pytest.mark.parametrize("flag", ["labels", "labels_file", "label_column"])
def test_labels_that_are_named_are_refused(tmp_path, flag):
    (tmp_path / "a.csv").write_text("text,a,b\x1b[31m\nx,0,1\n")
    (tmp_path / "labels.txt").write_text("a\nb\x1b[31m\n")
    value = str(tmp_path / "labels.txt") if flag == "labels_file" else "a,b\x1b[31m"
    with pytest.raises(InputError, match=rf"no control characters \(--{flag}\)"):
        read({flag: value, "kind": "multi_label"}, tmp_path / "a.csv")


@pytest.mark.parametrize("label", ["n\u00e3o", "\u4e2d \u6587", "\u0646\u200c\u0645", "a\u0301", "\U0001f600"])
def test_letters_and_signs_of_all_scripts_are_labels(tmp_path, label):
    (tmp_path / "a.csv").write_text(f"text,label\nx,a\ny,{label}\n", encoding="utf-8")
    assert set(read({}, tmp_path / "a.csv").task.labels) == {"a", label}
