import os
import pathlib
import tempfile
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.weights.checkpoint import is_bookkeeping
from bert_tf.weights.google import list_tensors, open_checkpoint, remove_checkpoint, write_checkpoint
from tests.conftest import DEMO_CHECKPOINT

RNG = np.random.default_rng(0)
TENSORS = {
    "bert/a/kernel": RNG.normal(size=(13, 7)).astype("f"),
    "bert/a/bias": np.zeros(7, "f"),
    "global_step": np.int64(5),
}


@pytest.fixture
def checkpoint(tmp_path):
    write_checkpoint(str(tmp_path / "model.ckpt-5"), TENSORS)
    return tmp_path / "model.ckpt-5"


def test_reading_what_was_written_gives_the_same_tensors(checkpoint):
    found = list_tensors(str(checkpoint))
    assert set(found.shapes) == set(TENSORS)
    assert found.dtypes["global_step"] == "int64"
    for name, value in found.read_all(list(TENSORS)).items():
        np.testing.assert_array_equal(value, TENSORS[name])
    assert found.global_step == 5


def test_a_version_1_reader_finds_the_same_names(checkpoint):
    reader = tf.compat.v1.train.NewCheckpointReader(str(checkpoint))
    assert reader.get_variable_to_shape_map() == {"bert/a/kernel": [13, 7], "bert/a/bias": [7], "global_step": []}
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session() as session:
        kernel = tf.compat.v1.get_variable("bert/a/kernel", (13, 7))
        tf.compat.v1.train.Saver([kernel]).restore(session, str(checkpoint))
        np.testing.assert_array_equal(session.run(kernel), TENSORS["bert/a/kernel"])


def test_writing_leaves_the_two_files_and_nothing_else(checkpoint):
    names = sorted(os.listdir(checkpoint.parent))
    assert names == ["model.ckpt-5.data-00000-of-00001", "model.ckpt-5.index"]
    remove_checkpoint(str(checkpoint))
    assert os.listdir(checkpoint.parent) == []


SLOTS_OF_OPTIMIZERS = (
    *("adam_m", "adam_v", "Adam", "Adam_1", "AdamW", "AdamW_1", "lamb_m", "lamb_v", "LAMB", "LAMB_1", "adam_m_1"),
    *("ExponentialMovingAverage", "Momentum", "RMSProp", "RMSProp_1", "Adagrad", "Adadelta", "Ftrl", "Ftrl_1"),
    *("adafactor_vr", "adafactor_vc", "kernel_slot_vr", "accum_grad"),
)
COUNTERS = (
    *("global_step", "beta1_power", "beta2_power", "beta1_power_1", "training/beta2_power", "loss_scale", "good_steps"),
    *("current_loss_scale", "bad_steps", "learning_rate", "save_counter/.ATTRIBUTES/VARIABLE_VALUE"),
    *("_CHECKPOINTABLE_OBJECT_GRAPH", "bert/embeddings/position_ids"),
)
WEIGHTS = (
    *(
        "bert/adam_m/kernel",
        "output_bias",
        "bert/embeddings/LayerNorm/beta",
        "bert/encoder/layer_1/output/dense/kernel",
    ),
    *("cls/predictions/output_bias", "Adam", "bert/momentum_encoder/kernel", "crf/transitions", "bert/embeddings_1"),
)


@pytest.mark.parametrize("name", [f"bert/encoder/layer_0/{slot}" for slot in SLOTS_OF_OPTIMIZERS] + [*COUNTERS])
def test_slots_and_counters_of_every_optimizer_are_no_weights(name):
    assert is_bookkeeping(name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_no_slots_whatever_they_are_called(name):
    assert not is_bookkeeping(name)


@pytest.mark.parametrize("trial", range(30))
def test_every_cut_and_every_flipped_bit_is_noticed(checkpoint, trial):
    rng = np.random.default_rng(trial)
    path = pathlib.Path(f"{checkpoint}.index" if trial % 3 == 0 else f"{checkpoint}.data-00000-of-00001")
    data = bytearray(path.read_bytes())
    if trial % 3 < 2:
        data = data[: rng.integers(len(data))]
    else:
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut off or damaged"):
        list_tensors(str(checkpoint)).read_all(list(TENSORS))


def test_a_checkpoint_without_data_can_be_listed_but_not_read(shared):
    found = list_tensors(str(shared / "data" / "tf1_ckpt" / "chinese_L-12_pr" / "bert_model.ckpt"))
    assert found.shapes["bert/embeddings/word_embeddings"] == (21128, 768)
    with pytest.raises(InputError, match="data file is missing"):
        found.read("bert/pooler/dense/bias")


def test_a_checkpoint_of_another_program_is_read(shared):
    found = list_tensors(str(shared / "data" / "tf1_ckpt" / "keras_bert_tiny" / "bert_model.ckpt"))
    assert (len(found.shapes), len(found.weights)) == (139, 46)
    assert found.read("bert/embeddings/word_embeddings").shape == (15, 4)


def test_an_archive_is_opened_and_leaves_nothing_behind(checkpoint, tmp_path):
    archive = tmp_path / "uncased.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for suffix in (".index", ".data-00000-of-00001"):
            file.write(f"{checkpoint}{suffix}", f"uncased_L-1/bert_model.ckpt{suffix}")
        file.writestr("uncased_L-1/vocab.txt", "[PAD]\n")
    with open_checkpoint(str(archive)) as found:
        folder = found.folder
        assert found.global_step == 5
        assert os.path.exists(os.path.join(folder, "vocab.txt"))
    assert not os.path.exists(folder)


def test_what_is_wrong_in_an_archive_is_told_with_its_name(checkpoint, tmp_path):
    archive = tmp_path / "uncased.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(f"{checkpoint}.index", "uncased_L-1/bert_model.ckpt.index")
    with pytest.raises(InputError) as caught, open_checkpoint(str(archive)) as found:
        found.read("bert/a/kernel")
    assert str(caught.value).startswith(f"It must be possible to read bert/a/kernel from {archive}/bert_model.ckpt. ")
    assert tempfile.gettempdir() not in str(caught.value).replace(str(archive), "")


def test_the_demo_checkpoint_opens_by_its_word_and_a_checkpoint_of_that_name_is_not_passed_over_in_silence(
    checkpoint, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with open_checkpoint("demo") as found:
        assert found.prefix == str(DEMO_CHECKPOINT / "bert_model.ckpt")
    assert capsys.readouterr().err == ""
    (tmp_path / "demo").mkdir()
    write_checkpoint("demo/model.ckpt-5", TENSORS)
    with open_checkpoint("demo") as found:
        assert found.prefix == str(DEMO_CHECKPOINT / "bert_model.ckpt")
    assert capsys.readouterr().err.endswith("for the one of this name here write ./demo\n")
    with open_checkpoint("./demo") as found:
        assert found.global_step == 5
    assert capsys.readouterr().err == ""
