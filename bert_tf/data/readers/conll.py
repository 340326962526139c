"""Sentences in columns, as the shared tasks of CoNLL have them: a token a line, and a blank line behind each sentence.

A line is blank if it holds nothing but blanks, tabs and byte order marks: published files have such lines between
sentences. A line that begins with `-DOCSTART-` marks a document. All others are tokens; none is left out.
"""

import dataclasses
import enum
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from bert_tf.data.readers.faults import Fault, FaultKind, Faults, shorten
from bert_tf.data.readers.lines import Source
from bert_tf.data.readers.rules import RAGGED, control_fault
from bert_tf.data.readers.sentences import EMPTY_TOKEN, NO_TAG, Sentences
from bert_tf.errors import InputError
from bert_tf.host.console import counted

DOCUMENT_MARK = "-DOCSTART-"
OUTSIDE = "O"
BYTE_ORDER_MARK = "\ufeff"
_BLANKS = f" \t\r\n{BYTE_ORDER_MARK}"
_NO_SINGLE_BLANK = re.compile(r"^ |  |\t| $")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]+)*:|simple:")  # As in `en:` and `zh-min-nan:` of WikiANN.
_UNWRITABLE = re.compile(r"[\t\r\n]")
_FLAGS = {"token": "text_column", "tag": "label_column"}
_Row = tuple[int, list[str]]  # A line, and the cells in it.


class Separator(enum.Enum):
    """What stands between columns: a tab, a blank, or any number of both."""

    TAB = "tab"
    BLANK = "blank"
    WHITE_SPACE = "white_space"


@dataclasses.dataclass(frozen=True)
class ConllLayout:
    """Where tokens and tags stand.

    Attributes:
        token_column: Column of the token, from 0; from -1 backwards.
        tag_column: Column of the tag.
        separator: What stands between columns; None to go by the first token's line.
    """

    token_column: int = 0
    tag_column: int = -1
    separator: Separator | None = None


_CUTS: dict[Separator, Callable[[str], list[str]]] = {
    Separator.TAB: lambda line: line.split("\t"),
    Separator.BLANK: lambda line: line.split(" "),
    # Not `split()`, to which a no-break space is white space too, though it may be a token.
    Separator.WHITE_SPACE: lambda line: re.split(r"[ \t]+", line.strip(" \t")),
}


def read_conll(path: str, layout: ConllLayout, *, is_labelled: bool | None) -> Sentences:
    """Reads all of a file.

    Args:
        path: The file; `-` for standard input.
        layout: Where tokens and tags stand.
        is_labelled: Whether tags are read; None to read them if there is a column of tags beside the tokens.

    Raises:
        InputError: If a line is at fault, with the place of each; or the file has no token, or not these columns.
    """
    source = Source(path, Faults(path))
    lines = _Lines(list(source.read_lines()))
    if not lines.of_tokens:
        source.faults.raise_if_any(len(lines.raw))
        raise InputError(
            f"{source.name} must hold at least one token", received=f"{counted(len(lines.raw), 'line')} without"
        )
    layout = layout if layout.separator else dataclasses.replace(layout, separator=_recognize(lines))
    cells = _cells(source, lines, layout, is_labelled=is_labelled)
    source.faults.raise_if_any(len(lines.of_tokens))
    groups = list(_runs(lines.of_tokens))
    return Sentences(
        origin=source.name,
        words=_gathered(cells.tokens, groups),
        tags=None if cells.tags is None else _gathered(cells.tags, groups),
        lines=[group[0] + 1 for group in groups],
        documents=lines.documents([group[0] for group in groups]),
        rows=lines.raw if source.end == b"\n" else [line.replace("\n", source.end.decode()) for line in lines.raw],
        separator=" " if layout.separator is not Separator.TAB and cells.width > 1 else "\t",
        notes=(lines.told(), _columns_told(layout, cells), *lines.odd_told(cells.prefix)),
    )


def conll_text(sentences: Sentences, tags: Sequence[Sequence[str]]) -> str:
    """Returns the lines of a file as they were read, with one more column: the way back from `read_conll`.

    Each token keeps its line. Lines that mark a document get a cell if they have as many as the others, so that
    conlleval takes them. Sentences from elsewhere get a line of token, right tag if known, and tag.

    Args:
        sentences: What was read.
        tags: The tags of each sentence that the new column shall have, as many as words.

    Raises:
        ValueError: If there are not as many tags as words.
        InputError: If a token can't stand in a column.
    """
    if sentences.rows is None:
        return _new_text(sentences, tags)
    appended = dict[int, str]()
    for words, first, given in zip(sentences.words, sentences.lines, tags, strict=True):
        appended.update((first - 1 + place, tag) for place, (_, tag) in enumerate(zip(words, given, strict=True)))
    separator = sentences.separator
    cut = _CUTS[Separator.TAB if separator == "\t" else Separator.WHITE_SPACE]
    width = len(cut(sentences.rows[sentences.lines[0] - 1]))
    lines = []
    for index, row in enumerate(sentences.rows):
        text = row.rstrip("\r\n")
        if _marks_document(text) and len(cut(text)) == width:
            appended[index] = OUTSIDE
        if index in appended:
            kept = text.rstrip(" ") if separator == " " else text  # A blank at the end is no column of its own.
            row = f"{kept}{separator}{appended[index]}{row[len(text) :]}"
        lines.append(row)
    return "".join(lines)


