import itertools
import re

import pytest

from bert_tf.data.readers.conll import ConllLayout, Separator, conll_text, read_conll
from bert_tf.data.readers.sentences import Sentences
from bert_tf.errors import InputError

PLAIN = ConllLayout()
TWO = [("Ann", "B-per"), ("met", "O")], [("Bo", "B-per"), ("\xa0", "O"), ("x" * 10_000, "I-per")]
WORDS = [tuple(word for word, _ in sentence) for sentence in TWO]
TAGS = [tuple(tag for _, tag in sentence) for sentence in TWO]


def file_of(folder, text):
    path = folder / "a.conll"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def read(folder, text, layout=PLAIN, *, is_labelled=True):
    return read_conll(file_of(folder, text), layout, is_labelled=is_labelled)


def laid_out(between="\t", end="\n", gap="", last="\n"):
    sentences = [end.join(f"{word}{between}{tag}" for word, tag in sentence) for sentence in TWO]
    return f"{end}{gap}{end}".join(sentences) + (end if last else "")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", ["\n", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("gap", ["", " ", "\t", "\ufeff"])
@pytest.mark.parametrize(("between", "told"), [("\t", "tabs"), (" ", "single blanks"), ("  ", "white space")])
def test_tokens_and_tags_do_not_depend_on_how_lines_and_columns_are_parted(
    tmp_path, between, told, gap, end, last, mark
):
    sentences = read(tmp_path, mark + laid_out(between, end, gap, last).encode())
    assert (sentences.words, sentences.tags) == (WORDS, TAGS)
    assert list(sentences.lines) == [1, 4]
    assert f"2 columns between {told}: tokens in column 1, tags in column 2" in sentences.summary()
    assert "1 blank line" in sentences.summary()
    assert ("1 blank line with a byte order mark, the first is line 3" in sentences.notes) == (gap == "\ufeff")


def write(path, text):
    with open(path, "w", newline="", encoding="utf-8") as stream:
        stream.write(text)


