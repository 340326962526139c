"""Answers texts with a SavedModel in both ways of loading it, using TensorFlow and tensorflow-text alone.

python load_in_fresh_process.py FOLDER < inputs.json > outputs.json, where the inputs are named by signature and the
outputs by loader and signature.
"""

import json
import sys

import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers its ops.


def answer_by_version_2(folder: str, inputs: dict) -> dict:
    signatures = tf.saved_model.load(folder).signatures
    outputs = {
        name: signatures[name](**{key: tf.constant(value) for key, value in columns.items()})
        for name, columns in inputs.items()
    }
    return tf.nest.map_structure(lambda value: value.numpy().tolist(), outputs)


def answer_by_version_1(folder: str, inputs: dict) -> dict:
    """The way of the C++ loader, which TensorFlow Serving has."""
    answers = {}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)
        for name, columns in inputs.items():
            definition = graph.signature_def[name]
            feed = {definition.inputs[key].name: value for key, value in columns.items()}
            outputs = session.run({key: tensor.name for key, tensor in definition.outputs.items()}, feed)
            answers[name] = {key: value.tolist() for key, value in outputs.items()}
    return answers


if __name__ == "__main__":
    inputs = json.load(sys.stdin)
    loaders = {"1": answer_by_version_1, "2": answer_by_version_2}
    answers = {version: load(sys.argv[1], inputs) for version, load in loaders.items()}
    assert not [name for name in sys.modules if name.split(".")[0] == "bert_tf"]
    json.dump(answers, sys.stdout, default=bytes.decode)
