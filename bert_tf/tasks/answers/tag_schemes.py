"""How tags write entities: IOB1, IOB2, BIOES, or tags that stand for themselves, such as parts of speech.

A tag is `O`, or a letter that says where in an entity a word stands, with the type behind its first hyphen, such as
`B-creative-work`; where all entities are of one type the letter may stand alone. N tags of a sentence, C labels.

    IOB1     I; B only for the first word behind an entity of the same type
    IOB2     B for the first word, I for the others
    BIOES    B first, I between, E last, S for an entity of a single word

IOB1 and IOB2 are those of Tjong Kim Sang and Veenstra, "Representing text chunks" (EACL 1999).
"""

import dataclasses
import enum
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bert_tf.errors import InputError
from bert_tf.host.console import counted

OUTSIDE = "O"
_SHOWN_TAGS = 5


class Scheme(enum.Enum):
    """What the letters of tags mean."""

    IOB1 = "iob1"
    IOB2 = "iob2"
    BIOES = "bioes"
    NONE = "none"


class Spelling(enum.Enum):
    """Which letters say first, between, last, single in `Scheme.BIOES`."""

    BIOES = "BIES"
    BILOU = "BILU"
    BMES = "BMES"


class Entity(NamedTuple):
    """An entity of a sentence: its type, and its words from `start` up to `end`, without that."""

    type: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Recognized:
    """How tags are written.

    Attributes:
        scheme: What their letters mean.
        spelling: Which letters they are.
        reason: Why it was taken for this, in a line.
    """

    scheme: Scheme
    spelling: Spelling
    reason: str


_LETTERS = {letter for spelling in Spelling for letter in spelling.value}
# The letter of BIOES that each letter stands for; no letter has two meanings.
_MEANING = {letter: meant for spelling in Spelling for letter, meant in zip(spelling.value, "BIES", strict=True)}
_ENDS, _OPENS = frozenset("ES"), frozenset("BI")  # Of BIOES: what ends an entity, what leaves it open.


def split(tag: str) -> tuple[str, str]:
    """Returns the letter, as BIOES has it, and the type of a tag: `L-LOC` is ("E", "LOC"), `O` is ("O", "").

    The letter is empty, and the type the whole tag, if no scheme writes such a tag.
    """
    letter, _, kind = tag.partition("-")
    if tag == OUTSIDE or tag in _LETTERS or (letter in _LETTERS and kind):
        return _MEANING.get(letter, letter), kind
    return "", tag


def _nth(sentence: int, word: int) -> str:
    return f"sentence {sentence + 1}, word {word + 1}"


def recognize(sentences: Iterable[Sequence[str]], place: Callable[[int, int], str] = _nth) -> Recognized:
    """Says how the tags of a data set are written.

    Args:
        sentences: The tags of each sentence.
        place: Tells where a word stands, by the numbers of sentence and word from 0.

    Raises:
        InputError: If some tags are entities and others are none that the same scheme could write.
    """
    sentences = list(sentences)
    counts = Counter(itertools.chain.from_iterable(sentences))
    odd = [tag for tag in counts if not split(tag)[0]]
    named = [tag for tag in counts if _is_of_an_entity(tag)]
    if odd and not (named and OUTSIDE in counts):
        shown = f"{odd[0]!r} is neither O nor a letter of {'/'.join(sorted(_LETTERS))} with a type"
        return Recognized(Scheme.NONE, Spelling.BIOES, f"tags without a scheme: {shown}")
    letters = {tag[0] for tag in counts if tag not in odd} - {OUTSIDE}
    spellings = [Spelling.BIOES] if letters <= {"B", "I"} else [s for s in Spelling if letters <= set(s.value)]
    if odd or not spellings:
        raise _mixed(sentences, set(odd) or {tag for tag in counts if tag[0] not in "BIO"}, letters, place)
    if letters <= {"B", "I"}:
        return _recognize_iob(sentences)
    told = ", ".join(sorted(letters - {"B", "I"}))
    name = spellings[0].name
    written = "" if name == "BIOES" else f", written as {name}"
    return Recognized(Scheme.BIOES, spellings[0], f"BIOES{written}: there are tags with {told}")


