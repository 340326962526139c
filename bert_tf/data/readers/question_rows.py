"""Questions from the user's own rows: one question with its context and at most one answer each, in any format."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from bert_tf.data.questions import Questions
from bert_tf.data.readers.cells import is_nothing, whole_number
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.gathering import RawQuestion, gather_questions
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.own_files import FileFormat, rows_reader
from bert_tf.data.readers.rules import NO_ID, NoColumnError, text_fault, value_fault
from bert_tf.errors import InputError
from bert_tf.host.console import counted

_NO_START = FaultKind(
    "An answer must say at which character of the context it begins, from 0", "Give it, or -1 if that is unknown"
)
_LONE_START = FaultKind("Where there is no answer, nothing may begin", "Leave it empty, or write -1")
_FLAGS = "--question_column, --context_column, --answer_column and --answer_start_column"


@dataclasses.dataclass(frozen=True)
class QuestionLayout:
    """Where questions and answers stand in the user's files.

    Attributes:
        question: Name or number of the column of the question.
        context: The same of what it is about.
        answer: The same of the answer.
        answer_start: The same of the character of the context at which it begins, from 0.
        id: The same of the id; None if the position is the id.
        file_format: The format; None to go by the end of the name.
        header: Whether the first line of a CSV or TSV file names its columns.
        delimiter: What stands between the fields of one; None to go by the format.
    """

    question: str = "question"
    context: str = "context"
    answer: str = "answer"
    answer_start: str = "answer_start"
    id: str | None = None
    file_format: FileFormat | None = None
    header: Header = Header.AUTO
    delimiter: str | None = None

    def wanted(self, *, is_labelled: bool) -> list[str]:
        """The columns that are read: question, context, answer, its start, id."""
        answers = [self.answer, self.answer_start] if is_labelled else []
        return [self.question, self.context, *answers, *([] if self.id is None else [self.id])]


def read_question_rows(
    path: str, layout: QuestionLayout, *, is_labelled: bool | None, version_2_with_negative: bool = False
) -> Questions:
    """Reads a file.

    Args:
        path: The file; `-` is standard input.
        layout: Which column holds what.
        is_labelled: Whether answers are wanted; None to read them if the file has them.
        version_2_with_negative: Whether a question may have no answer, which an empty one says.

    Raises:
        InputError: If the file can't be read, a column is not there, or a row is at fault; with its line.
    """
    if is_labelled is not None:
        return _read(path, layout, is_labelled, version_2_with_negative)
    if path == STANDARD_INPUT:  # It can be read only once.
        return _read(path, layout, False, version_2_with_negative)
    try:
        return _read(path, layout, None, version_2_with_negative)
    except NoColumnError:
        return _read(path, layout, False, version_2_with_negative)
    except InputError as error:  # If it is something else than answers that is at fault, it is told now.
        found = _read(path, layout, False, version_2_with_negative)
        return dataclasses.replace(found, notes=(*found.notes, f"answers not read: {error}"))


def _read(path: str, layout: QuestionLayout, is_labelled: bool | None, version_2_with_negative: bool) -> Questions:
    """Reads a file whose answers must be there, may be empty (None), or are not looked at."""
    faults = Faults("standard input" if path == STANDARD_INPUT else path)
    source = Source(path, faults)
    wanted = layout.wanted(is_labelled=is_labelled is not False)
    reader = rows_reader(source, wanted, layout.file_format, layout.header, layout.delimiter, _FLAGS)
    rows = _Rows(source, layout, is_labelled, version_2_with_negative)
    found: list[RawQuestion] = []
    for lines, columns in reader.read():
        for line, values in zip(lines, zip(*columns, strict=True), strict=True):
            found.append(rows.question(line, values, len(found)))
    notes = [reader.account(), reader.description]
    if reader.blank_lines:
        notes.append(f"{counted(reader.blank_lines, 'blank line')} passed over")
    faults.raise_if_any(reader.rows)
    if is_labelled is None and (reason := _why_unlabelled(found, version_2_with_negative)):
        found = [dataclasses.replace(question, answers=None, is_impossible=None) for question in found]
        notes.append(f"answers not read, since {reason}")
    return gather_questions(
        source.name,
        found,
        faults,
        needs_answers=bool(is_labelled),
        version_2_with_negative=version_2_with_negative,
        notes=tuple(notes),
    )


def _why_unlabelled(found: Sequence[RawQuestion], version_2_with_negative: bool) -> str:
    """Why the answers of a test set, which nobody has to give, are none that could be compared; empty if they are."""
    if any(question.answers is None for question in found):
        return "some are no texts"
    empty = sum(not question.answers for question in found)
    if empty == len(found):
        return "all are empty"
    told = f"{counted(empty, 'question')} {'has' if empty == 1 else 'have'} none"
    return told if empty and not version_2_with_negative else ""


class _Rows:
    """Makes questions of rows, and notes what is at fault in them."""

    def __init__(self, source: Source, layout: QuestionLayout, is_labelled: bool | None, version_2_with_negative: bool):
        self._source, self._layout = source, layout
        self._is_labelled, self._version_2_with_negative = is_labelled, version_2_with_negative

    def question(self, line: int, values: Sequence[Any], index: int) -> RawQuestion:
        """The question of a row; the index is that of the row."""
        layout, rest = self._layout, iter(values)
        text = self._text(next(rest), line, layout.question)
        context = self._text(next(rest), line, layout.context)
        answers = None if self._is_labelled is False else self._answers(next(rest), next(rest), line)
        name = str(index) if layout.id is None else self._id(next(rest), line)
        has_answers = self._is_labelled is not False and self._version_2_with_negative
        is_impossible = not answers if has_answers else None
        return RawQuestion(str(line), name, text, context, "", answers, is_impossible)

    def _answers(self, text: Any, start: Any, line: int) -> list[tuple[str, int]] | None:
        """The answer of a row, in a list; none if it is empty. That of a test set may be anything, which None says."""
        if self._is_labelled is None and not is_nothing(text) and text_fault(text):
            return None
        answer = "" if is_nothing(text) else self._text(text, line, self._layout.answer)
        place = whole_number(start)
        if answer.strip():
            if place is None and self._is_labelled:
                self._note(_NO_START, line, start, self._layout.answer_start)
            return [(answer, -1 if place is None else place)]
        if place != -1 and not is_nothing(start) and self._is_labelled:
            self._note(_LONE_START, line, start, self._layout.answer_start)
        return []

    def _text(self, value: Any, line: int, column: str) -> str:
        if found := text_fault(value):
            self._note(found[0], line, found[1], column)
        return str(value)

    def _id(self, value: Any, line: int) -> str:
        if found := value_fault(value, NO_ID):
            self._note(found[0], line, found[1], str(self._layout.id))
        return str(value).strip()

    def _note(self, kind: FaultKind, line: int, value: Any, column: str) -> None:
        self._source.faults.add(kind, Fault(self._source.place(line), value, "", column))
