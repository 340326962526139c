"""Questions with choices of the user's files as examples. Nothing here imports TensorFlow."""

import dataclasses

from bert_tf.config.run import RunConfig
from bert_tf.data.choices import ChoiceQuestions, LabelForm
from bert_tf.data.examples import Examples
from bert_tf.data.readers.choice_rows import SWAG, ChoiceLayout, read_choice_rows
from bert_tf.data.readers.choices import read_choice_objects
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.faults import shorten
from bert_tf.data.readers.own_files import FileFormat, file_format_of_rows, find_format
from bert_tf.data.readers.rules import NoColumnError
from bert_tf.errors import InputError
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.space import AnswerSpace

_SHOWN_COLUMNS = 20


def is_of_stems(path: str, config: RunConfig) -> bool:
    """Whether a file is read as OpenBookQA and CommonsenseQA are published.

    Raises:
        InputError: If nothing tells its format.
    """
    chosen = file_format_of_rows(config.own_data.file_format)
    return not choice_columns(config) and find_format(path, chosen) in (FileFormat.JSON, FileFormat.JSON_LINES)


def read_own_choices(path: str, config: RunConfig, answers: AnswerSpace, *, is_labelled: bool) -> Examples:
    """Reads a file of questions with choices.

    Columns are those of the options. Without them, JSON is as OpenBookQA and CommonsenseQA are published, and other
    formats are as SWAG is.

    Args:
        path: The file; `-` for standard input.
        config: All options.
        answers: Knows how the labels of the training set name choices, once that was read: other files are read alike.
        is_labelled: Whether labels are wanted.

    Raises:
        InputError: If something in it is at fault.
    """
    own = config.own_data
    chosen = file_format_of_rows(own.file_format)
    columns = choice_columns(config)
    if is_of_stems(path, config):
        return examples_of(read_choice_objects(path, is_labelled=is_labelled, file_format=chosen))
    layout = layout_of_choices(config)
    form = layout.label_form or (answers.label_form if isinstance(answers, Choice) else None)
    layout = dataclasses.replace(
        layout,
        label_form=form,
        file_format=find_format(path, chosen),
        header=Header(own.header) if columns else Header.YES,
        delimiter=None if own.delimiter is None else own.delimiter.replace("\\t", "\t"),
    )
    try:
        return examples_of(read_choice_rows(path, layout, is_labelled=is_labelled))
    except NoColumnError as error:
        if columns:
            raise
        raise InputError(
            f"{path} must have the columns of SWAG, {', '.join(layout.wanted(is_labelled=is_labelled))}, or its own "
            "must be named",
            received=", ".join(map(shorten, error.names[:_SHOWN_COLUMNS])),
            fix="Set --choice_columns, and --question_column, --label_column and --start_column as needed",
        ) from error


def layout_of_choices(config: RunConfig) -> ChoiceLayout:
    """Returns the columns that the options name, those of SWAG if they name none.

    Raises:
        InputError: If a column is named for two purposes.
    """
    own, options = config.own_data, config.choices
    columns = choice_columns(config)
    form = None if options.choice_label_form is None else LabelForm(options.choice_label_form)
    if not columns:
        return dataclasses.replace(SWAG, label=own.label_column, id=own.id_column, label_form=form or SWAG.label_form)
    layout = ChoiceLayout(
        question=config.spans.question_column,
        choices=columns,
        label=own.label_column,
        start=options.start_column,
        id=own.id_column,
        label_form=form,
    )
    named = layout.wanted(is_labelled=True)
    doubles = sorted({name for name in named if named.count(name) > 1})
    if doubles:
        raise InputError("A column must be named for one purpose", received=", ".join(doubles))
    return layout


def choice_columns(config: RunConfig) -> tuple[str, ...]:
    """Returns the columns of the choices, none if the options don't name them.

    Raises:
        InputError: If one has no name.
    """
    given = config.choices.choice_columns
    if given is None:
        return ()
    columns = tuple(name.strip() for name in given.split(","))
    if "" in columns:
        raise InputError("--choice_columns must name columns, with commas between", received=given or "nothing")
    return columns


def examples_of(found: ChoiceQuestions) -> Examples:
    """Returns questions as examples; labels are places of the right choices, from 0."""
    return Examples(
        origin=found.origin,
        first=list(found.questions),
        second=list(found.starts) if any(found.starts) else None,
        labels=None if found.labels is None else list(map(str, found.labels)),
        ids=list(found.ids),
        lines=list(found.lines),
        notes=found.notes,
        choices=list(found.choices),
        choice_labels=list(found.choice_labels),
        label_form=found.label_form,
    )
