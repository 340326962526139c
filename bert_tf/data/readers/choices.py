"""Questions with several choices: the rules that they keep to, and JSON as OpenBookQA and CommonsenseQA have it.

    {"id": "7-980", "question": {"stem": "...", "choices": [{"label": "A", "text": "..."}, ...]}, "answerKey": "D"}

Where no question has an `id`, its position is its id, from 0. Other keys are passed over.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from bert_tf.data.choices import FEWEST_CHOICES, MOST_CHOICES, ChoiceQuestions, LabelForm
from bert_tf.data.readers.cells import is_nothing, whole_number
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.json_rows import ABSENT, JsonReader
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.own_files import FileFormat, find_format
from bert_tf.data.readers.rules import EMPTY_ID, NO_ID, NO_LABEL, control_fault, text_fault, value_fault
from bert_tf.errors import InputError
from bert_tf.host.console import counted

MISSING_CHOICE = FaultKind("A choice must have text", "Give it, or leave the question out")
OUT_OF_RANGE = FaultKind("A label must name one of the choices", "Correct it")
_SAME_TEXT = FaultKind(
    "A label must name one choice, and two choices of its question are the same",
    "Give them different texts, or labels that are no texts, and say by --choice_label_form what labels are",
)
_EMPTY_LABEL = FaultKind("A question must have a label", "Give it, or leave the question out")
_DOUBLE_ID = FaultKind("Ids of questions must be unique", "Correct them")
_LACKS_ID = FaultKind("A question must have an id where another one has", "Add an `id`, or leave it out everywhere")
_DOUBLE_LABEL = FaultKind("Choices of a question must have different labels", "Correct them")
_COUNT = FaultKind(
    f"A question must have {FEWEST_CHOICES} to {MOST_CHOICES} choices", "Add or remove some, or leave the question out"
)
_SHAPE = FaultKind(
    "A question must be an object with a stem and choices",
    'Write it as {"stem": "...", "choices": [{"label": "A", "text": "..."}, {"label": "B", "text": "..."}]}',
)
_FORMS = {
    LabelForm.FROM_0: "count choices from 0",
    LabelForm.FROM_1: "count choices from 1",
    LabelForm.LETTER: "are letters",
    LabelForm.TEXT: "are texts of choices",
}


@dataclasses.dataclass(frozen=True)
class RawChoices:
    """A question of a file.

    Attributes:
        line: The line on which it stands.
        id: Its id.
        question: Its text.
        start: What each choice begins with.
        choices: The choices.
        label: The label as written; None if it has none.
        labels: What the file calls each choice; None if it doesn't say.
    """

    line: int
    id: str
    question: str
    start: str
    choices: tuple[str, ...]
    label: Any
    labels: tuple[str, ...] | None = None


CHOICE_FLAGS = "--question_column, --choice_columns and --label_column"  # What names the columns of choices.


def read_choice_objects(path: str, *, is_labelled: bool, file_format: FileFormat | None = None) -> ChoiceQuestions:
    """Reads a file of JSON Lines, or one with an array, of the form above.

    Args:
        path: The file; `-` is standard input.
        is_labelled: Whether `answerKey` is wanted.
        file_format: JSON or JSON Lines; None to go by the end of the name.

    Raises:
        InputError: If the file can't be read, or a question is at fault; with its line.
    """
    faults = Faults("standard input" if path == STANDARD_INPUT else path)
    source = Source(path, faults)
    found = find_format(path, file_format)
    if found not in (FileFormat.JSON, FileFormat.JSON_LINES):
        fix = "Name the columns of the question and of each choice"
        raise InputError("Questions with a stem must be JSON or JSON Lines", received=found.value, fix=fix)
    wanted = ["question", *(["answerKey"] if is_labelled else [])]
    reader = JsonReader(source, wanted, is_array=found is FileFormat.JSON, flags=CHOICE_FLAGS, optional=["id"])
    cells = [
        (line, *values)
        for lines, columns in reader.read()
        for line, values in zip(lines, zip(*columns, strict=True), strict=True)
    ]
    names = _names_of_questions(source, [cell[0] for cell in cells], [cell[-1] for cell in cells])
    rows = [_question(source, line, name, *rest) for name, (line, *rest, _) in zip(names, cells, strict=True)]
    faults.raise_if_any(reader.rows)
    return gather_choices(source, rows, reader.account(), is_labelled=is_labelled)


def _names_of_questions(source: Source, lines: Sequence[int], given: Sequence[Any]) -> list[str]:
    """The id of each question: its position if none has one; where some have, the others are noted as faults."""
    if all(name is ABSENT for name in given):
        return list(map(str, range(len(given))))
    names = []
    for line, name in zip(lines, given, strict=True):
        if name is ABSENT:
            note(source, _LACKS_ID, line, "no 'id'")
        names.append("" if name is ABSENT else read_value(source, name, line, "id", NO_ID))
    return names


def _question(source: Source, line: int, name: str, question: Any, label: Any = None) -> RawChoices:
    """The question of an object; what is at fault is noted."""
    choices = question.get("choices") if isinstance(question, dict) else None
    if not isinstance(choices, list) or "stem" not in question:
        note(source, _SHAPE, line, question, "question")
        return RawChoices(line, "", "", "", (), None)
    texts, labels = [], []
    for place, choice in enumerate(choices):
        column = f"question.choices[{place}]"
        if not isinstance(choice, dict) or not {"text", "label"} <= set(choice):
            note(source, _SHAPE, line, choice, column)
            continue
        texts.append(read_text(source, choice["text"], line, f"{column}.text"))
        labels.append(_name_of_choice(source, choice["label"], line, f"{column}.label"))
    stem = read_text(source, question["stem"], line, "question.stem")
    row = RawChoices(line, name, stem, "", tuple(texts), label, tuple(labels))
    if len(set(labels)) < len(labels):
        note(source, _DOUBLE_LABEL, line, ", ".join(labels), "question.choices")
    return row


def _name_of_choice(source: Source, value: Any, line: int, column: str) -> str:
    """What a file calls a choice."""
    name = read_value(source, value, line, column, NO_LABEL)
    if isinstance(value, str) and (found := control_fault(name)):
        note(source, found[0], line, found[1], column)
    return name


def gather_choices(
    source: Source, rows: Sequence[RawChoices], account: str, *, is_labelled: bool, label_form: LabelForm | None = None
) -> ChoiceQuestions:
    """Checks questions and puts them together.

    Args:
        source: The file, with what was wrong so far.
        rows: What stands in it.
        account: How it was read.
        is_labelled: Whether they have labels.
        label_form: How labels name choices, where the file does not say what it calls these; None to find it out.

    Raises:
        InputError: If a question is at fault, or it is not clear which choices are meant.
    """
    _check(source, rows)
    source.faults.raise_if_any(len(rows))
    if rows[0].labels is None:
        label_form = label_form or (_find_form(source, rows) if is_labelled else LabelForm.FROM_0)
        rows = [dataclasses.replace(row, labels=label_form.labels_of(row.choices)) for row in rows]
    labels = _places(source, rows, label_form) if is_labelled else None
    return ChoiceQuestions(
        source.name,
        [row.id for row in rows],
        [row.question for row in rows],
        [row.start for row in rows],
        [row.choices for row in rows],
        labels,
        [row.labels or () for row in rows],
        [row.line for row in rows],
        (account, *_notes(rows, label_form if is_labelled else None)),
        label_form,
    )


def _check(source: Source, rows: Sequence[RawChoices]) -> None:
    """Notes what is wrong with questions, whatever their labels."""
    first: dict[str, int] = {}
    for row in rows:
        if not FEWEST_CHOICES <= len(row.choices) <= MOST_CHOICES:
            note(source, _COUNT, row.line, f"{len(row.choices)} in {row.question!r}")
        for place, choice in enumerate(row.choices):
            if not choice.strip():
                note(source, MISSING_CHOICE, row.line, choice, f"choice {place + 1}")
        if not row.id.strip():
            note(source, EMPTY_ID, row.line, row.id)
        elif row.id in first:  # It may be in the same line, where an array is written in one.
            note(source, _DOUBLE_ID, row.line, row.id, hint=f"also in line {first[row.id]}")
        first.setdefault(row.id, row.line)


def _find_form(source: Source, rows: Sequence[RawChoices]) -> LabelForm:
    """How labels name choices: the one way in which all do, or that of the most, so that the others are at fault.

    Raises:
        InputError: If all do so in several ways that don't mean the same.
    """
    places = {form: [_place(row.label, form.labels_of(row.choices), form) for row in rows] for form in LabelForm}
    fitting = [form for form in LabelForm if None not in places[form]]
    if len({tuple(places[form]) for form in fitting}) > 1:
        ways = " or ".join(form.value for form in fitting)
        raise InputError(
            f"It must be clear which choices the labels of {source.name} name",
            received=f"labels that may be meant as {ways}",
            fix=f"Set --choice_label_form to {ways}",
        )
    return fitting[0] if fitting else max(LabelForm, key=lambda form: len(rows) - places[form].count(None))


def _places(source: Source, rows: Sequence[RawChoices], form: LabelForm | None) -> list[int]:
    """The place of the choice that each label names.

    Raises:
        InputError: If one names none.
    """
    places = []
    for row in rows:
        place = _place(row.label, row.labels or (), form)
        if place is None:
            kind = _fault_of_label(row)
            hint = f"known: {', '.join(row.labels or ())}" if kind is OUT_OF_RANGE else ""
            note(source, kind, row.line, row.label, hint=hint)
        places.append(place or 0)
    source.faults.raise_if_any(len(rows))
    return places


def _fault_of_label(row: RawChoices) -> FaultKind:
    """Why the label of a question names no choice."""
    if is_nothing(row.label):
        return _EMPTY_LABEL
    return _SAME_TEXT if (row.labels or ()).count(str(row.label).strip()) > 1 else OUT_OF_RANGE


def _place(label: Any, labels: Sequence[str], form: LabelForm | None) -> int | None:
    """The place of the choice that a label names, None if it names none, or several."""
    if isinstance(label, bool) or not isinstance(label, (str, int, float)) or is_nothing(label):
        return None
    name = str(label).strip()
    if form in (LabelForm.FROM_0, LabelForm.FROM_1):
        name = str(whole_number(label))
    elif form is LabelForm.LETTER:
        name = name.upper()
    return labels.index(name) if labels.count(name) == 1 else None


def _notes(rows: Iterable[RawChoices], form: LabelForm | None) -> list[str]:
    """What people should know of the choices."""
    counts = {len(row.choices) for row in rows}
    told = [f"{min(counts)} choices each" if len(counts) == 1 else f"{min(counts)} to {max(counts)} choices"]
    if form is not None:
        told.append(f"labels {_FORMS[form]}")
    empty = sum(not row.question.strip() for row in rows)
    twice = sum(len(set(row.choices)) < len(row.choices) for row in rows)
    told += [f"{counted(empty, 'empty question')}"] if empty else []
    return told + ([f"{counted(twice, 'question')} with the same choice twice"] if twice else [])


def read_text(source: Source, value: Any, line: int, column: str) -> str:
    """A text as it is written; what is at fault is noted."""
    if found := text_fault(value):
        note(source, found[0], line, found[1], column)
    return str(value)


def read_value(source: Source, value: Any, line: int, column: str, kind: FaultKind) -> str:
    """A label or an id, which may be a number; what is at fault is noted."""
    found = (kind, value) if isinstance(value, bool) else value_fault(value, kind)
    if found:
        note(source, found[0], line, found[1], column)
    return str(value).strip()


def note(source: Source, kind: FaultKind, line: int, value: Any, column: str = "", hint: str = "") -> None:
    """Notes a fault of a question."""
    source.faults.add(kind, Fault(source.place(line), value, hint, column))
