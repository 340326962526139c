"""The parts that a report is made of, as HTML and as Markdown.

Labels and texts come from the user's files, and may hold anything. Each part escapes what it shows, and the page
forbids scripts and other files, so that a text could not do harm even if it were not escaped.
"""

import base64
import dataclasses
import html
import re
import string
from collections.abc import Iterable, Sequence

from bert_tf.report.drawing.canvas import Chart
from bert_tf.report.drawing.style import STYLE
from bert_tf.report.drawing.visible import visible, visible_line

_SHOWN_LENGTH, _KEPT_LENGTH = 400, 5000
_NARROW_LENGTH = 44  # Characters of a row of a table that 400 pixels hold.
_MARKDOWN = re.compile(r"([\\`*\[\]|<>&~$]|(?<![^\W_])_|_(?![^\W_]))")  # An underscore within a word means nothing.


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """Plain sentences."""

    text: str

    def html(self) -> str:
        return f"<p>{escape(self.text)}</p>\n"

    def markdown(self) -> str:
        return escape_markdown(self.text) + "\n"


@dataclasses.dataclass(frozen=True)
class Command:
    """What a person types in a shell."""

    text: str

    def html(self) -> str:
        return f'<pre tabindex="0">{html.escape(visible(self.text))}</pre>\n'

    def markdown(self) -> str:
        return "".join(f"    {line}\n" for line in visible(self.text).splitlines())


@dataclasses.dataclass(frozen=True)
class Passage:
    """A text of an example, as a cell of a table; what is long can be unfolded, and what is very long is cut."""

    text: str

    def html(self) -> str:
        return _unfolding(self.text, "passage")


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """A part of a text of an example, some of whose characters are marked, as a cell of a table.

    Attributes:
        pieces: Pieces of the text in their order, each with its marks, `right` or `given` or both; none for no mark.
    """

    pieces: Sequence[tuple[str, tuple[str, ...]]]

    @property
    def text(self) -> str:
        """The same in plain characters, where each marked piece stands in brackets."""
        return "".join(f"[{' and '.join(marks)}: {text}]" if marks else text for text, marks in self.pieces)

    def html(self) -> str:
        shown = [
            f'<mark class="{" ".join(marks)}" title="{" and ".join(marks)}">{html.escape(visible(text))}</mark>'
            if marks
            else html.escape(visible(text))
            for text, marks in self.pieces
        ]
        return f'<bdi class="passage" dir="auto">{"".join(shown)}</bdi>'


@dataclasses.dataclass(frozen=True)
class Noted:
    """A word of the user's with a note of ours, as a cell; its direction does not reach the note."""

    word: str
    note: str

    @property
    def text(self) -> str:
        """Both, as words."""
        return f"{self.word} ({self.note})"

    def html(self) -> str:
        return f"{_unfolding(self.word)} ({escape(self.note)})"


Cell = str | Passage | Excerpt | Noted


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under headings.

    Attributes:
        columns: The headings.
        rows: The cells of each row; numbers are strings already.
        words: How many columns, from the left, hold words; the rest are numbers, on the right; -1 for all.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: int = 1

    def html(self) -> str:
        kind = ' class="stacking"' if self._is_wide() else ""
        head = "".join(
            f"<th{self._classes(index, name)}>{escape(name)}</th>" for index, name in enumerate(self.columns)
        )
        body = "".join(f"<tr>{self._row(row, with_names=bool(kind))}</tr>\n" for row in self.rows)
        return (
            f'<div class="wide"><table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n'
        )

    def markdown(self) -> str:
        marks = ["---" if self._is_word(index) else "---:" for index in range(len(self.columns))]
        cells = [[escape_markdown(cell if isinstance(cell, str) else cell.text) for cell in row] for row in self.rows]
        lines = [[escape_markdown(name) for name in self.columns], marks, *cells]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def _row(self, row: Sequence[Cell], *, with_names: bool) -> str:
        cells = []
        for index, (name, cell) in enumerate(zip(self.columns, row, strict=True)):
            column = f' data-column="{escape(name)}"' if with_names and name else ""
            content = cell.html() if not isinstance(cell, str) else self._word(index, cell)
            cells.append(f"<td{self._classes(index, cell)}{column}>{content}</td>")
        return "".join(cells)

    def _word(self, index: int, cell: str) -> str:
        return _unfolding(cell) if self._is_word(index) and cell else escape(cell)

    def _classes(self, index: int, cell: Cell) -> str:
        if isinstance(cell, (Passage, Excerpt)):
            return ' class="long"'
        return "" if self._is_word(index) else ' class="number"'

    def _is_wide(self) -> bool:
        """Whether a telephone has no room for it: there, each cell gets a line of its own."""
        columns = zip(*self.rows, strict=True)
        widths = [max(len(cell if isinstance(cell, str) else cell.text) for cell in column) for column in columns]
        has_texts = any(isinstance(cell, (Passage, Excerpt)) for row in self.rows for cell in row)
        return has_texts or (len(widths) > 2 and sum(widths) > _NARROW_LENGTH)

    def _is_word(self, index: int) -> bool:
        return self.words < 0 or index < self.words


