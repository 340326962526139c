import pytest

from bert_tf.errors import InputError
from bert_tf.text.vocabulary import check_case, matchable_entries, parse_vocabulary

SPECIAL = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"


@pytest.mark.parametrize(
    ("name", "entries", "lower_case"),
    [("uncased", 30522, True), ("cased", 28996, False), ("multi_cased", 119547, False), ("chinese", 21128, True)],
)
def test_published_vocabularies_have_their_size_and_case(shared, name, entries, lower_case):
    path = shared / "data" / "bert_vocabs" / name / "vocab.txt"
    vocabulary = parse_vocabulary(path.read_bytes(), str(path))
    assert (len(vocabulary), vocabulary.lower_case) == (entries, lower_case)
    assert vocabulary["[PAD]"] == 0


def test_only_a_line_feed_ends_a_line():
    vocabulary = parse_vocabulary((SPECIAL + "a\u2028b\r\nc").encode(), "v")
    assert vocabulary.entries[4:] == ("a\u2028b", "c")


def test_a_repeated_entry_has_the_id_of_its_last_line():
    assert parse_vocabulary((SPECIAL + "a\na\n").encode(), "v")["a"] == 5


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
        (SPECIAL.encode() + b"\xff\n", "UTF-8 text. Received: 'byte 0xff at v.txt:5'"),
    ],
)
def test_what_is_no_vocabulary_is_refused(data, message):
    with pytest.raises(InputError, match=message):
        parse_vocabulary(data, "v.txt")


def test_the_case_comes_from_the_vocabulary_and_must_not_contradict_it():
    cased = parse_vocabulary((SPECIAL + "Aa\n").encode(), "v.txt")
    assert check_case(cased, None, "v.txt") is False
    assert check_case(cased, False, "v.txt") is False
    with pytest.raises(InputError, match=r"v.txt is cased. Received: '--do_lower_case=True'"):
        check_case(cased, True, "v.txt")