@pytest.mark.parametrize("between", ["\t", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["\n", ""])
@pytest.mark.parametrize("gap", ["", "\t", "\ufeff"])
def test_what_is_written_are_the_same_lines_with_one_more_column(tmp_path, between, end, last, gap):
    text = laid_out(between, end, gap, last)
    sentences = read(tmp_path, text)
    predicted = [tuple(f"P{index}-{place}" for place in range(len(tags))) for index, tags in enumerate(TAGS)]
    path = str(tmp_path / "out.conll")
    write(path, conll_text(sentences, predicted))
    again = read_conll(path, PLAIN, is_labelled=True)
    assert (again.words, again.tags, again.lines) == (WORDS, predicted, sentences.lines)
    assert read_conll(path, ConllLayout(tag_column=-2), is_labelled=True).tags == TAGS
    with open(path, newline="", encoding="utf-8") as stream:
        assert re.sub(rf"{between}P\d-\d(?=[\r\n]|$)", "", stream.read()) == text


@pytest.mark.parametrize(
    ("layout", "words", "tags"),
    [
        (PLAIN, ("EU", "rejects"), ("B-ORG", "O")),
        (ConllLayout(tag_column=1), ("EU", "rejects"), ("NNP", "VBZ")),
        (ConllLayout(tag_column=-2), ("EU", "rejects"), ("B-NP", "B-VP")),
        (ConllLayout(token_column=1, tag_column=2), ("NNP", "VBZ"), ("B-NP", "B-VP")),
        (ConllLayout(separator=Separator.BLANK), ("EU", "rejects"), ("B-ORG", "O")),
    ],
)
def test_any_column_may_hold_tokens_or_tags(tmp_path, layout, words, tags):
    sentences = read(tmp_path, "EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n", layout)
    assert (sentences.words, sentences.tags) == ([words], [tags])


DOCUMENTS = (
    "one O O\n\n-DOCSTART- -X- O\n\ntwo O O\n\nthree O O\n-DOCSTART-\n-DOCSTART- -X- -X- O\n\nfour O O\nfive O O\n"
)


def test_lines_mark_documents_and_part_sentences(tmp_path):
    sentences = read(tmp_path, DOCUMENTS)
    assert sentences.words == [("one",), ("two",), ("three",), ("four", "five")]
    assert list(sentences.documents) == [0, 1, 1, 2]
    assert list(sentences.lines) == [1, 5, 7, 11]
    assert sentences.location(3, 1).endswith("a.conll:12")
    assert "3 to mark documents" in sentences.summary()
    written = conll_text(sentences, [("A",), ("B",), ("C",), ("D", "E")])
    assert written == (
        "one O O A\n\n-DOCSTART- -X- O O\n\ntwo O O B\n\nthree O O C\n-DOCSTART-\n-DOCSTART- -X- -X- O\n\n"
        "four O O D\nfive O O E\n"
    )


def test_without_marks_each_sentence_is_a_document_of_its_own(tmp_path):
    assert list(read(tmp_path, laid_out()).documents) == [0, 1]


def test_the_name_of_a_language_is_removed_if_all_tokens_have_it(tmp_path):
    sentences = read(tmp_path, "en:a\tO\nen::\tO\n\nen:en:\tO\n")
    assert sentences.words == [("a", ":"), ("en:",)]
    assert "'en:' removed from all tokens" in sentences.notes
    assert conll_text(sentences, [("X", "Y"), ("Z",)]) == "en:a\tO\tX\nen::\tO\tY\n\nen:en:\tO\tZ\n"
    assert read(tmp_path, "zh-min-nan:a\tO\n").words == [("a",)]
    for text in ("en:a\tO\nb\tO\n", "en:a\tO\nde:a\tO\n", "12:30\tO\n", "https://a\tO\n"):
        assert [line.split("\t")[0] for line in text.splitlines()] == list(read(tmp_path, text).words[0])


def test_a_file_without_tags_can_be_read_for_prediction(tmp_path):
    sentences = read(tmp_path, "a\nb\n\n\u200b\n", is_labelled=False)
    assert (sentences.words, sentences.tags) == ([("a", "b"), ("\u200b",)], None)
    assert conll_text(sentences, [("X", "Y"), ("Z",)]) == "a\tX\nb\tY\n\n\u200b\tZ\n"
    assert read(tmp_path, "a\t\nb\t\n", is_labelled=False).words == [("a", "b")]


@pytest.mark.parametrize(
    ("text", "layout", "messages"),
    [
        ("a\tO\nb\n", PLAIN, ["as many columns as the first one", "a.conll:2", "'1 column and not 2'"]),
        ("a O\nb c O\n", PLAIN, ["a.conll:2", "'3 columns and not 2'"]),
        ("a\tO\n\tO\n", PLAIN, ["A token must have a character", "a.conll:2, column 'token'"]),
        ("a O\n O\n", ConllLayout(separator=Separator.BLANK), ["A token must have", "a.conll:2, column 'token'"]),
        ("a O\n O\n", PLAIN, ["'1 column and not 2'"]),
        ("en:a\tO\nen:\tO\n", PLAIN, ["A token must have", "a.conll:2"]),
        ("a\tO\nb\t\n", PLAIN, ["A tag must", "a.conll:2, column 'tag'", "Received: ''"]),
        ("a\tO\nb\tNN O\n", PLAIN, ["A tag must", "a.conll:2, column 'tag'", "Received: 'NN O'"]),
        ("a\tO\nb\0\tO\n", PLAIN, ["NUL", "a.conll:2"]),
        (b"a\tO\n\xff\tO\n", PLAIN, ["UTF-8", "a.conll:2"]),
        ("a\n", PLAIN, ["must have a column of tags", "a.conll:1"]),
        ("a,O\n", PLAIN, ["must have a column of tags", "Received: \"'a,O'\""]),
        ("a O O\n", ConllLayout(tag_column=3), ["the column of its tags, 3", "Received: '3 columns'"]),
        ("a O O\n", ConllLayout(token_column=-4), ["the column of its tokens, -4", "--text_column"]),
        ("a O O\n", ConllLayout(token_column=2), ["different columns", "column 2 for both"]),
        ("", PLAIN, ["at least one token", "'0 lines without'"]),
        ("\n-DOCSTART- O\n \n", PLAIN, ["at least one token", "'3 lines without'"]),
    ],
)
def test_faults_are_told_with_their_place(tmp_path, text, layout, messages):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, layout)
    told = str(caught.value)
    assert [message for message in messages if message not in told] == [], told


