"""Texts in memory that a trained model is asked for: a list, an array, a column or a table, in their order."""

import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from bert_tf.config.run import RunConfig
from bert_tf.data.choices import COUNT_RULE, FEWEST_CHOICES, MOST_CHOICES, begun
from bert_tf.data.readers.cells import is_nothing
from bert_tf.data.readers.choice_rows import SWAG, ChoiceLayout
from bert_tf.data.readers.label_cells import parse_list
from bert_tf.data.readers.rules import character_fault
from bert_tf.data.readers.tagged_json import CONTRADICTING, are_words_of
from bert_tf.errors import InputError, nearest
from bert_tf.host.console import counted
from bert_tf.runs.rows_in_memory import is_absent
from bert_tf.tasks.own.own_choices import choice_columns, layout_of_choices
from bert_tf.tasks.own.own_sentences import names_in_json
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template
from bert_tf.text.word_borders import split_words

_BYTES = (bytes, bytearray, memoryview)
_SHOWN_BYTES = 40
_FIX = "Give a list, an array or a Series of strings, or a DataFrame"
_ASKED = {
    Template.CONTEXT: "a list of questions, and as the second argument the list of their contexts, as many of each",
    Template.CHOICES: "a list of questions, and as the second argument the choices of each",
}


def asked_in_columns(texts: Any, pairs: Any, task: Task, config: RunConfig) -> list[list[Any]]:
    """Returns what a model is asked, whatever its examples consist of: a list for each argument of its predictor.

    Args:
        texts: What comes first: texts, questions or sentences; or a table with all of it.
        pairs: What comes second; None if there is nothing, or it is in `texts`.
        task: What the model learnt.
        config: Says what the columns of a table are called.

    Raises:
        InputError: If they are something else, or not as many of each.
    """
    template, own = task.answers.template, config.own_data
    columns: list[list[Any]]
    if template is Template.CHOICES:
        columns = questions_in_columns(texts, pairs, config)
    elif template is Template.WORDS and pairs is None:
        columns = [sentences_in_column(texts, names_in_json(own).tokens, names_in_json(own).text)]
    elif template is Template.CONTEXT:
        columns = texts_in_columns(texts, pairs, (config.spans.question_column, config.spans.context_column))
    else:
        names = own.text_column, own.text_pair_column or "text_pair"
        columns = texts_in_columns(texts, pairs, names if task.is_pair else names[:1])
    counts = [len(column) for column in columns]
    if len(columns) != 1 + (task.is_pair or template is Template.CHOICES) or len(set(counts)) > 1:
        wanted = _ASKED.get(template, "pairs, as many second texts as first ones" if task.is_pair else "single texts")
        received = _counts_told(counts, template)
        raise InputError(f"The task {task.name} takes {wanted}", received=received)
    return columns


def _counts_told(counts: Sequence[int], template: Template) -> str:
    """How many texts were given for each argument."""
    names = {Template.CONTEXT: ("question", "context"), Template.CHOICES: ("question", "choice list")}
    if template not in names:
        return " and ".join(map(str, counts)) + " texts"
    return " and ".join(itertools.starmap(counted, zip(counts, names[template], strict=False)))


def texts_in_columns(texts: Any, pairs: Any, names: Sequence[str]) -> list[list[str]]:
    """Returns the texts, or first and second texts, as lists of strings.

    Args:
        texts: The texts, or the first ones of pairs; or both as an array [N, 2] or as the columns of a table.
        pairs: The second ones; None if there are none, or they are in `texts`.
        names: What the columns of a table are called; two where pairs are asked for.

    Raises:
        InputError: If they are something else, or something in them is no text.
    """
    if pairs is not None:
        return [_texts(texts, "texts"), _texts(pairs, "pairs")]
    if hasattr(texts, "columns"):
        return [_texts(column, "texts") for column in _columns(texts, names)]
    if getattr(texts, "ndim", 1) == 2 and len(names) > 1:
        if texts.shape[1] != 2:
            raise InputError("An array of pairs must have two columns", received=f"{texts.shape[1]} columns")
        return [_texts(texts[:, 0], "texts"), _texts(texts[:, 1], "texts")]
    return [_texts(texts, "texts")]


def sentences_in_column(texts: Any, tokens: str, text: str) -> list[Any]:
    """Returns texts as strings; or, if their words are cut already, the words of each as a tuple.

    Args:
        texts: Texts or lists of words in any order, an array of words [N, W], or a table.
        tokens: What the column of words is called in a table.
        text: What the column of texts is called.

    Raises:
        InputError: If they are something else, or not all of one sort.
    """
    if hasattr(texts, "columns"):
        _check_same_words(texts, tokens, text)
        (texts,) = _columns(texts, [tokens if tokens in list(texts.columns) else text])
    if isinstance(texts, (str, *_BYTES)) or getattr(texts, "ndim", 1) not in (1, 2):
        return _texts(texts, "texts")  # Which refuses them.
    given = list(_ordered(texts, "texts"))
    if not given or isinstance(given[0], (str, *_BYTES)) or not isinstance(given[0], Iterable):
        return _texts(given, "texts")
    sentences = [tuple(_texts(words, f"texts[{index}]")) for index, words in enumerate(given)]
    for index, words in enumerate(sentences):
        if not all(word.strip(" ") for word in words):
            raise InputError("A word must have a character", received=f"a blank one in texts[{index}]")
    return sentences


