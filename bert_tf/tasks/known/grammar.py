"""A data set that needs no download: acceptability judgements made from a small grammar of English.

Each sentence is built from a plan (subject, verb, object, place). An unacceptable one is built from the same kind of
plan with one fault: wrong agreement, a determiner of the wrong number, a missing or superfluous object, a wrong form
after an auxiliary, a reflexive that does not fit, or two words that changed places.

Everything is a function of a seed, so every machine makes the same sentences. A checksum of the words decides which
split a sentence belongs to, so no sentence stands in two splits.
"""

import bisect
import dataclasses
import enum
import random
import zlib
from collections.abc import Sequence

from bert_tf.data.choices import LabelForm
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TEST, TRAIN, Split

UNACCEPTABLE, ACCEPTABLE = "0", "1"
_SIZES = {TRAIN: 4000, DEV: 600, TEST: 600}
_PRETEXT_SIZES = {TRAIN: 60000, DEV: 2000, TEST: 2000}
_SEED = 20180
_BEGINNING = 2  # Words of a sentence that all endings follow on.
_OFFSETS = {TRAIN: 0, DEV: 1, TEST: 3}  # Of the seed; another number would change the demo's sentences.

# Singular, plural, and the reflexive of the singular.
_NOUNS = (
    ("girl", "girls", "herself"),
    ("boy", "boys", "himself"),
    ("queen", "queens", "herself"),
    ("king", "kings", "himself"),
    ("woman", "women", "herself"),
    ("man", "men", "himself"),
    ("cat", "cats", "itself"),
    ("dog", "dogs", "itself"),
    ("horse", "horses", "itself"),
    ("robot", "robots", "itself"),
    ("bird", "birds", "itself"),
    ("mouse", "mice", "itself"),
    ("daughter", "daughters", "herself"),
    ("son", "sons", "himself"),
    ("waitress", "waitresses", "herself"),
    ("waiter", "waiters", "himself"),
)
_THINGS = (
    ("apple", "apples"),
    ("book", "books"),
    ("letter", "letters"),
    ("chair", "chairs"),
    ("basket", "baskets"),
    ("knife", "knives"),
    ("song", "songs"),
    ("stone", "stones"),
    ("ticket", "tickets"),
    ("mirror", "mirrors"),
)
# Base, third person singular, past, past participle, present participle.
_TRANSITIVE = (
    ("find", "finds", "found", "found", "finding"),
    ("carry", "carries", "carried", "carried", "carrying"),
    ("praise", "praises", "praised", "praised", "praising"),
    ("notice", "notices", "noticed", "noticed", "noticing"),
    ("take", "takes", "took", "taken", "taking"),
    ("choose", "chooses", "chose", "chosen", "choosing"),
    ("describe", "describes", "described", "described", "describing"),
    ("hide", "hides", "hid", "hidden", "hiding"),
)
_INTRANSITIVE = (
    ("sleep", "sleeps", "slept", "slept", "sleeping"),
    ("arrive", "arrives", "arrived", "arrived", "arriving"),
    ("smile", "smiles", "smiled", "smiled", "smiling"),
    ("fall", "falls", "fell", "fallen", "falling"),
    ("wait", "waits", "waited", "waited", "waiting"),
    ("laugh", "laughs", "laughed", "laughed", "laughing"),
    ("appear", "appears", "appeared", "appeared", "appearing"),
    ("vanish", "vanishes", "vanished", "vanished", "vanishing"),
)
_ADJECTIVES = ("old", "young", "small", "happy", "tired", "clever", "brown", "quiet", "famous", "hungry")
_SINGULAR_DETERMINERS = ("the", "a", "this", "that", "every", "each")
_PLURAL_DETERMINERS = ("the", "these", "those", "many", "several", "most")
_PLACES = ("garden", "kitchen", "forest", "station", "river", "castle", "market", "school")
_PREPOSITIONS = ("near", "behind", "outside", "beside")
_ADVERBS = ("quietly", "often", "yesterday", "again", "today", "slowly")
_MODALS = ("can", "will", "must", "may", "should", "could")
_OTHER_WORDS = (
    "does",
    "do",
    "not",
    "has",
    "have",
    "is",
    "are",
    "was",
    "were",
    "herself",
    "himself",
    "itself",
    "themselves",
)


