import enum
import pathlib

import numpy as np
import pytest

from bert_tf.config.arguments import plain_values, python_words
from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError


class Batching(str, enum.Enum):
    PACKED = "packed"


@pytest.mark.parametrize(
    ("name", "given", "plain"),
    [
        ("learning_rate", np.float64(0.5), 0.5),
        ("learning_rate", np.float32(0.5), 0.5),
        ("learning_rate", 1, 1),
        ("train_batch_size", np.int64(8), 8),
        ("train_batch_size", np.array(8), 8),
        ("do_train", np.bool_(True), True),
        ("output_dir", pathlib.Path("a/b"), "a/b"),
        ("text_column", np.str_("words"), "words"),
        ("batching", Batching.PACKED, "packed"),
        ("labels", ["no", "yes"], "no,yes"),
        ("labels", ("no", "yes"), "no,yes"),
        ("labels", np.array(["no", "yes"]), "no,yes"),
        ("labels", [np.int64(0), 1, 2.5], "0,1,2.5"),
        ("labels", "no,yes", "no,yes"),
        ("labels", None, None),
        ("class_weights", {"no": 1, "yes": 2.5}, "no=1,yes=2.5"),
        ("class_weights", {0: np.float32(1.5), np.int64(1): 2}, "0=1.5,1=2"),
        ("class_weights", "balanced", "balanced"),
        ("worker_hosts", ["a:1", "b:2"], "a:1,b:2"),
    ],
)
def test_values_that_are_natural_in_python_are_those_of_flags(name, given, plain):
    (found,) = plain_values({name: given}).values()
    assert found == plain
    assert type(found) is type(plain)
    replace(RunConfig(), **{name: found})  # Which checks it.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": {"no", "yes"}}, "labels must be a list. Received: 'set'"),
        ({"labels": {"no": 1}}, "labels must be a list. Received: 'dict'"),
        ({"labels": 5}, "labels must be a list. Received: 'int'"),
        ({"labels": ["a,b", "c"]}, "labels must hold names without commas"),
        ({"labels": [" a", "c"]}, "without spaces around them"),
        ({"labels": [True, False]}, "labels must hold strings or numbers. Received: True"),
        ({"labels": [["a"], ["b"]]}, "labels must hold strings or numbers"),
        ({"class_weights": {}}, "class_weights must give every label a weight"),
        ({"class_weights": {"a,b": 1}}, "class_weights must hold names without commas"),
        ({"task": "cola", "task_name": "cola"}, "^task is short for task_name"),
    ],
)
def test_what_can_not_be_told_as_a_flag_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        plain_values(given)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("--learning_rate must be greater than 0", "learning_rate must be greater than 0"),
        ("Set --eval_every to a number of steps", "Set eval_every to a number of steps"),
        ("Received: '--batching=padded, --seed=5'.", "Received: 'batching=\"padded\", seed=5'."),
        ("Train with --do_train, or wait.", "Train with do_train=True, or wait."),
        ("say --nouse_tpu or --use_tpu=False", "say use_tpu=False or use_tpu=False"),
        ("--class_weights=no=1,yes=2.5.", 'class_weights="no=1,yes=2.5".'),
        ("Set --output_dir=/a.b/c.", 'Set output_dir="/a.b/c".'),
        ("--train_batch_size=8", "train_batch_size=8"),
        ("no --do_* flag: --do_train --do_eval", "no do_... flag: do_train=True do_eval=True"),
        ("--task must name the task", "task must name the task"),
        ("--new_head and --num_seeds", "new_head=True and num_seeds"),
        ("--text_pair_column=b with --text_column=a", 'text_pair_column="b" with text_column="a"'),
        ("--do_lower_case must be of type bool. Received: 'x'", "do_lower_case must be of type bool. Received: 'x'"),
        ("Write --name=value, or --help", "Write --name=value, or --help"),
        ("a text -- with dashes", "a text -- with dashes"),
    ],
)
def test_messages_name_arguments_where_there_are_no_flags(told, words):
    assert python_words(told) == words
