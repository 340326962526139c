import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.health import find_oddities, label_counts, length_quantiles, rare_labels, rows_to_drop


def examples(first, labels=None, second=None):
    return Examples("x.tsv", first, second, labels, [str(index) for index in range(len(first))])


def test_empty_repeated_and_contradicting_rows_are_found():
    found = find_oddities(examples(["a", "b", " a ", "", "b", "c", "a"], ["1", "0", "1", "0", "1", "1", "1"]))
    assert found.empty == (3,)
    assert found.repeated == (2, 6)
    assert found.contradicting == (1, 4)
    assert found.seen == ()
    assert rows_to_drop(found) == (1, 2, 3, 4, 6)


def test_a_pair_is_the_same_only_if_both_texts_are():
    found = find_oddities(examples(["a", "a", "a"], ["0", "0", "0"], ["x", "y", "x "]))
    assert found.repeated == (2,)
    assert find_oddities(examples(["a", "b"], None, ["x", " \t"])).empty == (1,)


def test_rows_that_are_in_the_training_set_too_are_found():
    train = examples(["a", "b"], ["0", "1"])
    assert find_oddities(examples(["c", "b ", "a"]), train).seen == (1, 2)


def test_labels_are_counted_in_their_order_and_rare_ones_named():
    counts = label_counts(examples(["t"] * 304, ["no"] * 300 + ["yes"] * 3 + ["?"]), ("yes", "no", "never"))
    assert list(counts.items()) == [("yes", 3), ("no", 300), ("never", 0), ("?", 1)]
    assert rare_labels(counts) == ["yes", "?"]
    assert label_counts(examples(["t"]), ("yes",)) == {"yes": 0}
    assert rare_labels({}) == []


def test_quantiles_are_lengths_that_occur():
    lengths = np.arange(1, 201)
    assert length_quantiles(lengths) == {"least": 1, "median": 100, "90 %": 180, "99 %": 198, "greatest": 200}
    assert set(length_quantiles(np.array([7])).values()) == {7}
