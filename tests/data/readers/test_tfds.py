import time

import numpy as np
import pytest

from bert_tf.data.readers.tfds import TfdsData, _label, _text, read_tfds
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.known.entities import CONLL2003
from bert_tf.tasks.known.glue import COLA, GLUE, XNLI
from bert_tf.tasks.known.reviews_and_news import REVIEWS_AND_NEWS

PARTS = (TRAIN, DEV, TEST)
NOWHERE = "http://127.0.0.1:9/CoLA.zip"  # The discard port: nothing listens there.


def prepare(folder, name, features, splits, version="2.0.0"):
    """Writes a prepared data set as TensorFlow Datasets keeps it, with that library alone."""
    import tensorflow_datasets as tfds

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name.split("/")[0],
        config=name.split("/")[1],
        version=version,
        data_dir=str(folder),
        split_datasets=splits,
        features=tfds.features.FeaturesDict(features),
    )


@pytest.mark.filterwarnings("default")
def test_a_prepared_data_set_is_read_in_the_order_of_its_ids(tmp_path):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    def rows(labels):
        return tf.data.Dataset.from_tensor_slices(
            {
                "sentence": [f"Sentence {i}, é." for i in range(len(labels))],
                "label": labels,
                "idx": list(range(len(labels)))[::-1],
            }
        ).map(lambda row: {**row, "label": tf.cast(row["label"], tf.int64), "idx": tf.cast(row["idx"], tf.int32)})

    features = {
        "sentence": tfds.features.Text(),
        "label": tfds.features.ClassLabel(names=["unacceptable", "acceptable"]),
        "idx": tf.int32,
    }
    splits = {"train": rows([1, 1, 0]), "validation": rows([0, 1]), "test": rows([-1] * 7)}
    prepare(tmp_path, "glue/cola", features, splits)
    train, dev, test = (read_tfds(COLA.tfds, split, str(tmp_path)) for split in PARTS)
    assert list(zip(train.ids, train.first, train.labels, strict=True)) == [
        ("0", "Sentence 2, é.", "0"),
        ("1", "Sentence 1, é.", "1"),
        ("2", "Sentence 0, é.", "1"),
    ]
    assert dev.labels == ["1", "0"]
    assert (test.ids, test.labels) == ([str(i) for i in range(7)], None)


@pytest.mark.filterwarnings("default")
def test_sentences_whose_words_have_labels_are_read_with_these(tmp_path):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    published = tfds.builder("conll2003/conll2003", data_dir=str(tmp_path / "empty")).info.features
    names = published["ner"].feature.names
    assert set(names) == set(CONLL2003.labels) == set(CONLL2003.tfds.labels)
    assert tuple(names) == CONLL2003.tfds.labels
    words, tags = [["EU", "rejects", "é"], ["Peter"]], [[names.index("B-ORG"), 0, 0], [names.index("B-PER")]]
    rows = tf.data.Dataset.from_generator(
        lambda: ({"tokens": one, "ner": two} for one, two in zip(words, tags, strict=True)),
        output_signature={"tokens": tf.TensorSpec([None], tf.string), "ner": tf.TensorSpec([None], tf.int64)},
    )
    prepare(tmp_path, "conll2003/conll2003", {name: published[name] for name in ("tokens", "ner")}, {
        "train": rows, "dev": rows, "test": rows
    }, "1.0.0")  # fmt: skip
    for split in PARTS:
        examples = read_tfds(CONLL2003.tfds, split, str(tmp_path))
        found = dict(zip(examples.words, examples.labels, strict=True))  # The library has an order of its own.
        assert found == {("EU", "rejects", "é"): "B-ORG O O", ("Peter",): "B-PER"}
        assert [CONLL2003.labels[place] for place in CONLL2003.answers.place(examples)] == " ".join(
            examples.labels
        ).split()


@pytest.mark.filterwarnings("default")
def test_without_network_the_error_comes_at_once_and_says_what_to_do(tmp_path):
    data = TfdsData("glue/cola", "sentence", url=NOWHERE)
    started = time.monotonic()
    with pytest.raises(InputError, match=r"glue/cola is not prepared in .*server can't be reached.*--data_dir"):
        read_tfds(data, TRAIN, str(tmp_path))
    assert time.monotonic() - started < 60
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("task", [task for task in GLUE if task is not XNLI], ids=lambda task: task.name)
def test_the_features_that_are_read_exist_in_the_library(task):
    import tensorflow_datasets as tfds

    name, config = task.tfds.name.split("/")
    published = tfds.builder_cls(name).builder_configs[config]
    texts = {feature for feature in (task.tfds.first, task.tfds.second) if feature}
    assert set(published.text_features) == texts
    assert published.data_url in ("", task.tfds.url)
    if isinstance(task.answers, Value):
        assert published.label_classes is None
    elif task.tfds.labels:
        assert tuple(published.label_classes) == task.tfds.labels
    else:
        assert len(published.label_classes) == len(task.labels)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("task", [XNLI, *REVIEWS_AND_NEWS], ids=lambda task: task.name)
def test_the_features_of_further_tasks_exist_in_the_library(task, tmp_path):
    import tensorflow_datasets as tfds

    features = tfds.builder(task.tfds.name, data_dir=str(tmp_path)).info.features
    assert tuple(features["label"].names) == task.tfds.labels
    assert {name for name in (task.tfds.first, task.tfds.second) if name} <= set(features)


def test_a_part_that_the_data_set_lacks_is_named():
    with pytest.raises(InputError, match="xnli of TensorFlow Datasets must have a part train"):
        read_tfds(XNLI.tfds, TRAIN, None)


def test_a_text_in_several_languages_is_read_in_one():
    by_name = {"de": b"A", "en": b"B"}
    lists = {"language": np.array([b"de", b"en"]), "translation": np.array([b"C", "é".encode()])}
    assert (_text(by_name, "en"), _text(lists, "en"), _text(b"plain", "en")) == ("B", "é", "plain")
    with pytest.raises(InputError, match=r"--language must be one of the data set's\. Received: 'eo'"):
        _text(lists, "eo")


def test_a_text_that_is_not_utf_8_is_refused():
    with pytest.raises(InputError, match=r"must be UTF-8\. Received: .*xff"):
        _text(b"caf\xff", "en")


def test_a_label_is_a_name_a_number_or_a_value():
    assert _label(np.int64(1), ("a", "b")) == "b"
    assert _label(np.int64(1), ()) == "1"
    assert _label(np.float32(3.8), ()) == "3.8"
