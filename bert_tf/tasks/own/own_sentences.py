"""Sentences of the user's files as examples whose words have tags. Nothing here imports TensorFlow."""

import dataclasses

from bert_tf.config.data import OwnDataConfig
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.conll import DOCUMENT_MARK, ConllLayout
from bert_tf.data.readers.sentences import Sentences
from bert_tf.data.readers.tagged_files import SentenceFormat, find_sentence_format, read_sentences
from bert_tf.data.readers.tagged_json import JsonNames
from bert_tf.data.splits import TRAIN, Split
from bert_tf.errors import InputError
from bert_tf.text.word_borders import split_words

_OF_ROWS = (".csv", ".parquet")
_TEXT, _LABEL = "text", "label"  # The defaults of the options, which are the usual columns and names.


def read_own_sentences(path: str, config: RunConfig, split: Split, *, reads_tags: bool = True) -> Examples:
    """Reads a file of sentences in columns or in JSON.

    `text_column` and `label_column` are numbers of columns, from 0 (by default the first and the last); in JSON the
    names of the lists, by default `tokens` and `tags`, or `text` and `entities`.

    Args:
        path: The file; `-` for standard input.
        config: The options.
        split: What it is for; a test set may lack tags.
        reads_tags: Whether tags and ids are read at all.

    Raises:
        InputError: If something in it is at fault.
    """
    own = config.own_data
    if own.text_pair_column is not None:
        raise InputError(
            "Sentences whose words have tags are no pairs",
            received=f"--text_pair_column={own.text_pair_column}",
            fix="Leave it out",
        )
    _check_columns(path, own, is_labelled=not split.is_test)
    is_labelled = None if split.is_test and reads_tags and _may_have_tags(path, own) else not split.is_test
    names = dataclasses.replace(names_in_json(own), id=own.id_column, takes_ids=reads_tags and split.is_test)
    found = read_sentences(path, _layout(own), names, split_words, _chosen(own), is_labelled=is_labelled)
    examples = examples_of(found)
    return _with_context(examples, found, config, split) if config.tagging.document_context else examples


def _with_context(examples: Examples, found: Sentences, config: RunConfig, split: Split) -> Examples:
    """The examples with the words around each; only what is learnt must have some."""
    if found.marks_documents:
        return dataclasses.replace(examples, contexts=found.contexts(config.data.max_seq_length))
    if split is TRAIN:
        raise InputError(
            f"--document_context needs documents, and {found.origin} marks none",
            received=f"no {DOCUMENT_MARK} line",
            fix="Mark where each begins, or leave it out",
        )
    told = f"{found.origin} has no {DOCUMENT_MARK} line, so its sentences are read without what --document_context adds"
    return dataclasses.replace(examples, warnings=(*examples.warnings, told), contexts=[((), ())] * len(examples))


def examples_of(found: Sentences) -> Examples:
    """Returns sentences as examples; the text of one that has none is its words with spaces between.

    Those of a document belong together, unless there is but one: then nothing could be set aside.
    """
    groups = list(map(str, found.documents)) if found.marks_documents and len(set(found.documents)) > 1 else None
    return Examples(
        origin=found.origin,
        first=list(found.texts or map(" ".join, found.words)),
        second=None,
        labels=None if found.tags is None else list(map(" ".join, found.tags)),
        ids=list(map(str, range(len(found)))) if found.ids is None else list(found.ids),
        lines=list(found.lines),
        notes=tuple(found.notes),
        words=list(found.words),
        groups=groups,
        columns=None if found.rows is None else found,
        are_spans=found.texts is not None,
    )


def _chosen(own: OwnDataConfig) -> SentenceFormat | None:
    if own.file_format is None:
        return None
    known = {each.value: each for each in SentenceFormat} | {"tsv": SentenceFormat.COLUMNS}
    if own.file_format not in known:
        raise InputError(
            "Sentences are read from columns or JSON",
            received=f"--file_format={own.file_format}",
            fix=f"Set it to one of {', '.join(known)}",
        )
    return known[own.file_format]


def _check_columns(path: str, own: OwnDataConfig, *, is_labelled: bool) -> None:
    """Makes sure that columns are chosen by their numbers in a file whose columns have no names."""
    if (_chosen(own) or find_sentence_format(path)) is not SentenceFormat.COLUMNS:
        return
    if own.file_format is None and path.lower().removesuffix(".gz").endswith(_OF_ROWS):
        raise InputError(
            "Sentences are read from columns of CoNLL, a word a line with a tab or blanks before its tag, or from JSON",
            received=path,
            fix='Write such columns, or JSON Lines such as {"tokens": ["A", "cat"], "tags": ["O", "O"]}',
        )
    wanted = {"text_column": (own.text_column, _TEXT), "label_column": (own.label_column, _LABEL)}
    for flag, (column, usual) in wanted.items():
        if column != usual and not _is_number(column) and (is_labelled or flag == "text_column"):
            raise InputError(
                f"Columns of {path} have no names, so --{flag} must be a number, from 0",
                received=f"--{flag}={column}",
                fix="Set it to the number of the column, or set --file_format=jsonl if there are objects with names",
            )


def _may_have_tags(path: str, own: OwnDataConfig) -> bool:
    """Whether it is known where tags of a test set would stand: not by a name, where columns have none."""
    is_columns = (_chosen(own) or find_sentence_format(path)) is SentenceFormat.COLUMNS
    return not is_columns or own.label_column == _LABEL or _is_number(own.label_column)


def _layout(own: OwnDataConfig) -> ConllLayout:
    """Where words and tags stand; names are for JSON."""
    token, tag = own.text_column, own.label_column
    return ConllLayout(
        token_column=_number(token) if _is_number(token) else 0, tag_column=_number(tag) if _is_number(tag) else -1
    )


def names_in_json(own: OwnDataConfig) -> JsonNames:
    """Returns what words, tags, texts and entities are called in JSON; numbers are for columns."""
    names = JsonNames()
    if own.text_column != _TEXT and not _is_number(own.text_column):
        names = JsonNames(tokens=own.text_column, text=own.text_column)
    if own.label_column != _LABEL and not _is_number(own.label_column):
        label = own.label_column
        names = JsonNames(names.tokens, label, names.text, (label,))
    return names


def _is_number(column: str) -> bool:
    return column.isascii() and column.isdecimal()


def _number(column: str) -> int:
    return int(column.lstrip("0")[:9] or 0)  # No line has so many columns, and more digits may be too many for Python.
