"""Lower case and accents, each by itself: against the parts of an independent port, and by figures of vocabularies."""

import random
import unicodedata

import pytest
import tensorflow as tf
from official.nlp.tools import tokenization as peer

from bert_tf.text.case import choose_case, describe_case, doubt_case, early_lower_case
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import Vocabulary, parse_vocabulary
from bert_tf.text.wordpiece import WordPieceTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
COMBINATIONS = [(False, False), (False, True), (True, False), (True, True)]
TEXTS = {
    "Spanish": "El Niño ÑANDÚ comió CAMARÓN, ¿qué más?\u00a0¡Ánimo! pingüino PINGÜINO cafe\u0301",
    "German": "Straße STRASSE STRAẞE Übermäßig ÄÖÜ äöü Fuß fu\u0308r GRÜSSE, Größe",
    "Turkish": "İstanbul ISPARTA ığdır Iğdır İİ ıI Çağrı ŞİŞLİ i\u0307 ÖĞRETMEN",
    "Greek": "ΟΔΟΣ ΟΔΌΣ. Σ ΣΑΣ ΆΛΦΑ ᾼ ΐ ΟΔΟ\u0301Σ ΑΣ\u0301 ΑΣ\u00adΒ σ ς; ὈΔΥΣΣΕΎΣ ;ΑΣ",
    "Vietnamese": "TIẾNG VIỆT Tiếng Việt đường ĐƯỜNG e\u0302\u0301 Nguyễn ữ Ữ ệ",
    "others": "한국어 がぎ パ अनुमति الْعَرَبِيَّة آب 中文ﬁ Å Å Ǆ ǅ Ⅷ Ⓐ ≠ ≮ ½ ﾊﾟ ⅷ",
}


def reference(vocabulary: Vocabulary, lower_case: bool, strip_accents: bool, text: str) -> list[int]:
    """What the parts of the port make of a text, put together as in the original, accents apart from case."""
    basic = peer.BasicTokenizer(do_lower_case=False)
    pieces = peer.WordpieceTokenizer(vocab=vocabulary.ids, max_input_chars_per_word=200)
    ids = []
    for word in peer.whitespace_tokenize(basic._tokenize_chinese_chars(basic._clean_text(text))):
        form = word.lower() if lower_case else word
        if strip_accents:
            form = "".join(c for c in unicodedata.normalize("NFD", form) if unicodedata.category(c) != "Mn")
        for part in peer.whitespace_tokenize(" ".join(basic._run_split_on_punc(form))):
            ids += [vocabulary[piece] for piece in pieces.tokenize(part)]
    return ids


