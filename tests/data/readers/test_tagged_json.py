import json

import pytest

from bert_tf.data.readers.conll import ConllLayout, conll_text
from bert_tf.data.readers.tagged_files import SentenceFormat, find_sentence_format, read_sentences
from bert_tf.data.readers.tagged_json import JsonNames
from bert_tf.errors import InputError
from bert_tf.text.word_borders import split_words

NAMES = JsonNames()


def read(folder, rows, *, is_labelled=True, name="a.jsonl", names=NAMES):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (folder / name).write_text(text, encoding="utf-8")
    return read_sentences(str(folder / name), ConllLayout(), names, split_words, is_labelled=is_labelled)


def test_tokens_and_tags_are_read_as_they_are(tmp_path):
    rows = [
        {"tokens": ["Ann", "\u200b", " \f"], "tags": ["B-per", "O", "O"]},
        "",
        {"tags": ["X"], "tokens": ["x" * 10_000]},
    ]
    sentences = read(tmp_path, rows)
    assert sentences.words == [("Ann", "\u200b", " \f"), ("x" * 10_000,)]
    assert sentences.tags == [("B-per", "O", "O"), ("X",)]
    assert sentences.lines == [1, 3]
    assert sentences.location(1, 0).endswith("a.jsonl:3")
    assert (sentences.texts, sentences.offsets, sentences.rows) == (None, None, None)
    assert "one object a line; names read: tokens, tags; 1 blank line passed over" in sentences.summary()


TEXT = "Ann Lee met\u00a0Bo (of U.S.) in 北京!"
SPANS = [(0, 7, "per"), (12, 14, "per"), (19, 23, "loc"), (28, 30, "loc")]
CUT = ["Ann", "Lee", "met", "Bo", "(", "of", "U", ".", "S", ".", ")", "in", "北", "京", "!"]
EXPECTED = ["B-per", "I-per", "O", "B-per", "O", "O", "B-loc", *["I-loc"] * 3, "O", "O", "B-loc", "I-loc", "O"]


@pytest.mark.parametrize("name", ["entities", "spans"])
@pytest.mark.parametrize(
    "entity",
    [
        lambda start, end, label: {"start": start, "end": end, "label": label},
        lambda start, end, label: {"start": start, "end": end, "type": label, "id": 7},
        lambda *cells: cells,
    ],
)
def test_entities_by_characters_become_tags_of_words(tmp_path, name, entity):
    row = {"text": TEXT, name: [entity(*span) for span in reversed(SPANS)]}
    sentences = read(tmp_path, [row, {"text": "a", name: []}])
    assert sentences.words == [tuple(CUT), ("a",)]
    assert sentences.tags == [tuple(EXPECTED), ("O",)]
    assert [TEXT[start:end] for start, end in sentences.offsets[0]] == CUT
    assert sentences.texts == [TEXT, "a"]
    assert f"names read: text, {name}; words cut out of 'text'" in sentences.summary()


def test_an_array_and_columns_of_other_names_are_read_too(tmp_path):
    row = {"words": ["a"], "pos": ["DET"], "tokens": 1}
    names = JsonNames(tokens="words", tags="pos")
    assert read(tmp_path, [[row, row]], name="a.json", names=names).tags == [("DET",), ("DET",)]


def test_tokens_that_are_no_strings_yield_to_a_text(tmp_path):
    row = {"text": "a b", "tokens": [{"text": "a"}, {"text": "b"}], "spans": [{"start": 0, "end": 3, "label": "x"}]}
    assert read(tmp_path, [row]).tags == [("B-x", "I-x")]
    assert read(tmp_path, [row], is_labelled=False).words == [("a", "b")]


@pytest.mark.parametrize("row", [{"tokens": ["a", "b"]}, {"text": "a b"}, {"tokens": ["a", "b"], "text": "ab"}])
def test_without_tags_sentences_can_be_read_for_prediction(tmp_path, row):
    sentences = read(tmp_path, [row], is_labelled=False)
    assert (sentences.words, sentences.tags) == ([("a", "b")], None)
    assert conll_text(sentences, [("X", "Y")]) == "a\tX\nb\tY\n\n"


def test_tokens_that_are_taken_come_back_from_columns(tmp_path):
    odd = [*map(chr, (*range(1, 9), 11, 12, *range(14, 33), 0x85, 0xA0, 0xAD, 0x200B, 0x2028, 0x2029, 0xFEFF))]
    tokens = [f"a{char}b{char}" for char in odd] + [f"{char}a" for char in odd[:-1]] + ["-DOCSTART-x", "#", "x:y"]
    sentences = read(tmp_path, [{"tokens": tokens[shift:]} for shift in range(len(tokens))], is_labelled=False)
    (tmp_path / "back.conll").write_text(
        conll_text(sentences, [["O"] * len(words) for words in sentences.words]), newline=""
    )
    back = read_sentences(str(tmp_path / "back.conll"), ConllLayout(), NAMES, split_words, is_labelled=True)
    assert list(back.words) == list(sentences.words)