def test_all_faults_of_a_file_are_gathered(tmp_path):
    with pytest.raises(InputError, match="4 faults in 5 rows") as caught:
        read(tmp_path, "a\tO\nb\n\n\tO\nc\t\nd\tx y\n")
    assert len(caught.value.details) == 3 + 4


def test_there_must_be_a_tag_for_every_token(tmp_path):
    sentences = read(tmp_path, laid_out())
    for tags in ([("O", "O"), ("O", "O")], [("O", "O")], [("O", "O"), ("O",) * 4]):
        with pytest.raises(ValueError, match=r"shorter|longer"):
            conll_text(sentences, tags)


def test_sentences_that_were_not_in_columns_get_some(tmp_path):
    sentences = Sentences("a.jsonl", WORDS, TAGS, [1, 2], [0, 1])
    path = str(tmp_path / "b.conll")
    write(path, conll_text(sentences, [("X", "Y"), ("X", "Y", "Z")]))
    again = read_conll(path, ConllLayout(tag_column=1), is_labelled=True)
    assert (again.words, again.tags) == (WORDS, TAGS)
    with pytest.raises(InputError, match=r"no tab and no line end \(a.jsonl:2\)"):
        conll_text(Sentences("a.jsonl", [("a",), ("b\n",)], None, [1, 2], [0, 1]), [("O",), ("O",)])


# Sentences and tokens, as published with the data.
SHARED = {
    "wnut17/wnut17train.conll": (3394, 62_730),
    "wnut17/emerging.dev.conll": (1009, 15_733),
    "wnut17/emerging.test.annotated": (1287, 23_394),
    "wnut17/emerging.test": (1287, 23_394),
    "wikiann_en/dev.conll": (10_000, 80_536),
}


@pytest.mark.parametrize("name", SHARED)
def test_every_line_of_published_files_is_read_and_written_again(shared, name):
    path = shared / "data" / name
    has_tags = not name.endswith(".test")
    sentences = read_conll(str(path), PLAIN, is_labelled=has_tags)
    assert (len(sentences), sum(map(len, sentences.words))) == SHARED[name]
    lines = path.read_bytes().decode().split("\n")
    tokens = [line for line in lines if line.strip("\ufeff\t")]
    prefix = "en:" if name.startswith("wikiann") else ""
    tags = sentences.tags or [[""] * len(words) for words in sentences.words]
    pairs = zip(itertools.chain.from_iterable(sentences.words), itertools.chain.from_iterable(tags), strict=True)
    assert tokens == [prefix + "\t".join(filter(None, pair)) for pair in pairs]
    written = conll_text(sentences, [["X"] * len(words) for words in sentences.words]).split("\n")
    assert written == [f"{line}\tX" if line.strip("\ufeff\t") else line for line in lines]


@pytest.mark.parametrize("width", [2, 3, 4, 5, 10])
def test_any_number_of_columns_is_read_and_any_of_them_may_hold_the_tags(tmp_path, width):
    rows = [[f"{word}{column}" for column in range(width)] for word in "ab"]
    text = "".join("\t".join(row) + "\n" for row in rows)
    assert read(tmp_path, text).tags == [tuple(row[-1] for row in rows)]
    for column in range(1, width):
        found = read(tmp_path, text, ConllLayout(tag_column=column))
        assert (found.words, found.tags) == ([("a0", "b0")], [tuple(row[column] for row in rows)])


def test_words_may_stand_alone_only_where_nothing_is_learnt(tmp_path):
    assert read(tmp_path, "a\nb\n", is_labelled=None).tags is None
    with pytest.raises(InputError, match="must have a column of tags beside its tokens"):
        read(tmp_path, "a\nb\n")
