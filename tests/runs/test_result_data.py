"""Results of other data never take the place of those that are there."""

import json

import pytest

from bert_tf.cli.main import main
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.runs.folder import clear
from bert_tf.runs.result_data import (
    EVALUATED,
    PREDICTED,
    RESULT_DATA,
    ResultData,
    folders_beside,
    note_result_data,
    read_result_data,
    result_folder,
)
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.custom import CUSTOM

TASK = CUSTOM.answering(OneLabel(("no", "yes")))


def data(origin="/a/dev.csv", texts=("a", "b"), labels=("no", "yes")):
    return ResultData.of(Examples(origin, texts, None, labels, ["0", "1"]), TASK)


def test_the_same_data_has_the_same_digest_wherever_it_lies():
    assert data("/b/copy.csv").digest == data().digest
    assert len({data().digest, data(texts=("a", "c")).digest, data(labels=("yes", "yes")).digest}) == 3
    assert (data().name, data().rows) == ("dev.csv", 2)


def test_other_data_goes_beside_and_the_same_stays(tmp_path):
    folder = str(tmp_path)
    assert result_folder(folder, EVALUATED, data(), None) == folder
    note_result_data(folder, EVALUATED, data())
    assert result_folder(folder, EVALUATED, data("/b/copy.csv"), None) == folder
    other = data("/c/hard ones.csv", texts=("x", "y"))
    assert result_folder(folder, EVALUATED, other, None) == f"{folder}/eval-hard_ones"
    assert result_folder(folder, PREDICTED, other, None) == folder  # Nothing has been predicted yet.
    note_result_data(folder, PREDICTED, other)
    assert read_result_data(folder) == {EVALUATED: data(), PREDICTED: other}


def test_a_name_is_obeyed_and_never_leaves_the_folder(tmp_path):
    folder = str(tmp_path)
    assert result_folder(folder, EVALUATED, data(), "mine") == f"{folder}/eval-mine"
    assert result_folder(folder, PREDICTED, data(), "é-1.b_" + "x" * 54) == f"{folder}/predict-é-1.b_{'x' * 54}"
    for name in ("../x", "/root", "a/b", "a b", "a\nb", ".", "..", ".x", "-x", "", "\u202e", "x" * 61):
        with pytest.raises(InputError, match="--result_name must be at most 60 letters, digits"):
            replace(RunConfig(), result_name=name)


def test_a_run_whose_results_would_have_no_place_is_refused_before_it_trains(tmp_path, capfd):
    run, beside = tmp_path / "run", tmp_path / "run" / "eval-mine"
    beside.mkdir(parents=True)
    note_result_data(str(beside), EVALUATED, data())
    flags = ["--task=demo", "--init_checkpoint=demo", "--do_train", "--do_eval", f"--output_dir={run}"]
    assert main(["classifier", *flags, "--result_name=mine"]) == 2
    assert f"{beside} holds the results of other data" in capfd.readouterr().err
    assert main(["classifier", *flags, "--result_name=../x"]) == 2
    assert "--result_name must be at most 60 letters" in capfd.readouterr().err
    assert [path.name for path in run.iterdir()] == ["eval-mine"]


def test_two_files_of_one_name_are_not_mixed_up(tmp_path):
    note_result_data(str(tmp_path), EVALUATED, data())
    first, second = data("/x/t.csv", texts=("x", "y")), data("/y/t.csv", texts=("y", "z"))
    beside = tmp_path / "eval-t"
    assert result_folder(str(tmp_path), EVALUATED, first, None) == str(beside)
    beside.mkdir()
    note_result_data(str(beside), EVALUATED, first)
    assert result_folder(str(tmp_path), EVALUATED, first, None) == str(beside)
    with pytest.raises(InputError, match=r"holds the results of other data.*Set --result_name"):
        result_folder(str(tmp_path), EVALUATED, second, None)


def test_a_new_run_clears_what_lies_beside_and_nothing_of_others(tmp_path):
    for name in ("eval-t", "predict-t", "eval-mine"):
        (tmp_path / name).mkdir()
    for name in ("eval-t", "predict-t"):
        (tmp_path / name / RESULT_DATA).write_text("{}")
    assert sorted(folders_beside(str(tmp_path))) == ["eval-t", "predict-t"]
    clear(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["eval-mine"]


@pytest.mark.parametrize("text", ["[]", '{"eval": 3}', '{"eval": {"name": "a"}}', "{", '{"eval": {"rows": "x"}}'])
def test_a_damaged_note_is_told_in_a_line(tmp_path, text):
    (tmp_path / RESULT_DATA).write_text(text)
    with pytest.raises(InputError):
        read_result_data(str(tmp_path))


def test_what_is_written_is_json_for_anybody(tmp_path):
    note_result_data(str(tmp_path), EVALUATED, data())
    tree = json.loads((tmp_path / RESULT_DATA).read_text())
    assert tree == {"eval": {"name": "dev.csv", "rows": 2, "digest": data().digest}}
