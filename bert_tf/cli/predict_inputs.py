"""What `bert-tf predict` reads before TensorFlow is loaded: the folder of the model, and files of texts."""

import dataclasses
import itertools
from collections.abc import Sequence

from bert_tf.cli.predict_sentences import Sentence, check_raw, is_of_sentences, read_sentences_to_tag
from bert_tf.config.run import RunConfig, replace
from bert_tf.config.typed import Typed
from bert_tf.data.choices import FEWEST_CHOICES, MOST_CHOICES
from bert_tf.data.examples import Examples
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.own_files import file_format_of_rows, find_format, may_be_delimited, read_own_file
from bert_tf.data.readers.rules import character_fault
from bert_tf.data.splits import TEST
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.runs.idle_flags import TEXT_COLUMNS, Use, warn_of_use
from bert_tf.runs.inputs import TrainedInputs, prepare_trained
from bert_tf.tasks.own.own_choices import is_of_stems, read_own_choices
from bert_tf.tasks.own.own_data import layout_of
from bert_tf.tasks.own.own_questions import is_as_squad, read_own_questions
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template

Texts = tuple[str | tuple[str, ...], ...]  # One or two texts, or a question with its choices.
_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet")
# What may be typed of how tables are read; by default columns have the names of the run, and each file its own form.
TABLE_OPTIONS = ("file_format", *TEXT_COLUMNS, "header", "delimiter")


@dataclasses.dataclass(frozen=True)
class NamedQuestion:
    """A question whose choices have names in their file.

    Attributes:
        question: The question.
        choices: Its choices.
        labels: What the file calls each of them.
    """

    question: str
    choices: tuple[str, ...]
    labels: tuple[str, ...]


Asked = Texts | Sentence | NamedQuestion


@dataclasses.dataclass(frozen=True)
class PredictInputs:
    """A trained model and the texts that it is to answer for.

    Attributes:
        trained: The model.
        texts: One or two texts each, a question and its choices, or what a file gives beside: the words of a text, the
            names of choices; None for those of standard input.
    """

    trained: TrainedInputs
    texts: Sequence[Asked] | None


def prepare_predict(typed: Typed) -> PredictInputs:
    """Reads the folder of a model and the files that were named.

    A file whose name ends in a format of tables is read by its columns, as is any with --file_format; others line by
    line. For a model that tags words, files in columns of CoNLL and in JSON are read as --predict_file is.

    Raises:
        InputError: If the folder holds no run, or a file is not there or not sound.
    """
    trained = prepare_trained(typed)
    config = _of_tables(typed, trained.config)
    warn_of_use(typed, _use(trained, config))
    if not trained.arguments:
        if "file_format" in typed.values:
            raise InputError(
                "Without a file, standard input is read, one text a line",
                received=f"--file_format={typed.values['file_format']}",
                fix="Name a file, - for standard input in this format",
            )
        return PredictInputs(trained, None)
    return PredictInputs(
        trained, list(itertools.chain.from_iterable(_read(path, trained, config) for path in trained.arguments))
    )


def _of_tables(typed: Typed, config: RunConfig) -> RunConfig:
    """How tables are read: by the columns of the run, but not by the form of its files unless that was typed."""
    forms = dict.fromkeys(("file_format", "delimiter")) | {"header": Header.AUTO.value}
    return replace(config, id_column=None, **{name: typed.values.get(name, value) for name, value in forms.items()})


def _use(trained: TrainedInputs, config: RunConfig) -> Use:
    """How the model is asked."""
    tables = [path for path in trained.arguments if _is_table(path, config)]
    answers, chosen = trained.task.answers, config.own_data.file_format
    is_published = {Template.CONTEXT: is_as_squad, Template.CHOICES: is_of_stems}.get(answers.template)
    return Use(
        answers,
        trained.task.is_pair,
        is_table=bool(tables),
        is_delimited=any(may_be_delimited(path, chosen) for path in tables),
        is_published=is_published is not None and bool(tables) and all(is_published(path, config) for path in tables),
    )


def _is_table(path: str, config: RunConfig) -> bool:
    """Whether a file is read by its columns, and not line by line."""
    return config.own_data.file_format is not None or path.lower().removesuffix(".gz").endswith(_TABLES)


def _read(path: str, trained: TrainedInputs, config: RunConfig) -> Sequence[Asked]:
    has_words = trained.task.answers.template is Template.WORDS
    if has_words and is_of_sentences(path, config.own_data.file_format):
        return read_sentences_to_tag(path, config)
    if _is_table(path, config):
        if trained.task.answers.template is Template.CHOICES:
            asked = read_own_choices(path, config, trained.task.answers, is_labelled=False)
            named = zip(asked.first, asked.continuations(), asked.choice_labels or (), strict=True)
            return [NamedQuestion(*each) for each in named]
        examples = _examples(path, trained.task, config)
        columns = [examples.first] if examples.second is None else [examples.first, examples.second]
        return list(zip(*columns, strict=True))
    lines = lines_of_file(path)
    if has_words:
        check_raw(path, lines, trained.task)
    return [texts_of_line(path, number, line, trained.task) for number, line in enumerate(lines, start=1)]


def _examples(path: str, task: Task, config: RunConfig) -> Examples:
    """The examples of a table, or of a file as SQuAD is published in; labels are not read."""
    if task.answers.template is Template.CONTEXT:
        return read_own_questions(path, config, TEST)
    layout = layout_of(config)
    chosen = file_format_of_rows(config.own_data.file_format)  # The layout of sentences has none.
    layout = dataclasses.replace(layout, file_format=find_format(path, chosen))
    return read_own_file(path, layout, is_labelled=False)


def lines_of_file(path: str) -> list[str]:
    """Returns the lines of a file of texts, without their ends.

    Raises:
        InputError: If there is no such file, or nothing in it.
    """
    text = files.read_text(path, "a file of texts", "Name a file with one text a line")
    if not text:
        raise InputError(f"{path} must hold one text a line", received="an empty file")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def texts_of_line(origin: str, number: int, line: str, task: Task) -> Texts:
    """Returns the text, or the two texts, of a line; or the question with its choices.

    Args:
        origin: The file, for messages.
        number: Of the line, from 1.
        line: Without its end.
        task: Says how many texts there must be.

    Raises:
        InputError: If there are more or fewer, or one holds what no text may.
    """
    place = f"line {number} of {origin}"
    if task.answers.template is Template.CHOICES:
        return _question_of_line(line, place)
    texts = tuple(line.split("\t")) if task.is_pair else (line,)
    if len(texts) != 1 + task.is_pair:
        names = "a question and its context" if task.answers.template is Template.CONTEXT else "two texts"
        raise InputError(f"Every line must have {names}, separated by a tab", received=f"{len(texts)} in {place}")
    if found := character_fault(line):
        raise InputError(found[0].rule, received=f"{found[1]} in {place}", fix=found[0].fix)
    return texts


def _question_of_line(line: str, place: str) -> Texts:
    """The question and the choices of a line, with tabs between."""
    question, *choices = line.split("\t")
    if not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES or not all(map(str.strip, choices)):
        empty = "an empty one among " if not all(map(str.strip, choices)) else ""
        raise InputError(
            f"Every line must have a question and {FEWEST_CHOICES} to {MOST_CHOICES} choices, separated by tabs",
            received=f"{empty}{len(choices)} choices in {place}",
        )
    if found := character_fault(line):
        raise InputError(found[0].rule, received=f"{found[1]} in {place}", fix=found[0].fix)
    return question, tuple(choices)
