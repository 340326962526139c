"""Where the words of a text begin and end: one rule for files that are read and for texts that are served.

It is that of `BasicTokenizer` of google-research/bert for uncased vocabularies, whatever the vocabulary, so that a file
has the same words for every model. Words are parted by white space; each punctuation mark, which every sign of ASCII
that is no letter or digit is, and each Chinese character is a word of its own, as is what becomes such a mark in lower
case without accents. Everything else, such as a currency sign or an emoji, is part of a word.

Control characters and those without width part nothing. They are in a word if it continues behind them, and in none at
its beginning or end. Nonspacing marks right behind a word belong to it; elsewhere they are in none.
"""

import enum
import functools

import numpy as np

from bert_tf.text.characters import (
    CJK_BLOCKS,
    code_points_with_properties,
    is_cjk,
    is_control,
    is_punctuation,
    is_whitespace,
    without_accents,
)

_CODE_POINTS = 0x110000


class Part(enum.IntEnum):
    """What a character is: between words, a part of one, a word of its own, a mark behind one, or nothing."""

    GAP = 0
    INNER = 1
    WHOLE = 2
    MARK = 3
    NOTHING = 4


@functools.lru_cache(maxsize=1 << 14)
def part_of(char: str) -> Part:
    """Returns what a character is to words."""
    if is_control(char):
        return Part.NOTHING
    if is_whitespace(char):
        return Part.GAP
    plain = without_accents(char.lower())
    if not plain:
        return Part.MARK
    is_word = is_cjk(ord(char)) or (len(plain) == 1 and is_punctuation(plain))
    return Part.WHOLE if is_word else Part.INNER


def split_words(text: str) -> list[tuple[int, int]]:
    """Returns where each word of a text begins and ends, in characters."""
    words, continues = list[tuple[int, int]](), False
    for place, part in enumerate(map(part_of, text)):
        if part is Part.NOTHING:
            continue
        if part is Part.MARK:
            if words and words[-1][1] == place:
                words[-1] = (words[-1][0], place + 1)
            continue
        if part is Part.INNER and continues:
            words[-1] = (words[-1][0], place + 1)
        elif part is not Part.GAP:
            words.append((place, place + 1))
        continues = part is Part.INNER
    return words


@functools.cache
def parts_of_all() -> np.ndarray:
    """Returns what every code point is: int8 [code points]."""
    parts = np.full(_CODE_POINTS, Part.INNER, np.int8)
    for first, last in CJK_BLOCKS:
        parts[first : last + 1] = Part.WHOLE
    for code_point in code_points_with_properties():
        parts[code_point] = part_of.__wrapped__(chr(code_point))
    return parts