# What the phrases are of whose nouns these are.
_TYPES = {
    "WHO": [form for noun in _NOUNS for form in noun[:2]],
    "WHAT": [form for noun in _THINGS for form in noun],
    "WHERE": list(_PLACES),
}


class Fault(enum.Enum):
    """What is wrong with an unacceptable sentence."""

    AGREEMENT = enum.auto()
    DETERMINER = enum.auto()
    OBJECT = enum.auto()
    VERB_FORM = enum.auto()
    REFLEXIVE = enum.auto()
    ORDER = enum.auto()


class _Tense(enum.Enum):
    PRESENT = enum.auto()
    PAST = enum.auto()
    MODAL = enum.auto()
    PERFECT = enum.auto()
    PROGRESSIVE = enum.auto()
    NEGATED = enum.auto()


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What a sentence says, before it is put in words."""

    subject: tuple[str, str, str]
    is_plural: bool
    tense: _Tense
    verb: tuple[str, str, str, str, str]
    is_transitive: bool
    is_reflexive: bool


@dataclasses.dataclass(frozen=True)
class Clause:
    """An acceptable sentence by its phrases.

    Attributes:
        subject: The noun of its subject, in the singular.
        who: The subject.
        does: The verb, with what helps it.
        what: The object; none if it has none.
        where: The place, with its preposition; none if it has none.
    """

    subject: str
    who: list[str]
    does: list[str]
    what: list[str]
    where: list[str]

    @property
    def words(self) -> list[str]:
        """All words, in their order."""
        return [*self.who, *self.does, *self.what, *self.where]


def lexicon() -> list[str]:
    """Every word of the grammar, sorted; the demonstration's vocabulary holds them all."""
    forms = [word for group in (_NOUNS, _THINGS, _TRANSITIVE, _INTRANSITIVE) for row in group for word in row]
    lists = (_ADJECTIVES, _SINGULAR_DETERMINERS, _PLURAL_DETERMINERS, _PLACES, _PREPOSITIONS, _ADVERBS, _MODALS)
    return sorted({*forms, *(word for words in lists for word in words), *_OTHER_WORDS, "the"})


def acceptability(split: Split) -> Examples:
    """Returns the demonstration's data: about as many acceptable as unacceptable sentences.

    Args:
        split: Which part; all are labelled except the test set.
    """
    rng = random.Random(_SEED)
    rows: dict[str, str] = {}
    while len(rows) < _SIZES[split]:
        fault = rng.choice(list(Fault)) if rng.random() < 0.5 else None
        text = _sentence(rng, fault)
        if _split_of(text) is split:
            rows.setdefault(text, ACCEPTABLE if fault is None else UNACCEPTABLE)
    return _examples(rows, split, "the demo grammar")


def corruption(split: Split) -> Examples:
    """Returns a pretext task for a first checkpoint: acceptable sentences, half of them corrupted at random.

    Two neighbours change places, or a word is replaced by one that is near it in the alphabet, which often is another
    form of it. No sentence, corrupted or not, could stand in the dev or test split of `acceptability`.

    Args:
        split: Which part; the sets differ in size and sentences.
    """
    rng = random.Random(_SEED + 1 + _OFFSETS[split])
    words = lexicon()
    rows: dict[str, str] = {}
    while len(rows) < _PRETEXT_SIZES[split]:
        intact = _sentence(rng, None)
        text = intact if rng.random() < 0.5 else _corrupt(rng, intact.rstrip(".").lower().split(), words)
        if _split_of(text) is TRAIN:
            rows.setdefault(text, ACCEPTABLE if text == intact else UNACCEPTABLE)
    return _examples(rows, split, "the demo grammar, corrupted")