def _check_same_words(table: Any, tokens: str, text: str) -> None:
    """Makes sure that a table with words and texts has the same words in both."""
    if tokens == text or not {tokens, text} <= set(table.columns):
        return
    for index, (words, whole) in enumerate(zip(*_named(table, (tokens, text)), strict=True)):
        if isinstance(whole, str) and not isinstance(words, str) and isinstance(words, Iterable):
            given = list(words)
            if all(isinstance(word, str) for word in given) and not are_words_of(given, whole, split_words):
                received = f"{' '.join(given)[:40]!r} and {whole[:40]!r} in row {index}"
                raise InputError(f"texts: {CONTRADICTING.rule}", received=received, fix=CONTRADICTING.fix)


def questions_in_columns(questions: Any, choices: Any, config: RunConfig) -> list[Any]:
    """Returns questions and the choices of each, as lists of strings and of tuples of them.

    Args:
        questions: The questions; or a table with the choices too.
        choices: From 2 to 10 texts of each question: a list of lists, or an array [N, K].
        config: Says what the columns of a table are called.

    Raises:
        InputError: If they are something else, or something in them is no text.
    """
    starts = None
    if choices is None:
        if not hasattr(questions, "columns"):
            fix = "Give a list of texts for each question, or a DataFrame"
            raise InputError("The choices of each question must be given", fix=fix)
        questions, choices, starts = _questions_of_table(questions, config)
    if isinstance(choices, (str, *_BYTES, Mapping, Set)) or not isinstance(choices, Iterable):
        raise InputError("choices must be a list of texts for each question", received=type(choices).__name__)
    listed = [tuple(_texts(each, f"choices[{index}]")) for index, each in enumerate(choices)]
    for index, each in enumerate(listed):
        if not FEWEST_CHOICES <= len(each) <= MOST_CHOICES or not all(map(str.strip, each)):
            empty = "" if all(map(str.strip, each)) else ", one of them empty"
            raise InputError(COUNT_RULE, received=f"{len(each)} at position {index}{empty}")
    if starts is not None:
        listed = [begun(start, each) for start, each in zip(_texts(starts, "texts"), listed, strict=True)]
    return [_texts(questions, "texts"), listed]


def _questions_of_table(table: Any, config: RunConfig) -> tuple[Any, list[Any], Any]:
    """The questions, the choices of each, and what these begin with, if there is such a column."""
    names = list(table.columns)
    layout = _layout(names, config)
    wanted = [layout.question, *layout.choices, *([layout.start] if layout.start else [])]
    if len(names) == 2 and not set(wanted) <= set(names):
        wanted, layout = names, ChoiceLayout(choices=tuple(names[1:]))
    question, *columns = _named(table, wanted)  # Which of several others is what, nobody could tell.
    start = columns.pop() if layout.start else None
    if len(columns) == 1:
        found = [parse_list(cell) or cell if isinstance(cell, str) else cell for cell in columns[0]]
        return question, found, start
    return question, [_without_missing(cells) for cells in zip(*columns, strict=True)], start


def _layout(names: Sequence[Any], config: RunConfig) -> ChoiceLayout:
    """The columns of the run; where it named none those of SWAG, if a table has these, else one with lists."""
    layout = layout_of_choices(config)
    if choice_columns(config) or set(SWAG.choices) <= set(names):
        return layout
    return ChoiceLayout(question=config.spans.question_column)


def _without_missing(cells: Sequence[Any]) -> list[Any]:
    """The choices of a row without the missing ones behind the last."""
    count = len(cells)
    while count and (is_absent(cells[count - 1]) or is_nothing(cells[count - 1])):
        count -= 1
    return list(cells[:count])


def _columns(table: Any, wanted: Sequence[Any]) -> list[Any]:
    """The columns of a table that hold texts: those that the run read, or the only ones there are."""
    names = list(table.columns)
    if not set(wanted) <= set(names) and len(names) == len(wanted):
        wanted = names
    return _named(table, wanted)


def _named(table: Any, wanted: Sequence[Any]) -> list[Any]:
    """The columns of a table that have these names."""
    names = list(table.columns)
    for name in wanted:
        if names.count(name) != 1:
            raise InputError(
                f"texts must have one column {name!r}, or no others than texts",
                received=", ".join(map(str, names[:20])) or "no column",
                fix=nearest(name, map(str, names)) if name not in names else "Rename the others",
            )
    return [table[name] for name in wanted]


def _texts(given: Any, name: str) -> list[str]:
    if isinstance(given, str):
        raise InputError(f"{name} must be a list of texts", received=given[:80], fix="Write [text] for a single one")
    _check_decoded(given, name, "")
    dimensions = getattr(given, "ndim", 1)
    given = _ordered(given, name)
    if dimensions > 1 or hasattr(given, "columns"):
        raise InputError(f"{name} must be one column of texts", received=f"{dimensions} dimensions", fix=_FIX)
    return [_text(text, name, index) for index, text in enumerate(given)]


def _check_decoded(given: Any, name: str, where: str) -> None:
    """Makes sure that what should be text is no bytes, of which nobody knows what they stand for."""
    if isinstance(given, _BYTES):
        found = f"{bytes(given[:_SHOWN_BYTES])!r}{where}"
        raise InputError(
            f"{name} must be strings, and no bytes", received=found, fix="Decode them, such as by decode()"
        )


def _ordered(given: Any, name: str) -> Any:
    if isinstance(given, (Mapping, Set)) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        raise InputError(f"{name} must be texts in an order", received=type(given).__name__, fix=_FIX)
    return given


def _text(text: Any, name: str, index: int) -> str:
    _check_decoded(text, name, f" at position {index}")
    if not isinstance(text, str):
        raise InputError(f"{name} must be strings", received=f"{text!r} at position {index}")
    if found := character_fault(text):
        raise InputError(f"{name}: {found[0].rule}", received=f"{found[1]} at position {index}", fix=found[0].fix)
    return str.__str__(text)  # Of a subclass such as NumPy's.