@pytest.mark.parametrize(
    "entity", ['{"start": 0, "start": 1, "end": 1, "label": "x"}', '{"start": 0, "end": 1, "label": {"a": 1, "a": 1}}']
)
def test_a_key_that_stands_twice_in_an_entity_is_refused_with_its_line(tmp_path, entity):
    row = f'{{"text": "a", "entities": [{entity}]}}'
    check(tmp_path, {"text": "a", "entities": []}, row, ["each key once", "in 'entities'"])
    rows = ['[{"text": "a", "entities": []},', f"{row},", '{"text": "a", "entities": []}]']
    with pytest.raises(InputError, match=r"each key once \(.*a\.json:2"):
        read(tmp_path, rows, name="a.json")


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ({"tokens": [], "tags": []}, ["at least", "column 'tokens'", "[]"]),
        ({"tokens": "a b", "tags": ["O", "O"]}, ["Tokens must be a list", "'a b'"]),
        ({"tokens": ["a", 1], "tags": ["O", "O"]}, ["Tokens must be a list"]),
        ({"tokens": ["a", ""], "tags": ["O", "O"]}, ["A token must have a character"]),
        ({"tokens": ["a", "b"], "tags": ["O"]}, ["as many tags as tokens", "'1 tag and 2 tokens'"]),
        ({"tokens": ["a"], "tags": None}, ["Tags must be a list", "Received: 'null'"]),
        ({"tokens": ["a"], "tags": [1]}, ["Tags must be a list"]),
        ({"tokens": ["a"], "tags": [""]}, ["A tag must be"]),
        ({"tokens": ["a"], "tags": ["B I"]}, ["A tag must be", "'B I'"]),
        ({"tokens": ["a\0"], "tags": ["O"]}, ["NUL"]),
        *[
            ({"tokens": ["a", odd], "tags": ["O", "O"]}, ["A token must be one that a line", "column 'tokens'"])
            for odd in ("a\tb", "\n", "a\r", "-DOCSTART-", " -DOCSTART- x", "\ufeffa")
        ],
        ('{"tokens": ["a"], "tags": ["O"], "tags": ["X"]}', ["must be there once", "'tags'"]),
        ('{"tokens": ["a"], "tags": [{"x": 1, "x": 2}]}', ["each key once", "'x' in 'tags'"]),
        ({"tokens": ["a"]}, ["the same names", "no 'tags'"]),
    ],
)
def test_faults_of_tokens_are_told_with_their_place(tmp_path, row, messages):
    check(tmp_path, {"tokens": ["a"], "tags": ["O"]}, row, messages)


@pytest.mark.parametrize(
    ("text", "entities", "messages"),
    [
        ("", [], ["A text must have a word", "column 'text'"]),
        (" \u00a0\n", [], ["A text must have a word"]),
        (7, [], ["A text must be a string"]),
        ("a", None, ["Entities must be a list", "column 'entities'"]),
        ("a", ["x"], ["whole numbers as start and end", "'x'"]),
        ("a", [{"start": 0.0, "end": 1, "label": "x"}], ["whole numbers"]),
        ("a", [{"start": False, "end": True, "label": "x"}], ["whole numbers"]),
        ("a", [{"start": 0, "end": 1}], ["label of an entity"]),
        ("a", [{"start": 0, "end": 1, "label": " "}], ["label of an entity"]),
        ("a", [[0, 1, "work of art"]], ["label of an entity"]),
        ("a", [[0, 1, "x\ud800"]], ["whole characters"]),
        ("a", [[0, 2, "x"]], ["within its text", "'x 0-2 of 1 character'"]),
        ("a b", [[-1, 1, "x"]], ["within its text"]),
        ("a b", [[1, 1, "x"]], ["within its text"]),
        ("New York", [[1, 8, "x"]], ["begin and end with a word", "x 1-8 'ew York' in 'New York'"]),
        ("New York", [[0, 4, "x"]], ["begin and end with a word", "'New '"]),
        ("a b c", [[0, 3, "x"], [2, 5, "y"]], ["must not overlap", "y 2-5 'b c' and x 0-3 'a b'"]),
        ("a", [[0, 1, "x"], [0, 1, "x"]], ["must not overlap"]),
    ],
)
def test_faults_of_entities_are_told_with_their_place(tmp_path, text, entities, messages):
    check(tmp_path, {"text": "a", "entities": []}, {"text": text, "entities": entities}, messages)


