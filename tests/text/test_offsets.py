"""Offsets against a slow reference: Google's rules in Python, each character with the index it came from."""

import functools
import itertools
import json
import unicodedata

import pytest
import tensorflow as tf

from bert_tf.text.case import choose_case
from bert_tf.text.vocabulary import UNK, parse_vocabulary
from bert_tf.text.wordpiece import WordPieceTokenizer

ODD_TEXTS = (
    "",
    " ",
    "\t\r\n ",
    "The cafe\u0301 in Zu\u0308rich: na\u00efve, d\u00e9j\u00e0-vu!",
    "e\u0301\u0302\u0303 \u0301 \u0301e e \u0301",
    "\u0301",
    "a\u200d\u0301 a\u0301\u200d a\u0301\u200d\u0301b",
    "\u1ea4\u1ec7\u01d6 \u0344 o\u0344",
    "\N{LATIN SMALL LIGATURE FI}nal e\N{LATIN SMALL LIGATURE FFI}cient",
    "\u0130stanbul D\u0130YARBAKIR \u0130\u0130\u0130",
    "Stra\u00dfe STRASSE \u1e9e",
    "ΟΔΥΣΣΕΥΣ ΚΑΙ Σ. ΆΓΙΟΣ ΣΑΣ\u0301",
    "한국어 텍스트 값 \u1112\u1161\u11ab",
    "がぎぐ パピプ か\u3099",
    "بِسْمِ اللَّهِ",
    "בְּרֵאשִׁית",
    "ภาษาไทย ที่นี่ น้ำ",
    "हिन्दी में लिखा क्षेत्र",
    "我爱北京abc天安门。豈\U0002f800\U00020000",
    "a\u200bb \u200b a\u00adb \u00ad\ufeffword\ufeff",
    "\x00a\x01b\x7fc\ufffd d\x85e",
    "a\u00a0b\u2003c\u3000d\u2028e\u2029f",
    "😀 ok😀👍🏽 👨\u200d👩\u200d👧",
    "ａｂｃ １２３ ½ ①",
    "x" * 200 + " " + "y" * 201 + "z",
    "x" * 300,
    "\u00e9" * 200 + " " + "e\u0301" * 201 + " " + "中" * 300,
    "\U0001f600" * 201,
    "[MASK] [UNK] ##ing can't ... --",
    "\ue000 \U000f0000 \ufffe\uffff",
)
BROKEN = (
    b"a\xffb",
    b"\xc3",
    b"caf\xc3\xa9 \xe4\xb8 \xe4\xb8\xad x",
    b"\xed\xa0\x80e\xcc\x81",
    b"\xc0\x80 \xf4\x90\x80\x80 9",
)


TINY = parse_vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##a\n##b\nb\n.\ne\nᄀ\n##ᅡ\n中\n".encode(), "tiny")


@pytest.fixture(scope="module")
def tiny():
    return WordPieceTokenizer(TINY, lower_case=True, strip_accents=True)


def read_vocabulary(shared, name):
    path = shared / "data" / "bert_vocabs" / name / "vocab.txt"
    return parse_vocabulary(path.read_bytes(), str(path))


@functools.cache
def is_kept(char):
    return char in "\t\n\r" or (char not in "\0\ufffd" and unicodedata.category(char) not in ("Cc", "Cf"))


@functools.cache
def is_space(char):
    return char in " \t\n\r" or unicodedata.category(char) in ("Zs", "Zl", "Zp")


@functools.cache
def is_punctuation(char):
    return (char.isascii() and char.isprintable() and not char.isalnum()) or unicodedata.category(char)[0] == "P"


@functools.cache
def is_cjk(char):
    return unicodedata.name(char, "").startswith("CJK ") and unicodedata.category(char) == "Lo"


