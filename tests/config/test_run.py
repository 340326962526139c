import dataclasses
import json

import pytest

from bert_tf.config import run
from bert_tf.config.run import OPTIONS, RunConfig, differing_options, from_json, replace, to_json
from bert_tf.errors import InputError

# The flags of run_classifier.py in google-research/bert with their defaults. Three differ on purpose: the case is
# found from the vocabulary, and files are found beside the checkpoint.
ORIGINAL_FLAGS = {
    "data_dir": None,
    "bert_config_file": None,
    "task_name": None,
    "vocab_file": None,
    "output_dir": None,
    "init_checkpoint": None,
    "do_lower_case": None,
    "max_seq_length": 128,
    "do_train": False,
    "do_eval": False,
    "do_predict": False,
    "train_batch_size": 32,
    "eval_batch_size": 8,
    "predict_batch_size": 8,
    "learning_rate": 5e-5,
    "num_train_epochs": 3.0,
    "warmup_proportion": 0.1,
    "save_checkpoints_steps": 1000,
    "iterations_per_loop": 1000,
    "use_tpu": False,
    "tpu_name": None,
    "tpu_zone": None,
    "gcp_project": None,
    "master": None,
    "num_tpu_cores": 8,
}


def test_every_flag_of_the_original_exists_with_its_default():
    assert {name: OPTIONS[name].default for name in ORIGINAL_FLAGS} == ORIGINAL_FLAGS


def test_every_option_has_a_sentence_of_help():
    for option in OPTIONS.values():
        assert option.rules.help[0].isupper() or option.name == "optimizer", option.name
        assert option.rules.help.endswith("."), option.name


def test_option_names_are_unique_over_the_sections():
    names = [field.name for section in dataclasses.fields(RunConfig) for field in dataclasses.fields(section.type)]
    assert len(names) == len(set(names))


def test_reading_what_was_written_gives_the_same_config():
    changed = replace(RunConfig(), learning_rate=3e-5, task_name="cola", do_lower_case=False, seed=7)
    assert from_json(to_json(changed), "config.json") == changed


def test_a_whole_number_is_taken_for_a_fraction_but_not_the_reverse():
    assert replace(RunConfig(), num_train_epochs=2).train.num_train_epochs == 2.0
    with pytest.raises(InputError, match=r"--train_batch_size must be of type int. Received: 2.5"):
        replace(RunConfig(), train_batch_size=2.5)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rat", 1.0, "Did you mean 'learning_rate'"),
        ("learning_rate", 0.0, "must be greater than 0"),
        ("learning_rate", float("nan"), "must be a finite number"),
        ("warmup_proportion", 1.5, "must be at most 1"),
        ("train_batch_size", 0, "must be at least 1"),
        ("batching", "bucket", "Did you mean 'bucketed'"),
        ("do_train", 1, "must be of type bool"),
        ("seed", True, "must be of type int"),
    ],
)
def test_a_broken_rule_names_the_flag_the_rule_and_the_value(name, value, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")) as caught:
        replace(RunConfig(), **{name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"train": {"sed": 1}}, "Did you mean 'seed'"),
        ({"tran": {"seed": 1}}, "Did you mean 'train'"),
        ({"train": {"task_name": "cola"}}, "unknown option in train"),
        ({"train": 3}, "train in my.json must be an object of options. Received: 3"),
        ({"train": None}, "train in my.json must be an object of options"),
        ({"data": {"train_file": "a"}}, "It belongs into own_data"),
        ([], "must hold a JSON object"),
    ],
)
def test_a_config_file_with_unknown_names_is_refused(tree, message):
    with pytest.raises(InputError, match=message):
        from_json(json.dumps(tree), "my.json")


def test_a_broken_config_file_is_refused_with_its_line():
    with pytest.raises(InputError, match=r"my.json must be a JSON file. Received: .*line 2"):
        from_json('{\n"train"}', "my.json")


def test_notes_in_a_config_file_are_passed_over():
    assert from_json('{"_command": "bert-tf", "train": {"_why": [1], "seed": 3}}', "x").train.seed == 3


def test_only_options_that_shape_the_weights_count_as_another_run():
    base = RunConfig()
    other = replace(base, do_export=True, eval_batch_size=64, learning_rate=1e-5, seed=1)
    assert differing_options(base, other) == {"learning_rate": (5e-5, 1e-5), "seed": (12345, 1)}


def test_no_option_is_a_mutable_value():
    for option in run.OPTIONS.values():
        hash(option.default)
