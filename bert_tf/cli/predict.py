"""`bert-tf predict`: texts in, lines of JSON out."""

import functools
import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, TypeVar

import numpy as np

from bert_tf.cli.predict_inputs import Asked, NamedQuestion, PredictInputs, Texts, texts_of_line
from bert_tf.cli.predict_sentences import Sentence
from bert_tf.errors import InputError
from bert_tf.evaluation.asking import Sizes, answer_in_batches, batches_of_like_length
from bert_tf.evaluation.predict import Contexts, Predictor, WordPredictor
from bert_tf.evaluation.result_files import prediction_line
from bert_tf.host.console import counted, say
from bert_tf.host.progress import Report, telling
from bert_tf.runs.trained import load_predictor
from bert_tf.tasks.answers.choice import columns_of_choices
from bert_tf.tasks.answers.space import ENDS, STARTS, Outputs
from bert_tf.tasks.task import Task

Given = TypeVar("Given")
Read = TypeVar("Read")
_NOTHING_YET = b""
_MOST_BATCHES_UNTRACED = 8  # Tracing takes a second, and saves a tenth of one in each batch.
_SECONDS_OF_WAITING = 0.05  # For more lines of a pipe, so that an answer never waits for a batch to fill.


def run(inputs: PredictInputs) -> int:
    """Answers every text of the files given, or of standard input, in order."""
    trained = inputs.trained
    size = trained.config.evaluation.predict_batch_size
    asking = _Asking(load_predictor(trained), trained.task, size, trained.config.data.max_seq_length)
    try:
        _answer_all(inputs, asking)
    finally:
        asking.tell_cut()  # Also of the texts before one at fault.
    return 0


def _answer_all(inputs: PredictInputs, asking: "_Asking") -> None:
    task = inputs.trained.task
    if inputs.texts is not None:
        done, count = 0, len(inputs.texts)
        with telling("predicting", "texts", is_shown=not sys.stdout.isatty()) as report:
            for chunk in _chunks(inputs.texts, asking.room.texts):
                tell = functools.partial(_tell_more, report, count, done)
                asking.answer(chunk, tell, are_all=len(chunk) == count)
                done += len(chunk)
        return
    is_terminal = sys.stdin.isatty()
    lines = LinesOfStream(sys.stdin.buffer, prompt=_prompt(task) if is_terminal else "")
    for numbered in lines.chunks(1 if is_terminal else asking.room.texts):
        texts, fault = _until_fault(lambda line: texts_of_line("standard input", *line, task), numbered)
        if texts:
            asking.answer(texts, are_all=lines.are_over)
        if fault is not None:
            raise fault


def _tell_more(report: Report, count: int, before: int, answered: int) -> None:
    report(before + answered, count)


def _prompt(task: Task) -> str:
    """What asks for a line on a terminal: the names of what it must have."""
    names = task.answers.template.fields[: 1 + task.is_pair]
    return f"{' <tab> '.join(names)}> "


def _until_fault(read: Callable[[Given], Read], given: Sequence[Given]) -> tuple[list[Read], InputError | None]:
    """Reads one after the other, up to the first that is at fault: what comes before it is to be answered."""
    found: list[Read] = []
    for each in given:
        try:
            found.append(read(each))
        except InputError as error:
            return found, error
    return found, None


def _chunks(texts: Sequence[Asked], size: int) -> Iterator[Sequence[Asked]]:
    """Parts of at most so many, each of one sort: raw texts, or those of which a file gives words or names."""
    for _, group in itertools.groupby(texts, key=type):
        while chunk := list(itertools.islice(group, size)):
            yield chunk


class _Asking:
    """Texts of one sort in, lines out, in the order of the texts.

    Attributes:
        room: How much is asked at once.
    """

    def __init__(self, predictor: Predictor, task: Task, size: int, max_length: int):
        """Asks nothing yet.

        Args:
            predictor: The model.
            task: What it learnt.
            size: Texts of a batch if they are as long as they may be.
            max_length: Pieces of the longest row.
        """
        self._predictor, self._task = predictor, task
        predictor.traces = False
        self.room = predictor.room(size, max_length)
        self._asked = self._cut = 0

    def answer(
        self, texts: Sequence[Asked], report: Callable[[int], None] = lambda done: None, *, are_all: bool
    ) -> None:
        """Writes one line a text.

        Args:
            texts: The texts.
            report: Is told after each batch how many are answered.
            are_all: Whether no others come: for a few, tracing a function would take longer than the answers.
        """
        sizes = self._sizes(texts)
        self._asked += len(texts)
        self._cut += int(sizes.is_cut.sum())
        batches = list(batches_of_like_length(sizes, self.room))
        self._predictor.traces |= not are_all or len(batches) > _MOST_BATCHES_UNTRACED

        def ask(indices: np.ndarray) -> list[str]:
            return self._lines([texts[index] for index in indices])

        for line in answer_in_batches(batches, self.room.batches, ask, report):
            sys.stdout.write(line)
        sys.stdout.flush()

    def tell_cut(self) -> None:
        """Tells how many of all texts were read in part."""
        if self._cut:
            limit = f"--max_seq_length={self.room.max_length}"
            say(f"{self._cut:,} of {counted(self._asked, 'text')} had more word pieces than {limit} and were cut")

    def _sizes(self, texts: Sequence[Asked]) -> Sizes:
        if sentences := [text for text in texts if isinstance(text, Sentence)]:
            return _of_words(self._predictor).sizes_of_words(*_words(sentences))
        return self._predictor.sizes(*zip(*map(_raw, texts), strict=True))

    def _lines(self, texts: Sequence[Asked]) -> list[str]:
        fields = self._task.answers.template.fields
        if sentences := [text for text in texts if isinstance(text, Sentence)]:
            outputs = _of_sentences(self._predictor, sentences)
            told: list[dict[str, object]] = [{fields[0]: each.text} for each in sentences]
        else:
            raw = [_raw(text) for text in texts]
            outputs = self._predictor.answer(*zip(*raw, strict=True))
            told = [dict(zip(fields, text, strict=False)) for text in raw]
        if named := [text for text in texts if isinstance(text, NamedQuestion)]:
            names = columns_of_choices([each.choices for each in named], [each.labels for each in named])
            outputs = {**outputs, **names}
        return [prediction_line(outputs, index, self._task, example) for index, example in enumerate(told)]


