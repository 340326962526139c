"""`bert-tf predict`: lines of text in, lines of JSON out."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import tensorflow as tf

from bert_tf.data.readers.rules import character_fault
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import prediction_line
from bert_tf.host import files
from bert_tf.runs.inputs import TrainedInputs
from bert_tf.runs.trained import load_predictor


def run(inputs: TrainedInputs) -> int:
    """Answers every line of the files given, or of standard input, in order."""
    lines = _lines(inputs.arguments)
    predictor = load_predictor(inputs)
    answer_name = predictor.objective.answer_name
    numbered = enumerate(lines, start=1)
    while chunk := list(itertools.islice(numbered, inputs.config.evaluation.predict_batch_size)):
        texts = [_texts(number, line, inputs.task.is_pair) for number, line in chunk]
        columns = [tf.constant(column) for column in zip(*texts, strict=True)]
        for row, text in zip(predictor.from_text(*columns)[answer_name].numpy(), texts, strict=True):
            example = dict(zip(("text", "text_pair"), text, strict=False))
            sys.stdout.write(prediction_line(row, inputs.task, example))
        sys.stdout.flush()
    return 0


def _lines(paths: Sequence[str]) -> Iterator[str]:
    """The lines of the files, or of standard input if there are none."""
    if paths:
        return itertools.chain.from_iterable([_file_lines(path) for path in paths])
    return _stream_lines(sys.stdin.buffer)


def _file_lines(path: str) -> list[str]:
    text = files.read_text(path, "a file of texts", "Name a file with one text a line")
    if not text:
        raise InputError(f"{path} must hold one text a line", received="an empty file")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _stream_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a stream, as they come.

    Raises:
        InputError: If a line is not UTF-8.
    """
    for number, line in enumerate(stream, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            found = f"byte 0x{line[error.start]:02x} in line {number}"
            raise InputError("Standard input must be UTF-8 text", received=found) from error
        yield text.removesuffix("\n").removesuffix("\r")


def _texts(number: int, line: str, is_pair: bool) -> list[str]:
    """The text or the two texts of a line.

    Raises:
        InputError: If a line has not as many texts as the task, or holds what no text may.
    """
    if found := character_fault(line):
        raise InputError(found[0].rule, received=f"{found[1]} in line {number}", fix=found[0].fix)
    if not is_pair:
        return [line]
    texts = line.split("\t")
    if len(texts) != 2:
        raise InputError(
            "Every line must have two texts, separated by a tab", received=f"{len(texts)} in line {number}"
        )
    return texts
