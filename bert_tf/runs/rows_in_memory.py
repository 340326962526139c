"""Rows in memory, such as a pandas DataFrame, in place of a file: checked, and kept as one, so that a run can continue.

They become JSON Lines in the output folder, named by a checksum of what they hold: the same rows are the same file.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
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
from bert_tf.errors import InputError, nearest
from bert_tf.host import files
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.own.given_labels import label_columns
from bert_tf.tasks.own.own_choices import choice_columns, layout_of_choices
from bert_tf.text.template import Template

DATA_FOLDER = "data"
_NO_PLACE = FaultKind(
    "Where an answer begins must be a whole number", "Count characters of the context from 0, or give -1 if unknown"
)


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which names of a row are kept.

    Attributes:
        texts: Those of the texts.
        labels: That of the label, or those of columns of 0 and 1; none if labels are not wanted.
        ids: That of the id, or none.
        answers: Those of an answer and where it begins, which may be missing or empty where there is none.
        choices: Those of the choices, texts that may be missing behind the last one, or lists of them.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.texts, *self.choices, *self.labels, *self.answers, *self.ids)


def wanted_columns(config: RunConfig, *, is_labelled: bool) -> Columns:
    """Returns the names that the options ask for.

    Args:
        config: The options.
        is_labelled: Whether labels are wanted.

    Raises:
        InputError: If choices are learnt, and their columns are not named.
    """
    own, spans = config.own_data, config.spans
    ids = (own.id_column,) if own.id_column else ()
    if KINDS[own.kind].template is Template.CONTEXT:
        answers = (spans.answer_column, spans.answer_start_column) if is_labelled else ()
        return Columns((spans.question_column, spans.context_column), ids=ids, answers=answers)
    if KINDS[own.kind].template is Template.CHOICES:
        if not choice_columns(config):
            fix = "Set it, such as --choice_columns=a,b,c, or to the one that holds lists"
            raise InputError("--choice_columns must name the columns of the choices of rows in memory", fix=fix)
        layout = layout_of_choices(config)
        asked = [name for name in (layout.question, layout.start) if name]
        named = [layout.label] if is_labelled else []
        return Columns(tuple(asked), tuple(named), ids, choices=layout.choices)
    texts = (own.text_column, own.text_pair_column)
    labels = (label_columns(own) or (own.label_column,)) if is_labelled else ()
    return Columns(tuple(name for name in texts if name), labels, ids)


@contextlib.contextmanager
def kept_as_files(tables: Mapping[str, Any], config: RunConfig, folder: str) -> Iterator[dict[str, str]]:
    """Gives the path of a file for each table; if the block fails before a run uses them, none of them stays.

    Args:
        tables: Name of an option -> a DataFrame, or a sequence of dictionaries.
        config: Says which columns hold what.
        folder: The output folder.

    Raises:
        InputError: If rows lack a column, or hold what can't be told in a file.
    """
    lines = {
        name: as_json_lines(name, rows, wanted_columns(config, is_labelled=name != "predict_file"))
        for name, rows in tables.items()
    }
    written: list[str] = []
    try:
        yield {name: _keep(name, text, folder, written) for name, text in lines.items()}
    except BaseException:
        _remove_unused(written, folder)
        raise


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
    faults, lines = Faults(name), []
    for index, record in enumerate(records):
        row, place = {}, f"{name}, row {index}"
        for column in columns.names:
            if column not in record:
                _check_first(name, index, column, record, columns)
                faults.add(LACKING, Fault(place, f"no {column!r}"))
                continue
            row[column] = value = _plain(record[column], may_lack=column in columns.answers)
            if found := _fault_of(value, column, columns):
                faults.add(found[0], Fault(place, found[1], column=column))
        if not faults:
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    faults.raise_if_any(len(records))
    return "".join(lines)


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


def _check_first(name: str, index: int, column: str, record: Mapping[str, Any], columns: Columns) -> None:
    """A column that already the first row lacks is a mistake in the name."""
    if index == 0:
        names = "question_column, context_column" if columns.answers else "text_column, label_column"
        hint = nearest(column, record)
        fix = hint if hint.startswith("Did") else f"Name its columns by {names} and so on"
        raise InputError(
            f"{name} must have a column {column!r}", received=", ".join(map(str, list(record)[:20])), fix=fix
        )


def _plain(value: Any, *, may_lack: bool) -> Any:
    """A number or an array of NumPy as Python has it; None for what is not there, where something may be missing."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    return None if may_lack and is_nothing(plain) else plain


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
