"""Questions with several choices from rows with named columns: the user's own in any format, and SWAG."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from bert_tf.data.choices import ChoiceQuestions, LabelForm
from bert_tf.data.readers.cells import is_nothing
from bert_tf.data.readers.choices import (
    CHOICE_FLAGS,
    MISSING_CHOICE,
    RawChoices,
    gather_choices,
    note,
    read_text,
    read_value,
)
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.faults import FaultKind, Faults
from bert_tf.data.readers.label_cells import parse_list
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.own_files import FileFormat, rows_reader
from bert_tf.data.readers.rules import NO_ID
from bert_tf.errors import InputError
from bert_tf.host.console import counted

_GAP = FaultKind("A choice must not be missing before another one", "Give it, or move the others to the front")
_NO_LIST = FaultKind(
    "A column that holds all choices must hold lists", 'Write ["...", "..."], or name one column for each choice'
)


@dataclasses.dataclass(frozen=True)
class ChoiceLayout:
    """Where questions and choices stand in a file of rows.

    Attributes:
        question: Name or number of the column of the question, or of what the choices follow on.
        choices: The same of each choice; of one alone if it holds a list of them.
        label: The same of the label.
        start: The same of what each choice begins with; None if there is none.
        id: The same of the id; None if the position is the id.
        label_form: How a label names a choice; None to find it out.
        may_vary: Whether the last choices of a row may be empty, as it has fewer.
        file_format: The format; None to go by the end of the name.
        header: Whether the first line of a CSV or TSV file names its columns.
        delimiter: What stands between the fields of one; None to go by the format.
    """

    question: str = "question"
    choices: tuple[str, ...] = ("choices",)
    label: str = "label"
    start: str | None = None
    id: str | None = None
    label_form: LabelForm | None = None
    may_vary: bool = True
    file_format: FileFormat | None = None
    header: Header = Header.AUTO
    delimiter: str | None = None

    def wanted(self, *, is_labelled: bool) -> list[str]:
        """The columns that are read: question, choices, start, label, id."""
        others = [self.start, self.label if is_labelled else None, self.id]
        return [self.question, *self.choices, *(column for column in others if column is not None)]


SWAG = ChoiceLayout(
    question="sent1",
    choices=("ending0", "ending1", "ending2", "ending3"),
    start="sent2",
    label_form=LabelForm.FROM_0,
    may_vary=False,
    file_format=FileFormat.CSV,
    header=Header.YES,
)


def read_choice_rows(path: str, layout: ChoiceLayout, *, is_labelled: bool) -> ChoiceQuestions:
    """Reads a file.

    Args:
        path: The file; `-` is standard input.
        layout: Which column holds what.
        is_labelled: Whether labels are wanted.

    Raises:
        InputError: If the file can't be read, a column is not there, a row is at fault, or it is not clear which
            choices the labels name.
    """
    if not layout.choices:
        raise InputError("A question must have choices", received="no column", fix="Name the column of each choice")
    faults = Faults("standard input" if path == STANDARD_INPUT else path)
    source = Source(path, faults)
    wanted = layout.wanted(is_labelled=is_labelled)
    reader = rows_reader(source, wanted, layout.file_format, layout.header, layout.delimiter, CHOICE_FLAGS)
    rows = _Rows(source, layout, is_labelled)
    found: list[RawChoices] = []
    for lines, columns in reader.read():
        for line, values in zip(lines, zip(*columns, strict=True), strict=True):
            found.append(rows.question(line, values, len(found)))
    faults.raise_if_any(reader.rows)
    blank = f", {counted(reader.blank_lines, 'blank line')} passed over" if reader.blank_lines else ""
    account = f"{reader.account()}{blank}; {reader.description}"
    return gather_choices(source, found, account, is_labelled=is_labelled, label_form=layout.label_form)


class _Rows:
    """Makes questions of rows, and notes what is at fault in them."""

    def __init__(self, source: Source, layout: ChoiceLayout, is_labelled: bool):
        self._source, self._layout, self._is_labelled = source, layout, is_labelled

    def question(self, line: int, values: Sequence[Any], index: int) -> RawChoices:
        """The question of a row; the index is that of the row."""
        layout, rest = self._layout, iter(values)
        text = read_text(self._source, next(rest), line, layout.question)
        cells = [next(rest) for _ in layout.choices]
        choices = self._listed(cells[0], line) if len(cells) == 1 else self._by_column(cells, line)
        start = "" if layout.start is None else read_text(self._source, next(rest), line, layout.start)
        label = next(rest) if self._is_labelled else None
        name = str(index) if layout.id is None else read_value(self._source, next(rest), line, layout.id, NO_ID)
        return RawChoices(line, name, text, start, tuple(choices), label)

    def _listed(self, cell: Any, line: int) -> list[str]:
        """The choices of a list, which CSV has as text."""
        column = self._layout.choices[0]
        found = parse_list(cell) if isinstance(cell, str) else cell
        if not isinstance(found, list):
            note(self._source, _NO_LIST, line, cell, column)
            return []
        return [read_text(self._source, choice, line, f"{column}[{place}]") for place, choice in enumerate(found)]

    def _by_column(self, cells: Sequence[Any], line: int) -> list[str]:
        """The choices of a row without the empty ones in the end, if there may be such."""
        columns = self._layout.choices
        count = len(cells)
        while self._layout.may_vary and count and is_nothing(cells[count - 1]):
            count -= 1
        kept = list(zip(cells[:count], columns, strict=False))
        for cell, column in kept:
            if is_nothing(cell):
                note(self._source, _GAP if self._layout.may_vary else MISSING_CHOICE, line, cell, column)
        return [cell if is_nothing(cell) else read_text(self._source, cell, line, column) for cell, column in kept]
