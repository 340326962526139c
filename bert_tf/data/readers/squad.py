"""Questions from a JSON file such as SQuAD 1.1 and 2.0 are published in.

    {"data": [{"title": "...", "paragraphs": [{"context": "...", "qas": [{"id": "...", "question": "...",
     "answers": [{"text": "...", "answer_start": 17}], "is_impossible": false}]}]}]}

Other keys are passed over, as the original does. `is_impossible` belongs to version 2.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from bert_tf.data.questions import Questions
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.gathering import RawQuestion, gather_questions
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.rules import NO_ID, character_fault, value_fault
from bert_tf.errors import InputError
from bert_tf.host.console import counted
from bert_tf.host.json_objects import parse_json, type_of_json

_FIX = (
    'Give it the shape that SQuAD has, {"data": [{"paragraphs": [{"context": ..., "qas": [...]}]}]}, or that of rows, '
    '[{"question": ..., "context": ..., "answer": ..., "answer_start": ...}]'
)
_LACKING = FaultKind("What a SQuAD file holds must have its keys", "Add what is missing")
_OTHER_TYPE = FaultKind("What a SQuAD file holds must be of the type that SQuAD has", "Correct it")
_TYPES = {list: "a list", dict: "an object", str: "a string", int: "a whole number", bool: "true or false"}
_Value = TypeVar("_Value")


def read_squad(path: str, *, needs_answers: bool, version_2_with_negative: bool = False) -> Questions:
    """Reads a file.

    A question may have several answers, as several people gave them: the first one counts in training, and a prediction
    is compared with all. The original refuses such a file for training.

    Args:
        path: The file; `-` is standard input.
        needs_answers: Whether all questions must have answers, as for training; else they are read if all have them.
        version_2_with_negative: Whether a question may have no answer, as in SQuAD 2.0.

    Raises:
        InputError: If the file can't be read, is of another shape, or a question is at fault; with the JSON path.
    """
    faults = Faults("standard input" if path == "-" else path)
    source = Source(path, faults)
    text = source.read_text()
    faults.raise_if_any(source.lines)
    walk = _Walk(source.name, faults)
    found = list(walk.questions(parse_json(text, source.name, _FIX)))
    return gather_questions(
        source.name,
        found,
        faults,
        needs_answers=needs_answers,
        version_2_with_negative=version_2_with_negative,
        notes=(counted(walk.articles, "article"),),
    )


class _Walk:
    """The way from the whole file down to its questions. What is at fault is noted and passed over."""

    def __init__(self, origin: str, faults: Faults):
        self._origin, self._faults = origin, faults
        self.articles = 0

    def questions(self, tree: Any) -> Iterator[RawQuestion]:
        """Yields the questions of a file.

        Raises:
            InputError: If it is not of the shape of SQuAD at all.
        """
        if not isinstance(tree, dict) or not isinstance(tree.get("data"), list):
            raise InputError(f"{self._origin} must be an object whose 'data' is a list", received=_told(tree), fix=_FIX)
        for place, article in self._objects(tree, "data", ""):
            self.articles += 1
            title = self._optional(article, "title", str, place) or ""
            for inner, paragraph in self._objects(article, "paragraphs", place):
                before = len(self._faults)
                context = self._text(paragraph, "context", inner)
                is_told = len(self._faults) > before  # What is wrong with it, which is once a paragraph.
                for innermost, entry in self._objects(paragraph, "qas", inner):
                    found = self._question(entry, innermost, context, title)
                    if found and not is_told:
                        yield found

    def _question(self, entry: dict[str, Any], place: str, context: str, title: str) -> RawQuestion | None:
        """A question, None if it is at fault."""
        before = len(self._faults)
        text, name = self._text(entry, "question", place), self._id(entry, place)
        is_impossible = self._optional(entry, "is_impossible", bool, place)
        answers = None
        if "answers" in entry:
            objects = self._objects(entry, "answers", place)
            answers = [(self._text(answer, "text", at), self._start(answer, at)) for at, answer in objects]
        if len(self._faults) > before:
            return None
        return RawQuestion(place, name, text, context, title, answers, is_impossible)

    def _objects(self, owner: dict[str, Any], key: str, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects of a list with their JSON paths."""
        path = f"{place}.{key}" if place else key
        for index, value in enumerate(self._value(owner, key, list, place) or ()):
            if isinstance(value, dict):
                yield f"{path}[{index}]", value
            else:
                self._note(_OTHER_TYPE, f"{path}[{index}]", value, "must be an object")

    def _text(self, owner: dict[str, Any], key: str, place: str) -> str:
        """A text; empty, with a note, if it is none."""
        text = self._value(owner, key, str, place)
        if text is not None and (found := character_fault(text)):
            self._note(found[0], f"{place}.{key}", found[1])
        return text or ""

    def _start(self, answer: dict[str, Any], place: str) -> int:
        """Where an answer begins; -1, with a note, if that is no number."""
        start = self._value(answer, "answer_start", int, place)
        return -1 if start is None else start

    def _id(self, entry: dict[str, Any], place: str) -> str:
        """The id, which may be a number; `1` and `"1"` are the same."""
        if "id" not in entry:
            self._note(_LACKING, place, "no 'id'")
            return ""
        value = entry["id"]
        found = (NO_ID, value) if isinstance(value, bool) else value_fault(value, NO_ID)
        if found:
            self._note(found[0], f"{place}.id", found[1])
        return str(value)

    def _optional(self, owner: dict[str, Any], key: str, kind: type[_Value], place: str) -> _Value | None:
        return self._value(owner, key, kind, place) if key in owner else None

    def _value(self, owner: dict[str, Any], key: str, kind: type[_Value], place: str) -> _Value | None:
        """A value of the right type; else None, with a note."""
        if key not in owner:
            self._note(_LACKING, place, f"no {key!r}")
            return None
        value = owner[key]
        is_right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not is_right:
            self._note(_OTHER_TYPE, f"{place}.{key}" if place else key, value, f"must be {_TYPES[kind]}")
            return None
        return value

    def _note(self, kind: FaultKind, place: str, value: object, hint: str = "") -> None:
        self._faults.add(kind, Fault(f"{self._origin}:{place}", value, hint))


def _told(tree: object) -> str:
    """What a file is that is not of the shape of SQuAD."""
    if not isinstance(tree, dict):
        return type_of_json(tree)
    if "data" in tree:
        return f"an object whose 'data' is {type_of_json(tree['data'])}"
    return f"an object with {', '.join(map(repr, list(tree)[:5])) or 'no key'}"