def words_with_sources(text, lower_case, strip_accents):
    """Google's basic tokenizer: each word is a list of (character, index in the text)."""
    chars = [(char, index) for index, char in enumerate(text) if is_kept(char)]
    chars = [c for char, i in chars for c in ([(" ", i), (char, i), (" ", i)] if is_cjk(char) else [(char, i)])]
    for has_space, group in itertools.groupby(chars, lambda pair: is_space(pair[0])):
        word = list(group)
        if has_space:
            continue
        if lower_case:
            sources = [index for char, index in word for _ in char.lower()]
            word = list(zip("".join(char for char, _ in word).lower(), sources, strict=True))
        if strip_accents:
            word = [(c, index) for char, index in word for c in unicodedata.normalize("NFD", char)]
            word = [(char, index) for char, index in word if unicodedata.category(char) != "Mn"]
        number = 0
        numbered = []
        for char, index in word:
            alone = is_punctuation(char)
            numbered.append((number + alone, char, index))
            number += 2 * alone
        for _, part in itertools.groupby(numbered, lambda triple: triple[0]):
            yield [(char, index) for _, char, index in part]


def word_pieces(word, ids):
    """Google's word piece tokenizer: the longest match first, (id, index of the first, index of the last)."""
    text = "".join(char for char, _ in word)
    pieces, start = [], 0
    while start < len(text):
        prefix = "##" if start else ""
        ends = (end for end in range(len(text), start, -1) if prefix + text[start:end] in ids)
        end = next(ends, None) if len(text) <= 200 else None
        if end is None:
            return [(ids[UNK], word[0][1], word[-1][1])]
        pieces.append((ids[prefix + text[start:end]], word[start][1], word[end - 1][1]))
        start = end
    return pieces


def reference(text, ids, lower_case, strip_accents):
    """(id, start, end) of each piece."""
    found = []
    for word in words_with_sources(text, lower_case, strip_accents):
        for piece, first, last in word_pieces(word, ids):
            end = last + 1
            while strip_accents and end < len(text) and unicodedata.category(text[end]) == "Mn":
                end += 1
            found.append((piece, first, end))
    return found


def pieces_of(tokenizer, texts):
    pieces = tokenizer.tokenize_with_offsets(tf.constant(texts, tf.string))
    columns = [column.to_list() for column in (pieces.ids, pieces.starts, pieces.ends)]
    return [list(zip(*row, strict=True)) for row in zip(*columns, strict=True)]


def tokenizer_of(vocabulary):
    lower_case, strip_accents = choose_case(vocabulary, None, None)
    return WordPieceTokenizer(vocabulary, lower_case=lower_case, strip_accents=strip_accents)


@pytest.mark.parametrize(("lower_case", "strip_accents"), [*itertools.product([False, True], repeat=2)])
def test_odd_texts_have_the_offsets_of_the_reference(shared, lower_case, strip_accents):
    vocabulary = read_vocabulary(shared, "multi_cased")
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=lower_case, strip_accents=strip_accents)
    data = [*(text.encode() for text in ODD_TEXTS), *BROKEN]
    texts = [text.decode(errors="ignore") for text in data]
    expected = [reference(text, vocabulary.ids, lower_case, strip_accents) for text in texts]
    found = pieces_of(tokenizer, data)
    assert [(text, f, e) for text, f, e in zip(texts, found, expected, strict=True) if f != e] == []


