"""Rows in memory, such as a pandas DataFrame, in place of a file: checked, and kept as one, so that a run can continue.

They become JSON Lines in the output folder, named by a checksum of what they hold: the same rows are the same file.
What is wrong with them is told by the argument and the row, from 0, and not by the file, which nobody has named.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bert_tf.config.run import CONFIG_FILE, RunConfig
from bert_tf.data.readers.cells import is_nothing, whole_number
from bert_tf.data.readers.faults import Fault, FaultKind, Faults, shorten
from bert_tf.data.readers.rules import (
    LACKING,
    NO_ID,
    NO_LABEL,
    Found,
    check_columns_once,
    text_fault,
    value_fault,
)
from bert_tf.errors import BertTfError, InputError, nearest
from bert_tf.host import files
from bert_tf.host.console import visible
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.own.given_labels import label_columns
from bert_tf.tasks.own.own_choices import choice_columns, layout_of_choices
from bert_tf.tasks.own.own_sentences import names_in_json
from bert_tf.text.template import Template

DATA_FOLDER = "data"
_NO_PLACE = FaultKind(
    "Where an answer begins must be a whole number", "Count characters of the context from 0, or give -1 if unknown"
)
_NO_JSON = FaultKind("A row must hold nothing but texts, numbers, lists and dictionaries", "Make it one of these")
_OF_OBJECTS = ("question", "answerKey")  # As OpenBookQA and CommonsenseQA are published.


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which names of a row are kept.

    Attributes:
        texts: Those of the texts.
        labels: That of the label, or those of columns of 0 and 1; none if labels are not wanted.
        ids: That of the id, or none.
        answers: Those of an answer and where it begins, which may be missing or empty where there is none.
        choices: Those of the choices, texts that may be missing behind the last one, or lists of them.
        forms: The names of each form that rows may have, of which the first row must have one. What is in the rows is
            looked at where a file of them is read, then, and other names are kept where a row has them.
        optional: Those that are kept where a row has them, and not looked at.
        naming: How other names are told.
    """

    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    forms: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = ()
    naming: str = "text_column, label_column"

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        of_forms = (name for form in self.forms for name in form)
        return tuple(dict.fromkeys((*self.texts, *self.choices, *self.labels, *self.answers, *self.ids, *of_forms)))


def wanted_columns(config: RunConfig, *, is_labelled: bool) -> Columns:
    """Returns the names that the options ask for.

    Args:
        config: The options.
        is_labelled: Whether labels are wanted.

    Raises:
        InputError: If a column is named for two purposes.
    """
    return _WANTED[KINDS[config.own_data.kind].template](config, is_labelled)


def _of_texts(config: RunConfig, is_labelled: bool) -> Columns:
    own = config.own_data
    texts = (own.text_column, own.text_pair_column)
    labels = (label_columns(own) or (own.label_column,)) if is_labelled else ()
    return Columns(tuple(name for name in texts if name), labels, _ids(config))


def _of_words(config: RunConfig, is_labelled: bool) -> Columns:
    names, ids = names_in_json(config.own_data), (config.own_data.id_column or "id",)
    if is_labelled:
        return Columns(forms=((names.tokens, names.tags), *((names.text, each) for each in names.entities)), ids=ids)
    # A test set may have tags, and is scored then.
    return Columns(forms=((names.tokens,), (names.text,)), labels=(names.tags, *names.entities), ids=ids)


def _of_contexts(config: RunConfig, is_labelled: bool) -> Columns:
    spans = config.spans
    answers = (spans.answer_column, spans.answer_start_column)
    asked = (spans.question_column, spans.context_column)
    naming = "question_column, context_column"
    if is_labelled:
        return Columns(asked, ids=_ids(config), answers=answers, naming=naming)
    return Columns(asked, ids=_ids(config), optional=answers, naming=naming)  # A test set that has some is scored.


def _of_choices(config: RunConfig, is_labelled: bool) -> Columns:
    naming = "choice_columns, question_column, label_column"
    if not choice_columns(config):
        return Columns(forms=(_OF_OBJECTS if is_labelled else _OF_OBJECTS[:-1],), ids=("id",), naming=naming)
    layout = layout_of_choices(config)
    asked = tuple(name for name in (layout.question, layout.start) if name)
    labels = (layout.label,) if is_labelled else ()
    return Columns(asked, labels, _ids(config), choices=layout.choices, naming=naming)


