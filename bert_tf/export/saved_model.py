"""SavedModels that TensorFlow Serving takes as they are: strings in, labels out."""

import os

import tensorflow as tf

from bert_tf.evaluation.predict import Predictor
from bert_tf.evaluation.result_files import write_labels
from bert_tf.host import files
from bert_tf.host.progress import Report, untold

SERVING_DEFAULT = "serving_default"
SERVING_IDS = "ids"


def export_saved_model(predictor: Predictor, folder: str, report: Report = untold) -> str:
    """Writes the next version of a served model.

    `serving_default` takes raw text, `ids` takes word pieces; both return `label`, `probabilities` and `logits`. The
    vocabulary and the labels lie in `assets.extra`, which servers pass over.

    Args:
        predictor: The model with its text step.
        folder: The folder that a server watches; versions are its numbered subfolders.
        report: Is told how many of the parts are done: the signatures, and what is written.

    Returns:
        The folder of the new version.
    """
    files.make_folder(folder)
    files.remove_leftovers(folder)
    versions = [int(name) for name in files.list_folder(folder) if name.isdigit()]
    target = os.path.join(folder, str(max(versions, default=0) + 1))
    # The values alone are tracked. With the model itself in the module, every weight would be written twice.
    module = tf.Module()
    module.weights = [variable.value for variable in predictor.model.variables]
    signatures = {SERVING_DEFAULT: predictor.from_text, SERVING_IDS: predictor.from_ids}
    count = len(signatures) + 1
    report(0, count)
    for done, function in enumerate(signatures.values(), start=1):
        function.get_concrete_function()  # Traced here, saving finds it.
        report(done, count)
    with files.writing(target), files.replacing(target) as temporary:
        # Nobody trains an exported model, and the gradients of the layers' parts would be as large again as its graph.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(module, temporary, signatures=signatures, options=options)
        extra = os.path.join(temporary, "assets.extra")
        files.make_folder(extra)
        write_labels(extra, predictor.task.labels)
        entries = "".join(f"{entry}\n" for entry in predictor.text_step.vocabulary.entries)
        files.write_text(os.path.join(extra, "vocab.txt"), entries)
        report(count, count)
    return target