def _raw(text: Asked) -> Texts:
    """What a model is asked."""
    assert not isinstance(text, Sentence)
    return (text.question, text.choices) if isinstance(text, NamedQuestion) else text


def _of_words(predictor: Predictor) -> WordPredictor:
    assert isinstance(predictor, WordPredictor), "sentences are read for those who tag words"
    return predictor


def _words(sentences: Sequence[Sentence]) -> tuple[Sequence[Sequence[str]], Contexts]:
    """The words of sentences, and those around each."""
    return [each.words for each in sentences], [each.context for each in sentences]


def _of_sentences(predictor: Predictor, sentences: Sequence[Sentence]) -> Outputs:
    """What the model says of words that are given, with the places that these have in their texts."""
    outputs = _of_words(predictor).answer_words(*_words(sentences))
    places = {STARTS: [each.starts for each in sentences], ENDS: [each.ends for each in sentences]}
    return {**outputs, **{name: np.concatenate(each) for name, each in places.items()}}


class LinesOfStream:
    """The lines of a stream as they come: as many at a time as are there, at most so many.

    Attributes:
        are_over: Whether those that were given last are the last ones. What comes within a moment is known of.
    """

    def __init__(self, stream: BinaryIO, prompt: str = ""):
        """Reads nothing yet.

        Args:
            stream: The stream.
            prompt: What to show before each line; empty for nothing.
        """
        self.are_over = False
        self._failure: OSError | None = None
        self._stream, self._prompt = stream, prompt
        self._lines: queue.Queue[bytes | None] = queue.Queue(maxsize=4096)

    def chunks(self, size: int) -> Iterator[list[tuple[int, str]]]:
        """Yields lines with their numbers, from 1.

        Raises:
            InputError: If a line is not UTF-8.
        """
        if self._prompt:
            yield from self._typed()
            return
        threading.Thread(target=self._read, daemon=True).start()
        numbers = itertools.count(1)
        pending = self._lines.get()
        while pending is not None:
            chunk, end = [(next(numbers), pending)], time.monotonic() + _SECONDS_OF_WAITING
            pending = _NOTHING_YET
            while len(chunk) < size and (pending := self._next(end)):
                chunk.append((next(numbers), pending))
                pending = _NOTHING_YET
            lines, fault = _until_fault(lambda line: (line[0], _decoded(*line)), chunk)
            self.are_over = pending is None
            if lines:
                yield lines
            if fault is not None:
                raise fault
            if pending == _NOTHING_YET:
                pending = self._lines.get()
        if self._failure is not None:
            raise _unreadable(self._failure)

    def _typed(self) -> Iterator[list[tuple[int, str]]]:
        """What a person types, a line at a time, with a prompt on the terminal and not among the answers."""
        for number in itertools.count(1):
            sys.stderr.write(self._prompt)
            sys.stderr.flush()
            try:
                line = self._stream.readline()
            except OSError as error:
                raise _unreadable(error) from error
            if not line:
                sys.stderr.write("\n")
                return
            yield [(number, _decoded(number, line))]

    def _read(self) -> None:
        try:
            for line in self._stream:
                self._lines.put(line)
        except OSError as error:  # Told by the thread that waits for the lines.
            self._failure = error
        finally:
            self._lines.put(None)

    def _next(self, end: float) -> bytes | None:
        """The next line; nothing yet if none comes until then, None after the last."""
        try:
            return self._lines.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            return _NOTHING_YET


def _unreadable(error: OSError) -> InputError:
    return InputError(
        "Standard input must be there to be read", received=error.strerror or str(error), fix="Name a file"
    )


def _decoded(number: int, line: bytes) -> str:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x} in line {number}"
        raise InputError("Standard input must be UTF-8 text", received=found) from error
    return text.removesuffix("\n").removesuffix("\r")
