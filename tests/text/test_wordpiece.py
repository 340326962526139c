import json
import random

import pytest
import tensorflow as tf
from official.nlp.tools import tokenization as peer

from bert_tf.text.case import choose_case
from bert_tf.text.vocabulary import parse_vocabulary
from bert_tf.text.wordpiece import MAX_WORD_CHARACTERS, WordPieceTokenizer

TINY = parse_vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##a\n##b\nb\n.\nσ\n##σ\n##ς\nοσ\n".encode(), "tiny")


def read_vocabulary(shared, name):
    path = shared / "data" / "bert_vocabs" / name / "vocab.txt"
    return parse_vocabulary(path.read_bytes(), str(path)), str(path)


def tokenizer_of(vocabulary):
    lower_case, strip_accents = choose_case(vocabulary, None, None)
    return WordPieceTokenizer(vocabulary, lower_case=lower_case, strip_accents=strip_accents)


def tokenize_all(tokenizer, texts):
    step = tf.function(tokenizer.tokenize, input_signature=[tf.TensorSpec([None], tf.string)])
    return step(tf.constant(texts)).to_list()


@pytest.mark.parametrize("name", ["uncased", "cased", "multi_cased", "chinese"])
def test_every_golden_line_gives_googles_ids(shared, golden, name):
    vocabulary, _ = read_vocabulary(shared, name)
    lines = (golden / f"tokenization_{name}.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert len(rows) == 490
    texts = [row["text"].encode("utf-8", "surrogatepass") for row in rows]
    ids = tokenize_all(tokenizer_of(vocabulary), texts)
    assert [row["source"] for row, found in zip(rows, ids, strict=True) if found != row["ids"]] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("uncased", "glue/SST-2/dev.tsv"),
        ("uncased", "glue/MRPC/test.tsv"),
        ("uncased", "wnut17/emerging.dev.conll"),
        ("cased", "wikitext2/valid.txt"),
        ("chinese", "chnsenticorp/dev.tsv"),
        ("multi_cased", "xquad/xquad.zh.json"),
    ],
)
def test_real_text_gives_the_ids_of_an_independent_port(shared, name, path):
    vocabulary, vocabulary_path = read_vocabulary(shared, name)
    lines = (shared / "data" / path).read_text(encoding="utf-8").split("\n")[:2000]
    texts = [piece for line in lines for piece in (line[i : i + 500] for i in range(0, len(line), 500))]
    full = peer.FullTokenizer(vocabulary_path, do_lower_case=choose_case(vocabulary, None, None)[0])
    full.wordpiece_tokenizer.max_input_chars_per_word = MAX_WORD_CHARACTERS
    expected = [full.convert_tokens_to_ids(full.tokenize(text)) for text in texts]
    ids = tokenize_all(tokenizer_of(vocabulary), texts)
    assert [text for text, found, wanted in zip(texts, ids, expected, strict=True) if found != wanted] == []


@pytest.mark.parametrize("name", ["uncased", "cased"])
def test_random_characters_give_the_ids_of_an_independent_port(shared, name):
    vocabulary, vocabulary_path = read_vocabulary(shared, name)
    rng = random.Random(20)
    alphabet = [
        *range(0x20, 0x250),
        *range(0x300, 0x530),
        *range(0x1E00, 0x2070),
        *range(0x3000, 0x3100),
        0x4E00,
        0x1F600,
    ]
    texts = ["".join(chr(rng.choice(alphabet)) for _ in range(rng.randrange(30))) for _ in range(3000)]
    full = peer.FullTokenizer(vocabulary_path, do_lower_case=choose_case(vocabulary, None, None)[0])
    expected = [full.convert_tokens_to_ids(full.tokenize(text)) for text in texts]
    ids = tokenize_all(tokenizer_of(vocabulary), texts)
    assert [text for text, found, wanted in zip(texts, ids, expected, strict=True) if found != wanted] == []


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a" * 200, ["a"] + ["##a"] * 199),
        ("a" * 201, ["[UNK]"]),
        ("a" * 201 + " a", ["[UNK]", "a"]),
        ("á" * 200, ["a"] + ["##a"] * 199),  # 400 bytes, but 200 characters.
        ("á" * 201, ["[UNK]"]),
        ("x", ["[UNK]"]),
        ("ax", ["[UNK]"]),
        ("a.b", ["a", ".", "b"]),
        ("", []),
        (" \t\n", []),
        ("\xad", []),
        ("ΟΣ", ["[UNK]"]),  # The last sigma of a word is another letter, for which there is no entry.
        ("ΟΣ.", ["[UNK]", "."]),
        ("ΟΣΑ", ["[UNK]"]),
        ("Σ", ["σ"]),
        ("AΣ", ["a", "##ς"]),
        ("AΣ'", ["a", "##ς", "[UNK]"]),
        ("AΣΣ", ["a", "##σ", "##ς"]),
        ("AΣ A", ["a", "##ς", "a"]),
    ],
)
def test_words_of_a_tiny_vocabulary(text, entries):
    (ids,) = tokenize_all(tokenizer_of(TINY), [text])
    assert [TINY.entries[index] for index in ids] == entries


def test_bytes_that_are_no_utf8_are_dropped():
    assert tokenize_all(tokenizer_of(TINY), [b"a\xffb"]) == [[4, 6]]


def test_lines_do_not_influence_each_other():
    tokenizer = tokenizer_of(TINY)
    texts = ["a", "AΣ", "", "b" * 300, "中a", "b.", "Σ"]
    together = tokenize_all(tokenizer, texts)
    assert together == [tokenize_all(tokenizer, [text])[0] for text in texts]
