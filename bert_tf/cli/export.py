"""`bert-tf export`: a trained model to a SavedModel."""

import os
import sys

from bert_tf.export.saved_model import export_saved_model
from bert_tf.host.console import visible
from bert_tf.host.progress import telling
from bert_tf.runs.inputs import TrainedInputs
from bert_tf.runs.trained import load_predictor


def run(inputs: TrainedInputs) -> int:
    """Writes the next version and prints its folder."""
    predictor = load_predictor(inputs)
    with telling("export") as report:
        version = export_saved_model(predictor, os.path.join(inputs.output_dir, "export"), report)
    print(visible(version) if sys.stdout.isatty() else version)  # A script needs the path as it is.
    return 0
