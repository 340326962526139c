import pytest

from bert_tf.config import DataConfig
from bert_tf.data.examples import label_ids
from bert_tf.data.layouts import Split
from bert_tf.errors import InputError
from bert_tf.metrics import CLASSIFICATION_METRICS
from bert_tf.tasks.objective import OBJECTIVES
from bert_tf.tasks.registry import TASKS, get_task, read_split

# Published sizes of train, dev and test, and the share of label 1 in train.
PUBLISHED = {
    "cola": ("CoLA", (8551, 1043, 1063), 0.704),
    "sst-2": ("SST-2", (67349, 872, 1821), 0.558),
    "mrpc": ("MRPC", (3668, 408, 1725), 0.674),
}


@pytest.mark.parametrize("name", ["cola", "CoLA", "COLA", "sst_2"])
def test_a_task_is_found_in_any_case_of_letters(name):
    assert get_task(name).name in ("cola", "sst-2")


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(InputError, match=r"--task must be a known task. Received: 'colla'. Did you mean 'cola'\?"):
        get_task("colla")
    with pytest.raises(InputError, match="--task must name the task"):
        get_task(None)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_task_is_complete(task):
    assert task.kind in OBJECTIVES
    assert len(task.labels) >= 2
    assert task.metrics
    assert set(task.metrics) <= set(CLASSIFICATION_METRICS)
    assert task.generate or (task.tsv and task.tfds)
    if task.tsv:
        assert all((file.second is not None) is task.is_pair for file in task.tsv.values())
        assert (task.tfds.second is not None) is task.is_pair


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_give_every_row(shared, name):
    folder, sizes, positive = PUBLISHED[name]
    task, options = get_task(name), DataConfig(data_dir=str(shared / "data" / "glue" / folder))
    splits = {split: read_split(task, split, options) for split in Split}
    assert tuple(len(examples) for examples in splits.values()) == sizes
    assert label_ids(splits[Split.TRAIN], task.labels).mean() == pytest.approx(positive, abs=5e-4)
    assert splits[Split.TEST].labels is None
    assert splits[Split.TEST].ids == [str(i) for i in range(sizes[2])]
    assert all(text.strip() for examples in splits.values() for text in examples.first)


def test_rows_are_those_of_the_original_reader(shared):
    options = DataConfig(data_dir=str(shared / "data" / "glue" / "CoLA"))
    train = read_split(get_task("cola"), Split.TRAIN, options)
    assert (train.first[0], train.labels[0]) == (
        "Our friends won't buy this analysis, let alone the next one we propose.",
        "1",
    )
    assert read_split(get_task("cola"), Split.TEST, options).first[0] == "Bill whistled past the house."
