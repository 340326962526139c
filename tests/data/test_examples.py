from bert_tf.data.examples import Examples


def test_an_example_stands_on_a_line_or_has_an_id():
    examples = Examples("x", ["a", "b"], None, None, ["0", "1"])
    assert examples.location(1) == "x, example 1"
    with_lines = Examples("train.tsv", ["a", "b"], None, None, ["0", "1"], [2, 5])
    assert with_lines.location(1) == "train.tsv:5"
