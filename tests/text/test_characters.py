import sys
import unicodedata

import pytest

from bert_tf.text import characters
from bert_tf.text.characters import build_case_table, build_character_table, unused_characters

EVERYTHING = frozenset(chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)
SPACE = ord(" ")


@pytest.fixture(scope="module")
def uncased():
    return build_character_table(frozenset("abcdefghijklmnopqrstuvwxyzσς.,中"), lower_case=True, strip_accents=True)


@pytest.mark.parametrize(
    ("char", "becomes"),
    [
        ("a", "a"),
        ("A", "a"),
        ("é", "e"),
        ("\u0301", ""),  # A combining accent.
        ("\t", " "),
        ("\u00a0", " "),
        ("\u2028", " "),  # Python's str.split splits there.
        ("\0", ""),
        ("\ufffd", ""),
        ("\x07", ""),
        ("\u200d", ""),  # Zero-width joiner.
        (".", " . "),
        ("中", " 中 "),
        ("Σ", "σ"),
    ],
)
def test_a_character_becomes_what_google_makes_of_it(uncased, char, becomes):
    assert "".join(map(chr, uncased.lookup(ord(char)))) == becomes


@pytest.mark.parametrize(
    ("char", "length"), [("ж", 1), ("文", 3), ("!", 3), ("한", 3), ("\ue000", 1), ("\U0010ffff", 1)]
)
def test_what_no_entry_holds_is_unknown_but_keeps_its_kind(uncased, char, length):
    points = uncased.lookup(ord(char))
    assert len(points) == length
    assert set(points) <= {uncased.unknown, SPACE}


@pytest.mark.parametrize("strip_accents", [False, True])
@pytest.mark.parametrize("lower_case", [False, True])
def test_no_character_becomes_more_than_the_table_holds(lower_case, strip_accents):
    table = build_character_table(frozenset("a"), lower_case=lower_case, strip_accents=strip_accents)
    assert (table.rows != characters.NOTHING).sum(axis=1).max() == characters.MAX_EXPANSION


def test_a_cased_table_leaves_letters_and_accents_alone():
    table = build_character_table(frozenset("Aé\u0301"), lower_case=False, strip_accents=False)
    assert [table.lookup(ord(c)) for c in "Aé\u0301"] == [[ord("A")], [ord("é")], [0x301]]


def test_with_the_whole_of_unicode_every_character_follows_the_rules():
    table = build_character_table(
        frozenset(c for c in EVERYTHING if ord(c) < 0x10000), lower_case=True, strip_accents=True
    )
    for code_point in range(0x3000):
        char = chr(code_point)
        if char in "\t\n\r" or unicodedata.category(char) in ("Zs", "Zl", "Zp"):
            expected = " "
        elif code_point == 0 or unicodedata.category(char) in ("Cc", "Cf"):
            expected = ""
        else:
            plain = unicodedata.normalize("NFD", char.lower())
            expected = "".join(c for c in plain if unicodedata.category(c) != "Mn")
            if expected and (
                unicodedata.category(expected[0])[0] == "P" or (expected.isascii() and not expected.isalnum())
            ):
                expected = f" {expected} "
        assert "".join(map(chr, table.lookup(code_point))) == expected, hex(code_point)


def test_what_stands_for_the_unknown_is_what_no_entry_holds():
    assert unused_characters(frozenset("a\uffff")) == (0xFFFE, 0xFDD0)
    nonchars = {chr(c) for c in (0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0))}
    assert unused_characters(frozenset(nonchars)) == (0xF0000, 0xF0001)
    table = build_character_table(frozenset("a\ufffe"), lower_case=False, strip_accents=False)
    assert [table.lookup(ord(c)) for c in "\ufffe☃"] == [[0xFFFE], [0xFFFF]]


def test_letters_with_case_and_those_looked_through_are_told_apart():
    case = build_case_table()
    assert {ord(c) for c in "aZβΣ"} <= set(case.cased.tolist())
    assert {ord(c) for c in "'.\u0301\u00ad"} <= set(case.ignorable.tolist())
    assert not {ord(c) for c in "1 中,"} & {*case.cased.tolist(), *case.ignorable.tolist()}
    assert (case.cased[1:] > case.cased[:-1]).all()
    assert (case.ignorable[1:] > case.ignorable[:-1]).all()
