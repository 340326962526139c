import itertools

import numpy as np
import pytest

from bert_tf.errors import InputError
from bert_tf.tasks.answers.tag_schemes import (
    Entity,
    Scheme,
    Spelling,
    convert,
    entities,
    illegal,
    recognize,
    transitions,
    write,
)

WRITING = (Scheme.IOB1, Scheme.IOB2, Scheme.BIOES)
TYPES = ("loc", "work-of-art")
LETTERS = {Scheme.IOB1: "BI", Scheme.IOB2: "BI", Scheme.BIOES: "BIES"}
LONGEST = 4


def labels_of(scheme):
    return ["O", *(f"{letter}-{kind}" for letter in LETTERS[scheme] for kind in TYPES)]


def all_sequences(scheme):
    for length in range(LONGEST + 1):
        yield from itertools.product(labels_of(scheme), repeat=length)


def all_layouts(length, start=0):
    """Every way to lay entities of two types into a sentence."""
    yield ()
    for first, last in itertools.combinations(range(start, length + 1), 2):
        for kind, rest in itertools.product(TYPES, list(all_layouts(length, last))):
            yield (Entity(kind, first, last), *rest)


def conlleval(tags):
    """The entities of a sentence by the two tables of conlleval, which were written for B, I, O and E."""
    found, start = [], None
    for place, (before, tag) in enumerate(itertools.pairwise(["O", *tags, "O"])):
        (old, _, old_kind), (new, _, new_kind) = before.partition("-"), tag.partition("-")
        differs = old_kind != new_kind
        if old + new in ("BB", "BO", "IB", "IO") or (old != "O" and differs):
            found.append(Entity(old_kind, start, place))
        if old + new in ("BB", "IB", "OB", "OI") or (new != "O" and differs):
            start = place
    return found


@pytest.mark.parametrize("scheme", [Scheme.IOB1, Scheme.IOB2])
def test_entities_are_those_of_conlleval_whether_legal_or_not(scheme):
    for tags in all_sequences(scheme):
        assert entities(tags, scheme) == conlleval(tags), tags


@pytest.mark.parametrize("spelling", Spelling)
@pytest.mark.parametrize("scheme", WRITING)
def test_entities_come_back_from_their_tags(scheme, spelling):
    for length in range(LONGEST + 2):
        layouts = list(all_layouts(length))
        written = {write(layout, length, scheme, spelling) for layout in layouts}
        assert len(written) == len(layouts)
        for layout in layouts:
            assert entities(write(layout, length, scheme, spelling), scheme) == list(layout)


@pytest.mark.parametrize("scheme", WRITING)
def test_tags_are_legal_if_and_only_if_their_entities_are_written_so(scheme):
    start, between, end = transitions(labels_of(scheme), scheme)
    place = {label: index for index, label in enumerate(labels_of(scheme))}
    for tags in all_sequences(scheme):
        is_legal = write(entities(tags, scheme), len(tags), scheme) == tags
        assert (illegal(tags, scheme) == []) == is_legal, tags
        if tags:
            steps = [between[place[a], place[b]] for a, b in itertools.pairwise(tags)]
            assert bool(start[place[tags[0]]] and all(steps) and end[place[tags[-1]]]) == is_legal, tags


def test_every_scheme_becomes_every_other_and_comes_back():
    for scheme, to in itertools.product(WRITING, WRITING):
        for layout in all_layouts(LONGEST):
            tags = write(layout, LONGEST, scheme)
            assert convert(convert(tags, scheme, to), to, scheme) == tags


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("O I-a I-b O", Scheme.IOB2, [1, 2]),
        ("B-a I-a B-a B-b", Scheme.IOB1, [0, 3]),
        ("B-a O I-a E-a S-a B-a", Scheme.BIOES, [1, 2, 5]),
        ("O E-a Q-a", Scheme.IOB2, [1, 2]),
        ("NN B-a I-b", Scheme.NONE, []),
        ("", Scheme.BIOES, []),
    ],
)
def test_illegal_tags_are_told_by_their_places(tags, scheme, expected):
    assert illegal(tags.split(), scheme) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-a I-a E-a S-b O", [("a", 0, 3), ("b", 3, 4)]),
        ("B-a L-a U-a U-a", [("a", 0, 2), ("a", 2, 3), ("a", 3, 4)]),
        ("B-a M-a E-a I-a", [("a", 0, 3), ("a", 3, 4)]),
        ("I-a I-a E-a B-a O", [("a", 0, 3), ("a", 3, 4)]),
        ("B M E S", [("", 0, 3), ("", 3, 4)]),
    ],
)
def test_letters_of_bioes_have_their_meaning_in_every_spelling(tags, expected):
    assert entities(tags.split(), Scheme.BIOES) == expected


