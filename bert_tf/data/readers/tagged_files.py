"""Sentences from the user's own files, in columns or in JSON."""

import enum
import os
from collections.abc import Mapping

from bert_tf.data.readers.conll import ConllLayout, read_conll
from bert_tf.data.readers.sentences import Sentences
from bert_tf.data.readers.tagged_json import Cut, JsonNames, read_tagged_json
from bert_tf.data.splits import DEV, TEST, TRAIN, Split
from bert_tf.errors import InputError
from bert_tf.host import files


class SentenceFormat(enum.Enum):
    """How a file holds sentences."""

    COLUMNS = "conll"
    JSON = "json"
    JSON_LINES = "jsonl"


_ENDINGS = {"json": SentenceFormat.JSON, "jsonl": SentenceFormat.JSON_LINES, "ndjson": SentenceFormat.JSON_LINES}


# What the files of a data set are called; any ending of `_NAME_ENDINGS` may follow.
USUAL_NAMES: Mapping[Split, tuple[str, ...]] = {
    TRAIN: ("train", "eng.train"),
    DEV: ("dev", "valid", "validation", "testa", "eng.testa"),
    TEST: ("test", "testb", "eng.testb"),
}
_NAME_ENDINGS = ("", ".txt", ".conll", ".bio", ".iob", ".iob2", ".tsv", ".json", ".jsonl", ".ndjson")


def find_usual_files(folder: str) -> dict[Split, str]:
    """Returns the path of the file of each split that a folder has, by the usual names: train.txt, valid.txt, testb.

    Raises:
        InputError: If there is no training, dev or test set, or two files could be the same one.
    """
    if not files.is_folder(folder):
        raise InputError("--data_dir must be a folder", received=folder)
    there, found = files.list_folder(folder), dict[Split, str]()
    for split, stems in USUAL_NAMES.items():
        wanted = {f"{stem}{ending}{packed}" for stem in stems for ending in _NAME_ENDINGS for packed in ("", ".gz")}
        names = sorted(wanted & set(there))
        if len(names) > 1:
            raise InputError(
                f"--data_dir must have one file for {split.name}",
                received=", ".join(names),
                fix="Move the others away, or name the files by --train_file, --eval_file and --predict_file",
            )
        if names:
            found[split] = os.path.join(folder, names[0])
    if not found:
        raise InputError(
            f"{folder} must have files such as train.txt, dev.conll or valid.txt, and test.jsonl",
            received=", ".join(there[:10]) or "an empty folder",
            fix="Name the files by --train_file, --eval_file and --predict_file",
        )
    return found


def find_sentence_format(path: str) -> SentenceFormat:
    """Returns the format that the end of a name tells, before a `.gz`; columns have all kinds of names."""
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    return _ENDINGS.get(ending, SentenceFormat.COLUMNS)


def read_sentences(
    path: str,
    layout: ConllLayout,
    names: JsonNames,
    cut: Cut,
    chosen: SentenceFormat | None = None,
    *,
    is_labelled: bool | None,
) -> Sentences:
    """Reads all of a file.

    Args:
        path: The file; `-` for standard input.
        layout: Where tokens and tags stand, if it is in columns.
        names: What they are called, if it is in JSON.
        cut: Cuts texts into words, of which JSON may have some.
        chosen: The format; None to go by the end of the name.
        is_labelled: Whether tags are read; None to read them if there are some.

    Raises:
        InputError: If something in it is at fault, with the place of each.
    """
    found = chosen or find_sentence_format(path)
    if found is SentenceFormat.COLUMNS:
        return read_conll(path, layout, is_labelled=is_labelled)
    return read_tagged_json(path, names, cut, is_labelled=is_labelled, is_array=found is SentenceFormat.JSON)
