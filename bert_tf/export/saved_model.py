"""SavedModels that TensorFlow Serving takes as they are: strings in, labels out."""

import json
import os
import re

import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.evaluation.predict import Predictor
from bert_tf.evaluation.result_files import write_labels
from bert_tf.host import files
from bert_tf.host.progress import Report, untold

SERVING_DEFAULT = "serving_default"
SERVING_IDS = "ids"
_LAST_VERSION = 2**63 - 1  # Servers count them with 64 bits.
TOKENIZER_CONFIG = "tokenizer_config.json"  # The name and the keys under which other libraries look for it.


def export_saved_model(predictor: Predictor, folder: str, report: Report = untold) -> str:
    """Writes the next version of a served model.

    `serving_default` takes raw text, `ids` takes word pieces; both return `label`, `probabilities` and `logits`. The
    vocabulary, what becomes of case and accents, and the labels lie in `assets.extra`, which servers pass over.

    Args:
        predictor: The model with its text step.
        folder: The folder that a server watches; versions are its numbered subfolders.
        report: Is told how many of the parts are done: the signatures, and what is written.

    Returns:
        The folder of the new version.
    """
    files.make_folder(folder)
    files.remove_leftovers(folder)
    target = os.path.join(folder, str(next_version(folder)))
    # The values alone are tracked. With the model itself in the module, every weight would be written twice.
    module = tf.Module()
    module.weights = predictor.weights
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
        case = {"do_lower_case": predictor.text_step.lower_case, "strip_accents": predictor.text_step.strip_accents}
        files.write_text(os.path.join(extra, TOKENIZER_CONFIG), json.dumps(case) + "\n")
        entries = "".join(f"{entry}\n" for entry in predictor.text_step.vocabulary.entries)
        files.write_text(os.path.join(extra, "vocab.txt"), entries)
        report(count, count)
    return target


def next_version(folder: str) -> int:
    """The number after the greatest of a folder.

    Raises:
        InputError: If there is none that a server could read.
    """
    last = max((int(name) for name in files.list_folder(folder) if re.fullmatch(r"[0-9]{1,999}", name)), default=0)
    if last >= _LAST_VERSION:
        raise InputError(
            f"A version of an exported model must be at most {_LAST_VERSION}",
            received=f"a folder {last} in {folder}",
            fix="Move that folder away",
        )
    return last + 1