@pytest.mark.parametrize("name", ["uncased", "cased", "multi_cased", "chinese"])
def test_golden_lines_have_googles_ids_and_the_offsets_of_the_reference(shared, golden, name):
    vocabulary = read_vocabulary(shared, name)
    lines = (golden / f"tokenization_{name}.jsonl").read_text(encoding="utf-8").splitlines()[::3]
    rows = [json.loads(line) for line in lines]
    data = [row["text"].encode("utf-8", "surrogatepass") for row in rows]
    found = pieces_of(tokenizer_of(vocabulary), data)
    case = choose_case(vocabulary, None, None)
    expected = [reference(text.decode(errors="ignore"), vocabulary.ids, *case) for text in data]
    assert [row["source"] for row, f in zip(rows, found, strict=True) if [p for p, _, _ in f] != row["ids"]] == []
    assert [row["source"] for row, f, e in zip(rows, found, expected, strict=True) if f != e] == []


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" Ab .", ["A", "b", "."]),
        ("\u00c1b", ["\u00c1", "b"]),
        ("A\u0301\u0302b\u0301.\u0301", ["A\u0301\u0302", "b\u0301", ".\u0301"]),
        ("\u0301a", ["a"]),  # The mark of nothing.
        ("a\u200d\u0301", ["a"]),  # The mark of a character that is dropped.
        ("a\u0301\u200d", ["a\u0301"]),
        ("a\xadb\xad", ["a", "b"]),
        ("\ufeffa", ["a"]),
        ("가", ["가", "가"]),  # Each of two letters of one syllable.
        ("中中\u0301a", ["中", "中\u0301", "a"]),
        ("ax\U0001f600\u0301 b", ["ax\U0001f600\u0301", "b"]),
        ("x" * 300 + "\u0301 b", ["x" * 300 + "\u0301", "b"]),
        ("e\u0301" * 201, ["e\u0301" * 201]),
    ],
)
def test_a_piece_stands_for_what_is_written(tiny, text, pieces):
    for lines in ([text], ["中", text, "", "a"]):
        found = pieces_of(tiny, lines)[lines.index(text)]
        assert [text[start:end] for _, start, end in found] == pieces


def test_marks_that_are_kept_are_characters_of_their_own():
    (found,) = pieces_of(WordPieceTokenizer(TINY, lower_case=True, strip_accents=False), ["中\u0301a"])
    assert found == [(12, 0, 1), (1, 1, 3)]


def test_no_texts_have_no_pieces(tiny):
    assert pieces_of(tiny, []) == []


def test_a_saved_model_gives_the_same_offsets_with_one_op_of_tensorflow_text(tiny, tmp_path):
    texts = [text.encode() for text in ODD_TEXTS]
    module = tf.Module()
    module.serve = tf.function(
        lambda texts: [*vars(tiny.tokenize_with_offsets(texts)).values()],
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    graph = module.serve.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert {node.op for node in nodes if "Wordpiece" in node.op} == {"FastWordpieceTokenizeWithOffsets"}
    assert {node.op for node in nodes} & {"PyFunc", "EagerPyFunc", "While", "StatelessWhile"} == set()
    tf.saved_model.save(module, str(tmp_path))
    columns = [column.to_list() for column in tf.saved_model.load(str(tmp_path)).serve(tf.constant(texts))]
    assert [list(zip(*row, strict=True)) for row in zip(*columns, strict=True)] == pieces_of(tiny, texts)


@pytest.mark.parametrize(
    ("name", "path", "split"), [("uncased", "xquad/xquad.en.json", 1), ("chinese", "xquad/xquad.zh.json", 0)]
)
def test_an_answer_on_piece_boundaries_is_cut_exactly(shared, name, path, split):
    vocabulary = read_vocabulary(shared, name)
    data = json.loads((shared / "data" / path).read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in data for paragraph in article["paragraphs"]]
    found = pieces_of(tokenizer_of(vocabulary), [paragraph["context"] for paragraph in paragraphs])
    case = choose_case(vocabulary, None, None)
    exact, off = 0, []
    for paragraph, pieces in zip(paragraphs, found, strict=True):
        context = paragraph["context"]
        expected = reference(context, vocabulary.ids, *case)
        first_of = {start: index for index, (_, start, _) in enumerate(expected)}
        last_of = {end: index for index, (_, _, end) in enumerate(expected)}
        for answer in (answer for question in paragraph["qas"] for answer in question["answers"]):
            start = answer["answer_start"]
            first, last = first_of.get(start), last_of.get(start + len(answer["text"]))
            if first is None or last is None:
                off.append(answer["text"])
                continue
            exact += context[pieces[first][1] : pieces[last][2]] == answer["text"]
    assert len(off) == split, off  # English: one ends within the piece "70" of "2,700,000".
    assert exact + split == 1190
