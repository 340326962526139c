"""What Google's tokenizer does to each character, as one table.

`BasicTokenizer` of google-research/bert works character by character: it drops control characters, turns white
space into a space, sets off Chinese characters and punctuation with spaces, and for uncased vocabularies
lower-cases and removes accents (canonical decomposition without the nonspacing marks). Each of these rules looks
at one code point only, so together they are a function `code point -> at most 3 code points`, tabulated here from
Python's own Unicode data, as Google's code uses it.

The original lower-cases and removes accents together or does neither. Here each can be done without the other, by the
same rules and at the same place: lower case alone is `str.lower`, after which nothing is composed or decomposed;
accents alone go by the decomposition, which keeps capitals. As in the original for cased vocabularies, a letter with
an accent and the same letter with a combining mark behind it stay two different texts.

Two things are left to the caller because they look at neighbours: the capital sigma, whose lower case depends on
its place in the word, and the limit on the length of a word. One thing is not reproduced: canonical reordering
among spacing marks of different combining classes, which occurs in no text known to us.

A character that occurs in no vocabulary entry can only make its word unknown. All such characters are mapped to
one stand-in. This keeps the table small (its rows are the vocabulary's alphabet) and independent of what any other
library takes for punctuation.
"""

import dataclasses
import functools
import itertools
import unicodedata

import numpy as np

SPACE = ord(" ")
CAPITAL_SIGMA = ord("Σ")
FINAL_SIGMA = ord("ς")
_SMALL_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
MAX_EXPANSION = 3
NOTHING = -1

# Noncharacters, at which no library splits, and should a vocabulary hold them all, characters for private use.
_STAND_INS = (0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0), *range(0xF0000, 0xFFFFE), *range(0x100000, 0x10FFFE))
_PAGE_BITS = 8
_CODE_POINTS = 0x110000
_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# The blocks that Google's `_is_chinese_char` names; Hangul, Hiragana and Katakana are not among them.
CJK_BLOCKS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


@dataclasses.dataclass(frozen=True)
class CharacterTable:
    """A two-stage table: `rows[slots[pages[c >> 8] * 256 + (c & 255)]]` is what code point `c` becomes.

    Attributes:
        pages: int32 [4352], the page of slots for each block of 256 code points.
        slots: int32 [number of distinct pages * 256], a row number for each code point.
        rows: int32 [number of distinct results, 3], the resulting code points, filled up with `NOTHING`.
        unknown: The code point that stands for each that the alphabet lacks.
    """

    pages: np.ndarray
    slots: np.ndarray
    rows: np.ndarray
    unknown: int

    def lookup(self, code_point: int) -> list[int]:
        """Returns the code points that `code_point` becomes."""
        slot = self.slots[(self.pages[code_point >> _PAGE_BITS] << _PAGE_BITS) + (code_point & 0xFF)]
        return [int(c) for c in self.rows[slot] if c != NOTHING]


def is_whitespace(char: str) -> bool:
    """White space of the tokenizer and of Python's `str.split`, which it applies afterwards."""
    return char in " \t\n\r" or unicodedata.category(char) in ("Zs", "Zl", "Zp")