def phrases(split: Split) -> Examples:
    """Returns acceptable sentences with the phrases that say who, what and where, as tags of their words in IOB2.

    Args:
        split: Which part; all are labelled except the test set.
    """
    rng = random.Random(_SEED + 2)
    rows: dict[str, str] = {}
    words: list[tuple[str, ...]] = []
    while len(rows) < _SIZES[split]:
        text = _sentence(rng, None)
        if _split_of(text) is split and text not in rows:
            words.append((*text.removesuffix(".").split(), "."))
            rows[text] = " ".join(_tag(words[-1]))
    return dataclasses.replace(_examples(rows, split, "phrases of the demo grammar"), words=words)


def make_clause(rng: random.Random, *, has_object: bool) -> Clause:
    """Returns an acceptable sentence with an object, or with a place.

    Args:
        rng: Draws the words.
        has_object: Which of the two.
    """
    plan = _plan(rng, None)
    while plan.is_reflexive or plan.is_transitive is not has_object:
        plan = _plan(rng, None)
    who = _noun_phrase(rng, plan.subject, plan.is_plural, wrong_determiner=False)
    does = _verb_phrase(rng, plan, None)
    if has_object:
        what = _noun_phrase(rng, rng.choice(_THINGS), rng.random() < 0.4, wrong_determiner=False)
        return Clause(plan.subject[0], who, does, what, where=[])
    return Clause(plan.subject[0], who, does, [], [rng.choice(_PREPOSITIONS), "the", rng.choice(_PLACES)])


def endings(split: Split) -> Examples:
    """Returns beginnings of acceptable sentences, each with two to four endings: the words of one are in their order.

    Args:
        split: Which part; all are labelled except the test set.
    """
    rng = random.Random(_SEED + 3)
    rows: dict[str, str] = {}
    choices: list[tuple[str, ...]] = []
    while len(rows) < _SIZES[split]:
        text = _sentence(rng, None)
        end = text.removesuffix(".").split()[_BEGINNING:]
        if _split_of(text) is not split or text in rows or len(set(end)) < 3:  # Two words have no three other orders.
            continue
        right = " ".join(end)
        found = {right}
        while len(found) < 2 + len(rows) % 3:
            found.add(" ".join(rng.sample(end, len(end))))
        choices.append(tuple(rng.sample(sorted(found), len(found))))
        rows[text] = str(choices[-1].index(right))
    begun = [" ".join(text.split()[:_BEGINNING]) for text in rows]
    labels = [LabelForm.LETTER.labels_of(each) for each in choices]
    made = _examples(rows, split, "endings of the demo grammar")
    return dataclasses.replace(made, first=begun, choices=choices, choice_labels=labels, label_form=LabelForm.LETTER)


def _tag(words: Sequence[str]) -> list[str]:
    """A phrase begins with its determiner and ends with its noun, which tells its type."""
    types = {form: kind for kind, nouns in _TYPES.items() for form in nouns}
    determiners = {*_SINGULAR_DETERMINERS, *_PLURAL_DETERMINERS, "an"}
    tags = ["O"] * len(words)
    for first, word in enumerate(words):
        if word.lower() in determiners:
            last = next(place for place in range(first + 1, len(words)) if words[place] in types)
            kind = types[words[last]]
            tags[first : last + 1] = [f"B-{kind}", *([f"I-{kind}"] * (last - first))]
    return tags


def _corrupt(rng: random.Random, sentence: list[str], words: list[str]) -> str:
    if rng.random() < 0.25:
        place = rng.randrange(len(sentence) - 1)
        sentence[place], sentence[place + 1] = sentence[place + 1], sentence[place]
    else:
        place = rng.randrange(len(sentence))
        near = bisect.bisect_left(words, sentence[place]) + rng.choice((-2, -1, 1, 2))
        sentence[place] = words[near % len(words)]
    return write(sentence)


def _examples(rows: dict[str, str], split: Split, origin: str) -> Examples:
    return Examples(
        origin=f"{origin} ({split.name})",
        first=list(rows),
        second=None,
        labels=None if split is TEST else list(rows.values()),
        ids=[str(index) for index in range(len(rows))],
    )


