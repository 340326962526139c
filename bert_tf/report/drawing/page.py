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

_SHOWN_LENGTH = 400
# Line ends and tabs are shown as they are; of other control characters, and halves of pairs, nothing can be shown.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
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
        return f'<pre tabindex="0">{escape(self.text)}</pre>\n'

    def markdown(self) -> str:
        return "".join(f"    {line}\n" for line in _seen(self.text).splitlines())


@dataclasses.dataclass(frozen=True)
class Passage:
    """A text of an example, as a cell of a table; what is long can be unfolded."""

    text: str

    def html(self) -> str:
        if len(self.text) <= _SHOWN_LENGTH:
            return f'<bdi class="passage" dir="auto">{escape(self.text)}</bdi>'
        start, rest = self.text[:_SHOWN_LENGTH], len(self.text) - _SHOWN_LENGTH
        return (
            f'<details><summary><bdi class="passage" dir="auto">{escape(start)}</bdi> … ({rest:,} more characters)'
            f'</summary><bdi class="passage" dir="auto">{escape(self.text)}</bdi></details>'
        )


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under headings.

    Attributes:
        columns: The headings.
        rows: The cells of each row; numbers are strings already.
        words: How many columns, from the left, hold words; the rest are numbers, on the right; -1 for all.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence["str | Passage"]]
    words: int = 1

    def html(self) -> str:
        head = "".join(self._cell("th", index, escape(name)) for index, name in enumerate(self.columns))
        body = "".join(
            "<tr>"
            + "".join(
                self._cell("td", index, cell.html() if isinstance(cell, Passage) else escape(cell))
                for index, cell in enumerate(row)
            )
            + "</tr>\n"
            for row in self.rows
        )
        return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n'

    def markdown(self) -> str:
        marks = ["---" if self._is_word(index) else "---:" for index in range(len(self.columns))]
        cells = [
            [escape_markdown(cell.text if isinstance(cell, Passage) else cell) for cell in row] for row in self.rows
        ]
        lines = [[escape_markdown(name) for name in self.columns], marks, *cells]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def _cell(self, tag: str, index: int, content: str) -> str:
        return f"<{tag}>{content}</{tag}>" if self._is_word(index) else f'<{tag} class="number">{content}</{tag}>'

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
        return f"<figure>{image}<figcaption>{escape(self.caption)}</figcaption></figure>\n"


Part = Paragraph | Command | Table | Picture


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
        style=_STYLE,
        links=links,
        sections="".join(_render_section(section) for section in sections),
    )


def pictures_of(sections: Iterable[Section]) -> list[Picture]:
    """Returns the pictures of the sections, in their order."""
    return [part for section in sections for part in section.parts if isinstance(part, Picture)]


def escape(text: str) -> str:
    """A text of any origin as HTML, also within the quotes of an attribute."""
    return html.escape(_seen(text))


def escape_markdown(text: str) -> str:
    """A text of any origin as Markdown that shows it as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(_seen(text).split()))


def _seen(text: str) -> str:
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _render_section(section: Section) -> str:
    parts = "".join(part.html() for part in section.parts)
    return f'<section id="{section.anchor}">\n<h2>{escape(section.title)}</h2>\n{parts}</section>\n'


_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: #1c1c1c; background: #fff;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.8rem; }
h2 { margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid #ddd; font-size: 1.25rem; }
header p { margin: .25rem 0 0; color: #555; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: 1rem; font-size: .9rem; }
a { color: #00578a; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-size: .9rem; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #e6e6e6; text-align: left; vertical-align: top; }
td:first-child { max-width: 20rem; overflow-wrap: break-word; }
th { border-bottom-color: #999; font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.passage { display: inline-block; max-width: 44rem; overflow-wrap: anywhere; white-space: pre-wrap; }
summary { cursor: pointer; }
figure { margin: .75rem 0; }
figure img { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: .9rem; }
pre { margin: .5rem 0; padding: .75rem; overflow-x: auto; border-radius: 4px; background: #f4f4f4; font-size: .85rem; }
@media print { nav { display: none; } section { break-inside: avoid-page; } }
"""

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