def _ids(config: RunConfig) -> tuple[str, ...]:
    return (config.own_data.id_column,) if config.own_data.id_column else ()


_WANTED: Mapping[Template, Callable[[RunConfig, bool], Columns]] = {
    Template.TEXTS: _of_texts,
    Template.WORDS: _of_words,
    Template.CONTEXT: _of_contexts,
    Template.CHOICES: _of_choices,
}


@contextlib.contextmanager
def kept_as_files(tables: Mapping[str, Any], config: RunConfig, folder: str) -> Iterator[dict[str, str]]:
    """Gives the path of a file for each table; if the block fails before a run uses them, none of them stays.

    Args:
        tables: Name of an option -> a DataFrame, or a sequence of dictionaries.
        config: Says which columns hold what.
        folder: The output folder.

    Raises:
        InputError: If rows lack a column, or hold what can't be told in a file.
        BertTfError: What was raised in the block, in which the file is called what the caller calls the rows.
    """
    lines = {
        name: as_json_lines(name, rows, wanted_columns(config, is_labelled=name != "predict_file"))
        for name, rows in tables.items()
    }
    written: list[str] = []
    paths: dict[str, str] = {}
    try:
        paths |= {name: _keep(name, text, folder, written) for name, text in lines.items()}
        yield paths
    except BaseException as error:
        if isinstance(error, BertTfError):
            _tell_by_rows(error, paths)
        _remove_unused(written, folder)
        raise


def _tell_by_rows(error: BertTfError, paths: Mapping[str, str]) -> None:
    """Puts the names of arguments and the numbers of rows, from 0, in place of files and lines."""
    for name, path in paths.items():
        place = re.compile(rf"{re.escape(visible(path))}(?::(\d+))?")

        def told(text: str, place: re.Pattern[str] = place, name: str = name) -> str:
            by_row = place.sub(lambda found: f"{name}, row {int(found[1]) - 1}" if found[1] else name, text)
            return re.sub(r"\balso in line (\d+)", lambda found: f"also in row {int(found[1]) - 1}", by_row)

        if any(visible(path) in text for text in (str(error), *error.details)):
            error.args = (told(str(error)),)
            error.details = tuple(map(told, error.details))


def as_json_lines(name: str, rows: Any, columns: Columns) -> str:
    """Returns rows as JSON Lines.

    Args:
        name: What messages call them.
        rows: A DataFrame, or a sequence of dictionaries.
        columns: Names that each row must have; others are left out.

    Raises:
        InputError: With the position of the rows at fault, from 0.
    """
    records = _records(name, rows, columns)
    _check_first(name, records[0], columns)
    faults, lines = Faults(name), []
    for index, record in enumerate(records):
        place = f"{name}, row {index}"
        names = (*columns.names, *columns.optional)
        row = {column: _plain(record[column]) for column in names if column in record}
        for found in _faults_of(row, columns):
            faults.add(found[0], Fault(place, found[1], column=found[2]))
        if not faults and (line := _line(row)) is None:
            faults.add(_NO_JSON, Fault(place, row))
        elif not faults:
            lines.append(f"{line}\n")
    faults.raise_if_any(len(records))
    return "".join(lines)


def _line(row: Mapping[str, Any]) -> str | None:
    """A row in JSON, None if JSON has no way to write it."""
    try:
        line = json.dumps(row, ensure_ascii=False, allow_nan=False)
        line.encode()
    except UnicodeEncodeError:  # A surrogate without its other half, which is refused where it is read.
        return json.dumps(row)
    except (TypeError, ValueError, RecursionError):
        return None
    return line


