import numpy as np
import pytest

from bert_tf.config.encoder import EncoderConfig
from bert_tf.errors import InputError
from bert_tf.models.model import initial_value
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.task_model import build_model, has_no_pooler, load_trained, start_weights
from bert_tf.tasks.trained_head import check_answers, check_head
from bert_tf.weights.google import list_tensors, write_checkpoint

TINY = EncoderConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12)


@pytest.fixture(scope="module")
def model():
    return build_model(DEMO, TINY, "float32")


def write(path, model, *, head=True, **changes):
    tensors = {v.path: np.full(v.shape, 0.5, "f") for v in (model if head else model.encoder).variables}
    write_checkpoint(str(path / "c"), {**tensors, **changes})
    return list_tensors(str(path / "c"))


def values(model):
    return {variable.path: variable.numpy() for variable in model.variables}


def test_what_no_checkpoint_gives_is_drawn_by_name_and_seed(model, tmp_path):
    report = start_weights(model, write(tmp_path, model, head=False), seed=3, new_head=False)
    assert report.missing == ("output_weights", "output_bias")
    assert (values(model)["bert/pooler/dense/kernel"] == 0.5).all()
    np.testing.assert_array_equal(values(model)["output_weights"], initial_value("output_weights", (2, 8), TINY, 3))


def test_a_trained_head_is_taken_up_unless_a_new_one_is_wanted(model, tmp_path):
    checkpoint = write(tmp_path, model)
    start_weights(model, checkpoint, seed=3, new_head=False)
    assert (values(model)["output_weights"] == 0.5).all()
    report = start_weights(model, checkpoint, seed=3, new_head=True)
    assert (values(model)["output_weights"] != 0.5).all()
    assert report.unexpected == ("output_bias", "output_weights")


def test_a_head_with_other_labels_is_refused_with_the_flag_that_helps(model, tmp_path):
    checkpoint = write(tmp_path, model, output_weights=np.zeros((3, 8), "f"))
    with pytest.raises(InputError, match="--new_head"):
        start_weights(model, checkpoint, seed=3, new_head=False)
    start_weights(model, checkpoint, seed=3, new_head=True)


def test_without_checkpoint_everything_is_drawn(model):
    report = start_weights(model, None, seed=3, new_head=False)
    assert report.loaded == ()
    assert (values(model)["bert/embeddings/LayerNorm/gamma"] == 1).all()
    assert values(model)["bert/embeddings/word_embeddings"].std() > 0.01


def test_a_head_that_was_never_trained_is_not_evaluated(model, tmp_path):
    with pytest.raises(InputError, match=r"need a head that was trained.*without output_weights, output_bias"):
        load_trained(model, write(tmp_path, model, head=False))
    load_trained(model, write(tmp_path, model))


def test_labels_of_another_task_are_refused(model, tmp_path):
    checkpoint = write(tmp_path, model)
    for labels, trained_task in ((None, None), (("0", "1"), "demo"), (("0", "1"), None)):
        check_head(checkpoint.prefix, labels, trained_task, DEMO)
    with pytest.raises(InputError, match=r"must be those of demo \(0, 1\). Received: 'no, yes'"):
        check_head(checkpoint.prefix, ("no", "yes"), None, DEMO)


@pytest.mark.parametrize("space", [Spans(), Choice()])
def test_a_model_with_labels_is_no_start_for_answers_without_and_its_kind_is_told(space):
    task, tagger = CUSTOM.answering(space), CUSTOM.answering(Tags(labels=("O", "B-x"), scheme=Scheme.IOB2))
    wanted = rf"run must be a model of {space.kind} \(bert-tf {space.command}\). Received: "
    with pytest.raises(InputError, match=rf"{wanted}'one of tags \(bert-tf tagger\)'"):
        check_answers("run", tagger, task)
    with pytest.raises(InputError, match=rf"{wanted}'one with labels O, B-x'"):
        check_head("run", ("O", "B-x"), "custom", task)
    check_answers("run", task, task)


def test_the_head_of_another_task_with_the_same_labels_is_refused(model, tmp_path):
    with pytest.raises(InputError, match=r"must be one of demo. Received: 'cola'.*--new_head"):
        check_head(write(tmp_path, model).prefix, ("0", "1"), "cola", DEMO)


def start(model, checkpoint):
    return start_weights(model, checkpoint, seed=3, new_head=False)


POOLER = ("bert/pooler/dense/kernel", "bert/pooler/dense/bias")


def lacking(path, model, *names):
    tensors = {v.path: np.full(v.shape, 0.5, "f") for v in model.variables if v.path not in names}
    write_checkpoint(str(path / "c"), tensors)
    return list_tensors(str(path / "c"))


def test_a_pooler_that_was_not_pre_trained_is_drawn(model, tmp_path):
    report = start_weights(model, lacking(tmp_path, model, *POOLER), seed=3, new_head=False)
    assert has_no_pooler(report)
    kernel, bias = (values(model)[name] for name in POOLER)
    np.testing.assert_array_equal(kernel, initial_value(POOLER[0], (8, 8), TINY, 3))
    assert (bias == 0).all()
    with pytest.raises(InputError, match=r"must hold every weight of the encoder.*2 missing"):
        load_trained(model, list_tensors(str(tmp_path / "c")))


@pytest.mark.parametrize("name", [*POOLER, "bert/encoder/layer_0/output/dense/bias", "bert/embeddings/LayerNorm/gamma"])
def test_any_other_weight_must_be_there_to_start_from(model, tmp_path, name):
    with pytest.raises(InputError, match=rf"must hold every weight of the encoder.*1 missing: {name}"):
        start_weights(model, lacking(tmp_path, model, name), seed=3, new_head=False)


@pytest.mark.parametrize("load", [start, load_trained])
@pytest.mark.parametrize(
    "name", ["bert/encoder/layer_1/output/dense/bias", "bert/encoder/layer_7/attention/self/key/kernel", "bert/x"]
)
def test_weights_of_the_encoder_that_are_left_over_are_an_error(model, tmp_path, load, name):
    checkpoint = write(tmp_path, model, **{name: np.zeros(3, "f")})
    with pytest.raises(InputError, match=rf"must have its place in the model. Received: '1 left over: {name}'"):
        load(model, checkpoint)


def test_heads_of_pre_training_and_slots_may_be_left_over(model, tmp_path):
    others = ("cls/predictions/output_bias", "bert/embeddings/word_embeddings/Adam_1", "bert/embeddings/position_ids")
    start_weights(model, write(tmp_path, model, **dict.fromkeys(others, np.zeros(3, "f"))), seed=3, new_head=False)


@pytest.mark.parametrize("load", [start, load_trained])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["bert/pooler/dense/kernel", "bert/embeddings/LayerNorm/beta", "output_bias"])
def test_a_weight_that_is_not_finite_is_named_before_anything_is_computed(model, tmp_path, load, value, name):
    shape = values(model)[name].shape
    broken = np.zeros(shape, "f")
    broken.flat[1] = value
    checkpoint = write(tmp_path, model, **{name: broken})
    with pytest.raises(InputError, match=rf"must be finite numbers. Received: '{name} with 1 NaN or infinite of"):
        load(model, checkpoint)
