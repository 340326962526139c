"""`bert-tf export`: a trained model to a SavedModel."""

import os

from bert_tf.cli.inputs import TrainedInputs
from bert_tf.cli.trained import load_predictor
from bert_tf.export.saved_model import export_saved_model


def run(inputs: TrainedInputs) -> int:
    """Writes the next version and prints its folder."""
    print(export_saved_model(load_predictor(inputs), os.path.join(inputs.output_dir, "export")))
    return 0
