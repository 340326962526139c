import dataclasses

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.health import find_oddities, gives_no_piece
from bert_tf.data.splits import DEV, TEST, TRAIN, Role, Split
from bert_tf.text.characters import is_control, is_whitespace


def examples(first, labels=None, second=None):
    return Examples("x.tsv", first, second, labels, [str(index) for index in range(len(first))])


def find(train, **others):
    """What is odd, as tuples of positions: of the training set, then of each other split."""
    splits = {TRAIN: train} | {Split(Role(name)): rows for name, rows in others.items()}
    found = find_oddities(splits)
    names = ("empty", "repeated", "contradicting", "shared", "mislabelled")
    return [{name: tuple(getattr(found[split], name).tolist()) for name in names} for split in splits]


NOTHING = {"empty": (), "repeated": (), "contradicting": (), "shared": (), "mislabelled": ()}


def test_empty_repeated_and_contradicting_rows_are_found():
    (found,) = find(examples(["a", "b", " a ", "", "b", "c", "a"], ["1", "0", "1", "0", "1", "1", "1"]))
    assert found == NOTHING | {"empty": (3,), "repeated": (2, 6), "contradicting": (1, 4)}


def test_what_is_empty_is_nothing_else():
    (found,) = find(examples(["", " ", "a"], ["1", "0", "1"]))
    assert found == NOTHING | {"empty": (0, 1)}


def test_a_pair_is_the_same_only_if_both_texts_are():
    (found,) = find(examples(["a", "a", "a", "x"], ["0", "0", "0", "0"], ["x", "y", "x ", "a"]))
    assert found == NOTHING | {"repeated": (2,)}
    (found,) = find(examples(["a", "b"], ["1", "0"], ["x", " \t"]))
    assert found == NOTHING | {"empty": (1,)}


def test_rows_that_two_splits_share_are_found_on_both_sides():
    train = examples(["a", "b", "d", "d"], ["0", "1", "0", "1"])
    found, dev, test = find(train, dev=examples(["c", "b ", "a", "d"], ["0", "1", "1", "1"]), test=examples(["d", "e"]))
    assert found == NOTHING | {"contradicting": (2, 3), "shared": (0, 1, 2, 3), "mislabelled": (0, 2)}
    assert dev == NOTHING | {"shared": (1, 2, 3), "mislabelled": (2,)}
    assert test == NOTHING | {"shared": (0,)}


def test_without_a_training_set_splits_are_looked_at_by_themselves():
    found = find_oddities({DEV: examples(["a", "a"], ["0", "0"]), TEST: examples(["a"])})
    assert found[DEV].repeated.tolist() == [1]
    assert found[TEST].shared.tolist() == []


def test_texts_whose_hashes_meet_are_told_apart(monkeypatch):
    monkeypatch.setattr("bert_tf.data.health.hash", lambda texts: len(texts[0]) % 2, raising=False)
    (found,) = find(examples(["a", "bcd", "a", "bcd", "e"], ["1"] * 5))
    assert found == NOTHING | {"repeated": (2, 3)}


def test_it_agrees_with_a_plain_comparison_of_every_two_rows():
    rng = np.random.default_rng(5)
    texts, labels = ([str(value) for value in rng.integers(0, most, 60)] for most in (25, 3))
    (found,) = find(examples(texts[:40], labels[:40]))
    rows = list(zip(texts[:40], labels[:40], strict=True))
    assert found["repeated"] == tuple(i for i, row in enumerate(rows) if row in rows[:i])
    assert found["contradicting"] == tuple(
        i for i, (text, label) in enumerate(rows) if any(text == t and label != o for t, o in rows)
    )
    _, dev = find(examples(texts[:40], labels[:40]), dev=examples(texts[40:], labels[40:]))
    assert dev["shared"] == tuple(i for i, text in enumerate(texts[40:]) if text in texts[:40])


CHARACTERS = [chr(code) for code in (*range(0x3000), *range(0xD7B0, 0xD800), *range(0xE000, 0x10000), 0x1F600, 0xE0001)]


def test_what_gives_no_piece_is_what_the_tokenizer_drops_or_splits_at():
    """A character gives none where that of the tokenizer's own rules is white space or is taken out."""
    for char in CHARACTERS:
        assert gives_no_piece(char) is (is_whitespace(char) or is_control(char)), ascii(char)
        assert not gives_no_piece(f"{char}a")


def test_texts_of_invisible_characters_are_told_apart_from_empty_ones():
    texts = ["a", "\u200b", "", "\x01 \ufeff", " \t", "\u200b.", "\ufffd"]
    found = find_oddities({TRAIN: examples(texts, ["1"] * 7)})[TRAIN]
    assert found.empty.tolist() == [2, 4]
    assert found.invisible.tolist() == [1, 3, 6]
    assert found.repeated.tolist() == []
    pair = find_oddities({TRAIN: examples(["a", "b"], ["1", "1"], ["c", "\u200d"])})[TRAIN]
    assert (pair.empty.tolist(), pair.invisible.tolist()) == ([], [1])


def test_a_header_that_comes_again_is_found():
    rows = examples(["a", "text", "text", "b"], ["x", "label", "x", "label"])
    named = dataclasses.replace(rows, text_column="text", label_column="label")
    assert find_oddities({TRAIN: named})[TRAIN].headers.tolist() == [1]
    assert find_oddities({TRAIN: rows})[TRAIN].headers.tolist() == []
    numbers = dataclasses.replace(examples(["0", "a"], ["1", "1"]), text_column="0", label_column="1")
    assert find_oddities({TRAIN: numbers})[TRAIN].headers.tolist() == []
