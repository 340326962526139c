import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.examples import read_examples


def read_wnli_to_submit(folder, ids):
    """Reads a test set of wnli with these ids, for a submission."""
    rows = "".join(f"{name}\tone {name}\tother {name}\n" for name in ids)
    (folder / "test.tsv").write_text("index\tsentence1\tsentence2\n" + rows)
    options = {"task_name": "wnli", "data_dir": str(folder), "do_predict": True, "glue_submission": True}
    return read_examples(replace(RunConfig(), **options), [TEST]).splits[TEST]


def test_a_submission_takes_the_whole_test_set_in_the_order_of_its_index(tmp_path):
    assert len(read_wnli_to_submit(tmp_path, range(146))) == 146
    with pytest.raises(InputError, match=r"WNLI.tsv must have a prediction for each of the 146 .*'145 examples in"):
        read_wnli_to_submit(tmp_path, range(145))
    with pytest.raises(InputError, match=r"order of its index, from 0\. Received: '145 in place of 0 at .*test.tsv:2'"):
        read_wnli_to_submit(tmp_path, reversed(range(146)))


def written(folder, count):
    path = folder / "train.csv"
    path.write_text("text,label\n" + "".join(f"text {index},{index % 2}\n" for index in range(count)))
    return str(path)


def test_a_trial_run_takes_some_examples_of_all_in_their_order(tmp_path):
    options = {"task_name": "custom", "train_file": written(tmp_path, 100), "eval_file": written(tmp_path, 100)}
    config = replace(RunConfig(), **options, max_train_examples=30, max_eval_examples=7)
    found = read_examples(config, [TRAIN, DEV])
    assert (len(found.splits[TRAIN]), len(found.splits[DEV])) == (30, 7)
    ids = list(map(int, found.splits[TRAIN].ids))
    assert ids == sorted(set(ids))
    assert ids != list(range(30))  # A file in order of its labels would have one label at its head.
    assert any("30 of 100, drawn by --seed" in line for line in found.told)
    assert read_examples(config, [TRAIN]).splits[TRAIN].ids == found.splits[TRAIN].ids
    other = read_examples(replace(config, seed=7), [TRAIN]).splits[TRAIN].ids
    assert other != found.splits[TRAIN].ids


def test_the_metric_that_was_chosen_decides_and_another_one_is_refused(tmp_path):
    config = replace(RunConfig(), task_name="custom", train_file=written(tmp_path, 10))
    assert read_examples(config, [TRAIN]).task.metric == "accuracy"
    task = read_examples(replace(config, metric="recall"), [TRAIN]).task
    assert (task.metric, "recall" in task.metrics) == ("recall", True)
    assert read_examples(replace(config, metric="loss"), [TRAIN]).task.metrics[0] == "accuracy"
    with pytest.raises(
        InputError, match=r"--metric must be a score of the task\. Received: 'acuracy'\. Known: accuracy, .*loss"
    ):
        read_examples(replace(config, metric="acuracy"), [TRAIN])


def test_folds_cut_the_training_set_of_any_task_and_allow_nothing_else():
    folds = replace(RunConfig(), task_name="demo", k_folds=3, do_train=True, do_eval=True)
    found = read_examples(folds, [TRAIN, DEV])
    assert list(found.splits) == [TRAIN]
    for wrong in ({"do_predict": True}, {"do_export": True}, {"k_folds": 1}, {"do_train": False}):
        with pytest.raises(InputError, match="--k_folds cuts the training set in at least two parts"):
            read_examples(replace(folds, **wrong), [TRAIN])
