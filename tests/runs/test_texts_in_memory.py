import collections
import dataclasses

import numpy as np
import pandas as pd
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.runs.texts_in_memory import asked_in_columns, questions_in_columns, sentences_in_column, texts_in_columns
from bert_tf.tasks.answers.kinds import empty_space
from bert_tf.tasks.custom import CUSTOM

SINGLE, PAIR = ("words",), ("words", "others")
A, B = ["a", "b"], ["c", "d"]


@pytest.mark.parametrize(
    "texts",
    [
        A,
        tuple(A),
        iter(A),
        (text for text in A),
        dict(enumerate(A)).values(),
        collections.deque(A),
        np.array(A),
        np.array(A, object),
        pd.Series(A, index=[7, 3]),
        pd.Series(A, dtype="string"),
        pd.Index(A),
        pd.DataFrame({"label": [0, 1], "words": A}),
        pd.DataFrame({"anything": A}),
        pd.DataFrame({0: A}),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_single_texts(texts):
    (found,) = texts_in_columns(texts, None, SINGLE)
    assert found == A
    assert {type(text) for text in found} == {str}


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        (A, B),
        (np.array([A, B]).T, None),
        (np.array([A, B], object).T, None),
        (pd.Series(A), np.array(B)),
        (pd.DataFrame({"others": B, "id": [0, 1], "words": A}), None),
        (pd.DataFrame({"x": A, "y": B}), None),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_pairs_of_texts(texts, pairs):
    assert texts_in_columns(texts, pairs, PAIR) == [A, B]


def test_no_texts_are_no_answers():
    for texts in ([], np.array([]), pd.Series([], dtype=object), pd.DataFrame({"words": []})):
        assert texts_in_columns(texts, None, SINGLE) == [[]]


SINGLE_FAULTS = [
    ("a", r"Write \[text\] for a single one"),
    (b"a", "must be strings, and no bytes. Received: .*Decode them"),
    ([bytearray(b"a")], "must be strings, and no bytes. Received: .* at position 0.*Decode them"),
    ([memoryview(b"a")], "must be strings, and no bytes. Received: .* at position 0.*Decode them"),
    (np.str_("a"), "must be a list of texts"),
    (5, "must be texts in an order. Received: 'int'"),
    (None, "must be texts in an order. Received: 'NoneType'"),
    ({"a", "b"}, "must be texts in an order. Received: 'set'"),
    (frozenset(A), "must be texts in an order. Received: 'frozenset'"),
    ({"a": 1}, "must be texts in an order. Received: 'dict'"),
    ({"a": 1}.keys(), "must be texts in an order. Received: 'dict_keys'"),
    (collections.Counter(A), "must be texts in an order. Received: 'Counter'"),
    (np.array("a"), "must be texts in an order. Received: 'ndarray'"),
    (np.array([A]), "must be one column of texts. Received: '2 dimensions'"),
    (np.array([b"a"]), r"must be strings, and no bytes. Received: .*b'a'.* at position 0"),
    (np.array(["a", 5], object), "must be strings. Received: '5 at position 1'"),
    (pd.Series(["a", None], dtype=object), "must be strings. Received: 'None at position 1'"),
    (pd.Series(["a", float("nan")]), "must be strings. Received: 'nan at position 1'"),
    (pd.Series(["a", pd.NA], dtype="string"), "must be strings. Received: '<NA> at position 1'"),
    (["\ud800"], "must hold whole characters"),
    (["a", "b\0"], "must hold no NUL"),
    ([["a", "b"]], "must be strings"),
    (pd.DataFrame({"word": A, "label": B}), r"one column 'words'.*Received: 'word, label'. Did you mean 'word'"),
    (pd.DataFrame([[*A, 1]], columns=["words", "words", "label"]), "one column 'words'.*Rename the others"),
    (pd.DataFrame(), r"one column 'words', or no others than texts\. Received: 'no column'\.$"),
]


@pytest.mark.parametrize(("texts", "message"), SINGLE_FAULTS)
def test_what_is_no_texts_is_refused(texts, message):
    with pytest.raises(InputError, match=message):
        texts_in_columns(texts, None, SINGLE)


@pytest.mark.parametrize(
    ("texts", "pairs", "message"),
    [
        (A, set(B), "pairs must be texts in an order. Received: 'set'"),
        (pd.DataFrame({"words": A}), pd.DataFrame({"others": B}), "texts must be one column of texts"),
        (np.array([A]), B, "texts must be one column of texts"),
        (np.array([["a", "b", "c"]]), None, "must have two columns. Received: '3 columns'"),
        (pd.DataFrame({"words": A}), None, "must have one column 'others'"),
        (pd.DataFrame({"words": A, "other": B, "label": A}), None, "one column 'others'.*Did you mean 'other'"),
    ],
)
def test_what_is_no_pairs_is_refused(texts, pairs, message):
    with pytest.raises(InputError, match=message):
        texts_in_columns(texts, pairs, PAIR)


CUT = [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    "texts",
    [
        CUT,
        tuple(map(tuple, CUT)),
        (iter(words) for words in CUT),
        [np.array(words) for words in CUT],
        pd.Series(CUT),
        pd.DataFrame({"tokens": CUT, "tags": CUT}),
        pd.DataFrame({"tokens": CUT, "text": [" ".join(words) for words in CUT]}),
        pd.DataFrame({"text": [tuple(words) for words in CUT], "id": A}),
        pd.DataFrame({"any": [np.array(words) for words in CUT]}),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_sentences_that_are_words(texts):
    assert sentences_in_column(texts, "tokens", "text") == [("a", "b"), ("c",)]


def test_sentences_that_are_texts_or_a_table_of_words():
    assert sentences_in_column(np.array([A, B]), "tokens", "text") == [tuple(A), tuple(B)]
    for texts in (A, tuple(A), iter(A), np.array(A), pd.Series(A), pd.DataFrame({"text": A, "id": B})):
        assert sentences_in_column(texts, "tokens", "text") == A
    assert sentences_in_column([], "tokens", "text") == []
    assert sentences_in_column([[], ["a"]], "tokens", "text") == [(), ("a",)]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("a", r"Write \[text\] for a single one"),
        (5, "must be texts in an order. Received: 'int'"),
        ([5], "must be strings. Received: '5 at position 0'"),
        (b"the", "must be strings, and no bytes. Received: .*Decode them"),
        ([b"the"], "must be strings, and no bytes. Received: .*b'the' at position 0.*Decode them"),
        ([bytearray(b"a")], "must be strings, and no bytes. Received: .*b'a' at position 0.*Decode them"),
        ([["a"], b"b"], "must be strings, and no bytes. Received: .*b'b'.*Decode them"),
        ([["a", b"b"]], "must be strings, and no bytes. Received: .*b'b' at position 1.*Decode them"),
        (pd.DataFrame(), r"one column 'text', .*Received: 'no column'\.$"),
        (["a", ["b"]], r"must be strings. Received: .*at position 1"),
        ([["a"], "b"], r"texts\[1\] must be a list of texts"),
        ([["a", None]], r"texts\[0\] must be strings. Received: 'None at position 1'"),
        ([["a"], ["b", " "]], r"A word must have a character. Received: .*texts\[1\]"),
        ([["a\0"]], "must hold no NUL"),
        ([{"a"}], "must be texts in an order. Received: 'set'"),
        (np.zeros([1, 1, 1]), "must be one column of texts"),
        (pd.DataFrame({"words": A, "label": B}), "must have one column 'text'"),
    ],
)
def test_what_is_no_sentences_is_refused(texts, message):
    with pytest.raises(InputError, match=message):
        sentences_in_column(texts, "tokens", "text")


NAMED = {"choice_columns": "x,y,z", "question_column": "q"}
NAN = float("nan")


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ({"z": ["e", None], "y": B, "x": ["f", "g"], "q": A, "label": A}, NAMED),
        ({"x": ["f", "g"], "y": B, "z": ["e", NAN], "q": A}, NAMED),
        ({"q": A, "of": [["f", "c", "e"], ("g", "d")], "label": A}, NAMED | {"choice_columns": "of"}),
        ({"q": A, "of": [np.array(["f", "c", "e"]), '["g", "d"]']}, NAMED | {"choice_columns": "of"}),
        ({"any": A, "other": [["f", "c", "e"], ("g", "d")]}, NAMED),
        ({"question": A, "choices": [["f", "c", "e"], ("g", "d")], "answerKey": A}, {}),
    ],
)
def test_questions_of_a_table(table, options):
    config = replace(RunConfig(), kind="choices", **options)
    assert questions_in_columns(pd.DataFrame(table), None, config) == [A, [("f", "c", "e"), ("g", "d")]]