def is_writable(token: str) -> bool:
    """Whether a token comes back as it is from a file in columns between tabs."""
    return not (_UNWRITABLE.search(token) or token.startswith(BYTE_ORDER_MARK) or _marks_document(token))


def _marks_document(line: str) -> bool:
    return DOCUMENT_MARK in line and _CUTS[Separator.WHITE_SPACE](line)[0] == DOCUMENT_MARK


class _Lines:
    """The lines of a file, by what they are.

    Attributes:
        raw: All, with their ends.
        texts: All, without them.
        of_tokens: The places of those with a token, from 0.
    """

    def __init__(self, raw: Sequence[str]):
        self.raw = raw
        self.texts = [line.rstrip("\r\n") for line in raw]
        self._is_blank = [not text.strip(_BLANKS) for text in self.texts]
        self._is_mark = list(map(_marks_document, self.texts))
        others = zip(self._is_blank, self._is_mark, strict=True)
        self.of_tokens = [index for index, is_other in enumerate(others) if not any(is_other)]

    def documents(self, firsts: Sequence[int]) -> Sequence[int]:
        """The document of each sentence, by the place of its first token."""
        if not any(self._is_mark):
            return range(len(firsts))
        marked = list(itertools.accumulate(self._is_mark))
        found = [marked[first] for first in firsts]
        numbers = {document: number for number, document in enumerate(dict.fromkeys(found))}
        return [numbers[document] for document in found]

    def told(self) -> str:
        marks = f"{sum(self._is_mark):,} to mark documents" if any(self._is_mark) else "no document marked"
        return f"of {counted(len(self.raw), 'line')}; {counted(sum(self._is_blank), 'blank line')}; {marks}"

    def odd_told(self, prefix: str) -> list[str]:
        """What is unusual in them, with the prefix of all tokens, if there is one."""
        odd = [index + 1 for index, text in enumerate(self.texts) if self._is_blank[index] and BYTE_ORDER_MARK in text]
        marks = [f"{counted(len(odd), 'blank line')} with a byte order mark, the first is line {odd[0]}"] if odd else []
        return [*([f"{prefix!r} removed from all tokens"] if prefix else []), *marks]


def _recognize(lines: _Lines) -> Separator:
    """What stands between the columns of a file: tabs if the line of its first token has one."""
    if "\t" in lines.texts[lines.of_tokens[0]]:
        return Separator.TAB
    are_single = not any(_NO_SINGLE_BLANK.search(lines.texts[index]) for index in lines.of_tokens)
    return Separator.BLANK if are_single else Separator.WHITE_SPACE


@dataclasses.dataclass(frozen=True)
class _Cells:
    """What the lines with tokens hold.

    Attributes:
        tokens: The token of each place, without the prefix.
        tags: The tag of each; None if tags are not read.
        width: How many columns there are.
        prefix: What stood before every token; empty if nothing did.
    """

    tokens: dict[int, str]
    tags: dict[int, str] | None
    width: int
    prefix: str


def _cells(source: Source, lines: _Lines, layout: ConllLayout, *, is_labelled: bool | None) -> _Cells:
    """Cuts lines into cells; what is at fault is noted."""
    cut = _CUTS[cast(Separator, layout.separator)]
    rows = [(index, cut(lines.texts[index])) for index in lines.of_tokens]
    width = len(rows[0][1])
    is_asked = is_labelled is None
    if is_asked:
        is_labelled = -width <= layout.tag_column < width and (layout.tag_column - layout.token_column) % width != 0
    _check_columns(source, layout, rows[0], is_labelled=bool(is_labelled))
    rows = _whole_rows(source, rows, width, lines)
    prefix = _language([row[layout.token_column] for _, row in rows])
    tokens = {index: row[layout.token_column].removeprefix(prefix) for index, row in rows}
    tags = {index: row[layout.tag_column].strip() for index, row in rows} if is_labelled else None
    if is_asked and not all(len(tag.split()) == 1 for tag in (tags or {}).values()):
        tags = None  # What is in that column is something else.
    _check_cells(source, tokens, tags)
    return _Cells(tokens, tags, width, prefix)