def check(folder, whole, row, messages):
    """Reads a row at fault between two that are whole."""
    with pytest.raises(InputError) as caught:
        read(folder, [whole, row, whole])
    told = str(caught.value)
    wanted = ["a.jsonl:2", "1 fault in 3 rows", *messages]
    assert [message for message in wanted if message not in told] == [], told


def test_a_file_must_have_tokens_or_a_text(tmp_path):
    with pytest.raises(InputError, match=r"'tokens' and 'tags', or with 'text' and 'entities'.*Received: .*'words'"):
        read(tmp_path, [{"words": ["a"]}])
    with pytest.raises(InputError, match=r"'tokens', or with 'text'\. Received: 'an empty object'"):
        read(tmp_path, [{}], is_labelled=False)
    with pytest.raises(InputError, match="at least one row"):
        read(tmp_path, [])


def test_the_end_of_a_name_tells_the_format():
    names = {"a.json": "json", "a.JSONL": "jsonl", "a.ndjson.gz": "jsonl", "a.conll": "conll", "emerging.test": "conll"}
    assert {name: find_sentence_format(name).value for name in names} == names
    assert find_sentence_format("-") is SentenceFormat.COLUMNS


@pytest.mark.parametrize("label", ["B-PER", "I-PER", "O", " O ", "B-", "I-B-x"])
@pytest.mark.parametrize("form", [list, lambda cells: dict(zip(("start", "end", "type"), cells, strict=True))])
def test_an_entity_is_labelled_with_its_type_and_not_with_a_tag(tmp_path, label, form):
    rows = [{"text": "Ann", "entities": []}, {"text": "Ann", "entities": [form([0, 3, label])]}]
    with pytest.raises(
        InputError, match=r"a type such as PER, without B- or I-, and O is none \(.*a\.jsonl:2"
    ) as caught:
        read(tmp_path, rows)
    assert f"Received: {label!r}" in str(caught.value)


@pytest.mark.parametrize("label", ["PER", "E-mail", "U-boat", "b-per", "OO", "B", "o"])
def test_types_may_have_any_other_name(tmp_path, label):
    row = {"text": "Ann Lee", "entities": [[0, 7, label]]}
    assert read(tmp_path, [row]).tags == [(f"B-{label}", f"I-{label}")]


SAME = [
    (["U.S.", "of", "A"], " U.S. of A "),
    (["U", ".", "S.", "ofA"], "U.S. ofA"),
    (["a", "b"], "a\u00a0\u200b b\x07"),
    (["\u4e2d\u6587"], "\u4e2d\u6587"),
]
OTHERS = [
    (["a", "b"], "a c"),
    (["a", "b"], "b a"),
    (["a"], "a b"),
    (["b"], "a b"),
    (["a", "c"], "a b c"),
    (["a", "b"], ""),
    (["a"], "a\u20ac"),
]


@pytest.mark.parametrize(("tokens", "text"), SAME)
def test_tokens_and_a_text_may_both_be_given_if_they_are_the_same_words(tmp_path, tokens, text):
    row = {"tokens": tokens, "text": text, "tags": ["O"] * len(tokens)}
    assert read(tmp_path, [row]).words == [tuple(tokens)]
    assert read(tmp_path, [row], is_labelled=False).words == [tuple(tokens)]


@pytest.mark.parametrize("first", [{}, {"text": "x"}])
@pytest.mark.parametrize(("tokens", "text"), OTHERS)
def test_tokens_and_a_text_of_other_words_are_refused(tmp_path, tokens, text, first):
    rows = [{"tokens": ["x"], "tags": ["O"], **first}, {"tokens": tokens, "text": text, "tags": ["O"] * len(tokens)}]
    for is_labelled in (True, False):
        with pytest.raises(InputError, match=r"must have the same words in both \(.*a\.jsonl:2.*leave it out"):
            read(tmp_path, rows, is_labelled=is_labelled)


def test_what_the_product_predicts_stays_readable(tmp_path):
    text = "Ann\u200b Lee (U.S.)\x07 \u4e2d!"
    words = [text[start:end] for start, end in split_words(text)]
    row = {"id": "0", "text": text, "tokens": words, "tags": ["B-x"] * len(words), "entities": []}
    joined = {**row, "id": "1", "text": " ".join(words)}
    assert read(tmp_path, [row, joined]).words == [tuple(words)] * 2