def pieces_of(texts: list[str], seed: int) -> Vocabulary:
    """Words, halves of words and characters of texts in every form that case and accents can have, most of them."""
    rng = random.Random(seed)
    forms = [form for text in texts for form in (text, text.lower(), text.upper())]
    forms += [unicodedata.normalize("NFD", form) for form in forms]
    forms += ["".join(c for c in form if unicodedata.category(c) != "Mn") for form in forms]
    words = {word for form in forms for word in form.split()}
    halves = {half for word in words for half in (word[: len(word) // 2], "##" + word[len(word) // 2 :])}
    letters = {piece for word in words for c in word for piece in (c, "##" + c)}
    known = [piece for piece in sorted(words | halves | letters) if rng.random() < 0.8 and piece.strip("#")]
    return parse_vocabulary("\n".join((*SPECIAL, "a", *known)).encode(), "vocab.txt")


def tokenize(vocabulary: Vocabulary, lower_case: bool, strip_accents: bool, texts: list[str]) -> list[list[int]]:
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=lower_case, strip_accents=strip_accents)
    return tokenizer.tokenize(tf.constant(texts)).to_list()


def random_texts(count: int) -> list[str]:
    rng = random.Random(3)
    alphabet = [*range(0x20, 0x530), *range(0x1E00, 0x2070), *range(0x3040, 0x3100), 0xAC00, 0x4E00, 0x1F600]
    return ["".join(chr(rng.choice(alphabet)) for _ in range(rng.randrange(30))) for _ in range(count)]


@pytest.mark.parametrize(("lower_case", "strip_accents"), COMBINATIONS)
def test_each_combination_gives_the_ids_of_the_rules(lower_case, strip_accents):
    texts = [*TEXTS.values(), *(word for text in TEXTS.values() for word in text.split()), *random_texts(300)]
    vocabulary = pieces_of(texts[:-150], seed=1)
    expected = [reference(vocabulary, lower_case, strip_accents, text) for text in texts]
    found = tokenize(vocabulary, lower_case, strip_accents, texts)
    assert [each for each in zip(texts, found, expected, strict=True) if each[1] != each[2]] == []
    assert len({tuple(row) for row in found}) > len(texts) // 2  # Not all of them unknown.


@pytest.mark.parametrize("lower_case", [False, True])
def test_the_rules_are_those_of_the_port_where_it_has_any(lower_case):
    texts = list(TEXTS.values())
    vocabulary = pieces_of(texts, seed=4)
    full = peer.BasicTokenizer(do_lower_case=lower_case)
    pieces = peer.WordpieceTokenizer(vocab=vocabulary.ids, max_input_chars_per_word=200)
    for text in texts:
        expected = [vocabulary[piece] for word in full.tokenize(text) for piece in pieces.tokenize(word)]
        assert reference(vocabulary, lower_case, lower_case, text) == expected


BY_HAND = [
    ("Ñandú", True, False, "ñandú"),
    ("Ñandú", False, True, "Nandu"),
    ("STRAẞE", True, False, "straße"),
    ("İI", True, False, "i\u0307i"),  # Python's lower case, whatever the language: i, a dot above, i.
    ("İI", True, True, "ii"),
    ("İı", False, True, "Iı"),
    ("ΌΔΟΣ", True, False, "όδος"),
    ("ΌΔΟΣ", False, True, "ΟΔΟΣ"),
    ("Việt", False, True, "Viet"),
    ("e\u0301", True, False, "e\u0301"),  # Nothing is composed.
]


@pytest.mark.parametrize(("lower_case", "strip_accents"), COMBINATIONS[1:])
def test_forms_written_by_hand(lower_case, strip_accents):
    cases = [(text, form) for text, *case, form in BY_HAND if case == [lower_case, strip_accents]]
    vocabulary = Vocabulary((*SPECIAL, *(form for _, form in cases)))
    found = tokenize(vocabulary, lower_case, strip_accents, [text for text, _ in cases])
    assert found == [[len(SPECIAL) + index] for index in range(len(cases))]


def test_accents_go_with_lower_case_unless_told_and_tell_the_rows_apart():
    vocabulary = Vocabulary((*SPECIAL, "a"))
    default, other = (
        TextStep(vocabulary, lower_case=True, strip_accents=chosen, max_seq_length=8).fingerprint
        for chosen in (None, False)
    )
    assert (default["lower_case"], default["strip_accents"]) == (True, True)
    assert {name for name in default if default[name] != other[name]} == {"strip_accents"}


def words(count: int, *shares: tuple[int, str]) -> Vocabulary:
    """A vocabulary of `count` entries, of which so many have each of the shapes."""
    shaped = [f"{shape}{index}" for share, shape in shares for index in range(share)]
    rest = [f"a{index}" for index in range(count - len(SPECIAL) - len(shaped))]
    return Vocabulary((*SPECIAL, *shaped, *rest))


SPANISH = words(5000, (700, "ñ"))
ENGLISH = words(5000)
CASED = words(5000, (900, "A"), (100, "É"))
CHINESE = Vocabulary((*SPECIAL, "<S>", *(chr(0x4E00 + index) for index in range(5000))))
ARABIC = Vocabulary((*SPECIAL, *(chr(0x628 + index % 19) + "ا" * (index // 19) for index in range(2000))))


@pytest.mark.parametrize(
    ("vocabulary", "early", "found"),
    [
        (SPANISH, False, (True, True)),
        (ENGLISH, True, (True, True)),
        (CASED, False, (False, False)),
        (CHINESE, True, (True, True)),
        (ARABIC, True, (True, True)),
        (words(5000, (5, "A")), True, (True, True)),
        (words(5000, (6, "A")), False, (False, False)),
    ],
)
def test_the_guess_is_by_capitals_alone(vocabulary, early, found):
    assert choose_case(vocabulary, None, None) == found
    assert early_lower_case(vocabulary) is early


@pytest.mark.parametrize("vocabulary", [SPANISH, ENGLISH, CASED, CHINESE, ARABIC])
@pytest.mark.parametrize("lower_case", [False, True])
def test_what_is_typed_is_obeyed(vocabulary, lower_case):
    assert choose_case(vocabulary, lower_case, None) == (lower_case, lower_case)
    for strip_accents in (False, True):
        assert choose_case(vocabulary, lower_case, strip_accents) == (lower_case, strip_accents)


@pytest.mark.parametrize(
    ("vocabulary", "typed", "told"),
    [
        (ENGLISH, (None, None), []),
        (ENGLISH, (True, None), []),
        (ENGLISH, (False, None), ["capitals are kept, but only 0 of the 5,000 entries"]),
        (ENGLISH, (None, False), ["accents are kept, but only 0 of the 5,000 entries"]),
        (CASED, (None, None), []),
        (CASED, (None, False), []),
        (CASED, (True, None), ["lower-cased, and 1,000 of the 5,000 entries", "removed, and 100 of the 5,000 entries"]),
        (CASED, (True, False), ["lower-cased, and 1,000 of the 5,000 entries"]),
        (CASED, (None, True), ["removed, and 100 of the 5,000 entries"]),
        (SPANISH, (None, None), ["removed, and 700 of the 5,000 entries"]),
        (SPANISH, (True, False), []),
        (CHINESE, (None, None), []),
        (CHINESE, (False, None), []),
        (CHINESE, (False, False), []),
        (ARABIC, (False, None), []),
    ],
)
def test_a_contradiction_is_told_with_figures(vocabulary, typed, told):
    found = doubt_case(vocabulary, *typed)
    assert len(found) == len(told)
    assert all(part in doubt.what for part, doubt in zip(told, found, strict=True)), found


@pytest.mark.parametrize(("name", "lower_case"), [("uncased", True), ("cased", False), ("chinese", True)])
def test_published_vocabularies_leave_no_doubt(shared, name, lower_case):
    path = shared / "data" / "bert_vocabs" / name / "vocab.txt"
    vocabulary = parse_vocabulary(path.read_bytes(), str(path))
    assert choose_case(vocabulary, None, None) == (lower_case, lower_case)
    assert doubt_case(vocabulary, None, None) == []


def test_each_combination_has_words_of_its_own():
    assert len({describe_case(lower_case=lower, strip_accents=strip) for lower, strip in COMBINATIONS}) == 4