def is_control(char: str) -> bool:
    """Characters that are dropped without splitting the word."""
    return char not in "\t\n\r" and (char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf"))


def is_punctuation(char: str) -> bool:
    """Every non-alphanumeric ASCII character, and what Unicode calls punctuation."""
    return char in _ASCII_PUNCTUATION or unicodedata.category(char).startswith("P")


def is_cjk(code_point: int) -> bool:
    """Whether the character is a word of its own, as Google's tokenizer treats Chinese."""
    return any(first <= code_point <= last for first, last in CJK_BLOCKS)


def is_mark(char: str) -> bool:
    """Nonspacing marks, which accents are when they are characters of their own."""
    return unicodedata.category(char) == "Mn"


def without_accents(text: str) -> str:
    """Canonical decomposition without nonspacing marks."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not is_mark(c))


def folded(text: str, *, lower_case: bool, strip_accents: bool) -> str:
    """Lower case and accents as told: first the one, then the other."""
    text = text.lower() if lower_case else text
    return without_accents(text) if strip_accents else text


def unused_characters(alphabet: frozenset[str]) -> tuple[int, int]:
    """Returns two code points that the alphabet lacks and that are parts of words to every library."""
    free = (code_point for code_point in _STAND_INS if chr(code_point) not in alphabet)
    return next(free), next(free)


def build_character_table(alphabet: frozenset[str], *, lower_case: bool, strip_accents: bool) -> CharacterTable:
    """Tabulates Google's character rules for one vocabulary.

    Args:
        alphabet: Every character that occurs in a vocabulary entry.
        lower_case: Whether to lower-case.
        strip_accents: Whether to remove accents.

    Returns:
        The table. Code points that are unassigned, private or ideographs outside the alphabet share rows.
    """
    known = {ord(char) for char in alphabet}
    unknown, _ = unused_characters(alphabet)

    def result(code_point: int) -> tuple[int, ...]:
        char = chr(code_point)
        if is_control(char):
            return ()
        if is_whitespace(char):
            return (SPACE,)
        text = folded(char, lower_case=lower_case, strip_accents=strip_accents)
        points = [ord(c) if ord(c) in known else unknown for c in text]
        if is_cjk(code_point) or (len(text) == 1 and is_punctuation(text)):
            return (SPACE, *points, SPACE)
        return tuple(points)

    row_of = {(unknown,): 0, (SPACE, unknown, SPACE): 1}
    slots = np.zeros(_CODE_POINTS, np.int32)
    for first, last in CJK_BLOCKS:
        slots[first : last + 1] = 1
    for code_point in known.union(code_points_with_properties()):
        slots[code_point] = row_of.setdefault(result(code_point), len(row_of))
    rows = np.full((len(row_of), MAX_EXPANSION), NOTHING, np.int32)
    for points, row in row_of.items():
        rows[row, : len(points)] = points
    blocks = slots.reshape(-1, 1 << _PAGE_BITS)
    page_of_block: dict[bytes, int] = {}
    pages = [page_of_block.setdefault(block.tobytes(), len(page_of_block)) for block in blocks]
    _, first_blocks = np.unique(pages, return_index=True)
    return CharacterTable(np.array(pages, np.int32), blocks[first_blocks].reshape(-1), rows, unknown)


@dataclasses.dataclass(frozen=True)
class CaseTable:
    """Where a capital sigma stands decides its lower case; these are the neighbours that decide it.

    Attributes:
        ignorable: Sorted int32 code points that are looked through (Unicode's Case_Ignorable).
        cased: Sorted int32 code points of letters with case (Unicode's Cased, not ignorable).
    """

    ignorable: np.ndarray
    cased: np.ndarray


def build_case_table() -> CaseTable:
    """Finds both sets by asking Python's `str.lower`, which knows them but does not name them."""
    cased, ignorable = [], []
    for code_point in code_points_with_properties():
        char = chr(code_point)
        if ("AΣ" + char).lower()[1] == _SMALL_SIGMA:
            cased.append(code_point)
        elif ("AΣ" + char + "A").lower()[1] == _SMALL_SIGMA:
            ignorable.append(code_point)
    return CaseTable(np.array(ignorable, np.int32), np.array(cased, np.int32))


@functools.cache
def marks() -> np.ndarray:
    """Returns the nonspacing marks: sorted int32 code points."""
    return np.array([c for c in code_points_with_properties() if is_mark(chr(c))], np.int32)


@functools.cache
def code_points_with_properties() -> tuple[int, ...]:
    """The assigned code points, in order, without the ideographs that have neither case nor decomposition."""
    candidates = itertools.chain(
        range(0x3400), range(0x4DC0, 0x4E00), range(0xA000, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200)
    )
    category = unicodedata.category
    return tuple(c for c in candidates if category(chr(c)) not in ("Cn", "Co", "Cs"))
