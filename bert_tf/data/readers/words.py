"""Words of a text that nobody has cut yet, by their characters."""

import functools
import itertools
import unicodedata

# The blocks in which every character is a word, as BERT has them: Chinese, and what is written with its characters.
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
_GAP, _PART, _WHOLE = range(3)  # What a character is: between words, a part of one, a word of its own.


def split_words(text: str) -> list[tuple[int, int]]:
    """Returns where each word of a text begins and ends, in characters.

    Words are parted by white space; each punctuation mark, symbol and Chinese character is a word of its own. Every
    other character is part of a word, also those without width.
    """
    words, start = list[tuple[int, int]](), 0
    for role, group in itertools.groupby(map(_role, text)):
        end = start + sum(1 for _ in group)
        if role == _PART:
            words.append((start, end))
        elif role == _WHOLE:
            words.extend((place, place + 1) for place in range(start, end))
        start = end
    return words


@functools.lru_cache(maxsize=1 << 14)
def _role(character: str) -> int:
    if character.isspace():
        return _GAP
    code = ord(character)
    is_single = unicodedata.category(character)[0] in "PS" or any(low <= code <= high for low, high in _CHINESE)
    return _WHOLE if is_single else _PART
