import pytest
import tensorflow as tf
from official.nlp.tools import tokenization as peer

from bert_tf.errors import InputError
from bert_tf.text.case import choose_case
from bert_tf.text.vocabulary import matchable_entries, parse_vocabulary, tell_repeated, tell_unmatchable
from bert_tf.text.wordpiece import WordPieceTokenizer

SPECIAL = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"


@pytest.mark.parametrize(
    ("name", "entries", "lower_case"),
    [("uncased", 30522, True), ("cased", 28996, False), ("multi_cased", 119547, False), ("chinese", 21128, True)],
)
def test_published_vocabularies_have_their_size_and_case(shared, name, entries, lower_case):
    path = shared / "data" / "bert_vocabs" / name / "vocab.txt"
    vocabulary = parse_vocabulary(path.read_bytes(), str(path))
    assert (len(vocabulary), vocabulary.used, vocabulary.repeated) == (entries, entries, ())
    assert choose_case(vocabulary, None, None)[0] is lower_case
    assert vocabulary["[PAD]"] == 0


def test_only_a_line_feed_ends_a_line():
    vocabulary = parse_vocabulary((SPECIAL + "a\u2028b\r\nc").encode(), "v")
    assert vocabulary.entries[4:] == ("a\u2028b", "c")


def test_a_repeated_entry_has_the_id_of_its_last_line():
    assert parse_vocabulary((SPECIAL + "a\na\n").encode(), "v")["a"] == 5


# What follows the special tokens in vocabularies that text editors, Windows and failed conversions left.
ODD = {
    "blank last lines": "a\nb\n\n\n\n",
    "blank lines inside": "a\n\nb\n",
    "no last line feed": "a\nb",
    "end of file of DOS": "a\nb\n\x1a",
    "end of file of DOS, twice": "a\nb\n\x1a\n\x1a\n",
    "lines of Windows": "a\r\nb\r\n",
    "a carriage return inside": "a\rb\nb\n\r",
    "white space around": " a\t\nb \u3000\n",
    "white space inside": "a b\nb\n",
    "repeated": "a\nb\na\n##b\nb\na\n##b\n",
    "NUL": "a\0b\n\0\n##\0\nb\n",
    "byte order marks": "a\ufeff\n\ufeff\n##\ufeff\nb\n",
    "noncharacters": "\ufffe\n##\ufffe\na\ufffeb\n\uffff\nb\n",
    "replacement characters": "\ufffd\n##\ufffd\nb\n",
    "bidi and zero width": "\u202e\na\u200db\n\u200b\nb\n",
    "continuations of nothing": "##\n##\n####\nb\n",
    "too long": "a" * 257 + "\n##" + "b" * 300 + "\nb\n",
    "as long as can be": "a" * 200 + "\n##" + "b" * 256 + "\nb\n",
    "longer than a word in four bytes each": "\U00010400" * 65 + "\nb\n",
    "separators of lines and paragraphs": "\u2028\n\u2029\n\u0085\nb\n",
    "control characters": "\x01\n\x1c\n\x7f\n\x9f\na\x07\nb\n",
}


def parsed(rest):
    return parse_vocabulary((SPECIAL + rest).encode(), "v")


@pytest.mark.parametrize("rest", ODD.values(), ids=ODD)
def test_an_odd_vocabulary_has_the_ids_of_an_independent_reader(tmp_path, rest):
    (tmp_path / "vocab.txt").write_bytes((SPECIAL + rest).encode())
    assert parsed(rest).ids == dict(peer.load_vocab(str(tmp_path / "vocab.txt")))


def test_texts_get_the_ids_that_odd_lines_give_them_in_an_independent_port():
    lines = "\n".join(ODD.values()).split("\n")
    vocabulary = parsed("\n".join(lines))
    lines += ["a b", "ab", "abb", "bb \x1a b", "a\0b", "\ufffe", "a\ufffeb", "\uffff b", "☃", "☃4"]
    texts = [text for line in lines for text in (line, f"a {line}b") if len(line.encode()) <= 258]
    texts += [f"☃{index} \ufffe{index} \uffff{index} \ufdd0{index}" for index in range(len(vocabulary))]
    basic = peer.BasicTokenizer(do_lower_case=False)
    pieces = peer.WordpieceTokenizer(vocab=vocabulary.ids, max_input_chars_per_word=200)
    expected = [
        [vocabulary[piece] for word in basic.tokenize(text) for piece in pieces.tokenize(word)] for text in texts
    ]
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=False, strip_accents=False)
    found = tokenizer.tokenize(tf.constant(texts)).to_list()
    assert [each for each in zip(texts, found, expected, strict=True) if each[1] != each[2]] == []


def test_blank_and_hopeless_lines_at_the_end_take_no_room_in_the_model():
    for rest in ("a\nb\n\n\n\n", "a\nb\n\x1a", "a\nb\n\0\n\u200b\n##\n", "a\nb\n" + "c" * 257):
        assert parsed(rest).used == 6 < len(parsed(rest))
    assert parsed("a\n\n\nb\n\n").used == 8


@pytest.mark.parametrize(
    ("rest", "unmatchable", "repeated"),
    [
        ("a\nb\n", "", ""),
        ("a\n\n\n", "2 entries that no text matches; the first is '' in line 6", ""),
        ("a\nb\nc d\n", "1 entry that no text matches; the first is 'c d' in line 7", ""),
        ("a\n\x1a", r"1 entry that no text matches; the first is '\x1a' in line 6", ""),
        ("a\n" + "b" * 300, f"the first is '{'b' * 40}'... in line 6", ""),
        ("a\nb\na\n\n\n", "2 entries that no", "1 entry that a later line repeats, whose id counts; the first is 'a'"),
    ],
)
def test_what_can_not_match_and_what_is_repeated_is_told(rest, unmatchable, repeated):
    vocabulary = parsed(rest)
    for told, part in ((tell_unmatchable(vocabulary), unmatchable), (tell_repeated(vocabulary), repeated)):
        assert part in told
        assert bool(told) is bool(part)


def test_the_matcher_gets_distinct_entries_and_every_other_keeps_its_id():
    vocabulary = parse_vocabulary((SPECIAL + "a\n\u2028\na\n##\nb c\nd\n").encode(), "v")
    entries = matchable_entries(vocabulary)
    assert len(set(entries)) == len(entries) == len(vocabulary)
    assert [entries.index(entry) for entry in ("[UNK]", "a", "d")] == [1, 6, 9]
    assert not [entry for entry in entries if not entry or entry.isspace()]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without .CLS., .SEP., .PAD., .UNK."),
        (b"[PAD]\n[CLS]\n[SEP]\n", r"without .UNK."),
        ((SPECIAL + "[unused0]\n").encode(), "with 5 entries, none of which a text can hold"),
        ((SPECIAL + "\x1a\n\n\0\n").encode(), "with 7 entries, none of which a text can hold"),
        (SPECIAL.encode() + b"\xff\n", "UTF-8 text. Received: 'byte 0xff at v.txt:5'"),
    ],
)
def test_what_is_no_vocabulary_is_refused(data, message):
    with pytest.raises(InputError, match=message):
        parse_vocabulary(data, "v.txt")
