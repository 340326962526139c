"""What `convert` and `inspect` are told, checked before TensorFlow is loaded."""

import dataclasses

from bert_tf.config.commands import ConvertConfig
from bert_tf.config.run import ModelConfig
from bert_tf.config.typed import Typed
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.weights.places import check_place


@dataclasses.dataclass(frozen=True)
class ConvertInputs:
    """What is to be converted.

    Attributes:
        source: The checkpoint.
        folder: The folder to write.
        model: The files that were named in place of those beside the checkpoint.
        encoder_only: Whether heads are left out.
    """

    source: str
    folder: str
    model: ModelConfig
    encoder_only: bool


def prepare_convert(typed: Typed) -> ConvertInputs:
    """Checks that there is a checkpoint and that the folder can be written.

    Raises:
        InputError: If not.
    """
    if len(typed.arguments) != 2:
        raise InputError(
            "convert takes a checkpoint and a folder",
            received=" ".join(typed.arguments),
            fix="bert-tf convert CHECKPOINT FOLDER",
        )
    source, folder = typed.arguments
    if not folder.strip():
        raise InputError("convert takes a checkpoint and a folder", received="an empty name of a folder")
    check_place(source)
    files.check_writable(folder)
    return ConvertInputs(source, folder, typed.config().model, typed.own(ConvertConfig).encoder_only)


def prepare_inspect(typed: Typed) -> str:
    """Returns the checkpoint that was named.

    Raises:
        InputError: If there is none.
    """
    if len(typed.arguments) != 1:
        raise InputError(
            "inspect takes one checkpoint", received=" ".join(typed.arguments), fix="bert-tf inspect CHECKPOINT"
        )
    check_place(typed.arguments[0])
    return typed.arguments[0]
