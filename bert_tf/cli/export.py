"""`bert-tf export`: a trained model to a SavedModel."""

import os

from bert_tf.export.saved_model import export_saved_model
from bert_tf.runs.inputs import TrainedInputs
from bert_tf.runs.trained import load_predictor


def run(inputs: TrainedInputs) -> int:
    """Writes the next version and prints its folder."""
    print(export_saved_model(load_predictor(inputs), os.path.join(inputs.output_dir, "export")))
    return 0