def test_questions_of_a_table_whose_choices_begin_alike():
    swag = {"sent1": A, "sent2": ["He", ""], **{f"ending{place}": [f"{place}", "x"] for place in range(4)}}
    wanted = [A, [("He 0", "He 1", "He 2", "He 3"), ("x",) * 4]]
    assert questions_in_columns(pd.DataFrame(swag), None, replace(RunConfig(), kind="choices")) == wanted
    own = {"kind": "choices", "question_column": "q", "choice_columns": "of", "start_column": "s"}
    table = pd.DataFrame({"q": A, "of": [["0", "1", "2", "3"], ["x"] * 4], "s": ["He", ""]})
    assert questions_in_columns(table, None, replace(RunConfig(), **own)) == wanted


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"q": A, "x": A, "y": B, "w": A}, "must have one column 'z'"),
        (
            {"q": A, "x": [None, "e"], "y": B, "z": A},
            r"choices\[0\] must be strings. Received: '(None|nan) at position 0'",
        ),
        ({"q": A, "x": A, "y": [None, "e"], "z": [NAN, "f"]}, "2 to 10 choices with text. Received: '1 at position 0'"),
        ({"q": A, "only": A}, r"choices\[0\] must be a list of texts"),
    ],
)
def test_a_table_without_questions_is_refused(table, message):
    with pytest.raises(InputError, match=message):
        questions_in_columns(pd.DataFrame(table), None, replace(RunConfig(), kind="choices", **NAMED))


