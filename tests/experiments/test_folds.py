import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN
from bert_tf.errors import InputError
from bert_tf.experiments.folds import cross_validate
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.custom import CUSTOM


def inputs_of(folder):
    examples = Examples("x", ["a", "b", "c"], None, ["n", "y", "n"], ["0", "1", "2"])
    task = CUSTOM.answering(OneLabel(("n", "y")))
    config = replace(RunConfig(), output_dir=str(folder), k_folds=3, do_train=True)
    return ClassifierInputs(config, task, str(folder), {TRAIN: examples}, None)


def no_run(inputs):
    raise AssertionError("there must be no run")


@pytest.mark.parametrize("name", ["train", "report.html"])
def test_what_is_in_the_folder_of_a_fold_already_is_not_lost(tmp_path, name):
    (tmp_path / "fold-3" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=rf"must be a new folder .*fold-3, which has {name} but no config.json"):
        cross_validate(inputs_of(tmp_path), no_run)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["fold-3", name]


def test_the_folder_of_a_run_does_not_become_that_of_a_cross_validation(tmp_path):
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-7"\n')
    (tmp_path / "model.ckpt-7.index").write_text("")
    (tmp_path / "model.ckpt-7.data-00000-of-00001").write_text("")
    with pytest.raises(InputError, match="--k_folds needs a folder that has no run of its own"):
        cross_validate(inputs_of(tmp_path), no_run)
