"""Files of sentences that `bert-tf predict` reads for a model that tags words: their words are given, and stay so."""

import dataclasses
from collections.abc import Sequence

from bert_tf.config.run import RunConfig
from bert_tf.data.readers.conll import DOCUMENT_MARK
from bert_tf.data.readers.tagged_files import SentenceFormat
from bert_tf.data.splits import TEST
from bert_tf.errors import InputError
from bert_tf.tasks.own.own_sentences import read_own_sentences
from bert_tf.tasks.task import Task

_OF_ROWS = ("csv", "parquet")  # Tables of texts, which nobody has cut into words.
# Names of files in columns. Any other name may be one of columns too, or of raw texts, which is what it is taken for.
_OF_COLUMNS = (".conll", ".conllu", ".bio", ".iob", ".iob1", ".iob2", ".bioes", ".iobes", ".tsv", ".tab")
_OF_JSON = (".json", ".jsonl", ".ndjson")


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A text whose words are given.

    Attributes:
        text: The text.
        words: Its words.
        starts: The first character of each.
        ends: The one after its last.
        context: The words before it and those after it in its document, which are read with it.
    """

    text: str
    words: tuple[str, ...]
    starts: Sequence[int]
    ends: Sequence[int]
    context: tuple[Sequence[str], Sequence[str]]


def is_of_sentences(path: str, file_format: str | None) -> bool:
    """Whether a file gives the words of its texts, by the format that was typed or the end of its name."""
    if file_format is not None:
        return file_format not in _OF_ROWS
    return path.lower().removesuffix(".gz").endswith((*_OF_COLUMNS, *_OF_JSON))


def read_sentences_to_tag(path: str, config: RunConfig) -> list[Sentence]:
    """Reads a file as `--predict_file` is read; tags are not.

    Raises:
        InputError: If something in it is at fault.
    """
    found = read_own_sentences(path, config, TEST, reads_tags=False)
    starts, ends = found.word_spans()
    sentences, first = list[Sentence](), 0
    for index, words in enumerate(found.words or ()):
        end = first + len(words)
        context = found.contexts[index] if found.contexts is not None else ((), ())
        sentences.append(Sentence(found.first[index], words, starts[first:end], ends[first:end], context))
        first = end
    return sentences


def check_raw(path: str, lines: Sequence[str], task: Task) -> None:
    """Makes sure that lines are raw texts, and not the columns of a file whose name doesn't tell that.

    Raises:
        InputError: If a line marks a document, or each that is not blank ends in a tag of the task.
    """
    cells = [line.split() for line in lines if line.strip()]
    is_marked = any(row[0] == DOCUMENT_MARK for row in cells)
    if is_marked or (cells and all(len(row) > 1 and row[-1] in task.labels for row in cells)):
        raise InputError(
            f"{path} must hold one text a line, as its name tells no other form",
            received="columns of words and tags",
            fix=f"Set --file_format={SentenceFormat.COLUMNS.value} to have these words tagged",
        )
