"""The words of files and those of texts that are served: one rule, and for uncased vocabularies Google's."""

import sys
import unicodedata

import pytest
import tensorflow as tf

from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import REQUIRED, Vocabulary
from bert_tf.text.word_borders import split_words
from tests.text.test_offsets import BROKEN, ODD_TEXTS, words_with_sources

VOCABULARY = Vocabulary((*REQUIRED, "a", "##a", "b", "##b", ".", "=", "中", "##x"))
ALL = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
BETWEEN = ["".join(f"a{char}b" for char in ALL[start : start + 256]) for start in range(0, len(ALL), 256)]
NEW_CHINESE = (0x2CEB0, 0x2F7FF), (0x30000, 0x323AF)  # Later than Google's blocks.
MORE = (
    *ODD_TEXTS,
    "a\u2260\u0301b \u2260",
    "\u203c\ufe0fa \u2122\ufe0f",
    "(\u0301a\u200d)\u200d\u0301 5\u20acx\f\x85\x1c.",
)


def served(texts, lower_case):
    """The spans of the words of texts, as they are served."""
    step = TextStep(VOCABULARY, lower_case=lower_case, max_seq_length=8)
    words = step.words(tf.constant(texts, tf.string))
    assert words.pieces.nrows() == len(texts)
    return [
        list(zip(starts, ends, strict=True))
        for starts, ends in zip(words.starts.to_list(), words.ends.to_list(), strict=True)
    ]


def is_new_chinese(char):
    return any(first <= ord(char) <= last for first, last in NEW_CHINESE)


def googles(text):
    """The spans of the words of an uncased text by a slow reference, with the marks right behind them."""
    spans = []
    for word in words_with_sources(text, lower_case=True, strip_accents=True):
        end = word[-1][1] + 1
        while end < len(text) and unicodedata.category(text[end]) == "Mn":
            end += 1
        spans.append((word[0][1], end))
    return spans


@pytest.mark.parametrize("lower_case", [False, pytest.param(True, marks=pytest.mark.exhaustive)])
def test_every_character_parts_a_file_and_a_served_text_alike(lower_case):
    read = list(map(split_words, BETWEEN))
    found = served(BETWEEN, lower_case)
    assert [text for text, one, two in zip(BETWEEN, read, found, strict=True) if one != two] == []
    assert sum(map(len, read)) > 100_000  # Most of Chinese


def test_every_character_parts_as_in_googles_tokenizer():
    known = [char for char in ALL if unicodedata.category(char) not in ("Cn", "Co") and not is_new_chinese(char)]
    known = [char for char in known if not 0x4E10 <= ord(char) < 0x9FF0 and not 0xAC10 <= ord(char) < 0xD7A0]
    texts = [*(f"a{char}b" for char in known), *MORE]
    assert [text for text in texts if split_words(text) != googles(text)] == []


@pytest.mark.parametrize("lower_case", [False, True])
def test_odd_texts_are_parted_alike_and_bytes_that_are_no_text_count_for_nothing(lower_case):
    data = [*(text.encode() for text in MORE), *BROKEN]
    assert served(data, lower_case) == [split_words(text.decode(errors="ignore")) for text in data]
    assert served([], lower_case) == []


def test_a_currency_sign_and_an_emoji_are_parts_of_words_and_what_is_invisible_parts_nothing():
    text = "5\u20ac\u00a9, \U0001f600a\u200bb\x1cc \f! \u0301 \u00e9\u0301"
    assert [text[start:end] for start, end in split_words(text)] == [
        "5\u20ac\u00a9", ",", "\U0001f600a\u200bb\x1cc", "!", "\u00e9\u0301",
    ]  # fmt: skip
