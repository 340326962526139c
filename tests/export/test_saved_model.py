import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.config.run import ModelConfig
from bert_tf.evaluation.predict import Predictor
from bert_tf.export.saved_model import export_saved_model
from bert_tf.tasks.assets import load_assets
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.known.glue import MRPC
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.text.step import TextStep
from bert_tf.weights.google import list_tensors
from bert_tf.weights.places import find_prefix
from tests.conftest import DEMO_CHECKPOINT

LOADER = pathlib.Path(__file__).parent / "load_in_fresh_process.py"
TEXTS = ["The cat sleeps.", "", "Those cats sleeps NEAR the río!", "word " * 200]
PAIRS = ["A dog barks.", "x", "", "word " * 100]


def make_predictor(task, precision="float32"):
    assets = load_assets(str(DEMO_CHECKPOINT), ModelConfig())
    model = build_model(task, assets.encoder_config, precision)
    start_weights(model, list_tensors(find_prefix(str(DEMO_CHECKPOINT))), seed=1, new_head=False)
    text_step = TextStep(assets.vocabulary, lower_case=assets.lower_case, max_seq_length=64)
    return Predictor(model, text_step, task)


@pytest.fixture(scope="module", params=[pytest.param(DEMO, marks=pytest.mark.exhaustive), MRPC], ids=["text", "pair"])
def exported(request, tmp_path_factory):
    predictor = make_predictor(request.param)
    folder = tmp_path_factory.mktemp("export")
    assert export_saved_model(predictor, str(folder)) == str(folder / "1")
    return predictor, folder


def inputs_for(predictor, signature):
    if signature == "serving_default":
        return {"text": TEXTS, **({"text_pair": PAIRS} if predictor.task.is_pair else {})}
    columns = [tf.constant(TEXTS), tf.constant(PAIRS)][: 1 + predictor.task.is_pair]
    return {name: value.numpy().tolist() for name, value in predictor.text_step.model_inputs(*columns).items()}


@pytest.fixture(scope="module")
def served(exported):
    """What a fresh process answers, by loader and signature."""
    predictor, folder = exported
    inputs = {signature: inputs_for(predictor, signature) for signature in ("serving_default", "ids")}
    done = subprocess.run(
        [sys.executable, LOADER, folder / "1"],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["1", "2"])
@pytest.mark.parametrize("signature", ["serving_default", "ids"])
def test_both_loaders_give_the_models_answers_in_a_fresh_process(exported, served, loader, signature):
    predictor, _ = exported
    columns = [tf.constant(TEXTS), tf.constant(PAIRS)][: 1 + predictor.task.is_pair]
    logits = predictor.model(predictor.text_step.model_inputs(*columns)).numpy()
    answer = served[loader][signature]
    np.testing.assert_allclose(answer["logits"], logits, atol=1e-6)
    np.testing.assert_allclose(answer["probabilities"], tf.nn.softmax(logits), atol=1e-6)
    assert answer["label"] == [predictor.task.labels[index] for index in logits.argmax(axis=1)]


def test_the_folder_is_what_a_server_expects(exported):
    predictor, folder = exported
    version = folder / "1"
    assert {path.name for path in version.iterdir()} >= {"saved_model.pb", "variables", "assets.extra"}
    assert (version / "assets.extra" / "labels.txt").read_text() == "0\n1\n"
    case = json.loads((version / "assets.extra" / "tokenizer_config.json").read_text())
    assert case == {"do_lower_case": True, "strip_accents": True}
    assert (version / "assets.extra" / "vocab.txt").read_text() == (DEMO_CHECKPOINT / "vocab.txt").read_text()
    weights = sum(variable.numpy().nbytes for variable in predictor.model.variables)
    written = (version / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert weights <= written < 1.02 * weights


def test_signatures_have_the_names_and_types_that_are_promised(exported):
    predictor, folder = exported
    signatures = tf.saved_model.load(str(folder / "1")).signatures
    text = {"text": tf.string, **({"text_pair": tf.string} if predictor.task.is_pair else {})}
    ids = dict.fromkeys(("input_ids", "input_mask", "segment_ids"), tf.int32)
    outputs = {"label": tf.string, "logits": tf.float32, "probabilities": tf.float32}
    for name, inputs in {"serving_default": text, "ids": ids}.items():
        signature = signatures[name]
        assert {key: spec.dtype for key, spec in signature.structured_input_signature[1].items()} == inputs
        assert {key: spec.dtype for key, spec in signature.structured_outputs.items()} == outputs


UNEQUAL = {
    "a mask that is shorter": ({"input_mask": [[1, 1]]}, "input_mask must have the shape of input_ids"),
    "two masks": ({"input_mask": [[1] * 4] * 2}, "input_mask must have the shape of input_ids"),
    "a segment for all": ({"segment_ids": [[0]]}, "segment_ids must have the shape of input_ids"),
    "a third text": ({"segment_ids": [[0, 0, 2, 0]]}, "segment_ids must be whole numbers from 0 to 1"),
    "a piece before the first": ({"input_ids": [[2, -1, 7, 3]]}, "input_ids must be whole numbers from 0 to"),
    "a piece behind the last": ({"input_ids": [[2, 10**6, 7, 3]]}, "input_ids must be whole numbers from 0 to"),
    "half a mask": ({"input_mask": [[1, 1, 2, 1]]}, "input_mask must be whole numbers from 0 to 1"),
    "a row of 600": (
        {"input_ids": [[5] * 600], "input_mask": [[1] * 600], "segment_ids": [[0] * 600]},
        "must have at most",
    ),
}


@pytest.mark.parametrize("case", UNEQUAL)
def test_word_pieces_that_the_model_does_not_know_are_refused(exported, case):
    predictor, _ = exported
    given, rule = UNEQUAL[case]
    rows = {"input_ids": [[2, 9, 7, 3]], "input_mask": [[1, 1, 1, 0]], "segment_ids": [[0, 0, 0, 0]], **given}
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        predictor.from_ids(*(tf.constant(values, tf.int32) for values in rows.values()))


def test_a_narrow_model_is_exported_with_narrow_kernels_alone(tmp_path):
    predictor = make_predictor(DEMO, "mixed_bfloat16")
    export_saved_model(predictor, str(tmp_path))
    variables = predictor.model.variables
    kernels = [variable.path.endswith("/kernel") for variable in variables]
    sizes = [variable.numpy().nbytes for variable in variables]
    weights = sum(size // 2 if is_kernel else size for size, is_kernel in zip(sizes, kernels, strict=True))
    written = (tmp_path / "1" / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert weights <= written < 1.02 * weights
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    given = predictor.text_step.model_inputs(tf.constant(TEXTS))
    for name, value in predictor.from_ids(*given.values()).items():
        np.testing.assert_array_equal(loaded.signatures["ids"](**given)[name], value, err_msg=name)


def test_versions_count_up_and_nothing_else_is_left(exported):
    predictor, folder = exported
    (folder / "17").mkdir()
    assert export_saved_model(predictor, str(folder)) == str(folder / "18")
    assert {path.name for path in folder.iterdir()} == {"1", "17", "18"}


def test_only_one_op_comes_from_tensorflow_text(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    _, folder = exported
    model = saved_model_pb2.SavedModel.FromString((folder / "1" / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    ops = {node.op for node in graph.node} | {node.op for f in graph.library.function for node in f.node_def}
    assert [op for op in ops if op.startswith(("TFText", "FastBert", "Wordpiece", "FastWordpiece"))] == [
        "FastWordpieceTokenizeWithOffsets"
    ]
    assert not [op for op in ops if "PyFunc" in op]
