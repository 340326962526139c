import time

import pytest

from bert_tf.data.layouts import Split, TfdsData
from bert_tf.data.tfds import read_tfds
from bert_tf.errors import InputError
from bert_tf.tasks.glue import COLA, MRPC

NOWHERE = "http://127.0.0.1:9/CoLA.zip"  # The discard port: nothing listens there.


def prepare(folder, name, features, splits):
    """Writes a prepared data set as TensorFlow Datasets keeps it, with that library alone."""
    import tensorflow_datasets as tfds

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name.split("/")[0],
        config=name.split("/")[1],
        version="2.0.0",
        data_dir=str(folder),
        split_datasets=splits,
        features=tfds.features.FeaturesDict(features),
    )


@pytest.mark.filterwarnings("default")
def test_a_prepared_data_set_is_read(tmp_path):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    def rows(labels):
        return tf.data.Dataset.from_tensor_slices(
            {
                "sentence": [f"Sentence {i}, é." for i in range(len(labels))],
                "label": labels,
                "idx": list(range(len(labels))),
            }
        ).map(lambda row: {**row, "label": tf.cast(row["label"], tf.int64), "idx": tf.cast(row["idx"], tf.int32)})

    features = {
        "sentence": tfds.features.Text(),
        "label": tfds.features.ClassLabel(names=["unacceptable", "acceptable"]),
        "idx": tf.int32,
    }
    splits = {"train": rows([1, 0, 1]), "validation": rows([0, 1]), "test": rows([-1, -1])}
    prepare(tmp_path, "glue/cola", features, splits)
    train, dev, test = (read_tfds(COLA.tfds, split, str(tmp_path)) for split in Split)
    by_id = dict(zip(train.ids, zip(train.first, train.labels, strict=True), strict=True))
    assert by_id == {"0": ("Sentence 0, é.", "1"), "1": ("Sentence 1, é.", "0"), "2": ("Sentence 2, é.", "1")}
    assert sorted(dev.labels) == ["0", "1"]
    assert (len(test), test.labels) == (2, None)


@pytest.mark.filterwarnings("default")
def test_without_network_the_error_comes_at_once_and_says_what_to_do(tmp_path):
    data = TfdsData("glue/cola", "sentence", url=NOWHERE)
    started = time.monotonic()
    with pytest.raises(InputError, match=r"glue/cola is not prepared in .*server can't be reached.*--data_dir"):
        read_tfds(data, Split.TRAIN, str(tmp_path))
    assert time.monotonic() - started < 60
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("task", [COLA, MRPC])
def test_the_features_that_are_read_exist_in_the_library(task):
    import tensorflow_datasets as tfds

    name, config = task.tfds.name.split("/")
    published = tfds.builder_cls(name).builder_configs[config]
    texts = {feature for feature in (task.tfds.first, task.tfds.second) if feature}
    assert set(published.text_features) == texts
    assert published.data_url in ("", task.tfds.url)
    assert len(published.label_classes) == len(task.labels)
