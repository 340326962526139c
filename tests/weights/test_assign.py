import keras
import numpy as np
import pytest

from bert_tf.errors import InputError
from bert_tf.weights.assign import assign, check, compare
from bert_tf.weights.google import list_tensors, write_checkpoint

SHAPES = {"bert/a": (2, 3), "bert/b": (3,), "output_weights": (2, 3)}


@pytest.fixture
def checkpoint(tmp_path):
    tensors = {name: np.full(shape, i, "f") for i, (name, shape) in enumerate(SHAPES.items(), 1)}
    extra = {"bert/a/adam_m": np.zeros((2, 3), "f"), "global_step": np.int64(7), "cls/x": np.zeros(2, "f")}
    write_checkpoint(str(tmp_path / "c"), {**tensors, **extra})
    return list_tensors(str(tmp_path / "c"))


def test_every_name_is_in_one_list(checkpoint):
    report = compare(checkpoint, {"bert/a": (2, 3), "bert/b": (4,), "bert/new": (1,)})
    assert report.loaded == ("bert/a",)
    assert report.missing == ("bert/new",)
    assert report.wrong_shape == {"bert/b": ((3,), (4,))}
    assert report.unexpected == ("cls/x", "output_weights")
    assert report.ignored == ("bert/a/adam_m", "global_step")


def test_the_table_has_a_line_a_list(checkpoint):
    lines = compare(checkpoint, {**SHAPES, "bert/new": (1,)}).table().split("\n")
    assert [line.split()[-1] for line in lines] == [
        "3",
        "bert/new",
        "0",
        "cls/x",
        "2",
    ]


def test_tensors_go_to_the_variables_of_their_names(checkpoint):
    variables = {name: keras.Variable(np.zeros(shape, "f"), name="v") for name, shape in SHAPES.items()}
    assign(checkpoint, ["bert/a", "output_weights"], variables)
    assert [float(v.numpy().mean()) for v in variables.values()] == [1.0, 0.0, 3.0]


@pytest.mark.parametrize(
    ("shapes", "head", "message"),
    [
        ({"x/y": (1,)}, (), "nothing in .* matched. Received: 'bert/a, bert/b, cls/x"),
        ({**SHAPES, "bert/b": (4,)}, (), r"bert/b \[3\] in .*, \[4\] by the config.*--bert_config_file"),
        ({**SHAPES, "output_weights": (5, 3)}, ("output_weights",), "has other labels.*--new_head"),
        ({**SHAPES, "bert/c": (4,)}, (), "every weight of the encoder. Received: '1 missing: bert/c'"),
    ],
)
def test_a_start_that_is_not_what_it_seems_is_refused(checkpoint, shapes, head, message):
    with pytest.raises(InputError, match=message):
        check(compare(checkpoint, shapes), checkpoint.prefix, head)


def test_an_untrained_head_may_be_missing(checkpoint):
    check(compare(checkpoint, {**SHAPES, "output_bias": (2,)}), checkpoint.prefix, ("output_bias",))
