"""What is typed, or stands in a --config file, for a model that is trained already."""

import json

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.errors import InputError
from bert_tf.runs.inputs import prepare, prepare_export, prepare_trained
from tests.cli.test_predict import run_folder


def typed(command, *words):
    return parse(words, COMMANDS[command].options)


def config_file(tmp_path, **sections):
    (tmp_path / "own.json").write_text(json.dumps(sections))
    return f"--config={tmp_path}/own.json"


def test_what_a_config_file_leaves_out_is_that_of_the_run(tmp_path):
    folder = run_folder(tmp_path, long_text="tail", max_seq_length=16)
    words = ["--do_eval", config_file(tmp_path, evaluation={"eval_batch_size": 4}), f"--output_dir={folder}"]
    config = prepare(typed("classifier", *words)).config
    assert (config.data.long_text, config.data.max_seq_length, config.evaluation.eval_batch_size) == ("tail", 16, 4)


@pytest.mark.parametrize("option", [("model", "hidden_act", "relu"), ("model", "do_lower_case", False)])
@pytest.mark.parametrize("command", ["predict", "export", "classifier"])
def test_a_config_file_does_not_change_what_was_trained(tmp_path, command, option):
    section, name, value = option
    folder = run_folder(tmp_path, do_lower_case=True, strip_accents=True)
    words = [config_file(tmp_path, **{section: {name: value}}), f"--output_dir={folder}"]
    act = {"predict": prepare_trained, "export": prepare_export, "classifier": prepare}[command]
    with pytest.raises(InputError, match=rf"--{name} must be .*, as in the run in .*. Received: '?{value}"):
        act(typed(command, *words, *(["--do_eval"] if command == "classifier" else [])))


@pytest.mark.parametrize("value", ["relu", "tanh"])
def test_the_activation_of_a_trained_model_stays(tmp_path, value):
    folder = run_folder(tmp_path, do_lower_case=True, strip_accents=True)
    with pytest.raises(InputError, match=r"--hidden_act must be left out, as in the run in"):
        prepare(typed("classifier", "--do_eval", f"--hidden_act={value}", f"--output_dir={folder}"))


def test_length_and_precision_of_a_model_in_use_may_be_others(tmp_path):
    folder = run_folder(tmp_path)
    words = ["--max_seq_length=32", "--precision=mixed_bfloat16", f"--output_dir={folder}"]
    assert prepare_trained(typed("predict", *words)).config.data.max_seq_length == 32


def test_a_folder_without_a_run_is_told_before_a_task_is_asked_for(tmp_path):
    with pytest.raises(InputError, match=r"--output_dir must be the folder of a trained model, or --task"):
        prepare(typed("classifier", "--do_eval", f"--output_dir={tmp_path}/nope"))


def test_a_start_that_has_learnt_other_labels_is_refused_at_once(tmp_path):
    folder = run_folder(tmp_path)
    (folder / "labels.txt").write_text("good\nbad\n")
    words = ["--do_train", "--task=demo", f"--init_checkpoint={folder}", f"--output_dir={tmp_path}/new"]
    with pytest.raises(InputError, match=r"The labels of .* must be those of demo \(0, 1\). Received: 'good, bad'"):
        prepare(typed("classifier", *words))
    prepare(typed("classifier", *words, "--new_head"))