def _check_columns(source: Source, layout: ConllLayout, first: _Row, *, is_labelled: bool) -> None:
    line, row = first
    width, place = len(row), source.place(line + 1)
    wanted = {"token": layout.token_column} | ({"tag": layout.tag_column} if is_labelled else {})
    if is_labelled and width == 1:
        raise InputError(
            f"{source.name} must have a column of tags beside its tokens, separated by a tab or by blanks ({place})",
            received=shorten(row[0]),
            fix="Add the tags, or use the file for prediction alone",
        )
    for name, column in wanted.items():
        if not -width <= column < width:
            raise InputError(
                f"{source.name} must have the column of its {name}s, {column} counted from 0 ({place})",
                received=counted(width, "column"),
                fix=f"Set --{_FLAGS[name]} to one of them",
            )
    if len({column % width for column in wanted.values()}) < len(wanted):
        raise InputError(
            f"Tokens and tags must stand in different columns of {source.name}",
            received=f"column {layout.token_column} for both",
            fix="Set --text_column or --label_column to the number of another",
        )


def _whole_rows(source: Source, rows: Sequence[_Row], width: int, lines: _Lines) -> list[_Row]:
    """The rows with all columns; the others are noted as faults."""
    for index, row in rows:
        if len(row) != width:
            found = f"{counted(len(row), 'column')} and not {width}"
            hint = shorten(lines.texts[index]) + _comment(lines.texts[index], lines.texts[rows[0][0]])
            source.faults.add(RAGGED, Fault(source.place(index + 1), found, hint))
    return [(index, row) for index, row in rows if len(row) == width]


def _comment(line: str, first: str) -> str:
    """What there is to say of a comment, as files of other shared tasks have them: of a line, or else of the first."""
    if line.startswith("#"):
        return ", which is no sentence; remove lines of comments"
    return "; the first line is a comment, remove such lines" if first.startswith("# ") else ""


def _check_cells(source: Source, tokens: dict[int, str], tags: dict[int, str] | None) -> None:
    """Notes tokens and tags that are none."""

    def note(kind: FaultKind, index: int, value: str, column: str) -> None:
        source.faults.add(kind, Fault(source.place(index + 1), value, column=column))

    for index, token in tokens.items():
        if not token.strip(" "):
            note(EMPTY_TOKEN, index, token, "token")
    odd = {tag: found for tag in set((tags or {}).values()) if (found := control_fault(tag))}
    for index, tag in (tags or {}).items():
        if not tag or len(tag.split()) != 1:
            note(NO_TAG, index, tag, "tag")
        elif tag in odd:
            note(odd[tag][0], index, tag, "tag")


def _language(tokens: Sequence[str]) -> str:
    """The name of a language that stands before every token, such as `en:`; empty if there is none."""
    found = _LANGUAGE.match(tokens[0]) if tokens else None
    return found[0] if found and all(token.startswith(found[0]) for token in tokens) else ""


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    """Puts lines together that follow one another."""
    for _, group in itertools.groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        yield [place for _, place in group]


def _gathered(cells: dict[int, str], groups: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
    """The cells of each sentence."""
    return [tuple(cells[index] for index in group) for group in groups]


def _columns_told(layout: ConllLayout, cells: _Cells) -> str:
    """How columns were taken, for people."""
    width = cells.width
    between = {Separator.TAB: "tabs", Separator.BLANK: "single blanks", Separator.WHITE_SPACE: "white space"}
    columns = (
        f"{counted(width, 'column')} between {between[cast(Separator, layout.separator)]}" if width > 1 else "1 column"
    )
    tags = "tags not read" if cells.tags is None else f"tags in column {layout.tag_column % width + 1}"
    return f"{columns}: tokens in column {layout.token_column % width + 1}, {tags}"


def _new_text(sentences: Sentences, tags: Sequence[Sequence[str]]) -> str:
    """Columns of sentences that were not in columns."""
    columns = [sentences.words, *([] if sentences.tags is None else [sentences.tags]), tags]
    parts = []
    for index, sentence in enumerate(zip(*columns, strict=True)):
        for cells in zip(*sentence, strict=True):
            if any(_UNWRITABLE.search(cell) for cell in cells):
                raise InputError(
                    f"A token in columns must hold no tab and no line end ({sentences.location(index)})",
                    received=cells[0],
                    fix="Leave the file in columns out, or correct the token",
                )
            parts.append(sentences.separator.join(cells) + "\n")
        parts.append("\n")
    return "".join(parts)