def entities(tags: Sequence[str], scheme: Scheme) -> list[Entity]:
    """Returns the entities of a sentence as conlleval counts them, also where the tags break the scheme.

    An entity begins at a B or an S, at any other letter behind O, E or S, and wherever the type changes. That is the
    rule of conlleval for B, I and O, whichever of IOB1 and IOB2 they are; it knows no S, for which the rule continues
    that of E. Tags without a scheme write no entities.

    Args:
        tags: The tags of its N words.
        scheme: How they are written; any letters of BIOES will do.
    """
    found: list[Entity] = []
    if scheme is Scheme.NONE:
        return found
    start, before, kind_before = 0, OUTSIDE, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        letter, kind = split(tag)
        letter = letter or OUTSIDE  # A tag that nobody knows is of no entity.
        begins = letter != OUTSIDE and (letter in "BS" or before in "OES" or kind != kind_before)
        if before != OUTSIDE and (begins or letter == OUTSIDE):
            found.append(Entity(kind_before, start, place))
        if begins:
            start = place
        before, kind_before = letter, kind
    return found


def write(found: Sequence[Entity], length: int, scheme: Scheme, spelling: Spelling = Spelling.BIOES) -> tuple[str, ...]:
    """Returns the tags of a sentence; the way back from `entities`.

    Args:
        found: Its entities, in any order.
        length: N, how many words it has.
        scheme: How to write them.
        spelling: Which letters, for BIOES.

    Raises:
        InputError: If entities overlap, are empty or reach beyond the sentence, or the scheme writes none.
    """
    found = sorted(found, key=lambda entity: entity.start)
    _check_writable(found, length, scheme)
    letters = spelling.value if scheme is Scheme.BIOES else Spelling.BIOES.value
    tags, before = [OUTSIDE] * length, Entity("", -1, -1)
    for entity in found:
        for place in range(entity.start, entity.end):
            letter = letters["BIES".index(_letter(entity, place, before, scheme))]
            tags[place] = f"{letter}-{entity.type}" if entity.type else letter
        before = entity
    return tuple(tags)


def convert(tags: Sequence[str], scheme: Scheme, to: Scheme, spelling: Spelling = Spelling.BIOES) -> tuple[str, ...]:
    """Returns the tags of a sentence in another scheme; illegal ones become what conlleval takes them for.

    Args:
        tags: The tags of its N words.
        scheme: How they are written.
        to: How to write them.
        spelling: Which letters, for BIOES.

    Raises:
        InputError: If one of the schemes is none and the other is not.
    """
    if (scheme is Scheme.NONE) != (to is Scheme.NONE):
        raise InputError(
            "Tags without a scheme can't become tags with one, nor the other way round",
            received=f"{scheme.value} to {to.value}",
            fix="Leave them as they are",
        )
    return tuple(tags) if scheme is Scheme.NONE else write(entities(tags, scheme), len(tags), to, spelling)


def illegal(tags: Sequence[str], scheme: Scheme) -> list[int]:
    """Returns the places of the tags of a sentence that may not stand where they stand.

    These are tags that don't fit the one before them, or that the scheme doesn't write at all; and the last one, if it
    leaves an entity of BIOES open.
    """
    if scheme is Scheme.NONE:
        return []
    around = [OUTSIDE, *tags, OUTSIDE]
    return [
        place
        for place in range(len(tags))
        if not _writes(around[place + 1], scheme)
        or not _may_follow(around[place], around[place + 1], scheme)
        or (place == len(tags) - 1 and not _may_follow(around[-2], OUTSIDE, scheme))
    ]


