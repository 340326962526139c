"""Sentences in JSON: `tokens` with `tags`, or a `text` with its `entities` by characters.

An entity must begin and end with a word: no border is moved.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bert_tf.data.readers.conll import OUTSIDE, is_writable
from bert_tf.data.readers.faults import Fault, FaultKind, Faults, shorten
from bert_tf.data.readers.json_rows import JsonReader
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.rules import NO_ID, character_fault, control_fault, text_fault, value_fault
from bert_tf.data.readers.sentences import EMPTY_TOKEN, NO_TAG, UNWRITABLE, Sentences
from bert_tf.errors import InputError
from bert_tf.host.console import counted

NO_TOKENS = FaultKind("Tokens must be a list of strings, of one at least", "Correct it, or leave the row out")
NO_TAGS = FaultKind("Tags must be a list of strings", "Correct it, or leave the row out")
UNEQUAL = FaultKind("A sentence must have as many tags as tokens", "Correct it, or leave the row out")
NO_WORD = FaultKind("A text must have a word", "Leave the row out")
NO_ENTITIES = FaultKind("Entities must be a list", "Write [] if there are none")
NO_ENTITY = FaultKind(
    "An entity must have whole numbers as start and end", "Write {}".format('{"start": 0, "end": 4, "label": "person"}')
)
NO_ENTITY_LABEL = FaultKind(
    "The label of an entity must be a string with a character, and without white space in it", "Correct it"
)
NO_TYPE = FaultKind(
    "The label of an entity must be a type such as PER, without B- or I-, and O is none",
    "Write the type alone, and no entity where there is none; if words have tags, write tokens and tags",
)
CONTRADICTING = FaultKind(
    "An object with tokens and a text must have the same words in both", "Correct one of them, or leave it out"
)
OUT_OF_TEXT = FaultKind(
    "An entity must have a character, and lie within its text", "Count characters from 0, not bytes"
)
DOUBLE_ID = FaultKind("Ids must be unique", "Correct them, or name others by --id_column")
MISALIGNED = FaultKind("An entity must begin and end with a word", "Correct its start and end")
OVERLAPPING = FaultKind("Entities of a text must not overlap", "Keep one of them")
Cut = Callable[[str], Sequence[tuple[int, int]]]  # The first character of each word of a text, and the one behind it.
_PREFIXES = ("B-", "I-")  # Of tags. Types may begin with other letters and a hyphen, such as E-mail.
_SHOWN = 30  # Characters of each of two texts.
_AROUND = 10  # Characters that are shown on both sides of what is at fault.


class _Broken(Exception):  # noqa: N818
    """A rule that is broken, what breaks it, and under which name."""


@dataclasses.dataclass(frozen=True)
class _Sentence:
    """One object as it is read."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    text: str = ""
    offsets: tuple[tuple[int, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class JsonNames:
    """What things are called in an object.

    Attributes:
        tokens: The list of words.
        tags: The list of their tags.
        text: The text, if there is no list of words.
        entities: The entities of a text; the first of these names that is there.
        id: The id of a sentence; None if none is chosen.
        takes_ids: Whether what is called `id` is one, where none is chosen.
    """

    tokens: str = "tokens"
    tags: str = "tags"
    text: str = "text"
    entities: tuple[str, ...] = ("entities", "spans")
    id: str | None = None
    takes_ids: bool = False

    @property
    def both(self) -> tuple[str, ...]:
        """The names of words and of a text, if an object can have both."""
        return () if self.tokens == self.text else (self.tokens, self.text)


def read_tagged_json(
    path: str, names: JsonNames, cut: Cut, *, is_labelled: bool | None, is_array: bool = False
) -> Sentences:
    """Reads all of a file.

    An entity is an object with `start`, `end` (behind its last character) and `label` or `type`, or a list of these
    three. Its words get the tags of IOB2.

    Args:
        path: The file; `-` for standard input.
        names: What things are called.
        cut: Cuts texts into words.
        is_labelled: Whether tags or entities are read; None to read them if the first object has some.
        is_array: Whether the file is one array, and not one object a line.

    Raises:
        InputError: If an object is at fault, with the place of each, or there is none.
    """
    source = Source(path, Faults(path))
    reading = _Reading(source, names, cut, is_labelled=is_labelled)
    reader = JsonReader(source, reading.choose, is_array=is_array, optional=names.both)
    found, lines = list[_Sentence](), list[int]()
    for block, columns in reader.read():
        lines += block
        found += map(reading.sentence, block, zip(*columns, strict=True))
    source.faults.raise_if_any(reader.rows)
    texts = [f"words cut out of {reading.wanted[0]!r}"] if reading.has_texts else []
    blank = [f"{counted(reader.blank_lines, 'blank line')} passed over"] if reader.blank_lines else []
    return Sentences(
        origin=source.name,
        words=[sentence.words for sentence in found],
        tags=[sentence.tags for sentence in found] if reading.is_labelled else None,
        lines=lines,
        documents=range(len(found)),
        texts=[sentence.text for sentence in found] if reading.has_texts else None,
        offsets=[sentence.offsets for sentence in found] if reading.has_texts else None,
        ids=reading.ids or None,
        notes=(reader.description, f"names read: {', '.join(reading.wanted)}", *texts, *blank),
    )


class _Reading:
    """How the objects of a file are read, once the first one is known.

    Attributes:
        wanted: The names that are read.
        has_texts: Whether the first of them is a text, and not a list of tokens.
        is_labelled: Whether tags are read.
        ids: The id of each sentence, if one is read.
    """

    def __init__(self, source: Source, names: JsonNames, cut: Cut, *, is_labelled: bool | None):
        self._source, self._names, self._cut, self.is_labelled = source, names, cut, bool(is_labelled)
        self._is_asked = is_labelled is None
        self.wanted: tuple[str, ...] = ()
        self.ids = list[str]()
        self._id: str | None = None
        self._lines_of_ids: dict[str, int] = {}
        self.has_texts = False
        self._has_both = bool(names.both)

    def choose(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Returns the names to read, by the first object: tokens with tags if it has both, else a text.

        Raises:
            InputError: If it has neither.
        """
        if self._is_asked:
            self.is_labelled = _has_tags(row, self._names)
        names, is_labelled = self._names, self.is_labelled
        entities = next((name for name in names.entities if name in row), names.entities[0])
        of_tokens = (names.tokens, names.tags) if is_labelled else (names.tokens,)
        of_text = (names.text, entities) if is_labelled else (names.text,)
        choices = [wanted for wanted in (of_tokens, of_text) if all(name in row for name in wanted)]
        if len(choices) > 1 and not _are_strings(row[names.tokens]):  # They may tell where they stand in the text.
            choices = [of_text]
        if not choices:
            raise InputError(
                f"{self._source.name} must have objects with "
                + ", or with ".join(dict.fromkeys(map(_joined, (of_tokens, of_text)))),
                received=", ".join(map(shorten, list(row)[:20])) or "an empty object",
                fix="Rename what it has" if is_labelled else "Add what is missing",
            )
        self.wanted, self.has_texts = choices[0], choices[0] is of_text
        self._id = names.id or ("id" if names.takes_ids and "id" in row else None)
        return self.wanted if self._id is None else (*self.wanted, self._id)

    def sentence(self, line: int, cells: Sequence[Any]) -> _Sentence:
        """Reads one object; what is at fault is noted, and nothing of it is returned."""
        if self._has_both:
            *cells, tokens, text = cells
            self._note_other_words(line, tokens, text)
        if self._id is not None:
            *cells, name = cells
            self._note_id(line, name)
        try:
            return self._of_text(*cells) if self.has_texts else self._of_tokens(*cells)
        except _Broken as broken:
            kind, value, column = broken.args
            self._source.faults.add(kind, Fault(self._source.place(line), value, column=column))
            return _Sentence((), ())

    def _note_other_words(self, line: int, tokens: Any, text: Any) -> None:
        """Notes a fault if an object has tokens and a text that are not the same words, as nobody knows which count."""
        if isinstance(text, str) and _are_strings(tokens) and not are_words_of(tokens, text, self._cut):
            told = f"{' '.join(tokens)[:_SHOWN]!r} and {text[:_SHOWN]!r}"
            self._source.faults.add(CONTRADICTING, Fault(self._source.place(line), told))

    def _note_id(self, line: int, name: Any) -> None:
        place, column = self._source.place(line), str(self._id)
        if found := (NO_ID, name) if isinstance(name, bool) else value_fault(name, NO_ID):
            self._source.faults.add(found[0], Fault(place, found[1], column=column))
        elif (text := str(name).strip()) in self._lines_of_ids:
            hint = f"also in line {self._lines_of_ids[text]}"
            self._source.faults.add(DOUBLE_ID, Fault(place, text, hint, column))
        else:
            self._lines_of_ids[text] = line
            self.ids.append(text)

    def _of_tokens(self, tokens: Any, tags: Any = None) -> _Sentence:
        of_tokens, of_tags = self._names.tokens, self._names.tags
        if not _are_strings(tokens) or not tokens:
            raise _Broken(NO_TOKENS, tokens, of_tokens)
        if empty := [token for token in tokens if not token.strip(" ")]:
            raise _Broken(EMPTY_TOKEN, empty[0], of_tokens)
        if odd := [token for token in tokens if not is_writable(token)]:
            raise _Broken(UNWRITABLE, odd[0], of_tokens)
        if not self.is_labelled:
            return _Sentence(tuple(tokens), ())
        if not _are_strings(tags):
            raise _Broken(NO_TAGS, tags, of_tags)
        if len(tags) != len(tokens):
            raise _Broken(UNEQUAL, f"{counted(len(tags), 'tag')} and {counted(len(tokens), 'token')}", of_tags)
        if odd := [tag for tag in tags if len(tag.split()) != 1]:
            raise _Broken(NO_TAG, odd[0], of_tags)
        if found := next(filter(None, map(control_fault, map(str.strip, tags))), None):
            raise _Broken(*found, of_tags)
        return _Sentence(tuple(tokens), tuple(map(str.strip, tags)))

    def _of_text(self, text: Any, entities: Any = ()) -> _Sentence:
        if found := text_fault(text):
            raise _Broken(*found, self._names.text)
        offsets = self._cut(text)
        if not offsets:
            raise _Broken(NO_WORD, text, self._names.text)
        words = tuple(text[start:end] for start, end in offsets)
        tags = _tags(text, offsets, entities, self.wanted[1]) if self.is_labelled else ()
        return _Sentence(words, tags, text, tuple(offsets))


def are_words_of(tokens: Sequence[str], text: str, cut: Cut) -> bool:
    """Returns whether tokens stand in a text in their order, with no word before, between or behind them."""
    end, gaps = 0, list[str]()
    for token in tokens:
        start = text.find(token, end)
        if start < 0:
            return False
        gaps.append(text[end:start])
        end = start + len(token)
    return not any(map(cut, (*gaps, text[end:])))


def _tags(text: str, offsets: Sequence[tuple[int, int]], entities: Any, column: str) -> tuple[str, ...]:
    """The tags of the words of a text in IOB2."""
    if not isinstance(entities, list):
        raise _Broken(NO_ENTITIES, entities, column)
    firsts = {start: word for word, (start, _) in enumerate(offsets)}
    ends = {end: word + 1 for word, (_, end) in enumerate(offsets)}
    tags, owners = [OUTSIDE] * len(offsets), [""] * len(offsets)
    for entity in entities:
        start, end, label = _span(entity, column)
        told = f"{label} {start}-{end}"
        if not 0 <= start < end <= len(text):
            raise _Broken(OUT_OF_TEXT, f"{told} of {counted(len(text), 'character')}", column)
        if start not in firsts or end not in ends:
            around = text[max(start - _AROUND, 0) : end + _AROUND]
            raise _Broken(MISALIGNED, f"{told} {text[start:end]!r} in {around!r}", column)
        first, behind = firsts[start], ends[end]
        told += f" {text[start:end]!r}"
        if other := next(filter(None, owners[first:behind]), ""):
            raise _Broken(OVERLAPPING, f"{told} and {other}", column)
        owners[first:behind] = [told] * (behind - first)
        tags[first:behind] = [f"B-{label}"] + [f"I-{label}"] * (behind - first - 1)
    return tuple(tags)


def _span(entity: Any, column: str) -> tuple[int, int, str]:
    """Start, end and label of an entity."""
    if isinstance(entity, dict):
        cells = [entity.get("start"), entity.get("end"), entity.get("label", entity.get("type"))]
    else:
        cells = list(entity) if isinstance(entity, list) and len(entity) == 3 else [None] * 3
    start, end, label = cells
    if type(start) is not int or type(end) is not int:  # True is an int, and no place.
        raise _Broken(NO_ENTITY, entity, column)
    if not isinstance(label, str) or len(label.split()) != 1:
        raise _Broken(NO_ENTITY_LABEL, entity, column)
    if found := character_fault(label) or control_fault(label.strip()):
        raise _Broken(*found, column)
    if label.strip() == OUTSIDE or label.strip().startswith(_PREFIXES):
        raise _Broken(NO_TYPE, label, column)
    return start, end, label.strip()


def _has_tags(row: Mapping[str, Any], names: JsonNames) -> bool:
    """Whether an object has the tags of its words, by whichever of the names."""
    of_text = row.get(names.text) is not None and any(row.get(name) is not None for name in names.entities)
    return of_text or (row.get(names.tokens) is not None and row.get(names.tags) is not None)


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _joined(names: Sequence[str]) -> str:
    return " and ".join(map(repr, names))
