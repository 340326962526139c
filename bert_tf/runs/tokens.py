"""The tokens of a run's splits: made anew, or taken from the cache of an earlier run."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from bert_tf import features
from bert_tf.data.cache import cache_path, fingerprint
from bert_tf.data.examples import Examples
from bert_tf.data.records import read_table, write_table
from bert_tf.data.splits import Split
from bert_tf.data.table import TokenTable
from bert_tf.data.tokens import tokenize
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.console import counted, say
from bert_tf.host.progress import telling
from bert_tf.tasks.task import Task
from bert_tf.text.excerpts import LongText
from bert_tf.text.step import TextStep

_LARGEST_TARGET = 1e16


def token_tables(
    splits: Mapping[Split, Examples], task: Task, text_step: TextStep, cache_dir: str | None, *, writes: bool = True
) -> dict[Split, TokenTable]:
    """Returns the tokens of each split, and says where they come from.

    What the cache has is read first, so that a file of it that is refused ends the run before another is written.

    Args:
        splits: The examples.
        task: Knows the labels.
        text_step: Makes word pieces.
        cache_dir: Folder of the cache; nothing for none.
        writes: Whether to write to the cache what it lacks; of several workers, one does.

    Raises:
        InputError: If the cache holds something else than these tokens, or can't be written; if a value is too large.
    """
    paths = {split: cache_path(cache_dir, task.name, split, text_step.max_seq_length) for split in splits if cache_dir}
    facts = task.answers.facts()
    causes = {split: fingerprint(splits[split], facts, text_step.fingerprint) for split in paths}
    cached = {split: read_table(path, causes[split]) for split, path in paths.items() if files.exists(path)}
    tables = {}
    for split, examples in splits.items():
        targets = task.answers.place(examples)
        if split in cached:
            tables[split] = cached[split]
            say(f"{split.name}: tokens from cache {paths[split]}")
        else:
            with telling(f"tokenizing {split}", "texts", is_shown=writes) as report:
                tables[split] = tokenize(examples, targets, text_step.rows, report, task.answers.columns)
        if features.LABEL_IDS not in tables[split].columns:
            tables[split] = dataclasses.replace(tables[split], truth=targets)
        check_targets(tables[split], examples)
        if writes and split in paths and split not in cached:
            write_table(paths[split], tables[split], causes[split])
            say(f"{split.name}: tokens written to cache {paths[split]}")
        say(f"{split.name}: {_fate_of_long_texts(tables[split], len(examples), text_step)}")
    return tables


def check_targets(table: TokenTable, examples: Examples) -> None:
    """Makes sure that a loss of what is to be learnt is a finite number: of values, it has their squares.

    Args:
        table: The tokens of a split.
        examples: Its examples.

    Raises:
        InputError: If a value is too large.
    """
    if table.targets.dtype.kind != "f":
        return
    is_wrong = ~(np.abs(np.asarray(table.targets, np.float32)) <= _LARGEST_TARGET)
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong.reshape(len(table.targets), -1).any(axis=1))[0])
        raise InputError(
            f"A target value must not be larger than {_LARGEST_TARGET:g}, since float32 must hold its square",
            received=f"another at {examples.location(row)}",
            fix="Scale the values of the file, for example to between 0 and 1",
        )


def _fate_of_long_texts(table: TokenTable, examples: int, text_step: TextStep) -> str:
    length, way = text_step.max_seq_length, text_step.reading.way
    share = f"{table.long_examples:,} of {examples:,} examples ({table.long_examples / max(examples, 1):.1%})"
    if way.has_windows or text_step.template.has_windows:
        told = f"{share} are longer than {length} word pieces and read in windows, {len(table):,} rows in all"
        return told + _cut_questions(table, text_step)
    kept = "" if way is LongText.HEAD else f" by --long_text={way.value}"
    return f"{share} are cut to {length} word pieces{kept}"


def _cut_questions(table: TokenTable, text_step: TextStep) -> str:
    """What there is to say of questions that were too long; nothing if none was."""
    column = table.columns.get(features.IS_CUT_QUESTION)
    count = 0 if column is None else int(column.values.sum())
    return f"; {counted(count, 'question')} cut to {text_step.max_query_length} word pieces" if count else ""
