"""Characters that can't be seen, made visible: those of labels, texts and names of files, which may hold anything."""

import re

# Controls, line ends of all kinds, what turns the direction of text around, marks without width, halves of pairs, and
# what is no character. What joins letters (U+200C, U+200D) belongs to words and to emoji, and stays.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""A text with `\u202e` in place of what can't be seen; line feeds and tabs stay."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in "\n\t" else _escape(found[0]), text)


def visible_line(text: str) -> str:
    r"""The same on one line: line feeds and tabs are written as `\n` and `\t`."""
    return _UNSEEN.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
