"""The pages that people read, taken apart: code blocks, commands, flags, links and anchors."""

import dataclasses
import itertools
import pathlib
import re
import shlex

from tests.conftest import ROOT

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
# Lines that are indented by four, with the empty lines between them.
_BLOCK = re.compile(r"(?<=\n\n)(?: {4}.*\n|\n(?= {4}))+")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclasses.dataclass(frozen=True)
class Shown:
    """A command that a page shows.

    Attributes:
        page: The page.
        words: Its words, without a comment and without the `...` that stands for further flags.
    """

    page: pathlib.Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.name}: {shlex.join(self.words)}"


def code_blocks(page: pathlib.Path) -> list[str]:
    """The indented blocks, without their indentation."""
    blocks = _BLOCK.findall(page.read_text())
    return ["\n".join(line[4:] for line in block.rstrip().splitlines()) + "\n" for block in blocks]


def is_python(block: str) -> bool:
    return block.startswith(("import ", "from "))


def python_blocks(page: pathlib.Path) -> list[str]:
    return [block for block in code_blocks(page) if is_python(block)]


def commands(page: pathlib.Path) -> list[Shown]:
    """What a shell would run: one entry a command, so two of a pipe."""
    found = []
    for block in code_blocks(page):
        lines = [] if is_python(block) else block.replace("\\\n", " ").splitlines()
        for line in lines:
            words = [word for word in shlex.split(line, comments=True) if word != "..."]
            places = [-1, *(n for n, word in enumerate(words) if word == "|"), len(words)]
            found += [Shown(page, tuple(words[a + 1 : b])) for a, b in itertools.pairwise(places)]
    return [shown for shown in found if shown.words]


def bert_tf_words(shown: Shown) -> list[str] | None:
    """The words after `bert-tf`, None if it is another program; `run_classifier.py` is its first command."""
    if shown.words[0] == "bert-tf":
        return list(shown.words[1:])
    if shown.words[:2] == ("python", "run_classifier.py"):
        return ["classifier", *shown.words[2:]]
    return None


def flags_in_prose(page: pathlib.Path) -> set[tuple[str, str | None]]:
    """The flags that stand in the text as code, with their values if they have one."""
    spans = re.findall(r"`([^`\n]+)`", _BLOCK.sub("", page.read_text()))
    return {(name, value or None) for span in spans for name, value in re.findall(r"--(\w+)(?:=([^\s`]+))?", span)}


def links(page: pathlib.Path) -> list[str]:
    """The targets of links within the project."""
    return [target for target in _LINK.findall(_BLOCK.sub("", page.read_text())) if "://" not in target]


def anchors(page: pathlib.Path) -> list[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