@dataclasses.dataclass(frozen=True)
class Picture:
    """A chart with what there is to say of it."""

    chart: Chart
    caption: str

    def html(self) -> str:
        data = base64.b64encode(self.chart.svg).decode("ascii")
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(self.chart.description)}">'
        caption = f"<figcaption>{escape(self.caption)}</figcaption>"
        return f'<figure><div class="chart" tabindex="0">{image}</div>{caption}</figure>\n'


@dataclasses.dataclass(frozen=True)
class Folded:
    """A table that is shown when somebody asks for it."""

    summary: str
    table: Table

    def html(self) -> str:
        return f"<details><summary>{escape(self.summary)}</summary>\n{self.table.html()}</details>\n"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What comes first: the sentences that tell how good it is.

    Attributes:
        sentences: They.
        is_good: Whether it is good; None if that can't be told.
    """

    sentences: Sequence[str]
    is_good: bool | None

    def html(self) -> str:
        mark = {True: " good", False: " bad", None: ""}[self.is_good]
        lines = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in self.sentences)
        return f'<div class="verdict{mark}">\n{lines}</div>\n'

    def markdown(self) -> str:
        return "".join(f"{escape_markdown(sentence)}\n\n" for sentence in self.sentences)


Part = Paragraph | Command | Table | Picture | Folded | Verdict


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: Sequence[Part]

    @property
    def anchor(self) -> str:
        """What a link to it is called."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def render_page(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Returns the page, one HTML document that needs no other file.

    Args:
        title: Its name.
        subtitle: One line about it.
        sections: What it shows.
    """
    links = "\n".join(f'<a href="#{section.anchor}">{escape(section.title)}</a>' for section in sections)
    return _PAGE.substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        style=STYLE,
        links=links,
        sections="".join(_render_section(section) for section in sections),
    )


def pictures_of(sections: Iterable[Section]) -> list[Picture]:
    """Returns the pictures of the sections, in their order."""
    return [part for section in sections for part in section.parts if isinstance(part, Picture)]


def escape(text: str) -> str:
    """A text of any origin as HTML on one line, also within the quotes of an attribute."""
    return html.escape(visible_line(text))


def escape_markdown(text: str) -> str:
    """A text of any origin as Markdown that shows it as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(visible_line(text).split()))


def _unfolding(text: str, style: str = "") -> str:
    """A text of any origin, in its own direction; the start of a long one, with the rest to unfold."""
    shown = visible if style else visible_line
    opening = f'<bdi class="{style}" dir="auto">' if style else '<bdi dir="auto">'
    if len(text) <= _SHOWN_LENGTH:
        return f"{opening}{html.escape(shown(text))}</bdi>"
    start, kept = (html.escape(shown(text[:length])) for length in (_SHOWN_LENGTH, _KEPT_LENGTH))
    left_out = f" … ({len(text) - _KEPT_LENGTH:,} more are not shown)" if len(text) > _KEPT_LENGTH else ""
    return (
        f"<details><summary>{opening}{start}</bdi> … ({len(text) - _SHOWN_LENGTH:,} more characters)</summary>"
        f"{opening}{kept}</bdi>{left_out}</details>"
    )


def _render_section(section: Section) -> str:
    parts = "".join(part.html() for part in section.parts)
    return f'<section id="{section.anchor}">\n<h2>{escape(section.title)}</h2>\n{parts}</section>\n'


_PAGE = string.Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$subtitle</p>
<nav>
$links
</nav>
</header>
<main>
$sections</main>
</body>
</html>
""")
