import collections

import numpy as np
import pandas as pd
import pytest

from bert_tf.errors import InputError
from bert_tf.runs.texts_in_memory import texts_in_columns

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
    (b"a", "must be a list of texts"),
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
    (np.array([b"a"]), r"must be strings. Received: .*b'a'.* at position 0"),
    (np.array(["a", 5], object), "must be strings. Received: '5 at position 1'"),
    (pd.Series(["a", None], dtype=object), "must be strings. Received: 'None at position 1'"),
    (pd.Series(["a", float("nan")]), "must be strings. Received: 'nan at position 1'"),
    (pd.Series(["a", pd.NA], dtype="string"), "must be strings. Received: '<NA> at position 1'"),
    (["\ud800"], "must hold whole characters"),
    (["a", "b\0"], "must hold no NUL"),
    ([["a", "b"]], "must be strings"),
    (pd.DataFrame({"word": A, "label": B}), r"one column 'words'.*Received: 'word, label'. Did you mean 'word'"),
    (pd.DataFrame([[*A, 1]], columns=["words", "words", "label"]), "one column 'words'.*Rename the others"),
    (pd.DataFrame(), "one column 'words'"),
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
