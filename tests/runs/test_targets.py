import numpy as np
import pytest

from bert_tf.data import table
from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.runs.tokens import check_targets


def table_with(targets):
    count = len(targets)
    pieces = np.zeros(count, np.int32)
    return table.table_of(pieces, pieces, np.arange(count + 1), targets)


EXAMPLES = Examples(ids=["0", "1", "2"], first=["a", "b", "c"], second=None, labels=["1", "2", "3"], origin="x.csv")


@pytest.mark.parametrize("value", [1e308, -1e308, 1e39, 1e19, -1e17, np.inf, np.nan])
def test_a_value_whose_square_float32_does_not_hold_is_refused_with_its_place(value):
    with np.errstate(over="ignore"):
        targets = np.array([[0.0], [value], [1.0]]).astype(np.float32)
    with pytest.raises(InputError, match=r"must not be larger than 1e\+16.*another at x.csv.*Scale the values"):
        check_targets(table_with(targets), EXAMPLES)


@pytest.mark.parametrize("targets", [np.array([0, 1, 2], np.int32), np.array([[1e15], [-1e15], [0]], np.float32)])
def test_labels_and_usual_values_are_good(targets):
    check_targets(table_with(targets), EXAMPLES)