def transitions(labels: Sequence[str], scheme: Scheme) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns what is legal: bool [C], a label may come first; [C, C], row before column; [C], it may come last.

    Raises:
        InputError: If the scheme does not write one of the labels.
    """
    if strange := [label for label in labels if not _writes(label, scheme)]:
        raise InputError(
            f"Every tag must be one that {scheme.name} writes",
            received=", ".join(strange[:_SHOWN_TAGS]),
            fix="Correct the tags, or choose another scheme",
        )
    around = [OUTSIDE, *labels]
    legal = np.array([[_may_follow(before, label, scheme) for label in around] for before in around])
    return legal[0, 1:], legal[1:, 1:], legal[1:, 0]


def _is_of_an_entity(tag: str) -> bool:
    """Whether a tag has a letter and a hyphen, so that it is surely of an entity; `I` alone may be a part of speech."""
    letter, hyphen, _ = tag.partition("-")
    return bool(hyphen) and letter in _LETTERS


def _writes(tag: str, scheme: Scheme) -> bool:
    letters = "BIOES" if scheme is Scheme.BIOES else "BIO"
    letter = split(tag)[0]
    return scheme is Scheme.NONE or (letter != "" and letter in letters)


def _may_follow(before: str, tag: str, scheme: Scheme) -> bool:
    """Whether a tag may stand behind another; the border of a sentence is as O."""
    (letter_before, kind_before), (letter, kind) = split(before), split(tag)
    in_same = letter_before not in ("", OUTSIDE) and kind == kind_before
    if scheme is Scheme.NONE:
        return True
    if scheme is Scheme.BIOES:
        is_open = letter_before in _OPENS
        return letter in ("I", "E") and in_same if is_open else letter not in ("I", "E")
    if scheme is Scheme.IOB1:
        return letter != "B" or in_same
    return letter != "I" or in_same


def _letter(entity: Entity, place: int, before: Entity, scheme: Scheme) -> str:
    """The letter of a word of an entity, as BIOES has it, with the entity before that one."""
    is_first, is_last = place == entity.start, place == entity.end - 1
    if scheme is Scheme.IOB1:
        return "B" if is_first and (before.type, before.end) == (entity.type, entity.start) else "I"
    if scheme is Scheme.BIOES and is_last:
        return "S" if is_first else "E"
    return "B" if is_first else "I"


def _check_writable(found: Sequence[Entity], length: int, scheme: Scheme) -> None:
    if scheme is Scheme.NONE and found:
        raise InputError("Entities need a scheme to be written", received=scheme.value, fix="Choose IOB2")
    ends = [0, *(entity.end for entity in found)]
    for entity, end in zip(found, ends, strict=False):
        if not end <= entity.start < entity.end <= length:
            raise InputError(
                f"Entities must lie behind one another within the {length} words of their sentence",
                received=f"{entity.type!r} from word {entity.start} to {entity.end}, behind one that ends at {end}",
                fix="Leave one of them out",
            )


def _recognize_iob(sentences: Sequence[Sequence[str]]) -> Recognized:
    """Says which of IOB1 and IOB2 has fewer illegal tags; the second, if both have as many."""
    broken = {scheme: sum(len(illegal(tags, scheme)) for tags in sentences) for scheme in (Scheme.IOB1, Scheme.IOB2)}
    best, other = sorted(broken, key=lambda scheme: (broken[scheme], scheme is Scheme.IOB1))
    count, others = broken[best], broken[other]
    told = f"{counted(count, 'tag')} {'is' if count == 1 else 'are'} not legal" if count else "all tags are legal"
    beside = f"{others:,} would not be" if others else "all would be, too"
    reason = f"{best.name}: {told} as {best.name}; as {other.name} {beside}"
    return Recognized(best, Spelling.BIOES, reason)


def _mixed(
    sentences: Sequence[Sequence[str]], odd: set[str], letters: set[str], place: Callable[[int, int], str]
) -> InputError:
    """The error of tags that no one scheme writes, with the place of the first."""
    places = [(s, w, tag) for s, tags in enumerate(sentences) for w, tag in enumerate(tags) if tag in odd]
    sentence, word, _ = places[0]
    shown = list(dict.fromkeys(tag for _, _, tag in places))
    more = f" and {len(shown) - _SHOWN_TAGS} others" if len(shown) > _SHOWN_TAGS else ""
    beside = f" beside tags with {', '.join(sorted(letters))}" if letters else ""
    return InputError(
        f"All tags must be written in one scheme: IOB1, IOB2, or BIOES with the letters of {_spellings()} "
        f"({place(sentence, word)}; {counted(len(places), 'such tag')})",
        received=", ".join(shown[:_SHOWN_TAGS]) + more + beside,
        fix="Remove lines that are headers or comments, and correct other tags",
    )


def _spellings() -> str:
    return ", ".join(spelling.name for spelling in Spelling)