def _records(name: str, rows: Any, columns: Columns) -> Sequence[Mapping[str, Any]]:
    """The rows, each with its values by the names of columns.

    Raises:
        InputError: If they are none, or a column is there twice.
    """
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        check_columns_once(name, list(map(str, rows.columns)), columns.names)
        rows = rows.loc[:, ~rows.columns.duplicated()].to_dict("records")
    if isinstance(rows, (str, bytes, Mapping)) or not hasattr(rows, "__iter__"):
        found = type(rows).__name__
        raise InputError(f"{name} must be a path, a DataFrame, or a list of dictionaries", received=found)
    records = list(rows)
    for index, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(f"Each row of {name} must be a dictionary", received=f"{shorten(record)} in row {index}")
        check_columns_once(f"{name}, row {index}", list(map(str, record)), columns.names)
    if not records:
        raise InputError(f"{name} must hold at least one row", received="none")
    return [{str(column): value for column, value in record.items()} for record in records]


def _check_first(name: str, record: Mapping[str, Any], columns: Columns) -> None:
    """A column that already the first row lacks is a mistake in the name."""
    received = ", ".join(map(str, list(record)[:20])) or "no column"
    fix = f"Name its columns by {columns.naming} and so on"
    if columns.forms and not any(set(form) <= set(record) for form in columns.forms):
        forms = ", or ".join(" and ".join(map(repr, form)) for form in columns.forms)
        raise InputError(f"{name} must have the columns {forms}", received=received, fix=fix)
    for column in () if columns.forms else columns.names:
        if column not in record:
            hint = nearest(column, record)
            fix = hint if hint.startswith("Did") else fix
            raise InputError(f"{name} must have a column {column!r}", received=received, fix=fix)


def _plain(value: Any) -> Any:
    """A value as JSON has it: NumPy's as Python's own, a tuple as a list, None for what is not there."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, (list, tuple)):
        return list(map(_plain, plain))
    if isinstance(plain, Mapping):
        return {str(name): _plain(part) for name, part in plain.items()}
    return None if is_absent(plain) else plain


def is_absent(value: Any) -> bool:
    """Returns whether it is what pandas and NumPy have where nothing is, which equals nothing: NaN, NaT or NA."""
    if value is None or isinstance(value, (str, int)):
        return value is None
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # NA does not even say whether it is equal.
        return type(value).__name__ == "NAType"


def _faults_of(row: Mapping[str, Any], columns: Columns) -> Iterator[tuple[FaultKind, object, str]]:
    """Yields what is wrong with the values of a row, and in which column."""
    if columns.forms:
        return
    for column in columns.names:
        if column not in row:
            yield LACKING, f"no {column!r}", ""
        elif found := _fault_of(row[column], column, columns):
            yield *found, column


def _fault_of(value: Any, column: str, columns: Columns) -> Found | None:
    """What is wrong with a value, None if nothing is."""
    if column in columns.choices and is_nothing(value):
        return None  # Questions may have fewer choices than others; those that read the file count them.
    if column in columns.choices and isinstance(value, list):
        return next((found for part in value if (found := text_fault(part))), None)
    if column in (*columns.texts, *columns.choices):
        return text_fault(value)
    if column in columns.answers:
        is_place = column != columns.answers[0]
        is_sound = is_nothing(value) or (is_place and whole_number(value) is not None)
        return None if is_sound else (_NO_PLACE, value) if is_place else text_fault(value)
    kind = NO_ID if column in columns.ids else NO_LABEL
    parts = value if isinstance(value, list) and kind is NO_LABEL else [value]
    return next((found for part in parts if (found := value_fault(part, kind))), None)


def _keep(name: str, text: str, folder: str, written: list[str]) -> str:
    """Writes the text unless it is there already; notes in `written` what was."""
    checksum = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = os.path.join(folder, DATA_FOLDER, f"{name}-{checksum}.jsonl")
    if not files.exists(path):
        written.append(path)
        files.make_folder(os.path.dirname(path))
        files.write_text(path, text)
    return path


def _remove_unused(written: Sequence[str], folder: str) -> None:
    """Removes files that the run in the folder doesn't need in order to continue."""
    config = os.path.join(folder, CONFIG_FILE)
    used = files.read_text(config, "the config", "") if files.exists(config) else ""
    for path in written:
        if os.path.basename(path) not in used:
            files.remove(path)
    data = os.path.join(folder, DATA_FOLDER)
    if written and files.exists(data) and not files.list_folder(data):
        files.remove(data)