def test_a_table_has_the_same_words_as_tokens_and_as_text_or_one_of_them():
    table = pd.DataFrame({"tokens": [["The", "cat"], ["U.S", "."]], "text": ["The cat", "U.S."]})
    assert sentences_in_column(table, "tokens", "text") == [("The", "cat"), ("U.S", ".")]
    with pytest.raises(InputError, match=r"the same words in both.*'The cat' and 'The dog' in row 0.*leave it out"):
        sentences_in_column(table.assign(text=["The dog", "U.S."]), "tokens", "text")


@pytest.mark.parametrize(
    ("kind", "texts", "pairs", "message"),
    [
        ("spans", ["q"], None, r"second argument the list of their contexts, as many of each\. Received: '1 question'"),
        ("spans", ["q", "r"], ["c"], r"Received: '2 questions and 1 context'"),
        (
            "choices",
            ["q", "r"],
            [A],
            r"second argument the choices of each\. Received: '2 questions and 1 choice list",
        ),
        ("classification", ["q"], ["r"], r"takes single texts\. Received: '1 and 1 texts'"),
    ],
)
def test_what_a_task_takes_is_told_by_its_arguments(kind, texts, pairs, message):
    task = dataclasses.replace(CUSTOM, answers=empty_space(kind, "|"), is_pair=kind == "spans")
    with pytest.raises(InputError, match=message):
        asked_in_columns(texts, pairs, task, RunConfig())