def _split_of(text: str) -> Split:
    bucket = zlib.crc32(text.encode()) % 10
    return {0: DEV, 1: TEST}.get(bucket, TRAIN)


def _sentence(rng: random.Random, fault: Fault | None) -> str:
    plan = _plan(rng, fault)
    words = _noun_phrase(rng, plan.subject, plan.is_plural, fault is Fault.DETERMINER)
    words += _verb_phrase(rng, plan, fault)
    if fault is Fault.REFLEXIVE:
        words.append(
            rng.choice([word for word in ("herself", "himself", "itself", "themselves") if word != _reflexive(plan)])
        )
    elif plan.is_reflexive:
        words.append(_reflexive(plan))
    elif plan.is_transitive != (fault is Fault.OBJECT):
        words += _noun_phrase(rng, rng.choice(_THINGS), rng.random() < 0.4, wrong_determiner=False)
    if rng.random() < 0.4:
        words += [rng.choice(_PREPOSITIONS), "the", rng.choice(_PLACES)]
    if rng.random() < 0.4:
        words.append(rng.choice(_ADVERBS))
    if fault is Fault.ORDER:
        place = rng.choice(
            [i for i in range(len(words) - 1) if words[i] in ("the", "a", "this", "these", "those", "that")] or [0]
        )
        words[place], words[place + 1] = words[place + 1], words[place]
    return write(words)


def _plan(rng: random.Random, fault: Fault | None) -> _Plan:
    is_transitive = rng.random() < 0.5 or fault is Fault.REFLEXIVE
    tenses = [_Tense.PRESENT, _Tense.PERFECT, _Tense.PROGRESSIVE, _Tense.NEGATED]
    if fault is not Fault.AGREEMENT:
        tenses += [_Tense.MODAL, _Tense.PAST]
    return _Plan(
        subject=rng.choice(_NOUNS),
        is_plural=rng.random() < 0.5,
        tense=rng.choice(tenses)
        if fault is not Fault.VERB_FORM
        else rng.choice([_Tense.MODAL, _Tense.PERFECT, _Tense.NEGATED]),
        verb=rng.choice(_TRANSITIVE if is_transitive else _INTRANSITIVE),
        is_transitive=is_transitive,
        is_reflexive=is_transitive and rng.random() < 0.3 and fault is not Fault.OBJECT,
    )


def _noun_phrase(rng: random.Random, noun: tuple[str, ...], is_plural: bool, wrong_determiner: bool) -> list[str]:
    determiners = _PLURAL_DETERMINERS if is_plural != wrong_determiner else _SINGULAR_DETERMINERS
    determiner = rng.choice([word for word in determiners if word != "the"] if wrong_determiner else determiners)
    adjective = [rng.choice(_ADJECTIVES)] if rng.random() < 0.4 else []
    rest = [*adjective, noun[is_plural]]
    return ["an" if determiner == "a" and rest[0][0] in "aeiou" else determiner, *rest]


def _verb_phrase(rng: random.Random, plan: _Plan, fault: Fault | None) -> list[str]:
    base, singular, past, participle, progressive = plan.verb
    is_plural = plan.is_plural != (fault is Fault.AGREEMENT)
    if fault is Fault.VERB_FORM:
        base = rng.choice([singular, progressive])
        participle = rng.choice([singular, progressive])
    match plan.tense:
        case _Tense.PRESENT:
            return [base if is_plural else singular]
        case _Tense.PAST:
            return [past]
        case _Tense.MODAL:
            return [rng.choice(_MODALS), base]
        case _Tense.PERFECT:
            return ["have" if is_plural else "has", participle]
        case _Tense.PROGRESSIVE:
            return [rng.choice(("are", "were") if is_plural else ("is", "was")), progressive]
        case _Tense.NEGATED:
            return ["do" if is_plural else "does", "not", base]


def _reflexive(plan: _Plan) -> str:
    return "themselves" if plan.is_plural else plan.subject[2]


def write(words: list[str], end: str = ".") -> str:
    """Returns words as a sentence."""
    text = " ".join(words)
    return text[0].upper() + text[1:] + end
