"""`bert-tf predict`: lines of text in, lines of JSON out."""

import itertools
import sys
from collections.abc import Iterable, Iterator

import tensorflow as tf

from bert_tf import files
from bert_tf.cli.inputs import TrainedInputs
from bert_tf.cli.trained import load_predictor
from bert_tf.errors import InputError
from bert_tf.evaluation.predict import PROBABILITIES
from bert_tf.evaluation.results import prediction_line


def run(inputs: TrainedInputs) -> int:
    """Answers every line of the files given, or of standard input, in order."""
    lines = _lines(inputs.arguments)
    predictor = load_predictor(inputs)
    numbered = enumerate(lines, start=1)
    while chunk := list(itertools.islice(numbered, inputs.config.evaluation.predict_batch_size)):
        texts = [_texts(number, line, inputs.task.is_pair) for number, line in chunk]
        columns = [tf.constant(column) for column in zip(*texts, strict=True)]
        for row, text in zip(predictor.from_text(*columns)[PROBABILITIES].numpy(), texts, strict=True):
            example = dict(zip(("text", "text_pair"), text, strict=False))
            sys.stdout.write(prediction_line(row, inputs.task.labels, example))
        sys.stdout.flush()
    return 0


def _lines(paths: Iterable[str]) -> Iterator[str]:
    """The lines of the files, or of standard input if there are none."""
    data = [files.read_text(path, "a file of texts", "Name a file with one text a line") for path in paths]
    if data:
        lines = itertools.chain.from_iterable(text.removesuffix("\n").split("\n") for text in data)
        return (line.removesuffix("\r") for line in lines)
    return (line.removesuffix("\n").removesuffix("\r") for line in sys.stdin)


def _texts(number: int, line: str, is_pair: bool) -> list[str]:
    """The text or the two texts of a line.

    Raises:
        InputError: If a line has not as many texts as the task.
    """
    if not is_pair:
        return [line]
    texts = line.split("\t")
    if len(texts) != 2:
        raise InputError(
            "Every line must have two texts, separated by a tab", received=f"{len(texts)} in line {number}"
        )
    return texts
