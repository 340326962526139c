"""Sentences from the user's own files, in columns or in JSON."""

import enum

from bert_tf.data.readers.conll import ConllLayout, read_conll
from bert_tf.data.readers.sentences import Sentences
from bert_tf.data.readers.tagged_json import JsonNames, read_tagged_json


class SentenceFormat(enum.Enum):
    """How a file holds sentences."""

    COLUMNS = "conll"
    JSON = "json"
    JSON_LINES = "jsonl"


_ENDINGS = {"json": SentenceFormat.JSON, "jsonl": SentenceFormat.JSON_LINES, "ndjson": SentenceFormat.JSON_LINES}


def find_sentence_format(path: str) -> SentenceFormat:
    """Returns the format that the end of a name tells, before a `.gz`; columns have all kinds of names."""
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    return _ENDINGS.get(ending, SentenceFormat.COLUMNS)


def read_sentences(
    path: str, layout: ConllLayout, names: JsonNames, chosen: SentenceFormat | None = None, *, is_labelled: bool
) -> Sentences:
    """Reads all of a file.

    Args:
        path: The file; `-` for standard input.
        layout: Where tokens and tags stand, if it is in columns.
        names: What they are called, if it is in JSON.
        chosen: The format; None to go by the end of the name.
        is_labelled: Whether tags are read.

    Raises:
        InputError: If something in it is at fault, with the place of each.
    """
    found = chosen or find_sentence_format(path)
    if found is SentenceFormat.COLUMNS:
        return read_conll(path, layout, is_labelled=is_labelled)
    return read_tagged_json(path, names, is_labelled=is_labelled, is_array=found is SentenceFormat.JSON)