@pytest.mark.parametrize("scheme", WRITING)
def test_the_scheme_of_legal_tags_is_recognized(scheme):
    layouts = list(all_layouts(LONGEST))
    assert recognize([write(layout, LONGEST, scheme) for layout in layouts]).scheme is scheme


@pytest.mark.parametrize(
    ("tags", "scheme", "spelling", "reason"),
    [
        ("B-a I-a O", Scheme.IOB2, Spelling.BIOES, "IOB2: all tags are legal as IOB2; as IOB1 1 would not be"),
        ("I-a B-a O I-b", Scheme.IOB1, Spelling.BIOES, "IOB1: all tags are legal as IOB1; as IOB2 2 would not be"),
        ("B-a O I-a B-b B-c", Scheme.IOB2, Spelling.BIOES, "IOB2: 1 tag is not legal as IOB2; as IOB1 3 would not be"),
        ("B-a L-a U-a", Scheme.BIOES, Spelling.BILOU, "written as BILOU: there are tags with L, U"),
        ("B M E S O", Scheme.BIOES, Spelling.BMES, "written as BMES"),
        ("S-a O", Scheme.BIOES, Spelling.BIOES, "BIOES: there are tags with S"),
        ("NN VB -LRB- I", Scheme.NONE, Spelling.BIOES, "'NN' is neither O nor"),
        ("O O", Scheme.IOB2, Spelling.BIOES, "IOB2: all tags are legal as IOB2; as IOB1 all would be, too"),
    ],
)
def test_it_is_told_why_a_scheme_was_recognized(tags, scheme, spelling, reason):
    found = recognize([tags.split()])
    assert (found.scheme, found.spelling) == (scheme, spelling)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (["O", "B-a Q-a O Q-a"], r"\(sentence 2, word 2; 2 such tags\). Received: 'Q-a beside tags with B'"),
        (["B-a L-a E-a O"], r"sentence 1, word 2; 2 such tags\). Received: 'L-a, E-a"),
        (["O B_a B-a B-"], r"Received: 'B_a, B- beside"),
    ],
)
def test_tags_of_several_schemes_are_refused_with_their_place(sentences, message):
    with pytest.raises(InputError, match=message):
        recognize([tags.split() for tags in sentences])


def test_what_can_not_be_written_is_refused():
    for found in ([Entity("a", 0, 2), Entity("b", 1, 3)], [Entity("a", 2, 2)], [Entity("a", 1, 4)]):
        with pytest.raises(InputError, match="behind one another within the 3 words"):
            write(found, 3, Scheme.IOB2)
    with pytest.raises(InputError, match="need a scheme"):
        write([Entity("a", 0, 1)], 1, Scheme.NONE)
    with pytest.raises(InputError, match="without a scheme"):
        convert(["O"], Scheme.NONE, Scheme.IOB2)
    with pytest.raises(InputError, match=r"IOB2 writes\. Received: 'S-a'"):
        transitions(["O", "S-a"], Scheme.IOB2)


def test_tags_without_a_scheme_write_no_entities_and_may_stand_anywhere():
    assert entities(["B-a", "NN"], Scheme.NONE) == []
    assert convert(["NN"], Scheme.NONE, Scheme.NONE) == ("NN",)
    assert [np.all(each) for each in transitions(["NN", "B-a"], Scheme.NONE)] == [True] * 3
